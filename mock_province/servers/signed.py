"""The eleven banks with an HTTP API: requests signed by HTTP message signatures (RFC 9421), pages by cursor.

Asked of every request: hmac-sha256 under the agreed key; method, target and content digest covered; created within
five minutes; a nonce that was not used before.
"""

import datetime as dt
import time
from functools import partial

from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, InvalidSignature
from http_message_signatures.algorithms import HMAC_SHA256
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_province.servers.web import Desk, answer, problem
from mock_province.sources.layout import Dataset, Json

KEY_ID = "hedui"
AGE = dt.timedelta(minutes=5)
_COVERED = ('"@method"', '"content-digest"')
_TARGETS = ({'"@target-uri"'}, {'"@authority"', '"@path"', '"@query"'})  # either says which request was meant


class _Key(HTTPSignatureKeyResolver):
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def resolve_public_key(self, key_id: str) -> bytes | None:
        return self._desk.secret.encode() if key_id == KEY_ID and not self._desk.locked else None

    def resolve_private_key(self, key_id: str) -> bytes:
        raise KeyError(key_id)  # this side only verifies


def application(desk: Desk) -> Starlette:
    """Return the API of one bank."""
    verifier = HTTPMessageVerifier(signature_algorithm=HMAC_SHA256, key_resolver=_Key(desk))
    routes = []
    for dataset in desk.source.datasets:
        assert isinstance(dataset.format, Json)
        routes.append(Route(dataset.format.path, partial(_data, desk, verifier, dataset), methods=["GET"]))
    return Starlette(routes=routes)


async def _data(desk: Desk, verifier: HTTPMessageVerifier, dataset: Dataset, request: Request) -> Response:
    if refused := _refusal(desk, verifier, request, await request.body()):
        return problem(401, refused)
    return answer(desk, dataset, request)


def _refusal(desk: Desk, verifier: HTTPMessageVerifier, request: Request, body: bytes) -> str | None:
    """Say why a request is not accepted; None if it is."""
    if "signature" not in request.headers or "content-digest" not in request.headers:
        return "signature-missing"
    try:
        results = verifier.verify(request, max_age=AGE, body=body)
    except (InvalidSignature, HTTPMessageSignaturesException):
        return "signature-invalid"
    if len(results) != 1:
        return "signature-invalid"
    covered = set(results[0].covered_components)
    if not covered.issuperset(_COVERED) or not any(covered >= target for target in _TARGETS):
        return "signature-covers-too-little"
    nonce = results[0].nonce
    return "nonce-missing" if not nonce else _replayed(desk, nonce)


def _replayed(desk: Desk, nonce: str) -> str | None:
    now = time.monotonic()
    for old in [old for old, end in desk.seen.items() if end <= now]:
        del desk.seen[old]
    if nonce in desk.seen:
        return "nonce-replayed"
    desk.seen[nonce] = now + 2 * AGE.total_seconds()  # longer than the signature itself is good for
    return None
