"""How a request proves who asks: a bearer token, or a signature over the request itself."""

import datetime as dt
import json
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from catalogue.problems import Skip
from connectors.grammar import OAuth2, Signature
from connectors.values import Values

_LEEWAY = 30.0  # seconds before its end at which a token is no longer used
_SHORTEST = 60.0  # a token's life where the server names none
SIGNED = ("@method", "@target-uri")


@dataclass(frozen=True)
class Token:
    """A bearer token. Never printed."""

    text: str = field(repr=False)
    ends: float = field(repr=False)


class Ask(Protocol):
    """Sends one request, returns the body of a 200."""

    def __call__(self, method: str, url: str, *, data: dict[str, str], auth: httpx.Auth) -> Awaitable[bytes]:
        """Send."""


def authenticate(
    auth: OAuth2 | Signature, values: Values, ask: Ask, safe: Callable[[str], str]
) -> Callable[[], Awaitable[httpx.Auth | Token]]:
    """Return what gives each request its proof. Tokens are fetched when first needed, and again when they run out."""
    if isinstance(auth, Signature):
        signed = Signed(values.resolve(auth.key_id), values.resolve(auth.secret).encode())

        async def sign() -> Signed:
            return signed

        return sign

    url = safe(values.resolve(auth.token_url))
    who = httpx.BasicAuth(values.resolve(auth.client_id), values.resolve(auth.client_secret))
    question = {"grant_type": "client_credentials", **({"scope": auth.scope} if auth.scope else {})}
    held: list[Token] = []

    async def token() -> Token:
        if not held or held[0].ends < time.monotonic():
            held[:] = [_token(await ask("POST", url, data=question, auth=who))]
        return held[0]

    return token


def _token(body: bytes) -> Token:
    """Read a token answer (RFC 6749, 5.1)."""
    try:
        answer = json.loads(body)
        text, kind = answer["access_token"], answer["token_type"]
        life = float(answer.get("expires_in") or _SHORTEST)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Skip("unexpected-answer", status="token") from None
    if not isinstance(text, str) or not text.isascii() or not text.isprintable() or str(kind).lower() != "bearer":
        raise Skip("unexpected-answer", status="token")
    return Token(text, time.monotonic() + life - _LEEWAY)


class Signed(httpx.Auth):
    """HTTP message signature (RFC 9421), hmac-sha256, over method, target and the digest of the empty body."""

    def __init__(self, key_id: str, secret: bytes) -> None:
        from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms

        self._key_id = key_id
        self._signer = HTTPMessageSigner(
            signature_algorithm=algorithms.HMAC_SHA256,
            key_resolver=MappingKeyResolver(public_keys={}, private_keys={key_id: secret}),
        )

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign, with a nonce of its own and an end, so that a request overheard is of no use later."""
        now = dt.datetime.now(dt.UTC)
        self._signer.sign(
            request,
            key_id=self._key_id,
            created=now,
            expires=now + dt.timedelta(minutes=5),
            nonce=secrets.token_urlsafe(16),
            label="sig1",
            tag="hedui",
            covered_component_ids=SIGNED,
            body=b"",
        )
        yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Sign, in an asynchronous client."""
        for signed in self.auth_flow(request):
            yield signed
