"""Every layout says what the records say: files are read back with parsers that share nothing with the writers."""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow as pa
import pytest
from python_calamine import CalamineWorkbook

from catalogue.categories import categories
from mock_province.places import Places
from mock_province.sources import pages
from mock_province.sources.deliver import deliver_files
from mock_province.sources.known import sources
from mock_province.sources.layout import (
    Code,
    Column,
    Dataset,
    Date,
    Delimited,
    FixedWidth,
    Form,
    Json,
    Money,
    Number,
    Source,
    Spreadsheet,
    Table,
    Xml,
)

DAY = dt.date(2026, 6, 30)
Write = Callable[..., pa.Table]
FILES = [s for s in sources().values() if s.transport != "database"]


def test_the_55_sources_deliver_what_they_should() -> None:
    kinds = [s.transport for s in sources().values()]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "database": 4, "oauth2": 5, "file": 15, "sftp": 20, "signature": 11,
    }  # fmt: skip
    delivered = {(s.id, d.category) for s in sources().values() for d in s.datasets}
    assert len(delivered) == 15 + 43 + 12
    assert {c for _, c in delivered} == set(categories())
    for source in sources().values():
        for dataset in source.datasets:
            mapped = {c.item for c in dataset.columns}
            assert mapped >= {"resident_id", "name", *(i.id for i in categories()[dataset.category].items)}
            amount = categories()[dataset.category].amount
            assert dataset.sum_item == amount, "every category with an amount is vouched for by a sum"


def test_gbk_and_gb18030_banks_alternate() -> None:
    for source in sources().values():
        for dataset in source.datasets:
            if source.id.startswith("bank_") and isinstance(dataset.format, Delimited | FixedWidth):
                assert dataset.format.encoding == ("gb18030" if int(source.id[-2:]) % 2 else "gbk")


@pytest.mark.parametrize("defects", [False, True], ids=["sound", "with bad rows"])
@pytest.mark.parametrize("source", FILES, ids=lambda s: s.id)
def test_a_delivery_reads_back_as_its_records(
    source: Source, *, defects: bool, write_records: Write, tmp_path: Path
) -> None:
    places = Places(tmp_path)
    gbk = source.id.startswith("bank_") and source.transport in {"sftp", "file"} and int(source.id[-2:]) % 2 == 0
    tables = {
        d.category: write_records(places.records(source.id, d.category), d.category, gbk=gbk, defects=defects)
        for d in source.datasets
    }
    deliver_files(places, source, DAY)
    for dataset in source.datasets:
        rows, stated = READERS[type(dataset.format)](places, source, dataset)
        expect(dataset, tables[dataset.category], rows, stated)


@pytest.mark.parametrize("source", FILES, ids=lambda s: s.id)
def test_an_empty_province_is_delivered_too(source: Source, write_records: Write, tmp_path: Path) -> None:
    places = Places(tmp_path)
    for dataset in source.datasets:
        write_records(places.records(source.id, dataset.category), dataset.category, gbk=True, rows=0)
    deliver_files(places, source, DAY)
    for dataset in source.datasets:
        rows, stated = READERS[type(dataset.format)](places, source, dataset)
        assert rows == []
        assert int(stated["count"]) == 0


def expect(dataset: Dataset, table: pa.Table, rows: list[dict[str, str | None]], stated: dict[str, str]) -> None:
    """Compare what was read with what the records say, cell by cell, and the control data with both."""
    assert day_of(stated["date"]) == DAY
    assert int(stated["count"]) == len(rows) == table.num_rows
    total = Decimal(0)
    for row, record in zip(rows, table.to_pylist(), strict=True):
        spoilt = spoilt_column(dataset, record["defect"])
        for column in dataset.columns:
            if column.item is None:
                continue
            cell = row[column.name]
            if column is spoilt:
                bare = (cell or "").strip(" \u3000").lstrip("0")
                assert bare in {"", "12.3.4.5", "Z"} or "13" in bare
                continue
            wanted = as_text(record[column.item], column)
            if isinstance(dataset.format, FixedWidth):  # padding swallows outer spaces
                cell, wanted = (cell or "").strip(" \u3000"), (wanted or "").strip(" \u3000")
                if column.pad == "zero":
                    cell = cell.lstrip("0") or "0"
            assert (cell or "") == (wanted or ""), column.name
        if dataset.sum_item and record["defect"] != "bad_amount":
            total += record[dataset.sum_item]
    if dataset.sum_item:
        scale = {"yuan": Decimal(1), "fen": Decimal(100), "wan_yuan": Decimal("0.0001")}[dataset.sum_unit]
        assert Decimal(stated["sum"]) == total * scale


