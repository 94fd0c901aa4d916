"""One source's delivery as it should be, and as it is while a fault is in force.

The pristine files are written once and hard-linked to where Hedui finds them; a fault replaces the links, and the
cure links the pristine files again.
"""

import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import psycopg

from mock_province.places import Places
from mock_province.sources import delimited, fixed_width, pages, tables, workbook, xml
from mock_province.sources.files import cut, transcode
from mock_province.sources.layout import Dataset, Delimited, Exchange, FixedWidth, Json, Source, Spreadsheet, Xml
from mock_province.sources.wire import Delivery, Twist

TWISTS = frozenset(get_args(Twist))


def deliver_files(places: Places, source: Source, business_date: dt.date) -> None:
    """Write the pristine delivery of a source with files or pages, and show it."""
    folder = places.pristine(source.id)
    shutil.rmtree(folder, ignore_errors=True)
    for dataset in source.datasets:
        _render(_delivery(places, source, dataset, business_date), folder)
    restore_files(places, source)


def restore_files(places: Places, source: Source) -> None:
    """Show the pristine delivery: what lies there now is removed."""
    live, pristine = places.live(source), places.pristine(source.id)
    _clear(live)
    for file in _files(pristine):
        target = live / file.relative_to(pristine)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, target)


def disturb_files(places: Places, source: Source, business_date: dt.date, fault: str) -> None:
    """Show the delivery with one fault in its content. Every dataset of the source suffers."""
    restore_files(places, source)
    live = places.live(source)
    for dataset in source.datasets:
        path = live / _name(dataset, business_date)
        spoil = _SPOIL.get(fault, _render_twisted)
        spoil(places, source, dataset, business_date, path, fault)
    if fault == "refuse":
        shutil.rmtree(live)


def load_tables(
    connection: psycopg.Connection,
    places: Places,
    source: Source,
    exchange: Exchange,
    business_date: dt.date,
    reader: str,
    fault: str | None = None,
) -> None:
    """Load the views of a source with a database, with or without a fault in their content."""
    twist: dict[str, Twist] = {"truncated": "short", "encoding": "mojibake"}
    answer: dict[str, tables.Answer] = {"late": "nothing", "empty": "empty", "error": "error"}
    for dataset in source.datasets:
        kind = twist.get(fault or "") or (_twist(fault) if fault in TWISTS else None)
        delivery = _delivery(places, source, dataset, business_date, kind)
        tables.write(connection, exchange, delivery, reader, answer.get(fault or "", "rows"))


def _twist(fault: str | None) -> Twist:
    return next(twist for twist in get_args(Twist) if twist == fault)


def _delivery(
    places: Places, source: Source, dataset: Dataset, business_date: dt.date, twist: Twist | None = None
) -> Delivery:
    return Delivery(dataset, places.records(source.id, dataset.category), business_date, twist)


def _name(dataset: Dataset, business_date: dt.date) -> str:
    return dataset.path.format(date=business_date) if dataset.path else f"{dataset.category}.arrow"


def _render(delivery: Delivery, folder: Path, *, encoding: str = "utf-8", cut_short: bool = False) -> None:
    path = folder / _name(delivery.dataset, delivery.business_date)
    match delivery.dataset.format:
        case Delimited() as form:
            delimited.write(delivery, form, path)
        case FixedWidth() as form:
            fixed_width.write(delivery, form, path)
        case Spreadsheet() as form:
            workbook.write(delivery, form, path)
        case Xml() as form:
            xml.write(delivery, form, path)
        case Json() as form:
            pages.write(delivery, form, path, encoding=encoding, cut=cut_short)
        case form:
            raise TypeError(f"{type(form).__name__} is not a format of files")


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _clear(folder: Path) -> None:
    """Empty a folder but keep it: a server may have it as its root."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


# -- how a delivery is spoilt ----------------------------------------------------------------------------------------

Spoil = Callable[[Places, Source, Dataset, dt.date, Path, str], None]


def _render_twisted(
    places: Places, source: Source, dataset: Dataset, business_date: dt.date, _path: Path, fault: str
) -> None:
    if fault in TWISTS:
        _render(_delivery(places, source, dataset, business_date, _twist(fault)), places.live(source))


def _gone(_places: Places, _source: Source, dataset: Dataset, business_date: dt.date, path: Path, _fault: str) -> None:
    path.unlink()
    if isinstance(dataset.format, Json):
        path.with_suffix(".json").unlink()
    if isinstance(dataset.format, Delimited) and dataset.format.companion:
        path.with_name(dataset.format.companion[0].format(date=business_date)).unlink()


def _emptied(_places: Places, _source: Source, dataset: Dataset, _date: dt.date, path: Path, _fault: str) -> None:
    if isinstance(dataset.format, Json):
        pages.make_empty(path)
    else:
        path.unlink()
        path.touch()


def _truncated(
    places: Places, source: Source, dataset: Dataset, business_date: dt.date, path: Path, _fault: str
) -> None:
    if isinstance(dataset.format, Json):
        _render(_delivery(places, source, dataset, business_date), places.live(source), cut_short=True)
    else:
        cut(_pristine(places, source, path), path)


def _recoded(places: Places, source: Source, dataset: Dataset, business_date: dt.date, path: Path, _fault: str) -> None:
    match dataset.format:
        case Json():
            _render(_delivery(places, source, dataset, business_date), places.live(source), encoding="gb18030")
        case Spreadsheet():
            _render(_delivery(places, source, dataset, business_date, "mojibake"), places.live(source))
        case Delimited(encoding) | FixedWidth(encoding):
            other = "utf-8" if encoding.startswith("gb") else "gb18030"
            transcode(_pristine(places, source, path), path, encoding, other)
        case _:
            transcode(_pristine(places, source, path), path, "utf-8", "gb18030")


def _hanging(_places: Places, _source: Source, _dataset: Dataset, _date: dt.date, path: Path, _fault: str) -> None:
    """Put a pipe where the file should be: whoever opens it waits, as on a file server that has gone away."""
    path.unlink()
    os.mkfifo(path)


def _pristine(places: Places, source: Source, path: Path) -> Path:
    return places.pristine(source.id) / path.relative_to(places.live(source))


_SPOIL: dict[str, Spoil] = {
    "late": _gone,
    "empty": _emptied,
    "truncated": _truncated,
    "encoding": _recoded,
    "hang": _hanging,
}
