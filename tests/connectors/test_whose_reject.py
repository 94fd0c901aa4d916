"""A row set aside still says whose it is, in every format; a delivery of no rows is an empty one, in every format."""

import io
import json
from datetime import date

import pyarrow as pa
import pytest
import xlsxwriter

from catalogue.categories import categories
from connectors.decode import REJECTS, decode

DAY = date(2026, 1, 31)
ME = "11010519491231002X"
NAMES = ["CERT", "NAME", "ACCT", "TYPE", "BAL", "OPEN"]
WIDTHS = (20, 12, 12, 1, 12, 8)
# Each bad in one field alone; the last sound.
BAD = [
    ("unknown-code", [ME, "张三", "1", "7", "1.00", "20200131"]),
    ("bad-money", [ME, "张三", "2", "1", "1.0O", "20200131"]),
    ("bad-date", [ME, "张三", "3", "1", "1.00", "20200231"]),
    ("bad-date", ["", "张三", "4", "1", "1.00", "20200231"]),
    ("", [ME, "张三", "5", "1", "1.00", "20200131"]),
]
FORMATS = ["delimited", "headerless", "fixed_width", "spreadsheet", "xml", "json", "database"]
CHANGES = {"spreadsheet": [("%Y-%m-%d", "%Y%m%d")]}


def delivery(kind: str, rows: list[list[str]], total: str = "9.00") -> dict[str, bytes]:
    """Write rows in the form of one of the manifests of conftest."""
    count = len(rows)
    records = [dict(zip(NAMES, row, strict=True)) for row in rows]
    match kind:
        case "delimited" | "headerless":
            top = ["H20260131", *(["|".join(NAMES)] if kind == "delimited" else [])]
            lines = [*top, *("|".join(row) for row in rows), f"T{count}|{total}", ""]
            return {"delivery": "\n".join(lines).encode("gb18030")}
        case "fixed_width":
            body = [b"".join(c.encode("gbk").ljust(w) for c, w in zip(r, WIDTHS, strict=True)) for r in rows]
            return {"delivery": b"\n".join([b"H20260131", *body, f"T{count}|{total}".encode(), b""])}
        case "spreadsheet":
            memory = io.BytesIO()
            book = xlsxwriter.Workbook(memory, {"in_memory": True})
            page = book.add_worksheet()
            for y, row in enumerate([[f"日期：2026-01-31 共{count}条"], NAMES, *rows]):
                for x, cell in enumerate(row):
                    page.write_string(y, x, cell)
            book.close()
            return {"delivery": memory.getvalue()}
        case "xml":
            people = ["<person>" + "".join(f"<{n}>{c}</{n}>" for n, c in r.items()) + "</person>" for r in records]
            head = f'<report count="{count}"><head><date>2026-01-31</date></head>'
            return {"delivery": f"{head}{''.join(people)}<foot><sum>{total}</sum></foot></report>".encode()}
        case "json":
            data = {"date": "2026-01-31", "count": count, "sum": total, "records": records}
            return {"page-000001.json": json.dumps({"data": data}).encode()}
    schema = pa.schema([pa.field(name, pa.string()) for name in NAMES])
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema) as stream:
        if rows:
            stream.write_batch(pa.RecordBatch.from_pylist(records, schema))
    control = {"business_date": "2026-01-31", "row_count": str(count), "amount_sum": total if rows else None}
    return {"control.json": json.dumps(control).encode(), "rows.arrow": sink.getvalue()}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_row_set_aside_says_whose_it_is(make, read, kind) -> None:
    result = read(make(kind, *CHANGES.get(kind, [])), delivery(kind, [row for _, row in BAD]))
    assert [(r["reason"], r["resident_id"]) for r in result.rejects] == [
        (reason, row[0] or None) for reason, row in BAD if reason
    ]
    assert all(r["line"] for r in result.rejects)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_delivery_that_vouches_for_no_rows_is_one_empty_batch(make, tmp_path, kind) -> None:
    allowed = ('category = "deposit"', 'category = "deposit"\nmay_be_empty = true')
    manifest = make(kind, allowed, *CHANGES.get(kind, []))
    for name, content in delivery(kind, [], "0").items():
        (tmp_path / name).write_bytes(content)
    (part,) = decode(manifest, manifest.datasets[0], tmp_path, DAY)
    assert part.records.schema.equals(categories()["deposit"].schema)
    assert part.rejects.schema.equals(REJECTS)
    assert (part.records.num_rows, part.rejects.num_rows) == (0, 0)