def spoilt_column(dataset: Dataset, defect: str | None) -> Column | None:
    wanted: dict[str | None, type[Form]] = {"bad_date": Date, "bad_amount": Money, "unknown_code": Code}
    if defect == "missing_id":
        return next(c for c in dataset.columns if c.item == "resident_id")
    if defect is None:
        return None
    return next(c for c in dataset.columns if isinstance(c.form, wanted[defect]) and c.item != "as_of")


def as_text(value: object, column: Column) -> str | None:  # noqa: PLR0911  one line for each form
    """Write one value as the layout says, the slow and plain way."""
    match value, column.form:
        case None, _:
            return None
        case dt.date() as day, Date(pattern, bare):
            return f"{day.year}/{day.month}/{day.day}" if bare else day.strftime(pattern)
        case Decimal() as amount, Money(unit, thousands):
            if unit == "fen":
                return str(int(amount * 100))
            return f"{amount / 10000:.6f}" if unit == "wan_yuan" else f"{amount:,.2f}" if thousands else f"{amount:.2f}"
        case Decimal() as number, Number():
            return f"{number:.4f}".rstrip("0").rstrip(".")
        case str() as code, Code(codes):
            return codes[code]
        case other, _:
            return str(other)


def day_of(text: str) -> dt.date:
    for pattern in ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y"):
        try:
            return dt.datetime.strptime(text, pattern).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise AssertionError(text)


# -- parsers -------------------------------------------------------------------------------------------------

Read = tuple[list[dict[str, str | None]], dict[str, str]]


def read_delimited(places: Places, source: Source, dataset: Dataset) -> Read:
    form = dataset.format
    assert isinstance(form, Delimited)
    path = places.live(source) / dataset.path.format(date=DAY)
    text = path.read_bytes().decode(form.encoding)
    assert text.endswith(form.newline)
    lines = text.split(form.newline)[:-1]
    stated: dict[str, str] = {}
    if form.lead:
        mark, bank, stated["date"] = lines.pop(0).split(form.delimiter)
        assert (mark, bank) == ("H", f"HB00{source.id[-2:]}")
    if form.trail:
        last = lines.pop().split(form.delimiter)
        assert last[0] == "T"
        stated |= dict(zip(["count", "sum"] if form.lead else ["date", "count", "sum"], last[1:], strict=True))
    if form.companion:
        beside = (path.parent / form.companion[0].format(date=DAY)).read_text()
        stated |= {"date": beside.split()[0].removeprefix("date="), "count": beside.split()[1].removeprefix("rows=")}
    if form.header:
        assert lines.pop(0).split(form.delimiter) == [c.name for c in dataset.columns]
    cells = list(csv.reader(lines)) if form.quoted else [line.split(form.delimiter) for line in lines]
    return [dict(zip([c.name for c in dataset.columns], row, strict=True)) for row in cells], stated


