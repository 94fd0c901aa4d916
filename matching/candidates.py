"""Which applicants a record could belong to, by its number. Every search knows how many it finds, and is capped.

Nothing here looks at a name except to narrow down what a masked or a checkless number leaves open.
"""

from dataclasses import dataclass, fields
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching import documents, names, repair, resident_id
from matching.columns import days_of
from matching.comparison import NUMBERS, SIDES
from matching.index import AS_WRITTEN, Index, together, written_short
from matching.lookup import Found, Lookup

Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

MOST: Final = 64  # applicants under one key; a segment's worth of neighbours is about ten
MOST_OF_A_NAME: Final = 2_000  # applicants under one name: the commonest names of a province have some hundreds

_EQUAL, _EQUAL_15, _DOCUMENT, _TEXT = (
    NUMBERS.index("equal"),
    NUMBERS.index("equal-15"),
    NUMBERS.index("equal-document"),
    NUMBERS.index("equal-text"),
)
_EDITS: Final = np.array([NUMBERS.index(edit) for edit in repair.EDITS])
_SEGMENTS: Final = np.array([NUMBERS.index(segment) for segment in repair.LEFT_OUT])
_MASKED, _MASKED_WEAK = NUMBERS.index("masked"), NUMBERS.index("masked-weak")
_CLOSE: Final = NUMBERS.index("close-document")
_RECORD, _APPLICANT = SIDES.index("record"), SIDES.index("applicant")
_KNOWN: Final = 10  # characters that a mask leaves, for `masked`
_KNOWN_WEAK: Final = 7  # for `masked-weak`; below that it is not a number at all


@dataclass(frozen=True)
class Records:
    """A batch of records, read once. One entry a record; names are prepared only for those that need them."""

    number: pa.StringArray
    name: pa.StringArray
    birth: pa.Date32Array
    type: pa.StringArray
    key: Ints  # of valid numbers, else 0
    resident: npt.NDArray[np.bool_]  # the document is a resident ID
    invalid: Ints  # positions without a valid number
    texts: pa.StringArray  # their numbers, cleaned


@dataclass(frozen=True)
class Pairs:
    """Pairs of a record's position and a person; how the numbers agree, and whose is the wrong one."""

    row: Ints
    person: Ints
    number: Ints
    side: Ints

    @staticmethod
    def of(row: Ints, person: Ints, number: Ints | int, side: int = _RECORD) -> "Pairs":
        """Make pairs of one side, and of one level or a level each."""
        return Pairs(row, person, np.broadcast_to(number, row.shape).astype(np.int64), np.full(len(row), side))

    def take(self, which: npt.NDArray[np.generic]) -> "Pairs":
        """Return the pairs at positions or under a mask."""
        return Pairs(*(getattr(self, field.name)[which] for field in fields(self)))

    @staticmethod
    def joined(parts: list["Pairs"]) -> "Pairs":
        """Put pairs together in order of record and person; of equal pairs the first level of `NUMBERS` stays."""
        row, person, number, side = (
            np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Pairs)
        )
        order = np.lexsort((side, number, person, row))
        row, person = row[order], person[order]
        first = np.ones(len(row), dtype=np.bool_)
        first[1:] = (row[1:] != row[:-1]) | (person[1:] != person[:-1])
        return Pairs(row[first], person[first], number[order][first], side[order][first])


def candidates(index: Index, records: Records) -> tuple[Pairs, int]:
    """Return all pairs worth comparing, in order of record and person, and how many keys were capped."""
    search = _Search(index, records)
    parts = [search.exact()]
    if index.reversed:
        parts.append(search.wrong_applicants())
    if len(records.invalid):
        parts += [search.same_text(), search.repaired(), *search.segments(), search.masked_by_name(), search.close()]
    pairs = parts[0] if sum(bool(len(part.row)) for part in parts[1:]) == 0 else Pairs.joined(parts)
    return pairs, search.capped


