"""What must hold between the cells of a row, and between the rows of a household."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from hedui.registry.household_file.columns import COLUMNS
from hedui.registry.household_file.mistakes import Mistake
from matching import resident_id as numbers

pc: Any = pyarrow.compute  # its stubs lack much of it
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_ADULT = 18
_PLACES = 1000  # more than any member number


def between_rows(table: pa.Table, broken: set[tuple[int, str]]) -> list[Mistake]:
    """Find what does not fit together. `broken` names cells (row, column) already found wrong: they are not compared.

    `table` is that of `reading.Reading`.
    """
    if not len(table):
        return []
    found = _Rows(table, broken)
    mistakes = [mistake for check in _CHECKS for mistake in check(found)]
    return [m for m in mistakes if (m.row, m.column) not in broken]


class _Rows:
    """The columns of a table as numbers that compare fast: equal values have equal codes, null is -1."""

    def __init__(self, table: pa.Table, broken: set[tuple[int, str]]) -> None:
        self.table = table
        self.broken = broken
        self.row: Ints = table["row"].to_numpy()
        self.household = self.codes("household")
        self.member: Ints = pc.fill_null(table["member"], -1).to_numpy()
        self.guardian: Ints = pc.fill_null(table["guardian"], -1).to_numpy()
        self.signed = _flags(pc.fill_null(table["signed"], fill_value=False))

    def codes(self, column: str) -> Ints:
        coded = self.table[column].combine_chunks().dictionary_encode()
        indices: Ints = coded.indices.fill_null(-1).cast(pa.int64()).to_numpy()
        return indices

    def whole(self, column: str) -> Flags:
        """Say for each row whether the cell could be read: what is broken already is not compared."""
        wrong = [row for row, name in self.broken if name == column]
        return ~np.isin(self.row, np.array(wrong, dtype=np.int64))

    def present(self, column: str) -> Flags:
        return _flags(self.table[column].is_valid())

    def of(self, flags: Flags, column: str, code: str) -> Iterator[Mistake]:
        """Yield one mistake in `column` for each flagged row."""
        for at in np.flatnonzero(flags):
            yield Mistake(int(self.row[at]), column, code)

    def against(self, flags: Flags, other: Ints, column: str, code: str) -> Iterator[Mistake]:
        """Yield one mistake for each flagged row, naming the row that it does not fit."""
        for at in np.flatnonzero(flags):
            yield Mistake(int(self.row[at]), column, code, {"other": int(self.row[other[at]])})


def _shared_cells_agree(rows: _Rows) -> Iterator[Mistake]:
    for column in COLUMNS.values():
        if column.shared:
            codes, whole = rows.codes(column.id), rows.whole(column.id)
            # Against the first row of the household whose cell could be read.
            keys = np.where(whole, rows.household, -1)
            first = _first_alike(keys)
            differs = (codes != codes[first]) & (keys >= 0)
            yield from rows.against(differs, first, column.id, "differs")


def _one_row_a_member(rows: _Rows) -> Iterator[Mistake]:
    keys = rows.household * _PLACES + rows.member
    earlier = _first_alike(keys)
    again = (earlier != np.arange(len(keys))) & (rows.household >= 0) & (rows.member >= 0)
    yield from rows.against(again, earlier, "member", "member-repeated")


def _one_row_a_person(rows: _Rows) -> Iterator[Mistake]:
    people = rows.codes("id_standard")
    earlier = _first_alike(rows.household * (people.max() + 2) + people)
    again = (earlier != np.arange(len(people))) & (rows.household >= 0) & (people >= 0)
    yield from rows.against(again, earlier, "resident_id", "person-repeated")


def _one_applicant(rows: _Rows) -> Iterator[Mistake]:
    applicants = np.flatnonzero(_flags(pc.fill_null(pc.equal(rows.table["relation"], "self"), fill_value=False)))
    earlier = applicants[_first_alike(rows.household[applicants])]
    for at, other in zip(applicants, earlier, strict=True):
        if at != other and rows.household[at] >= 0:
            yield Mistake(int(rows.row[at]), "relation", "applicant-repeated", {"other": int(rows.row[other])})


def _one_household_each(rows: _Rows) -> Iterator[Mistake]:
    for column in ("case", "authorisation"):
        codes = np.where(rows.household >= 0, rows.codes(column), -1)
        earlier = _first_alike(codes)
        elsewhere = (rows.household[earlier] != rows.household) & (codes >= 0)
        yield from rows.against(elsewhere, earlier, column, "of-two-households")


def _letters_are_whole(rows: _Rows) -> Iterator[Mistake]:
    letter, signed_on = rows.present("authorisation"), rows.present("signed_on")
    yield from rows.of(letter & ~signed_on, "signed_on", "no-signing-date")
    for column in ("signed_on", "valid_until", "revoked_on"):
        yield from rows.of(rows.present(column) & ~letter, "authorisation", "no-letter")
    yield from rows.of((rows.signed | (rows.guardian >= 0)) & ~letter, "authorisation", "signed-without-letter")
    signed = rows.table["signed_on"]
    for column in ("valid_until", "revoked_on"):
        before = _flags(pc.fill_null(pc.less(rows.table[column], signed), fill_value=False))
        yield from rows.of(before, column, "before-signing")


def _guardians_can_sign(rows: _Rows) -> Iterator[Mistake]:
    minor = _minors(rows.table)
    yield from rows.of(rows.signed & minor & (rows.guardian < 0), "guardian", "minor-without-guardian")
    given = rows.guardian >= 0
    themselves = given & (rows.guardian == rows.member)
    yield from rows.of(themselves, "guardian", "own-guardian")
    keys = rows.household * _PLACES + rows.member
    order = np.argsort(keys, kind="stable")
    wanted = rows.household * _PLACES + rows.guardian
    at = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
    known = keys[at] == wanted
    # A member whose row could not be placed may be the guardian.
    if rows.present("household").all():
        whole = ~np.isin(rows.household, rows.household[rows.member < 0])
        yield from rows.of(given & ~known & whole, "guardian", "guardian-not-a-member")
    yield from rows.of(given & known & ~themselves & minor[at], "guardian", "guardian-minor")


_CHECKS: tuple[Callable[[_Rows], Iterator[Mistake]], ...] = (
    _shared_cells_agree,
    _one_row_a_member,
    _one_row_a_person,
    _one_applicant,
    _one_household_each,
    _letters_are_whole,
    _guardians_can_sign,
)


def _minors(table: pa.Table) -> Flags:
    # Under 18 on the day of signing, by the number; nothing is assumed where the number is not valid.
    born = numbers.describe(numbers.encode(table["resident_id"])).column("birth_date")
    signed_on = table["signed_on"].combine_chunks()
    young = pc.less(_as_number(signed_on), pc.add(_as_number(born), _ADULT * 10_000))
    return _flags(pc.fill_null(young, fill_value=False))


def _as_number(days: Any) -> Any:
    # yyyymmdd: whole years are added to it without a calendar.
    month = pc.add(pc.multiply(pc.year(days), 10_000), pc.multiply(pc.month(days), 100))
    return pc.add(month, pc.day(days))


def _first_alike(codes: Ints) -> Ints:
    """Return for each row the first row that has the same code."""
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    alike: Ints = first[inverse]
    return alike


def _flags(array: Any) -> Flags:
    flags: Flags = array.to_numpy(zero_copy_only=False)
    return flags
