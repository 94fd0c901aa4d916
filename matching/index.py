"""The applicants, indexed: everything that a record is compared with, held in memory and sent to every worker once.

1.27 million applicants take about 400 MB. The index can be pickled, is never changed, and is shared by threads.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching import documents, names, repair, resident_id
from matching.buffers import Flags, lengths
from matching.columns import (
    RESIDENT_ID,
    UNKNOWN_DAY,
    column,
    days_of,
    optional,
    resident_keys,
    sexes_of,
    types_of,
)
from matching.lookup import Lookup
from matching.scoring import Model

Ints: TypeAlias = npt.NDArray[np.int64]
Small: TypeAlias = npt.NDArray[np.int8]

APPLICANT_SCHEMA: Final = pa.schema(
    [
        pa.field("applicant_id", pa.string(), nullable=False),
        pa.field("resident_id", pa.string()),
        pa.field("name", pa.string()),
        # These may be missing or null:
        pa.field("birth_date", pa.date32()),
        pa.field("sex", pa.string()),
        pa.field("document_type", pa.string()),  # documents.DOCUMENT_TYPES; null: resident_id
        pa.field("former_names", pa.list_(pa.string())),
    ]
)
_LENGTH: Final = 18
_OLD_LENGTH: Final = 15


@dataclass(frozen=True)
class Meant:
    """Valid numbers one typing error away from an applicant's wrong one."""

    lookup: Lookup
    person: Ints  # of each entry
    edit: Small  # of each entry, an index into `repair.EDITS`


@dataclass(frozen=True)
class Former:
    """Former names, in order of the people who bore them."""

    person: Ints
    names: names.Names
    rarity: Small


