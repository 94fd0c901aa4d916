"""Which applicants a record could belong to, by its number. Every search but that for equal numbers is capped.

Nothing here looks at a name except to narrow down what a masked or a checkless number leaves open.
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching import documents, names, repair, resident_id
from matching.buffers import Bytes, Flags, Ints, flags
from matching.columns import OTHER, RESIDENT_ID, days_of, optional, resident_keys, types_of
from matching.comparison import NUMBERS, SIDES, indices
from matching.index import Index, text_keys, together, written_short
from matching.lookup import Found, Lookup

MOST: Final = 64  # applicants under one key; a segment's worth of neighbours is about ten
MOST_OF_A_NAME: Final = 2_000  # applicants under one name: the commonest names of a province have some hundreds
MOST_OF_A_TEXT: Final = 2_000  # applicants under one text without a checksum: with more, it is something like "none"

_EQUAL, _EQUAL_15, _DOCUMENT, _TEXT = (
    NUMBERS.index("equal"),
    NUMBERS.index("equal-15"),
    NUMBERS.index("equal-document"),
    NUMBERS.index("equal-text"),
)
_EDITS: Final = np.array(indices(repair.EDITS, NUMBERS))
_SEGMENTS: Final = np.array(indices(repair.LEFT_OUT, NUMBERS))
_STARTS: Final = (0, 6, 14)  # of the segments among 18 places
_MASKED, _MASKED_WEAK = NUMBERS.index("masked"), NUMBERS.index("masked-weak")
_CLOSE: Final = NUMBERS.index("close-document")
_RECORD, _APPLICANT = SIDES.index("record"), SIDES.index("applicant")
_KNOWN: Final = 10  # characters that a mask leaves, for `masked`; two whole segments have as many
_KNOWN_WEAK: Final = documents.SHOWN  # for `masked-weak`


@dataclass(frozen=True)
class Records:
    """A batch of records, read once. One entry a record; names are prepared only for those that need them."""

    number: pa.StringArray
    name: pa.StringArray
    birth: pa.Date32Array
    sex: pa.StringArray
    key: Ints  # of valid numbers, else 0
    invalid: Ints  # positions without a valid number
    # One entry for each of these:
    type: npt.NDArray[np.int8]  # index into `documents.DOCUMENT_TYPES`
    texts: pa.StringArray  # their numbers, cleaned

    @staticmethod
    def read(batch: pa.RecordBatch) -> "Records":
        """Read a batch (`match.RECORD_SCHEMA`); whatever column it lacks is null."""
        number = optional(batch, "resident_id", pa.string())
        kind = types_of(optional(batch, "document_type", pa.string()))
        key = resident_keys(number, kind)
        invalid = np.flatnonzero(key == 0)
        return Records(
            number=number,
            name=optional(batch, "name", pa.string()),
            birth=optional(batch, "birth_date", pa.date32()),
            sex=optional(batch, "sex", pa.string()),
            key=key,
            invalid=invalid,
            type=kind[invalid],
            texts=resident_id.clean(number.take(pa.array(invalid))),
        )


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
        pair = row << 31 | person
        # One key: fast for a long part that is in order already. Batches have less than 2**27 rows.
        order = np.argsort(pair << 5 | number << 1 | side, kind="stable")
        pair = pair[order]
        first = order[np.diff(pair, prepend=-1) != 0]
        return Pairs(row[first], person[first], number[first], side[first])


def candidates(index: Index, records: Records) -> tuple[Pairs, int]:
    """Return all pairs worth comparing, in order of record and person, and how many keys were capped."""
    search = _Search(index, records)
    exact, parts = search.exact(), []
    if index.reversed:
        parts += search.wrong_applicants()
    if len(records.invalid):
        parts += [search.same_text(), search.typed_on_one_side(), search.close()]
        parts += [search.repaired(), *search.segments(), search.masked_by_name()]
    parts = [part for part in parts if len(part.row)]
    return (Pairs.joined([exact, *parts]) if parts else exact), search.capped


class _Search:
    """The ways of finding applicants for one batch. What is computed here has an entry for each invalid number."""

    def __init__(self, index: Index, records: Records) -> None:
        self.index = index
        self.records = records
        self.capped = 0
        resident = records.type == RESIDENT_ID
        self._document, self._text = text_keys(records.texts, records.type)
        self._known = repair.masks(records.texts) * resident[:, np.newaxis]
        self._masked = np.asarray(self._known.any(axis=1), dtype=np.bool_)
        self._segments = np.where(resident, repair.partial_keys(records.texts), 0)
        self._wrong = resident & ~self._masked

    def exact(self) -> Pairs:
        """Find valid numbers that are equal. However many people have one, none is left out."""
        found = self.index.valid.find(self.records.key)
        short = written_short(self.records.number, found.asked) | self.index.short[found.entry]
        return Pairs.of(found.asked, found.entry, np.where(short, _EQUAL_15, _EQUAL))

    def wrong_applicants(self) -> list[Pairs]:
        """Find valid numbers that an applicant's wrong or masked one may have been meant to be."""
        valid = np.flatnonzero(self.records.key)
        keys = self.records.key[valid]
        meant = self.index.meant
        found = self._find(meant.lookup, keys)
        edit = _EDITS[meant.edit[found.entry]]
        parts = [Pairs.of(valid[found.asked], meant.person[found.entry], edit, _APPLICANT)]
        for segment, lookup, halves in zip(_SEGMENTS, self.index.partial_wrong, repair.partial_of(keys), strict=True):
            found = self._find(lookup, halves)
            known = repair.masks(self.index.texts.take(pa.array(found.entry)))
            masked = known.any(axis=1)
            row, person = valid[found.asked], found.entry
            parts.append(Pairs.of(row[~masked], person[~masked], segment, _APPLICANT))
            fits, level = _fitting(known[masked], keys[found.asked[masked]])
            parts.append(Pairs.of(row[masked][fits], person[masked][fits], level))
        return parts

    def same_text(self) -> Pairs:
        """Find documents without a checksum, wrong numbers, and masks, that are equal as text."""
        keys = np.where(self._document > 0, self._document, self._text)
        asked, person, _ = self._equal(np.arange(len(keys)), keys)
        texts = self.records.texts.take(pa.array(asked))
        certain = flags(pc.equal(texts, self.index.texts.take(pa.array(person)))) & documents.sound(texts)
        level = np.where(certain & (self._document[asked] > 0), _DOCUMENT, _TEXT)
        level = np.where(self._masked[asked], _mask_level(self._known[asked]), level)
        return Pairs.of(self.records.invalid[asked], person, level)

    def typed_on_one_side(self) -> Pairs:
        """Find what looks like a document and is equal as text, where only one side says of what type it is."""
        cards = np.flatnonzero(documents.cards(self.records.texts))
        typed, types = self.records.type[cards] != RESIDENT_ID, np.arange(len(documents.DOCUMENT_TYPES), dtype=np.int8)
        card, other = np.nonzero(typed[:, np.newaxis] == (types == RESIDENT_ID))
        rows, theirs = cards[card], types[other]
        document, text = text_keys(self.records.texts.take(pa.array(rows)), theirs)
        at, person, exact = self._equal(rows, np.where(document > 0, document, text))
        same = exact & (self.index.type[person] == theirs[at])
        return Pairs.of(self.records.invalid[rows[at[same]]], person[same], _TEXT)

    def repaired(self) -> Pairs:
        """Find numbers one typing error away from an applicant's valid one."""
        wrong = np.flatnonzero(self._wrong)
        probes = repair.edits(self.records.texts.take(pa.array(wrong)))
        found = self._find(self.index.valid, probes.key)
        row = self.records.invalid[wrong[probes.row[found.asked]]]
        return Pairs.of(row, found.entry, _EDITS[probes.edit[found.asked]])

    def segments(self) -> list[Pairs]:
        """Find numbers that agree in all but one segment, which is wrong or masked."""
        parts = []
        for segment, lookup, keys in zip(_SEGMENTS, self.index.partial, self._segments, strict=True):
            found = self._find(lookup, keys)
            masked = self._masked[found.asked]
            row = self.records.invalid[found.asked]
            parts.append(Pairs.of(row[~masked], found.entry[~masked], segment))
            parts.append(self._unmasked(found.asked[masked], found.entry[masked]))
        return parts

    def masked_by_name(self) -> Pairs:
        """For masks that leave no two segments whole, find the applicants of the same name whom the rest fits."""
        asked = np.flatnonzero(np.count_nonzero(self._known, axis=1) >= _KNOWN_WEAK)
        asked = asked[np.logical_and.reduceat(self._known[asked] > 0, _STARTS, axis=1).sum(axis=1) < 2]  # noqa: PLR2004
        called = names.prepare(self.records.name.take(pa.array(self.records.invalid[asked])))
        found = self._find(self.index.by_name, names.name_keys(called), MOST_OF_A_NAME)
        valid = self.index.key[found.entry] > 0
        return self._unmasked(asked[found.asked[valid]], found.entry[valid])

    def close(self) -> Pairs:
        """Find documents without a checksum, of one kind, one edit apart, of people with one name and birth date."""
        asked = np.flatnonzero(self._document)
        rows = self.records.invalid[asked]
        called = names.name_keys(names.prepare(self.records.name.take(pa.array(rows))))
        births = days_of(self.records.birth.take(pa.array(rows)))
        found = self._find(self.index.by_birth_and_name, together(births, called))
        ours, person = asked[found.asked], found.entry
        near = documents.one_edit_apart(
            self.records.texts.take(pa.array(ours)), self.index.texts.take(pa.array(person))
        )
        near &= _kind(self.records.type[ours]) == _kind(self.index.type[person])
        return Pairs.of(rows[found.asked][near], person[near], _CLOSE)

    def _unmasked(self, asked: Ints, person: Ints) -> Pairs:
        # Masked numbers whose every visible character is the person's; `asked` counts among the invalid ones.
        fits, level = _fitting(self._known[asked], self.index.key[person])
        return Pairs.of(self.records.invalid[asked][fits], person[fits], level)

    def _equal(self, rows: Ints, keys: Ints) -> tuple[Ints, Ints, Flags]:
        # Where among some rows the text is whose, and whether with all its places. Keys are hashes, and two texts with
        # one hash can be made on purpose.
        found = self._find(self.index.by_text, keys, MOST_OF_A_TEXT)
        ours = documents.spelling(self.records.texts.take(pa.array(rows[found.asked])))
        theirs = documents.spelling(self.index.texts.take(pa.array(found.entry)))
        same = flags(pc.equal(documents.of_holder(ours), documents.of_holder(theirs)))
        return found.asked[same], found.entry[same], flags(pc.equal(ours, theirs))[same]

    def _find(self, lookup: Lookup, keys: Ints, most: int = MOST) -> Found:
        found = lookup.find(keys, most)
        self.capped += len(found.capped)
        return found


def _fitting(known: Bytes, keys: Ints) -> tuple[Ints, Ints]:
    # Which masks (uint8[n, 18]) fit the valid keys beside them, and the level of each of those.
    numbers = resident_id.decode(pa.array(keys))
    whole = np.frombuffer(numbers.buffers()[2], dtype=np.uint8, count=known.size).reshape(known.shape)
    fits = np.flatnonzero(((known == 0) | (known == whole)).all(axis=1))
    return fits, _mask_level(known[fits])


def _mask_level(known: Bytes) -> Ints:
    return np.where(np.count_nonzero(known, axis=1) >= _KNOWN, _MASKED, _MASKED_WEAK)


def _kind(types: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    # What `documents` tells by its shape under type resident_id is a document of type `other`.
    return np.where(types == RESIDENT_ID, np.int8(OTHER), types)