def read_fixed(places: Places, source: Source, dataset: Dataset) -> Read:
    form = dataset.format
    assert isinstance(form, FixedWidth)
    raw = (places.live(source) / dataset.path.format(date=DAY)).read_bytes()
    lines = raw.split(form.newline.encode())
    assert lines.pop() == b""
    first, last = lines.pop(0).decode("ascii"), lines.pop().decode("ascii")
    date = re.search(r"\d{4}-\d\d-\d\d|\d\d\.\d\d\.\d{4}|\d{8}$", first)
    assert date
    tail = last.removeprefix("TR").removeprefix("9999") if not last.startswith("T ") else last[1:]
    width = {"TR": 10, "99": 8, "T ": 12}[last[:2]]
    stated = {"date": date[0], "count": tail[:width], "sum": tail[width:].strip()}
    rows = []
    for line in lines:
        assert len(line) == sum(c.width for c in dataset.columns)
        row, at = {}, 0
        for column in dataset.columns:
            row[column.name] = line[at : at + column.width].decode(form.encoding)
            at += column.width
        rows.append(row)
    return rows, stated


def read_workbook(places: Places, source: Source, dataset: Dataset) -> Read:
    path = places.live(source) / dataset.path.format(date=DAY)
    rows = CalamineWorkbook.from_object(io.BytesIO(path.read_bytes())).get_sheet_by_index(0).to_python()
    title = str(rows.pop(0)[0])
    found = re.search(r"业务日期：(\S+)\u3000共(\d+)条", title)
    assert found
    assert rows.pop(0) == [c.name for c in dataset.columns]
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    return [{c.name: _cell(v) for c, v in zip(dataset.columns, row, strict=True)} for row in rows], {
        "date": found[1],
        "count": found[2],
    }


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def read_xml(places: Places, source: Source, dataset: Dataset) -> Read:
    form = dataset.format
    assert isinstance(form, Xml)
    root = ET.fromstring((places.live(source) / dataset.path.format(date=DAY)).read_bytes())  # noqa: S314
    space = f"{{{form.namespace}}}"
    assert root.tag == space + form.root
    rows = []
    for element in root:
        assert element.tag == space + form.record
        paths = {c.name: "/".join(space + part for part in c.name.split("/")) for c in dataset.columns}
        found = {name: element.find(path) for name, path in paths.items()}
        assert all(e is not None for e in found.values()), "an element stands there even without a value"
        rows.append({name: e.text for name, e in found.items() if e is not None})
    return rows, {"date": root.attrib["businessDate"], "count": root.attrib["count"]}


def read_json(places: Places, source: Source, dataset: Dataset) -> Read:
    form = dataset.format
    assert isinstance(form, Json)
    path = places.live(source) / f"{dataset.category}.arrow"
    facts = pages.facts(path)
    assert facts
    rows: list[dict[str, str | None]] = []
    offset, size = 0, 10
    while True:
        body = json.loads(pages.page(path, form, facts, offset, size), parse_float=Decimal)
        leaves = flat(json.loads(form.envelope), body)
        for record in leaves["$records"]:
            inner = record.pop(form.nested) if form.nested else [{}]
            assert inner
            for element in inner:
                whole = record | ({form.nested: element} if form.nested else {})
                rows.append({c.name: reach(whole, c.name) for c in dataset.columns})
        following = leaves.get("$next")
        if form.paging == "cursor":
            if following is None:
                break
            offset = pages.offset_of(following) or 0
        else:
            if not leaves["$records"]:
                break
            offset += size
    return rows, {
        "date": leaves["$date"],
        "count": leaves["$count"],
        "sum": str(leaves.get("$sum", leaves.get("$sum_number", ""))),
    }


def flat(envelope: dict[str, object], body: dict[str, object]) -> dict[str, object]:
    """Find what stands in the place of each variable of the envelope."""
    found: dict[str, object] = {}
    for key, value in envelope.items():
        if isinstance(value, dict):
            found |= flat(value, body[key])
        elif isinstance(value, str) and value.startswith("$"):
            found[value] = body[key]
        else:
            assert body[key] == value
    return found


def reach(record: object, path: str) -> str | None:
    for key in path.split("/"):
        record = record[key]
    return None if record is None else str(record)


READERS = {
    Delimited: read_delimited,
    FixedWidth: read_fixed,
    Spreadsheet: read_workbook,
    Xml: read_xml,
    Json: read_json,
}


def test_every_format_of_files_is_read_back() -> None:
    used = {type(d.format) for s in sources().values() for d in s.datasets}
    assert used - {Table} == set(READERS)