@pytest.mark.parametrize("kind", FORMATS)
def test_no_rows_are_a_fault_where_they_are_not_provided_for(make, verdict, kind) -> None:
    assert verdict(make(kind, *CHANGES.get(kind, [])), delivery(kind, [], "0")) == "empty-delivery"


def test_delimited_rows_that_do_not_fit(make, read) -> None:
    rows = [
        f"{ME}|张三|1|1|1.00",
        f"{ME}|张三|2|1|1.00|20200131|x",
        f"x|{ME}|张三|3|1|1.00|20200131",  # counted from the end
        "张三|4|1|1.00|20200131",
        "张三|6200001|5",
        f"{ME}|张\0三|6|1|1.00|20200131",
        f"{ME[:9]}\0|张三|7|1|1.00|20200131",
    ]
    good = [f"{ME}|李四|{n}|1|1.00|20200131" for n in range(8, 20)]
    lines = ["H20260131", "|".join(NAMES), *rows, *good, f"T{len(rows) + len(good)}|99.00", ""]
    result = read(make("delimited"), "\n".join(lines).encode("gbk"))
    assert [r["resident_id"] for r in result.rejects] == [ME, ME, ME, None, None, ME, None]
    assert {r["reason"] for r in result.rejects} == {"wrong-field-count", "broken-character"}


def test_a_quoted_number_is_found_in_a_row_that_does_not_fit(make, read) -> None:
    manifest = make("delimited", ("header = true }", "header = true, quote = '\"' }"))
    good = [f"{ME}|李四|{n}|1|1.00|20200131" for n in range(3)]
    text = "\n".join(["H20260131", "|".join(NAMES), f'"{ME}"|"张三"|1', *good, "T4|9.00", ""])
    assert [r["resident_id"] for r in read(manifest, text.encode("gbk")).rejects] == [ME]


def test_fixed_rows_that_do_not_fit(make, read) -> None:
    good = delivery("fixed_width", [BAD[4][1]])["delivery"].split(b"\n")[1]
    short, long, shifted = good[:-2], good + b" ", b"xx" + good
    cut = good[:20] + b" " + "欧阳上官司马".encode("gbk")[:11] + good[32:]  # through a character of the name
    mine = good[:19] + b"\xd5" + good[20:]  # through a character in the number
    none = b" " * 20 + good[20:-2]
    rows = [short, long, shifted, none, cut, mine, *[good] * 8]
    result = read(make("fixed_width"), b"\n".join([b"H20260131", *rows, b"T14|99.00", b""]))
    assert [r["resident_id"] for r in result.rejects] == [ME, ME, ME, None, ME, None]


def test_json_rows_that_do_not_fit(make, read) -> None:
    sound = dict(zip(NAMES, BAD[4][1], strict=True))
    rows = [{**sound, "BAL": {"a": 1}}, {**sound, "CERT": [ME]}, {**sound, "CERT": " ", "BAL": []}, "x", sound]
    data = {"date": "2026-01-31", "count": 5, "sum": "9.00", "records": rows}
    result = read(make("json"), {"page-000001.json": json.dumps({"data": data}).encode()})
    assert [r["resident_id"] for r in result.rejects] == [ME, None, None, None]


def test_a_record_without_elements_says_whose_it_is(make, read) -> None:
    manifest = make(
        "json",
        ('records = "/data/records"', 'records = "/data/records", each = "/accounts"'),
        ('"/ACCT"', '"/accounts/no"'),
    )
    sound = dict(zip(NAMES, BAD[4][1], strict=True))
    rows = [sound, {**sound, "accounts": [{"no": "1"}, {"no": {}}]}]
    data = {"date": "2026-01-31", "count": 3, "sum": "9.00", "records": rows}
    result = read(manifest, {"page-000001.json": json.dumps({"data": data}).encode()})
    assert [(r["row"], r["resident_id"]) for r in result.rejects] == [(1, ME), (3, ME)]
