"""JSON: pages of records inside an envelope. Numbers stay the text they were: nothing passes through a float."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from catalogue.problems import Skip
from connectors.formats.parts import Chunk, Reject, Said, dumped, numbered, strings
from connectors.grammar import HttpDataset, Json

_ABSENT = object()


def read(raw: Path, dataset: HttpDataset, form: Json, said: Said) -> Iterator[Chunk]:
    """Yield the records of each page. The envelopes of all pages must say the same."""
    wanted = [field.column for field in dataset.fields]
    said.absent = set(wanted)
    envelope: dict[str, str | None] | None = None
    for path in sorted(raw.glob("page-*.json")):
        page = path.read_bytes()
        said.size += len(page)
        document = parse(page)
        this = _envelope(document, dataset)
        if envelope is not None and this != envelope:
            raise Skip("pages-disagree")
        envelope = this
        said.take(this)
        records = at(document, form.records)
        if not isinstance(records, list):
            raise Skip("missing-column", column=form.records)
        yield _chunk(records, dataset, wanted, said)


def parse(page: bytes) -> object:
    """Parse one page, numbers as text. Skip `wrong-encoding`, `truncated-delivery` or `unreadable-delivery`."""
    if not page.strip():
        raise Skip("empty-delivery")
    try:
        text = page.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # cut inside the last character, or no UTF-8 at all
        cut = error.reason == "unexpected end of data" and error.start > 0
        raise (Skip("truncated-delivery") if cut else Skip("wrong-encoding", expected="utf-8")) from None
    try:
        document: object = json.loads(text, parse_int=str, parse_float=str, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        cut = _is_cut(text, error.pos)
        raise (Skip("truncated-delivery") if cut else Skip("unreadable-delivery", line=error.lineno)) from None
    except (RecursionError, ValueError):
        raise Skip("unreadable-delivery", line=0) from None
    return document


def _is_cut(text: str, position: int) -> bool:
    """Tell whether the parser ran out of text, rather than upon something wrong."""
    if position >= len(text.rstrip()):
        return True
    rest = text[position:]
    # an unfinished string is reported where it began; an unfinished word or number where it began too
    return bool(re.fullmatch(r'"(?:[^"\\]|\\.)*\\?', rest, re.DOTALL) or re.fullmatch(r"-?[a-z0-9.+]*", rest))


def _no_number(_: str) -> NoReturn:
    raise ValueError  # NaN and Infinity are no JSON


@lru_cache(maxsize=1024)
def _steps(pointer: str) -> tuple[str, ...]:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def at(document: object, pointer: str) -> object:
    """Follow a JSON pointer (RFC 6901) through objects and lists; None where it leads nowhere."""
    found = _follow(document, _steps(pointer))
    return None if found is _ABSENT else found


def _follow(here: object, steps: Sequence[str]) -> object:
    for step in steps:
        if isinstance(here, dict):
            here = here.get(step, _ABSENT)
        elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            return _ABSENT
    return here


def _envelope(document: object, dataset: HttpDataset) -> dict[str, str | None]:
    control = dataset.control
    places = {"date": control.date_at, "count": control.count_at, "sum": control.sum_at}
    found = {group: at(document, place) for group, place in places.items() if place is not None}
    return {group: value if isinstance(value, str) else None for group, value in found.items()}


def _chunk(records: list[object], dataset: HttpDataset, wanted: list[str], said: Said) -> Chunk:
    form = dataset.format
    rows = list(_rows(records, form))
    first = said.rows + 1
    said.rows += len(rows)
    inside = f"{form.each}/" if form.each else None
    # where to look, and the way there: in the record, or in the element that makes the row
    ways = [(1, _steps(c[len(inside) - 1 :])) if inside and c.startswith(inside) else (0, _steps(c)) for c in wanted]
    number = next((way for way, field in zip(ways, dataset.fields, strict=True) if field.item == "resident_id"), None)
    kept: list[int] = []
    columns: list[list[str | None]] = [[] for _ in wanted]
    rejects: list[Reject] = []
    for position, row in enumerate(rows):
        cells = [_follow(row[side], steps) for side, steps in ways]
        if said.absent:
            said.absent -= {column for column, cell in zip(wanted, cells, strict=True) if cell is not _ABSENT}
        if not isinstance(row[0], dict) or any(isinstance(cell, (dict, list)) for cell in cells):
            line = json.dumps(row, ensure_ascii=False)
            rejects.append(Reject(first + position, "", "not-a-value", line, _number(row, number)))
            continue
        kept.append(position)
        for column, cell in zip(columns, cells, strict=True):
            column.append(_text(cell))
    return Chunk(
        numbered(first, len(rows))[kept],
        {name: strings(column) for name, column in zip(wanted, columns, strict=True)},
        dumped([rows[position] for position in kept]),
        tuple(rejects),
    )


def _rows(records: list[object], form: Json) -> Iterator[tuple[object, object]]:
    """Yield record and element of each row; without `each` a record is its own row."""
    if form.each is None:
        yield from ((record, None) for record in records)
        return
    steps = _steps(form.each)
    for record in records:
        elements = _follow(record, steps)
        if isinstance(elements, list):
            yield from ((record, element) for element in elements)
        else:
            # counts as a row that is not well formed: an account could hide behind it
            yield None, record


def _number(row: tuple[object, object], way: tuple[int, tuple[str, ...]] | None) -> str | None:
    """Return the resident ID of a row that is not well formed."""
    if way is None:
        return None
    side, steps = way
    here = row[1] if row[0] is None else row[side]  # a record without elements stands in the place of one
    return _text(_follow(here, steps))


def _text(cell: object) -> str | None:
    if cell is True or cell is False:
        return "true" if cell else "false"
    return cell if isinstance(cell, str) else None
