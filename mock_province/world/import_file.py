"""The file through which the households are imported, as a county office would send it."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

HEADINGS = {
    "household": "户编号",
    "county": "县区代码",
    "township": "乡镇",
    "case": "委托编号",
    "case_kind": "委托类型",
    "purpose": "核对用途",
    "authorisation": "授权书编号",
    "signed_on": "授权签署日期",
    "valid_until": "授权截止日期",
    "revoked_on": "授权撤销日期",
    "member": "成员序号",
    "relation": "与申请人关系",
    "name": "姓名",
    "resident_id": "公民身份号码",
    "signed": "已签署",
    "guardian": "代签人",
    "declared_monthly_income": "申报月收入",
    "declared_financial_assets": "申报金融资产",
    "declared_vehicles": "申报车辆数",
    "declared_houses": "申报住房数",
}
WORDS = {
    "case_kind": {"new": "新申请", "reverification": "复核", "monitoring": "动态监测", "on_demand": "即时核对"},
    "relation": {"self": "本人", "spouse": "配偶", "child": "子女", "parent": "父母", "other": "其他"},
}
SHEET_ROWS = 250_000  # beyond it a CSV: a sheet holds a million rows, but takes minutes to write and to read


def write_import_file(table: pa.Table, folder: Path) -> Path:
    """Write the members as `households.xlsx`, or as `households.csv` where a sheet would be unwieldy."""
    spoken = table.select(list(HEADINGS))
    for column, chinese in WORDS.items():
        spoken = _replace(spoken, column, _translated(spoken[column].combine_chunks(), chinese))
    spoken = _replace(spoken, "signed", pc.if_else(spoken["signed"], "是", "否"))
    if len(spoken) > SHEET_ROWS:
        return _write_csv(spoken, folder / "households.csv")
    return _write_sheet(spoken, folder / "households.xlsx")


def _replace(table: pa.Table, name: str, column: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, column)


def _translated(column: pa.Array, words: dict[str, str]) -> pa.Array:
    return pa.array(list(words.values())).take(pc.index_in(column, pa.array(list(words))))


def _write_sheet(table: pa.Table, path: Path) -> Path:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    book.set_properties({"created": datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None)})  # the same bytes every time
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("家庭")
    sheet.write_row(0, 0, list(HEADINGS.values()))
    for place, field in enumerate(table.schema):
        if pa.types.is_date(field.type):
            sheet.set_column(place, place, 12, day)
    kinds = [_kind(field.type) for field in table.schema]
    row = 0
    for batch in table.to_batches(max_chunksize=10_000):
        columns = [_cells(column) for column in batch.columns]
        for cells in zip(*columns, strict=True):
            row += 1
            for place, (cell, kind) in enumerate(zip(cells, kinds, strict=True)):
                if cell is None:
                    continue
                if kind == "date":
                    sheet.write_number(row, place, cell, day)
                elif kind == "number":
                    sheet.write_number(row, place, cell)
                else:
                    sheet.write_string(row, place, cell)
    book.close()
    return path


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_date(kind):
        return "date"
    return "text" if pa.types.is_string(kind) else "number"


def _cells(column: pa.Array) -> list[object]:
    if pa.types.is_date(column.type):  # a sheet counts days from 1899-12-30
        column = pc.add(column.cast(pa.int32()), 25_569)
    elif pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    return list(column.to_pylist())


def _write_csv(table: pa.Table, path: Path) -> Path:
    from pyarrow import csv

    with path.open("wb") as out:
        out.write("\ufeff".encode())
        csv.write_csv(table.rename_columns(list(HEADINGS.values())), out)
    return path
