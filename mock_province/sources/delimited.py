"""Delimited deliveries: banks 01 to 20, and the department that drops CSV."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from mock_province.sources.files import appearing, content, encoded, joined, refuse
from mock_province.sources.layout import Delimited
from mock_province.sources.wire import Cells, Delivery

_MARK = b"\xef\xbb\xbf"


def write(delivery: Delivery, form: Delimited, path: Path) -> None:
    """Write one delimited file, and the companion that vouches for it where the layout has one."""
    control = delivery.control()
    names = [c.name for c in delivery.columns]
    with appearing(path) as file:
        if form.encoding == "utf-8-sig":
            file.write(_MARK)
        if form.lead:
            file.write(encoded(control.fill(form.lead) + form.newline, form.encoding))
        if form.header:
            file.write(encoded(form.delimiter.join(names) + form.newline, form.encoding))
        for cells in delivery.batches():
            file.write(encoded(content(_lines(cells, form)), form.encoding))
        if form.trail:
            file.write(encoded(control.fill(form.trail) + form.newline, form.encoding))
    if form.companion:
        name, text = form.companion
        with appearing(path.with_name(control_name(name, delivery))) as file:
            file.write(encoded(control.fill(text), form.encoding))


def control_name(template: str, delivery: Delivery) -> str:
    """Return the name of a companion: filed under the date asked for, whatever its content says."""
    return template.format(date=delivery.business_date)


def _lines(cells: pa.RecordBatch, form: Delimited) -> Cells:
    if not form.quoted:
        refuse(cells, form.delimiter)
    refuse(cells, "\r\n")
    columns = [_quoted(c) for c in cells.columns] if form.quoted else cells.columns
    return joined([*_between(columns, form.delimiter), form.newline])


def _between(columns: Sequence[Cells], delimiter: str) -> Iterator[Cells | str]:
    for place, column in enumerate(columns):
        if place:
            yield delimiter
        yield column


def _quoted(column: Cells) -> Cells:
    return joined(['"', pc.replace_substring(column, '"', '""'), '"'])
