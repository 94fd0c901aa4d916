"""Workbooks: titles, native cells, numbers that a spreadsheet has spoilt, and workbooks that are none."""

import datetime as dt
import io
import struct
import zipfile
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.formats import workbook

NAMES = ["CERT", "NAME", "ACCT", "TYPE", "BAL", "OPEN"]
ROWS = [
    ["11010519491231002X", "张三", "6200001", "1", 12.5, dt.date(2020, 1, 31)],
    ["440524188001010014", "李四", 6200002, 2, 0.1 + 0.2, "2019-12-31"],
]
TITLE = ["存款明细", None, "日期：2026-01-31", "共2条记录"]


def book(rows: list[list], *, title: list | None = TITLE, names: list[str] = NAMES, sheet: str = "一") -> bytes:
    """Write a workbook into memory."""
    memory = io.BytesIO()
    written = xlsxwriter.Workbook(memory, {"in_memory": True})
    page = written.add_worksheet(sheet)
    day = written.add_format({"num_format": "yyyy-mm-dd"})
    for y, row in enumerate([title, names, *rows] if title is not None else [names, *rows]):
        for x, cell in enumerate(row):
            if isinstance(cell, dt.date):
                page.write_datetime(y, x, dt.datetime.combine(cell, dt.time()), day)
            elif isinstance(cell, str):
                page.write_string(y, x, cell)
            elif cell is not None:
                page.write(y, x, cell)
    written.close()
    return memory.getvalue()


def test_titles_native_dates_and_numbers(make, read) -> None:
    result = read(make("spreadsheet"), book(ROWS))
    assert not result.rejects
    assert [(r["account"], r["kind"], r["balance"], r["opened_on"]) for r in result.records] == [
        ("6200001", "demand", Decimal("12.50"), dt.date(2020, 1, 31)),
        ("6200002", "fixed", Decimal("0.30"), dt.date(2019, 12, 31)),
    ]


def test_an_id_kept_as_a_number_shows_that_it_is_lost(make, read) -> None:
    result = read(make("spreadsheet"), book([[320102199001011234, "张三", 1, 1, 1, "2020-01-31"], ROWS[0]]))
    assert [r["resident_id"] for r in result.records] == ["3.20102E+17", "11010519491231002X"]


def test_rows_without_content_are_no_rows(make, read) -> None:
    result = read(make("spreadsheet"), book([ROWS[0], [], ["", ""], ROWS[1]]))
    assert [r["row"] for r in result.records] == [1, 2]


def test_the_last_row_can_be_a_trailer(make, read, verdict) -> None:
    manifest = make(
        "spreadsheet",
        ("header = '.*日期：(?P<date>\\S+).*共(?P<count>\\d+)条.*'",
         "header = '.*日期：(?P<date>\\S+).*'\nsum_item = 'balance'\ntrailer = '合计 (?P<count>\\d+) (?P<sum>.+)'"),
    )  # fmt: skip
    assert len(read(manifest, book([*ROWS, ["合计", 2, 12.8]])).records) == 2
    assert verdict(manifest, book([*ROWS, ["合计", 2, 12.9]])) == "sum-mismatch"
    assert verdict(manifest, book(ROWS)) == "truncated-delivery"


text = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20
)


@settings(max_examples=25)
@given(rows=st.lists(st.tuples(text, text), min_size=1, max_size=10))
def test_what_is_written_is_read_back(make, read, rows) -> None:
    body = [["1", name, "a" + account, "1", 1, "2020-01-31"] for name, account in rows]
    title = [*TITLE[:-1], f"共{len(rows)}条"]
    result = read(make("spreadsheet"), book(body, title=title))
    assert [r["name"] or "" for r in result.records] == [n if n.strip(" \u3000") else "" for n, _ in rows]
    assert [r["account"] for r in result.records] == [("a" + a).strip(" \u3000") for _, a in rows]


SPOILT = [[c.encode().decode("latin-1") if x == 1 else c for x, c in enumerate(row)] for row in ROWS]
AS_GB = [[c.encode().decode("gb18030") if x == 1 else c for x, c in enumerate(row)] for row in ROWS]


@pytest.mark.parametrize(
    ("code", "delivery"),
    [
        ("sound", book(ROWS)),
        ("empty-delivery", b""),
        ("empty-delivery", book([])),
        ("truncated-delivery", book(ROWS)[:3000]),
        ("truncated-delivery", book(ROWS)[:-10]),
        ("unreadable-delivery", b"CERT,NAME\n1,2\n"),
        ("unreadable-delivery", b"\xd0\xcf\x11\xe0" * 200),
        ("wrong-encoding", book(SPOILT)),
        ("wrong-encoding", book(AS_GB)),
        ("stale-delivery", book(ROWS, title=["日期：2026-01-30", "共2条"])),
        ("count-mismatch", book(ROWS, title=["日期：2026-01-31", "共1条"])),
        ("count-mismatch", book(ROWS, title=["日期：2026-01-31", "共3条"])),
        ("control-unreadable", book(ROWS, title=["存款"])),
        ("missing-column", book(ROWS, names=["CERT", "NAME", "KONTO", "TYPE", "BAL", "OPEN"])),
        ("column-twice", book(ROWS, names=[*NAMES, "ACCT"])),
    ],
)
def test_faults_of_a_whole_delivery_are_told_apart(make, verdict, code, delivery) -> None:
    assert verdict(make("spreadsheet"), delivery) == code


def test_a_missing_sheet_is_named(make, verdict) -> None:
    manifest = make("spreadsheet", ("header_row = 2", 'header_row = 2, sheet = "二"'))
    assert verdict(manifest, book(ROWS)) == "missing-sheet"
    assert verdict(manifest, book(ROWS, sheet="二")) == "sound"


def test_a_bomb_is_not_unpacked(make, verdict, monkeypatch) -> None:
    monkeypatch.setattr(workbook, "MAX_UNPACKED", 4 << 20)
    memory = io.BytesIO(book(ROWS))
    with zipfile.ZipFile(memory, "a", zipfile.ZIP_DEFLATED) as parcel:
        parcel.writestr("xl/media/bomb", b"\0" * (8 << 20))
    assert verdict(make("spreadsheet"), memory.getvalue()) == "too-large"
    # the same with a lie about its size in the directory
    data = memory.getvalue().replace(struct.pack("<L", 8 << 20), struct.pack("<L", 1000))
    assert verdict(make("spreadsheet"), data) == "too-large"


def test_a_lone_cell_in_the_far_corner_is_not_laid_out(make, verdict) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(ROWS))) as old, zipfile.ZipFile(memory, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = data.replace(
                    b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                )
            new.writestr(name, data)
    assert verdict(make("spreadsheet"), memory.getvalue()) == "too-large"
