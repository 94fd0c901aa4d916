"""HTTP API: pages of JSON, asked for with a token (OAuth2 client credentials) or with signed requests (RFC 9421)."""

import asyncio
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from catalogue.problems import Problem, Retry, Skip, Stop
from connectors.errand import Errand
from connectors.formats.json_pages import at, parse
from connectors.grammar import ByCursor, Http, HttpDataset, HttpManifest
from connectors.transports.http_auth import Token, authenticate
from connectors.transports.loopback import is_loopback
from connectors.values import Values

MAX_PAGE = 64 << 20  # bytes of one answer
_MAX_CURSOR = 4096
_NOT_THERE_YET = (404, 425)
_REFUSED = (401, 403)
_BUSY = (408, 429)


HttpErrand = Errand[HttpManifest, HttpDataset]


def fetch(errand: HttpErrand) -> None:
    """Fetch every page as it comes: `page-000001.json` and so on."""
    asyncio.run(_within(errand))


async def _within(errand: HttpErrand) -> None:
    where, limit = errand.manifest.transport, errand.limit
    url = _safe(errand.value(where.base_url).rstrip("/") + errand.at(errand.dataset.path))
    try:
        async with (
            asyncio.timeout(limit.left),
            httpx.AsyncClient(
                follow_redirects=False,  # a redirect could carry our credentials elsewhere
                trust_env=False,  # no proxy, no .netrc of whoever runs this
                timeout=limit.idle,
                verify=_trust(where, errand.values),
                headers={"accept": "application/json", "accept-encoding": "identity"},
            ) as client,
        ):
            await _Pages(client, url, errand).fetch()
    except Problem:
        raise
    except (TimeoutError, httpx.TimeoutException):
        raise limit.timed_out() from None
    except httpx.RemoteProtocolError:
        raise Retry("truncated-delivery") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        raise Retry("unreachable") from None


class _Pages:
    """One walk through the pages of a dataset."""

    def __init__(self, client: httpx.AsyncClient, url: str, errand: HttpErrand) -> None:
        self._client = client
        self._url = url
        self._errand = errand
        self._dataset = dataset = errand.dataset
        paging = dataset.paging
        self._question = {dataset.date_parameter: errand.business_date.strftime(dataset.date_format)}
        self._question[paging.size_parameter] = str(paging.size)

    async def fetch(self) -> None:
        """Ask for page after page until the paging says that was all."""
        auth = authenticate(self._errand.manifest.transport.auth, self._errand.values, self._ask, _safe)
        paging = self._dataset.paging
        question = self._question
        if not isinstance(paging, ByCursor):
            question = {**question, paging.page_parameter: str(paging.first)}
        seen: set[str] = set()
        rows = 0
        number = 1
        before: bytes | None = None
        while True:
            page = await self._ask("GET", self._url, params=question, auth=await auth())
            if page == before:
                raise Skip("unexpected-answer", status="page")  # it does not turn pages: we would ask for ever
            before = page
            with self._errand.landing.file(f"page-{number:06}.json") as sink:
                sink.write(page)
            try:
                document = parse(page)
            except Skip:
                return  # kept as it came: decoding says what is wrong with it
            if isinstance(paging, ByCursor):
                cursor = at(document, paging.next_at)
                if cursor in (None, ""):
                    return
                if not isinstance(cursor, str) or cursor in seen or len(cursor) > _MAX_CURSOR:
                    raise Skip("unexpected-answer", status="cursor")
                seen.add(cursor)
                question = {**self._question, paging.cursor_parameter: cursor}
            else:
                here = at(document, self._dataset.format.records)
                found = len(here) if isinstance(here, list) else 0
                rows += found
                if found == 0 or (found < paging.size and rows >= _count(document, self._dataset)):
                    return
                question = {**self._question, paging.page_parameter: str(paging.first + number)}
            number += 1

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        auth: httpx.Auth | Token | None = None,
    ) -> bytes:
        """Return the body of a 200. Everything else becomes a problem that holds no word of the peer's."""
        headers = {"authorization": f"Bearer {auth.text}"} if isinstance(auth, Token) else {}
        async with self._client.stream(
            method,
            url,
            params=params,
            data=dict(data) if data is not None else None,
            headers=headers,
            auth=auth if isinstance(auth, httpx.Auth) else None,
        ) as answer:
            _refuse(answer)
            body = bytearray()
            async for chunk in answer.aiter_raw():
                self._errand.limit.check()
                body += chunk
                if len(body) > MAX_PAGE:
                    raise Skip("too-large", limit=f"{MAX_PAGE >> 20} MiB")
            return bytes(body)


def _refuse(answer: httpx.Response) -> None:
    status = answer.status_code
    if status == httpx.codes.OK and answer.headers.get("content-encoding", "identity") == "identity":
        return
    if status in _NOT_THERE_YET:
        raise Skip("not-delivered", file=answer.request.url.path)
    if status in _REFUSED:
        raise Skip("access-refused")
    if status in _BUSY or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise Retry("server-error", status=status)
    raise Skip("unexpected-answer", status=status)


def _count(document: object, dataset: HttpDataset) -> int:
    """Return how many rows the envelope speaks of; 0 where it says nothing that we can read."""
    said = at(document, dataset.control.count_at)
    return int(said) if isinstance(said, str) and said.isdecimal() else 0


def _safe(url: str) -> str:
    """Return the URL if it is https, or http to this machine: credentials and records must not travel open."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise Stop("bad-value", what="url", expected="https://…") from None
    if parts.scheme == "https" and host:
        return url
    if parts.scheme == "http" and is_loopback(host):
        return url
    raise Stop("bad-value", what="url", expected="https://…")


def _trust(where: Http, values: Values) -> ssl.SSLContext:
    if where.ca_file is None and not values.resolve(where.base_url).startswith("https"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, and takes no half second to load
    if where.ca_file is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=values.resolve(where.ca_file))
    except (OSError, ssl.SSLError):
        raise Stop("bad-value", what="ca_file", expected="PEM") from None
