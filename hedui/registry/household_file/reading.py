"""From cells to households: values by their column's rules, then what must hold between cells and between rows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from hedui.registry.household_file import cells
from hedui.registry.household_file.between import between_rows
from hedui.registry.household_file.columns import COLUMNS, PERSONAL_TEXT, Column
from hedui.registry.household_file.mistakes import Fault, Mistake
from matching import resident_id as numbers

pc: Any = pyarrow.compute  # its stubs lack much of it

_LONGEST_NAME = 100
_LONGEST_NUMBER = 64  # characters of any document's number
# Control characters and marks that turn the direction of writing: what is seen is not what is there.
_UNSEEN = "[\\p{Cc}\\x{200E}\\x{200F}\\x{202A}-\\x{202E}\\x{2066}-\\x{2069}]"


@dataclass(frozen=True)
class Reading:
    """A file as it was read.

    `table` has a column of typed values for each of `COLUMNS`, `row` int64 (as the spreadsheet numbers it) and
    `id_standard` string (the number in its one spelling). With any mistake it is not to be used.
    """

    table: pa.Table
    mistakes: list[Mistake]
    warnings: list[Mistake]


def read(path: Path) -> Reading:
    """Read a file of households and find every mistake in it; raises the Stops of `cells.read`."""
    sheet = cells.read(path)
    columns: dict[str, Any] = {}
    mistakes = sheet.mistakes
    for name, column in COLUMNS.items():
        texts = sheet.columns.get(name)
        if texts is None:
            columns[name] = pa.nulls(len(sheet.rows), column.type)
            continue
        columns[name], found = _values(texts, column)
        rows = sheet.rows.to_numpy()
        mistakes += [Mistake(int(rows[at]), name, fault.code, fault.expected) for at, fault in found]
    columns["row"] = sheet.rows
    columns["id_standard"] = numbers.standard(columns["resident_id"])
    table = pa.table(columns)
    mistakes += between_rows(table, {(mistake.row, mistake.column) for mistake in mistakes})
    return Reading(table, sorted(set(mistakes)), _id_warnings(table))


def _values(texts: pa.StringArray, column: Column) -> tuple[Any, list[tuple[int, Fault]]]:
    # Each different text is read once, then spread over the rows that hold it.
    found: list[tuple[int, Fault]] = []
    if column.cell:
        missing = Fault("missing")
        found += [(int(at), missing) for at in np.flatnonzero(_flags(texts.is_null()))]
    if column.id in PERSONAL_TEXT:
        return _personal(texts, column.id, found)
    coded = texts.dictionary_encode()
    values: list[object] = []
    faults: dict[int, Fault] = {}
    for at, text in enumerate(coded.dictionary.to_pylist()):
        try:
            values.append(column.read(text))
        except Fault as fault:
            values.append(None)
            faults[at] = fault
    if faults:
        indices = coded.indices.fill_null(-1).to_numpy()
        found += [(int(at), faults[int(indices[at])]) for at in np.flatnonzero(np.isin(indices, list(faults)))]
    return pa.array(values, column.type).take(coded.indices), found


def _personal(texts: pa.StringArray, name: str, found: list[tuple[int, Fault]]) -> tuple[Any, list[tuple[int, Fault]]]:
    if name == "resident_id":
        # A spreadsheet keeps 15 digits of a number: the rest of this one is gone, here and in the file.
        lost = _flags(pc.equal(numbers.kinds(texts), "scientific"))
        found += [(int(at), Fault("digits-lost")) for at in np.flatnonzero(lost)]
        endless = _flags(pc.fill_null(pc.greater(pc.utf8_length(texts), _LONGEST_NUMBER), fill_value=False))
        found += [(int(at), Fault("not-a-number", longest=_LONGEST_NUMBER)) for at in np.flatnonzero(endless)]
        return numbers.clean(texts), found
    digits = _flags(pc.fill_null(pc.match_substring_regex(texts, "[0-9]{4}"), fill_value=False))
    long = _flags(pc.fill_null(pc.greater(pc.utf8_length(texts), _LONGEST_NAME), fill_value=False))
    found += [(int(at), Fault("not-a-name")) for at in np.flatnonzero(digits | long)]
    unseen = _flags(pc.fill_null(pc.match_substring_regex(texts, _UNSEEN), fill_value=False))
    found += [(int(at), Fault("unseen-character")) for at in np.flatnonzero(unseen)]
    return texts, found


def _id_warnings(table: pa.Table) -> list[Mistake]:
    # A wrong number on the applicant's side exists in real life: it is taken in, and said.
    kinds = numbers.kinds(table["resident_id"])
    doubtful = pc.invert(pc.is_in(kinds, pa.array(["valid18", "valid15", "empty", "scientific"])))
    rows = table["row"].filter(doubtful).to_pylist()
    return [
        Mistake(row, "resident_id", f"id-{kind.replace('_', '-')}")
        for row, kind in zip(rows, kinds.filter(doubtful).to_pylist(), strict=True)
    ]


def _flags(array: Any) -> npt.NDArray[np.bool_]:
    flags: npt.NDArray[np.bool_] = array.to_numpy(zero_copy_only=False)
    return flags
