"""From records to matches: one kernel finds, compares, scores and settles; another writes out what came of it.

A match is a record, a person, and a *pattern*: how number, name, birth date and sex compare (`comparison`). Grade,
weight and evidence follow from the pattern alone (`scoring`). `Matcher` is a pure kernel: all that could belong to a
record is found in the index of applicants, so its result does not depend on how records are cut into batches.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching import comparison, names, resident_id
from matching.buffers import Flags, Ints, distinct, flags
from matching.candidates import Pairs, Records, candidates
from matching.columns import (
    RESIDENT_ID,
    UNKNOWN,
    UNKNOWN_DAY,
    days_of,
    may_be_resident_id,
    optional,
    sexes_of,
    types_of,
)
from matching.index import Index
from matching.scoring import EVIDENCE, EXACT, GRADES, MARGIN, Judged, Model

MATCH_SCHEMA: Final = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("applicant_id", pa.string(), nullable=False),
        pa.field("grade", pa.string(), nullable=False),  # certain, probable, possible
        pa.field("weight", pa.float64(), nullable=False),  # powers of two; the sum of the evidence
        pa.field("evidence", pa.list_(EVIDENCE), nullable=False),
    ]
)
RECORD_SCHEMA: Final = pa.schema(
    [
        pa.field("record_id", pa.string()),
        pa.field("resident_id", pa.string()),
        pa.field("name", pa.string()),
        # These may be missing or null:
        pa.field("birth_date", pa.date32()),
        pa.field("sex", pa.string()),
        pa.field("document_type", pa.string()),  # documents.DOCUMENT_TYPES; null: resident_id
    ]
)
# What the matcher gives: matches, and beside them rows without a record id that count: patterns of all pairs that were
# compared, and numbers that could not be read.
COMPACT_SCHEMA: Final = pa.schema(
    [
        pa.field("record_id", pa.string()),
        pa.field("person", pa.int32()),  # place in the index, whose order is that of the applicant ids
        pa.field("pattern", pa.int32()),
        pa.field("counted", pa.string()),  # a kind of number (`resident_id.Kind`), `document` or `capped`
        pa.field("count", pa.int64()),
    ]
)
COMPACT_ORDER: Final = ("record_id", "person")
SCREENED: Final = ("resident_id", "document_type")
DUPLICATE: Final = "duplicate"  # the grade of rows whose record id is another row's as well

_SAME, _FORMER = names.LEVELS.index("same"), names.LEVELS.index("former")
_CERTAIN: Final = GRADES.index("certain")
_EQUAL: Final = np.array(comparison.indices((*EXACT, "equal-text"), comparison.NUMBERS))
_TOP_RIVALS: Final = comparison.FIELDS["rivals"].top  # stands for as many and for more
_WRONG_BIRTH: Final = comparison.NUMBERS.index("birth")
_UNKNOWN, _AGREES, _DIFFERS = (comparison.GIVENS.index(level) for level in ("unknown", "same", "different"))


class Matcher:
    """The kernel from records (`RECORD_SCHEMA` and columns to carry along) to `COMPACT_SCHEMA` and those columns."""

    def __init__(self, index: Index, model: Model) -> None:
        self.index = index
        self.model = model

    def screen(self, batch: pa.RecordBatch) -> Ints:
        """Say which rows could give anything, from `SCREENED` alone: all but valid numbers that nobody has."""
        key = resident_id.keys(batch.column("resident_id"))
        types = optional(batch, "document_type", pa.string())
        if types.null_count != len(types):
            key = key * may_be_resident_id(types_of(types))
        wanted = self.index.valid.may_have(key)
        wanted |= key == 0
        if self.index.reversed:
            wanted |= self.index.near_wrong(key)
        return np.flatnonzero(wanted)

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Match a batch."""
        records = Records.read(batch)
        pairs, capped = candidates(self.index, records)
        patterns = _compare(self.index, records, pairs)
        unique, place = distinct(patterns)
        pairs, patterns = _settle(pairs, patterns, self.model.judge(unique), place)
        carried = [field for field in batch.schema if field.name not in RECORD_SCHEMA.names]
        matches = {
            "record_id": batch.column("record_id").take(pa.array(pairs.row)),
            "person": pa.array(pairs.person, pa.int32()),
            "pattern": pa.array(patterns, pa.int32()),
            **{field.name: batch.column(field.name).take(pa.array(pairs.row)) for field in carried},
        }
        schema = pa.schema([*COMPACT_SCHEMA, *carried])
        counts = _count(records) | ({"capped": capped} if capped else {})
        tallies = [
            {"counted": pa.array(counts, pa.string()), "count": pa.array(counts.values(), pa.int64())},
            {"pattern": pa.array(unique), "count": pa.array(np.bincount(place, minlength=len(unique)))},
        ]
        rows = [matches, *tallies]
        return pa.concat_batches([_as_rows(columns, schema) for columns in rows])


