"""The five departments with an HTTP API: OAuth2 client credentials (RFC 6749, 4.4), bearer tokens, numbered pages."""

import base64
import binascii
import secrets
import time
from collections.abc import Callable
from functools import partial
from hmac import compare_digest
from urllib.parse import unquote_plus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mock_province.servers.web import Desk, answer, problem
from mock_province.sources.layout import Dataset, Json

CLIENT = "hedui"
SCOPE = "extract"
LIFETIME = 300  # seconds


def application(desk: Desk, clock: Callable[[], float] = time.monotonic) -> Starlette:
    """Return the API of one department. `clock` decides when tokens expire."""
    routes = [Route("/oauth/token", partial(_token, desk, clock), methods=["POST"])]
    for dataset in desk.source.datasets:
        assert isinstance(dataset.format, Json)
        routes.append(Route(dataset.format.path, partial(_data, desk, clock, dataset), methods=["GET"]))
    return Starlette(routes=routes)


async def _token(desk: Desk, clock: Callable[[], float], request: Request) -> Response:
    if desk.failing:
        return problem(500, "internal-error")
    form = {key: str(value) for key, value in (await request.form()).items()}
    client, secret = _basic(request) or (form.get("client_id", ""), form.get("client_secret", ""))
    known = compare_digest(client.encode(), CLIENT.encode()) & compare_digest(secret.encode(), desk.secret.encode())
    if not known or desk.locked:
        return problem(401, "invalid_client", **{"WWW-Authenticate": "Basic"})
    if form.get("grant_type") != "client_credentials":
        return problem(400, "unsupported_grant_type")
    if form.get("scope", SCOPE) != SCOPE:
        return problem(400, "invalid_scope")
    now = clock()
    for token in [token for token, end in desk.seen.items() if end <= now]:
        del desk.seen[token]
    token = secrets.token_urlsafe(32)
    desk.seen[token] = now + LIFETIME
    return JSONResponse(
        {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME, "scope": SCOPE},
        headers={"Cache-Control": "no-store"},
    )


async def _data(desk: Desk, clock: Callable[[], float], dataset: Dataset, request: Request) -> Response:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    valid = kind.lower() == "bearer" and desk.seen.get(token.strip(), 0.0) > clock()
    if not valid or desk.locked:
        return problem(401, "invalid_token", **{"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return answer(desk, dataset, request)


def _basic(request: Request) -> tuple[str, str] | None:
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote_plus(client), unquote_plus(secret)
