"""What the HTTP sources have in common: which day is delivered, pages, errors, and their spoilt state."""

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mock_province.sources import pages
from mock_province.sources.layout import Dataset, Json, Source

MOST = 10_000  # records a page
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class Desk:
    """One HTTP source as it is right now."""

    source: Source
    folder: Path
    business_date: dt.date
    secret: str
    failing: bool = False  # answers 500
    locked: bool = False  # accepts no credentials
    seen: dict[str, float] = field(default_factory=dict)  # nonces or tokens, and when they end


def problem(status: int, code: str, **headers: str) -> JSONResponse:
    """Answer with an error as the sources word it."""
    return JSONResponse({"error": code}, status, headers=headers)


def answer(desk: Desk, dataset: Dataset, request: Request) -> Response:
    """Serve one page to a caller whose credentials were accepted."""
    form = dataset.format
    assert isinstance(form, Json)
    if desk.failing:
        return problem(500, "internal-error")
    query = request.query_params
    try:
        asked = dt.datetime.strptime(query.get(form.date_parameter, ""), form.date).date()  # noqa: DTZ007  a date
        size = int(query.get(form.size_parameter, "500"))
        offset = _offset(form, query.get(form.page_parameter), size)
    except ValueError:
        return problem(400, "bad-parameter")
    if not 1 <= size <= MOST or offset is None or offset < 0:
        return problem(400, "bad-parameter")
    path = desk.folder / f"{dataset.category}.arrow"
    facts = pages.facts(path)
    if asked != desk.business_date or facts is None:
        return problem(404, "not-ready")
    return Response(pages.page(path, form, facts, offset, size), media_type="application/json")


def _offset(form: Json, place: str | None, size: int) -> int | None:
    if form.paging == "cursor":
        return pages.offset_of(place) if place else 0
    return (int(place or "1") - 1) * size