@dataclass(frozen=True)
class Index:
    """People are numbered in order of their `ids`; every array without a comment has one entry a person."""

    ids: pa.StringArray  # applicant_id, ascending
    key: Ints  # of a valid number, else 0
    short: npt.NDArray[np.bool_]  # the number was written with 15 digits
    names: names.Names
    rarity: Small
    given_birth: npt.NDArray[np.int32]  # days since 1970, or `UNKNOWN_DAY`
    given_sex: Small  # 1 male, 2 female, 0 unknown
    type: Small  # of the document, index into `documents.DOCUMENT_TYPES`
    texts: pa.StringArray  # cleaned numbers, null where the number is valid: for what is compared as text
    valid: Lookup  # people by valid number
    meant: Meant
    partial: tuple[Lookup, ...]  # by `repair.LEFT_OUT`: people with a valid number
    partial_wrong: tuple[Lookup, ...]  # people whose resident ID is wrong or masked
    by_text: Lookup  # numbers that are compared as text
    by_name: Lookup
    by_birth_and_name: Lookup  # people with a document that has no checksum
    former: Former = field(repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def reversed(self) -> bool:
        """Whether some applicant's own number is wrong, so that valid numbers of records are looked up for it, too."""
        return any(len(lookup) for lookup in (self.meant.lookup, *self.partial_wrong))

    def near_wrong(self, keys: Ints) -> Flags:
        """Say which valid keys (0: none) may be what an applicant's wrong number was meant to be."""
        near = self.meant.lookup.may_have(keys)
        for lookup, parts in zip(self.partial_wrong, repair.partial_of(keys), strict=True):
            near |= lookup.may_have(parts)
        return near & (keys > 0)

    def births(self, person: Ints) -> npt.NDArray[np.int32]:
        """Return birth dates as given, else from the number: days since 1970, or `UNKNOWN_DAY`."""
        given = self.given_birth[person]
        return np.where(given != UNKNOWN_DAY, given, days_of(self._told(person).column("birth_date")))

    def sexes(self, person: Ints) -> Small:
        """Return sexes as given, else from the number: 1 male, 2 female, 0 unknown."""
        given = self.given_sex[person]
        return np.where(given > 0, given, sexes_of(self._told(person).column("sex")))

    def _told(self, person: Ints) -> pa.RecordBatch:
        key = self.key[person]
        return resident_id.describe(pa.array(key, pa.int64(), mask=key == 0))

    @staticmethod
    def build(applicants: pa.Table, model: Model) -> "Index":
        """Index applicants (`APPLICANT_SCHEMA`). One whose number says nothing at all is never matched.

        ValueError, without any value, where an applicant has no id or the id of another, or a column is of no use.
        """
        people = _sorted(applicants)
        numbers = column(people, "resident_id", pa.string())
        kind = types_of(optional(people, "document_type", pa.string()))
        key = resident_keys(numbers, kind)
        size = len(key)
        invalid = np.flatnonzero(key == 0)
        cleaned = resident_id.clean(numbers.take(pa.array(invalid)))
        document, text = text_keys(cleaned, kind[invalid])
        wrong = (kind[invalid] == RESIDENT_ID) & (document == 0)
        mistaken = cleaned.filter(pa.array(wrong))
        birth = days_of(optional(people, "birth_date", pa.date32()))
        with ThreadPoolExecutor() as pool:  # sorting leaves the interpreter's lock
            valid, *partial = (pool.submit(Lookup.build, keys) for keys in (key, *repair.partial_of(key)))
            known = names.prepare(column(people, "name", pa.string()))
            name_keys = names.name_keys(known)
            by_name = Lookup.build(name_keys)
            return Index(
                ids=column(people, "applicant_id", pa.string()),
                key=key,
                short=written_short(numbers, np.arange(size)),
                names=known,
                rarity=model.rarity(by_name.count(name_keys), size),
                given_birth=birth,
                given_sex=sexes_of(optional(people, "sex", pa.string())),
                type=kind,
                texts=pc.replace_with_mask(pa.nulls(size, pa.string()), pa.array(key == 0), cleaned),
                meant=_meant(mistaken, invalid[wrong]),
                partial_wrong=tuple(
                    Lookup.build(_spread(part, invalid[wrong], size)) for part in repair.partial_keys(mistaken)
                ),
                by_text=Lookup.build(_spread(np.where(document > 0, document, text), invalid, size)),
                by_name=by_name,
                by_birth_and_name=Lookup.build(
                    np.where(_spread(document, invalid, size) > 0, together(birth, name_keys), 0)
                ),
                former=_former(people, by_name, model),
                valid=valid.result(),
                partial=tuple(each.result() for each in partial),
            )


def text_keys(cleaned: pa.StringArray, kind: Small) -> tuple[Ints, Ints]:
    """Return keys of documents without a checksum, and of other texts that are compared as such; 0: neither."""
    text = documents.text_keys(cleaned) + documents.mask_keys(cleaned) * (kind == RESIDENT_ID)
    return documents.opaque_keys(cleaned, kind), text


def together(birth: npt.NDArray[np.int32], name_keys: Ints) -> Ints:
    """Return one key (> 0) of birth date and name; 0 where either is unknown."""
    mixed = (name_keys * 1_000_003 + birth) & np.int64(0x7FFF_FFFF_FFFF_FFFF)
    return np.where((birth != UNKNOWN_DAY) & (name_keys > 0), np.maximum(mixed, 1), 0)


def written_short(numbers: pa.StringArray, rows: Ints) -> Flags:
    """Say of some rows whether the number has 15 digits. Most have 18 bytes as they stand, and need no cleaning."""
    short = np.zeros(len(rows), dtype=np.bool_)
    odd = np.flatnonzero(lengths(numbers)[rows] != _LENGTH)
    if len(odd):
        short[odd] = lengths(resident_id.clean(numbers.take(pa.array(rows[odd])))) == _OLD_LENGTH
    return short


def _sorted(applicants: pa.Table) -> pa.Table:
    ids = column(applicants, "applicant_id", pa.string())
    if ids.null_count:
        raise ValueError("applicants without an applicant_id")
    if len(ids) > 1:
        if not pc.all(pc.less_equal(ids.slice(0, len(ids) - 1), ids.slice(1))).as_py():
            applicants = applicants.sort_by("applicant_id")
            ids = column(applicants, "applicant_id", pa.string())
        if pc.any(pc.equal(ids.slice(0, len(ids) - 1), ids.slice(1))).as_py():
            raise ValueError("applicants that share their applicant_id")
    return applicants.combine_chunks()


def _spread(values: Ints, places: Ints, size: int) -> Ints:
    spread = np.zeros(size, dtype=np.int64)
    spread[places] = values
    return spread


def _meant(mistaken: pa.StringArray, person: Ints) -> Meant:
    repaired = repair.edits(mistaken)
    return Meant(Lookup.build(repaired.key), person[repaired.row], repaired.edit)


def _former(people: pa.Table, by_name: Lookup, model: Model) -> Former:
    lists = optional(people, "former_names", pa.list_(pa.string()))
    person = pc.list_parent_indices(lists).to_numpy().astype(np.int64)
    former = names.prepare(pc.list_flatten(lists))
    return Former(person, former, model.rarity(by_name.count(names.name_keys(former)), len(people)))
