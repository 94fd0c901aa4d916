"""The XML delivery of the disabled persons' federation."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pyarrow as pa
import pyarrow.compute as pc

from mock_province.sources.files import appearing, content, joined
from mock_province.sources.layout import Column, Xml
from mock_province.sources.wire import Cells, Delivery

PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n'


def write(delivery: Delivery, form: Xml, path: Path) -> None:
    """Write one document; every element of a row is there, empty where there is no value."""
    control = delivery.control()
    facts = "".join(f" {name}={quoteattr(control.fill(text))}" for name, text in form.attributes)
    with appearing(path) as file:
        file.write(f'{PROLOGUE}<{form.root} xmlns="{form.namespace}"{facts}>\n'.encode())
        for cells in delivery.batches():
            file.write(content(joined(["  ", *_element(form.record, delivery.columns, cells, 0), "\n"])))
        file.write(f"</{form.root}>\n".encode())


def _element(name: str, columns: Sequence[Column], cells: pa.RecordBatch, depth: int) -> list[Cells | str]:
    """Return the parts of one element; columns whose paths share a first name become one child element."""
    parts: list[Cells | str] = [f"<{name}>"]
    for child, group in groupby(columns, key=lambda c: c.name.split("/")[depth]):
        members = list(group)
        if len(members[0].name.split("/")) == depth + 1:
            parts += [f"<{child}>", _escaped(cells.column(members[0].name)), f"</{child}>"]
        else:
            parts += _element(child, members, cells, depth + 1)
    return [*parts, f"</{name}>"]


def _escaped(column: Cells) -> Cells:
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\t", "&#9;")):
        column = pc.replace_substring(column, plain, entity)
    return column