class _Search:
    """The ways of finding applicants for one batch."""

    def __init__(self, index: Index, records: Records) -> None:
        self.index = index
        self.records = records
        self.capped = 0
        self._known = repair.masks(records.texts)
        self._masked = np.asarray(self._known.any(axis=1), dtype=np.bool_)

    def exact(self) -> Pairs:
        """Find valid numbers that are equal, or equal to what an applicant's wrong number was meant to be."""
        numbers = self.index.exact
        found = self._find(numbers.lookup, self.records.key)
        person, edit = numbers.person[found.entry], numbers.edit[found.entry]
        short = written_short(self.records.number.take(pa.array(found.asked))) | self.index.short[person]
        level = np.where(short, _EQUAL_15, _EQUAL)
        wrong = edit != AS_WRITTEN
        level[wrong] = _EDITS[edit[wrong]]
        pairs = Pairs(found.asked, person, level, np.where(wrong, _APPLICANT, _RECORD))
        return Pairs.joined([pairs]) if wrong.any() or _tangled(pairs) else pairs

    def wrong_applicants(self) -> Pairs:
        """Find valid numbers that agree with an applicant's wrong one in all but one segment."""
        valid = np.flatnonzero(self.records.key)
        parts = []
        for segment, keys in enumerate(repair.partial_of(self.records.key[valid])):
            found = self._find(self.index.partial_wrong[segment], keys)
            parts.append(Pairs.of(valid[found.asked], found.entry, _SEGMENTS[segment], _APPLICANT))
        return Pairs.joined(parts)

    def same_text(self) -> Pairs:
        """Find documents without a checksum, and wrong numbers, that are equal as text."""
        records = self.records
        document = documents.opaque_keys(records.texts, records.type.take(pa.array(records.invalid)))
        text = np.where(records.resident[records.invalid], documents.text_keys(records.texts), 0)
        found = self._find(self.index.by_text, np.where(document > 0, document, text))
        level = np.where(document[found.asked] > 0, _DOCUMENT, _TEXT)
        return Pairs.of(records.invalid[found.asked], found.entry, level)

    def repaired(self) -> Pairs:
        """Find numbers one typing error away from an applicant's."""
        numbers = self.index.exact
        wrong = np.flatnonzero(~self._masked & self.records.resident[self.records.invalid])
        probes = repair.edits(self.records.texts.take(pa.array(wrong)))
        found = self._find(numbers.lookup, probes.key)
        sound = numbers.edit[found.entry] == AS_WRITTEN  # not two repairs at once
        asked, entry = found.asked[sound], found.entry[sound]
        row = self.records.invalid[wrong[probes.row[asked]]]
        return Pairs.of(row, numbers.person[entry], _EDITS[probes.edit[asked]])

    def segments(self) -> list[Pairs]:
        """Find numbers that agree in all but one segment, which is wrong or masked."""
        resident = self.records.resident[self.records.invalid]
        parts = []
        for segment, keys in enumerate(repair.partial_keys(self.records.texts)):
            found = self._find(self.index.partial[segment], np.where(resident, keys, 0))
            masked = self._masked[found.asked]
            row = self.records.invalid[found.asked]
            parts.append(Pairs.of(row[~masked], found.entry[~masked], _SEGMENTS[segment]))
            parts.append(self._unmasked(found.asked[masked], found.entry[masked]))
        return parts

    def masked_by_name(self) -> Pairs:
        """For masks that leave no two segments whole, find the applicants of the same name whom the rest fits."""
        whole = (repair.partial_keys(self.records.texts) > 0).any(axis=0)
        enough = np.count_nonzero(self._known, axis=1) >= _KNOWN_WEAK
        asked = np.flatnonzero(self._masked & ~whole & enough & self.records.resident[self.records.invalid])
        called = names.prepare(self.records.name.take(pa.array(self.records.invalid[asked])))
        found = self._find(self.index.by_name, names.name_keys(called), MOST_OF_A_NAME)
        return self._unmasked(asked[found.asked], found.entry)

    def close(self) -> Pairs:
        """Find documents without a checksum that are one edit apart, of people with the same name and birth date."""
        invalid = self.records.invalid
        types = self.records.type.take(pa.array(invalid))
        asked = np.flatnonzero(documents.opaque_keys(self.records.texts, types))
        rows = invalid[asked]
        called = names.name_keys(names.prepare(self.records.name.take(pa.array(rows))))
        births = days_of(self.records.birth.take(pa.array(rows)))
        found = self._find(self.index.by_birth_and_name, together(births, called))
        texts = self.records.texts.take(pa.array(asked[found.asked]))
        near = documents.one_edit_apart(texts, self.index.texts.take(pa.array(found.entry)))
        return Pairs.of(rows[found.asked][near], found.entry[near], _CLOSE)

    def _unmasked(self, asked: Ints, person: Ints) -> Pairs:
        # Masked numbers whose every visible character is the person's; `asked` counts among the invalid ones.
        known = self._known[asked]
        numbers = resident_id.decode(pa.array(self.index.key[person]))
        whole = np.frombuffer(numbers.buffers()[2], dtype=np.uint8, count=known.size).reshape(known.shape)
        fits = ((known == 0) | (known == whole)).all(axis=1)
        visible = np.count_nonzero(known, axis=1)
        fits &= visible >= _KNOWN_WEAK
        level = np.where(visible >= _KNOWN, _MASKED, _MASKED_WEAK)
        return Pairs.of(self.records.invalid[asked][fits], person[fits], level[fits])

    def _find(self, lookup: Lookup, keys: Ints, most: int = MOST) -> Found:
        found = lookup.find(keys, most)
        self.capped += len(found.capped)
        return found


def _tangled(pairs: Pairs) -> bool:
    # Whether a record has several people, who then may be out of order.
    return bool(len(pairs.row) > 1 and (pairs.row[1:] == pairs.row[:-1]).any())
