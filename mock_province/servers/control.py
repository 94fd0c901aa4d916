"""The control endpoint: on loopback, for those who can read its token."""

import os
from hmac import compare_digest

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from catalogue.problems import Stop
from mock_province.faults import check
from mock_province.servers.site import Site


def application(site: Site, token: str) -> Starlette:
    """Return the endpoint: `GET /status`, `GET /faults`, and `POST /faults` with source and kind."""

    def known(request: Request) -> bool:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return compare_digest(given.encode(), token.encode())

    async def status(request: Request) -> Response:
        if not known(request):
            return JSONResponse({"error": "unauthorised"}, 401)
        return JSONResponse({"pid": os.getpid(), "sources": len(site.applications), "faults": site.faults})

    async def faults(request: Request) -> Response:
        if not known(request):
            return JSONResponse({"error": "unauthorised"}, 401)
        if request.method == "GET":
            return JSONResponse(site.faults)
        asked = await request.json()
        try:
            source = check(str(asked["source"]), str(asked["kind"]))
        except (Stop, KeyError, TypeError):
            return JSONResponse({"error": "no such fault"}, 422)
        await site.set_fault(source, str(asked["kind"]))
        return JSONResponse(site.faults)

    return Starlette(routes=[Route("/status", status), Route("/faults", faults, methods=["GET", "POST"])])
