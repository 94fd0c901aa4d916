"""The spreadsheet delivery of the transport department. Cell by cell: the library knows no other way."""

import datetime as dt
from contextlib import suppress
from pathlib import Path

from mock_province.sources.files import appearing
from mock_province.sources.layout import Date, Number, Spreadsheet
from mock_province.sources.wire import Delivery

_LAST_ROW = 1_048_576  # of an .xlsx sheet


def write(delivery: Delivery, form: Spreadsheet, path: Path) -> None:
    """Write one workbook: title, header, rows. Typed columns hold real numbers and dates, bad ones stay text."""
    from xlsxwriter import Workbook  # slow to load, and one source needs it

    control = delivery.control()
    if control.count + 2 > _LAST_ROW:
        raise ValueError("a sheet can't hold that many rows")
    with appearing(path) as file:
        book = Workbook(file, {"constant_memory": True, "default_date_format": "yyyy/m/d"})
        book.set_properties({"created": dt.datetime(2000, 1, 1, tzinfo=dt.UTC)})  # the same bytes every time
        sheet = book.add_worksheet(form.sheet)
        sheet.write_string(0, 0, control.fill(form.title))
        for place, column in enumerate(delivery.columns):
            sheet.write_string(1, place, column.name)
        line = 2
        for cells in delivery.batches():
            for row in zip(*(c.to_pylist() for c in cells.columns), strict=True):
                for place, (column, value) in enumerate(zip(delivery.columns, row, strict=True)):
                    if column.item is None:
                        sheet.write_number(line, place, line - 1)
                    elif value is not None:
                        typed = _typed(value, column.form) if column.typed else value
                        sheet.write(line, place, typed) if column.typed else sheet.write_string(line, place, value)
                line += 1
        book.close()


def _typed(value: str, form: object) -> str | float | dt.date:
    with suppress(ValueError):
        if isinstance(form, Date):
            return dt.date.fromisoformat(value)
        if isinstance(form, Number):
            return float(value)
    return value