def _as_rows(columns: dict[str, pa.Array], schema: pa.Schema) -> pa.RecordBatch:
    rows = len(next(iter(columns.values())))
    arrays = [columns[field.name] if field.name in columns else pa.nulls(rows, field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


class Expand:
    """The kernel from whole groups of compact rows, by record, to `MATCH_SCHEMA` and the columns carried along.

    Rows of a record id that several records bear get the grade `DUPLICATE`: who matched what cannot be told.
    """

    def __init__(self, ids: pa.StringArray, model: Model) -> None:
        self.ids = ids
        self.model = model

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Write out a batch."""
        batch = batch.filter(batch.column("record_id").is_valid())
        patterns, place = distinct(batch.column("pattern").to_numpy())
        judged = self.model.judge(patterns)
        grade = judged.grade.astype(np.int64)[place]
        grade[_several_records(batch)] = len(GRADES)
        place = pa.array(place)
        columns = {
            "record_id": batch.column("record_id"),
            "applicant_id": self.ids.take(batch.column("person")),
            "grade": pa.array([*GRADES, DUPLICATE]).take(pa.array(grade)),
            "weight": pa.array(judged.weight).take(place),
            "evidence": judged.evidence.take(place),
        }
        along = [field for field in batch.schema if field.name not in COMPACT_SCHEMA.names]
        arrays = [columns[name] for name in MATCH_SCHEMA.names] + [batch.column(field.name) for field in along]
        return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([*MATCH_SCHEMA, *along]))


def _count(records: Records) -> dict[str, int]:
    # Numbers that are not valid resident IDs, by kind.
    resident = records.type == RESIDENT_ID
    kinds = resident_id.kinds(records.texts.filter(pa.array(resident)))
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(kinds).to_pylist()}
    others = int(np.count_nonzero(~resident))
    return counts | ({"document": others} if others else {})


def _compare(index: Index, records: Records, pairs: Pairs) -> npt.NDArray[np.int32]:
    name, rarity = _names(index, records, pairs)
    return comparison.pack(
        number=pairs.number,
        side=pairs.side,
        name=name,
        rarity=rarity,
        birth=_births(index, records, pairs),
        sex=_sexes(index, records, pairs),
        rivals=0,
    )


def _names(index: Index, records: Records, pairs: Pairs) -> tuple[Ints, Ints]:
    """Return the level of every pair, and the rarity of the name on which the two agree, else 0."""
    called = names.prepare(records.name.take(pa.array(pairs.row)))
    levels = names.compare(called, index.names.take(pairs.person)).astype(np.int64)
    rarity = np.where(levels == _SAME, index.rarity[pairs.person], 0)
    former = index.former
    if len(former.person):
        at, end = (np.searchsorted(former.person, pairs.person, side=side) for side in ("left", "right"))
        open_ = np.flatnonzero((levels != _SAME) & (end > at))
        while len(open_):  # one more former name of each person a round
            same = names.compare(called.take(open_), former.names.take(at[open_])) == _SAME
            levels[open_[same]], rarity[open_[same]] = _FORMER, former.rarity[at[open_[same]]]
            at[open_] += 1
            open_ = open_[~same]
            open_ = open_[at[open_] < end[open_]]
    return levels, rarity


def _births(index: Index, records: Records, pairs: Pairs) -> Ints:
    if records.birth.null_count == len(records.birth):
        return np.full(len(pairs.row), _UNKNOWN)
    days = days_of(records.birth)[pairs.row]
    wrong = np.flatnonzero(pairs.number == _WRONG_BIRTH)
    if len(wrong):  # a date that was read off the wrong number is no second witness
        rows = pa.array(pairs.row[wrong])
        within = pc.utf8_slice_codeunits(resident_id.clean(records.number.take(rows)), 6, 14)
        copied = pc.equal(within, pc.strftime(records.birth.take(rows), format="%Y%m%d"))
        days[wrong[flags(copied)]] = UNKNOWN_DAY
    return _given(days, index.births(pairs.person), UNKNOWN_DAY)


def _sexes(index: Index, records: Records, pairs: Pairs) -> Ints:
    if records.sex.null_count == len(records.sex):
        return np.full(len(pairs.row), _UNKNOWN)
    return _given(sexes_of(records.sex)[pairs.row], index.sexes(pairs.person), UNKNOWN)


def _given(record: npt.NDArray[np.integer], person: npt.NDArray[np.integer], unknown: int) -> Ints:
    told = (record != unknown) & (person != unknown)
    return np.where(told, np.where(record == person, _AGREES, _DIFFERS), _UNKNOWN)


def _settle(
    pairs: Pairs, patterns: npt.NDArray[np.int32], judged: Judged, place: npt.NDArray[np.int32]
) -> tuple[Pairs, npt.NDArray[np.int32]]:
    """Leave each record its best person; where several are tied, leave them all for review, each with their number.

    `place` says what `judged` holds of each pair. Two members under one number are one person listed twice or a mistake
    in the lists, and which of the two is not for a program to say.
    """
    grade = judged.grade[place]
    kept = np.flatnonzero(grade >= 0)
    if len(kept) < len(patterns):
        pairs, patterns, grade, place = pairs.take(kept), patterns[kept], grade[kept], place[kept]
    sizes = np.diff(np.flatnonzero(np.diff(pairs.row, prepend=-1)), append=len(pairs.row))
    if len(sizes) == len(pairs.row):
        return pairs, patterns  # every record has one candidate
    open_ = np.flatnonzero(np.repeat(sizes, sizes) > 1)
    equal = np.isin(pairs.number[open_], _EQUAL)
    rivals = _rivals(pairs.row[open_], equal, grade[open_], judged.weight[place[open_]])
    patterns[open_] = comparison.with_rivals(patterns[open_], np.where(rivals > 1, rivals, 0))
    stays = np.ones(len(patterns), dtype=np.bool_)
    stays[open_] = rivals > 0
    return pairs.take(stays), patterns[stays]


def _rivals(
    row: Ints, exact: Flags, grade: npt.NDArray[np.int8], weight: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Return how many people each pair's record is left with, 0 where the pair itself is dismissed: int64[n].

    Among equal numbers (`exact`; equal texts are among them) the better grade wins, and a certain one wins over
    everything. Otherwise the weight decides, within `MARGIN`, whatever the grades. But an equal number stays beside a
    better one that was repaired: nobody is dismissed in silence who has the very number.
    """
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    group = np.cumsum(np.diff(row, prepend=-1) != 0) - 1

    def best(values: npt.NDArray[np.float64], among: Flags) -> npt.NDArray[np.float64]:
        found: npt.NDArray[np.float64] = np.maximum.reduceat(np.where(among, values, -np.inf), starts)[group]
        return found

    rank = -grade.astype(np.float64)
    leads = exact & (rank == best(rank, exact))
    leads &= weight >= best(weight, leads) - MARGIN
    left = leads | (~exact & (best(rank, exact) != -_CERTAIN))
    stays = leads | (left & (weight >= best(weight, left) - MARGIN))
    rivals: Ints = np.add.reduceat(stays.astype(np.int64), starts)[group] * stays
    return rivals


def _several_records(batch: pa.RecordBatch) -> Flags:
    # A record has one row, or as many rows as it has tied people, each of another person.
    ids = batch.column("record_id")
    if len(ids) < 2:  # noqa: PLR2004
        return np.zeros(len(ids), dtype=np.bool_)
    again = flags(pc.equal(ids.slice(1), ids.slice(0, len(ids) - 1)))
    if not again.any():
        return np.zeros(len(ids), dtype=np.bool_)
    group = np.concatenate([[0], np.cumsum(~again)])
    rivals = comparison.unpack(batch.column("pattern").to_numpy())["rivals"]
    expected = np.maximum(rivals, 1)
    person = batch.column("person").to_numpy()
    twice = np.concatenate([[False], again & (person[1:] == person[:-1])])
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    rows = np.minimum(np.diff(starts, append=len(group)), _TOP_RIVALS)
    wrong = rows[group] != expected
    wrong |= np.logical_or.reduceat(twice, starts)[group]
    marked: Flags = np.logical_or.reduceat(wrong, starts)[group]
    return marked
