"""What a world holds for matching: its records as sources write them, its applicants, and the truth beside them.

The mock province (`mock_province.world`) has resident IDs and names only, and its applicants' own numbers are always
right. What it lacks is drawn here, from streams of its own: applicants with a typing error in their number, people with
a passport or a military document, members with a former name, and hidden twins: strangers whose number differs from an
applicant's in one place, whose name sounds alike, and who are written with a number as close to his as to their own.
"""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from matching.accuracy import Kinds
from mock_province.world.build import build, records_file
from mock_province.world.columns import digits, fixed_text, scrambled
from mock_province.world.name_errors import NAME_ERRORS, write_names
from mock_province.world.names import DOT
from mock_province.world.number_errors import NUMBER_ERRORS, write_numbers
from mock_province.world.rates import AGREEING_NAMES, INTACT_NUMBERS
from mock_province.world.streams import Ints, Mask, Stream, chance, stream

DAY: Final = date(2026, 6, 30)
KINDS: Final = Kinds(
    intact=frozenset({*INTACT_NUMBERS, "document", "document_spelt"}),
    agreeing=frozenset({*AGREEING_NAMES, "former"}),
    absent=frozenset({"missing"}),
    lost=frozenset({"scientific"}),
)

# Shares of applicants, of people, or of the records of those they concern.
OWN_ERROR: Final = 0.003  # applicants whose own number carries one typing error
DOCUMENT: Final = 0.005  # people with a passport or a military document instead of a resident ID
DOCUMENT_SPELT: Final = 0.05  # of their records: lower case and padded, otherwise right
DOCUMENT_TYPO: Final = 0.04  # one wrong digit
DOCUMENT_BIRTH: Final = 0.7  # with the birth date
NEAR_DOCUMENT: Final = 0.1  # strangers with a document, whose number follows on an applicant's
NEAR_NAMESAKE: Final = 0.3  # of those: with his name, too
FORMER_NAME: Final = 0.01  # applicants who were called otherwise
FORMER_WRITTEN: Final = 0.3  # of their records
HIDDEN_TWIN: Final = 0.005  # strangers who are an applicant's twin: a few
HIDDEN_WRITTEN: Final = 0.5  # of their records: with the number that is as close to the applicant's

_OWN_ERRORS: Final = {"substitution": 0.5, "swap": 0.5, "insertion": 0.5, "deletion": 1.0}  # each of those left over
_TYPES: Final = ("passport", "military")
_DIGITS: Final = 8  # of a passport's or military document's number
_NONE: Final = -1
_TRUTH: Final = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("applicant_id", pa.string()),  # null: the person is not an applicant
        pa.field("number", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("likeness", pa.string()),
    ]
)


@dataclass(frozen=True)
class Prepared:
    """Files ready for matching and comparing, and how many rows they hold."""

    applicants: Path
    records: tuple[Path, ...]
    truth: Path
    applicant_rows: int
    record_rows: int


@dataclass(frozen=True)
class Persons:
    """n people of a world with what was drawn for them here; arrays are indexed by person."""

    refs: pa.StringArray  # null: not an applicant
    ids: pa.StringArray
    names: pa.StringArray
    renamed: Mask  # whose name was drawn here: records still have the one from the world
    births: pa.Array
    likeness: pa.StringArray
    document: Ints  # the digits of a passport or military document, NONE without one
    military: Mask
    own_numbers: pa.StringArray  # as the applicants gave them
    own_error: Ints  # index into NUMBER_ERRORS
    former: pa.StringArray  # null for none
    twin_number: pa.StringArray  # what a hidden twin's number is written as; null for everyone else


def prepare(home: Path, seed: int, households: int) -> Prepared:
    """Build a world under `home` and write its records, applicants and truth; the world itself is deleted again.

    Records: one file per source and category, with record_id, resident_id, name, document_type, birth_date. Applicants:
    all members, authorised or not, with applicant_id and the same columns and former_names.
    """
    province = home / "province"
    built = build(province, business_date=DAY, seed=seed, households=households)
    persons = draw(seed, pq.read_table(province / "people.parquet"))
    applicants = _applicants(persons)
    pq.write_table(applicants, home / "applicants.parquet", compression="zstd")
    (home / "records").mkdir()
    paths = []
    with pq.ParquetWriter(home / "truth.parquet", _TRUTH, compression="zstd") as writer:
        for source, category in built.records:
            chosen = [("source", "=", source), ("category", "=", category)]
            tied = pq.read_table(built.truth, filters=chosen).combine_chunks()
            delivered = pq.read_table(
                records_file(province, source, category), columns=["row", "resident_id", "name"]
            ).combine_chunks()
            if not delivered["row"].equals(tied["row"]):
                raise RuntimeError(f"{source} {category}: the truth's rows are not the records' rows")
            records, truth = _written(stream(seed, "accuracy", source, category), persons, delivered, tied)
            paths.append(home / "records" / f"{source}-{category}.parquet")
            pq.write_table(records, paths[-1], compression="zstd")
            writer.write_table(truth)
    shutil.rmtree(province)
    return Prepared(
        applicants=home / "applicants.parquet",
        records=tuple(paths),
        truth=home / "truth.parquet",
        applicant_rows=len(applicants),
        record_rows=sum(built.records.values()),
    )


def draw(seed: int, people: pa.Table) -> Persons:
    """Draw what the province lacks for its `people` (the table that `build` writes)."""
    people = people.combine_chunks()
    refs, ids, names, likeness = (
        people[column].combine_chunks() for column in ("member_ref", "resident_id", "name", "hard_negative")
    )
    ours = _mask(refs.is_valid())
    plain = _mask(likeness.is_null())
    document, military, near, like = _documents(stream(seed, "accuracy", "documents"), ours, plain)
    namesakes = near[chance(stream(seed, "accuracy", "namesakes"), NEAR_NAMESAKE, len(near))]
    names = _replaced(names, namesakes, names.take(pa.array(like[np.searchsorted(near, namesakes)])))
    own_numbers, own_error = _own_errors(
        stream(seed, "accuracy", "own numbers"), ids, np.flatnonzero(ours & (document == _NONE))
    )
    twins, twin_number, twin_names = _hidden_twins(stream(seed, "accuracy", "hidden twins"), ids, names, ours, likeness)
    likeness = _replaced(likeness, near, pa.repeat("near_document", len(near)))
    likeness = _replaced(likeness, twins, pa.repeat("hidden_twin", len(twins)))
    renamed = np.zeros(len(ids), dtype=np.bool_)
    renamed[namesakes] = renamed[twins] = True
    return Persons(
        refs=refs,
        ids=ids,
        names=_replaced(names, twins, twin_names),
        renamed=renamed,
        births=people["birth_date"].combine_chunks(),
        likeness=likeness,
        document=document,
        military=military,
        own_numbers=own_numbers,
        own_error=own_error,
        former=_former(stream(seed, "accuracy", "former names"), names, ours),
        twin_number=_replaced(pa.nulls(len(ids), pa.string()), twins, twin_number),
    )


def _documents(rng: Stream, ours: Mask, plain: Mask) -> tuple[Ints, Mask, Ints, Ints]:
    """Return every person's document and whether it is military; who is near an applicant's, and whose that is."""
    size = len(ours)
    holders = np.flatnonzero(plain & chance(rng, DOCUMENT, size))
    document = np.full(size, _NONE, dtype=np.int64)
    document[holders] = scrambled(len(holders), _DIGITS)
    military = chance(rng, 0.4, size)
    models, others = holders[ours[holders]], holders[~ours[holders]]
    near = others[chance(rng, NEAR_DOCUMENT, len(others))]
    like = models[rng.integers(0, max(len(models), 1), size=len(near))] if len(models) else near[:0]
    near = near[: len(like)]
    following = document[like] + 1
    free = ~np.isin(following, document) & (following < 10**_DIGITS)
    free[np.setdiff1d(np.arange(len(near)), np.unique(following, return_index=True)[1])] = False
    near, like = near[free], like[free]
    document[near], military[near] = following[free], military[like]
    return document, military, near, like


def _own_errors(rng: Stream, ids: pa.StringArray, able: Ints) -> tuple[pa.StringArray, Ints]:
    rows = able[chance(rng, OWN_ERROR, len(able))]
    rates = dict.fromkeys(NUMBER_ERRORS, 0.0) | _OWN_ERRORS
    written, kinds = write_numbers(rng, _characters(ids.take(pa.array(rows))), rates)
    errors = np.zeros(len(ids), dtype=np.int64)
    errors[rows] = kinds
    return _replaced(ids, rows, written), errors


def _former(rng: Stream, names: pa.StringArray, ours: Mask) -> pa.StringArray:
    rows = np.flatnonzero(ours & chance(rng, FORMER_NAME, len(names)))
    drawn = names.take(pa.array(rng.integers(0, len(names), size=len(rows))))
    other = _mask(pc.not_equal(drawn, names.take(pa.array(rows))))
    return _replaced(pa.nulls(len(names), pa.string()), rows[other], drawn.filter(pa.array(other)))


def _hidden_twins(
    rng: Stream, ids: pa.StringArray, names: pa.StringArray, ours: Mask, likeness: pa.StringArray
) -> tuple[Ints, pa.StringArray, pa.StringArray]:
    """Choose hidden twins; return who they are, the number they are written with, and their name."""
    bodies = pc.utf8_slice_codeunits(ids, 0, 17).cast(pa.int64()).to_numpy()
    applicants = np.flatnonzero(ours)
    applicants = applicants[np.argsort(bodies[applicants])]
    known = bodies[applicants]
    twins = np.flatnonzero(_mask(pc.fill_null(pc.equal(likeness, "twin"), fill_value=False)))
    twins = twins[chance(rng, HIDDEN_TWIN, len(twins))]
    models = np.full(len(twins), _NONE)
    for step in (1, -1, 2, -2):  # see mock_province.world.strangers: the next sequences
        wanted = bodies[twins] + step
        at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        near = (known[at] == wanted) & (wanted // 10 == bodies[twins] // 10)  # they differ in one digit and the check
        models[near] = applicants[at[near]]
    twins, models = twins[models != _NONE], models[models != _NONE]
    theirs = names.take(pa.array(models))
    dotted = _mask(pc.match_substring(theirs, DOT))
    rates = dict.fromkeys(NAME_ERRORS, 0.0) | {"homophone": 1.0}
    sounding, changed = write_names(rng, theirs, dotted, np.zeros_like(dotted), rates, gbk=False)
    chosen = pa.array(changed > 0)
    written = _characters(ids.take(pa.array(twins)))
    written[:, 17] = _characters(ids.take(pa.array(models)))[:, 17]
    return twins[changed > 0], fixed_text(written).filter(chosen), sounding.filter(chosen)


def _applicants(persons: Persons) -> pa.Table:
    ours = persons.refs.is_valid()
    has = persons.document != _NONE
    former = persons.former.filter(ours)
    counts = _mask(former.is_valid()).astype(np.int32)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    numbers = _replaced(persons.own_numbers, np.flatnonzero(has), _spelt(persons, np.flatnonzero(has)))
    return pa.table(
        {
            "applicant_id": persons.refs.filter(ours),
            "resident_id": numbers.filter(ours),
            "name": persons.names.filter(ours),
            "document_type": _types(persons, np.arange(len(has))).filter(ours),
            "birth_date": pc.if_else(pa.array(has), persons.births, pa.scalar(None, pa.date32())).filter(ours),
            "former_names": pa.ListArray.from_arrays(pa.array(offsets), former.drop_null()),
        }
    )


def _written(rng: Stream, persons: Persons, delivered: pa.Table, tied: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Return the records of one extract as matching sees them, and their truth."""
    size = len(delivered)
    owner = tied["person_id"].to_numpy() - 1
    place = pa.array(owner)
    number, name = delivered["resident_id"].combine_chunks(), delivered["name"].combine_chunks()
    number_kind, name_kind = tied["number_error"].combine_chunks(), tied["name_error"].combine_chunks()
    missing = _mask(number.is_null())

    number_kind = _own_kind(number_kind, persons.own_error[owner])
    renamed = np.flatnonzero(persons.renamed[owner])
    name = _replaced(name, renamed, persons.names.take(pa.array(owner[renamed])))
    name_kind = _replaced(name_kind, renamed, pa.repeat("none", len(renamed)))
    twin = np.flatnonzero(_mask(persons.twin_number.take(place).is_valid()))
    twin = twin[chance(rng, HIDDEN_WRITTEN, len(twin))]
    number = _replaced(number, twin, persons.twin_number.take(pa.array(owner[twin])))
    number_kind = _replaced(number_kind, twin, pa.repeat("substitution", len(twin)))

    rows = np.flatnonzero(persons.document[owner] != _NONE)
    text, kind, births = _on_documents(rng, persons, owner[rows])
    number, number_kind = _replaced(number, rows, text), _replaced(number_kind, rows, kind)
    birth = _replaced(pa.nulls(size, pa.date32()), rows, births)

    former = np.flatnonzero(_mask(persons.former.take(place).is_valid()))
    former = former[chance(rng, FORMER_WRITTEN, len(former))]
    name = _replaced(name, former, persons.former.take(pa.array(owner[former])))
    name_kind = _replaced(name_kind, former, pa.repeat("former", len(former)))

    records = {
        "record_id": tied["record_id"].combine_chunks(),
        "resident_id": pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), number),
        "name": name,
        "document_type": _types(persons, owner),
        "birth_date": birth,
    }
    truth = {
        "record_id": records["record_id"],
        "applicant_id": persons.refs.take(place),
        "number": pc.if_else(pa.array(missing), "missing", number_kind),
        "name": name_kind,
        "likeness": persons.likeness.take(place),
    }
    return pa.table(records), pa.table(truth).cast(_TRUTH)


def _own_kind(kinds: pa.StringArray, own: Ints) -> pa.StringArray:
    """Name the error of a pair: the record's, the applicant's (`applicant_…`), or `both`."""
    rows = np.flatnonzero(own > 0)
    theirs = kinds.take(pa.array(rows))
    ours = pc.binary_join_element_wise("applicant_", pa.array(NUMBER_ERRORS).take(pa.array(own[rows])), "")
    intact = pc.is_in(theirs, value_set=pa.array(INTACT_NUMBERS))
    lost = pc.is_in(theirs, value_set=pa.array(sorted(KINDS.lost)))
    return _replaced(kinds, rows, pc.if_else(intact, ours, pc.if_else(lost, theirs, "both")))


def _on_documents(rng: Stream, persons: Persons, owner: Ints) -> tuple[pa.StringArray, pa.StringArray, pa.Array]:
    """Write the documents of `owner` as sources would; return the text, the kind of error, the birth date or null."""
    size = len(owner)
    spelt = chance(rng, DOCUMENT_SPELT, size)
    typed = ~spelt & chance(rng, DOCUMENT_TYPO, size)
    place = 10 ** rng.integers(0, _DIGITS, size=size)
    old = persons.document[owner] // place % 10
    wrong = persons.document[owner] + ((old + rng.integers(1, 10, size=size)) % 10 - old) * place
    typed &= ~np.isin(wrong, persons.document)  # never another person's
    text = _spelt(persons, owner, np.where(typed, wrong, persons.document[owner]))
    loose = pc.binary_join_element_wise(pc.ascii_lower(text), " ", "")
    kind = np.where(typed, "document_typo", np.where(spelt, "document_spelt", "document"))
    births = persons.births.take(pa.array(owner))
    told = pa.array(chance(rng, DOCUMENT_BIRTH, size))
    return (
        pc.if_else(pa.array(spelt), loose, text),
        pa.array(kind.tolist(), pa.string()),
        pc.if_else(told, births, pa.scalar(None, pa.date32())),
    )


def _spelt(persons: Persons, owner: Ints, document: Ints | None = None) -> pa.StringArray:
    """Write documents: E12345678 for a passport, 军字第12345678号 for a military one."""
    number = fixed_text(digits(persons.document[owner] if document is None else document, _DIGITS))
    military = pa.array(persons.military[owner])
    return pc.if_else(
        military,
        pc.binary_join_element_wise("军字第", number, "号", ""),
        pc.binary_join_element_wise("E", number, ""),
    )


def _types(persons: Persons, owner: Ints) -> pa.StringArray:
    held = np.where(persons.document[owner] == _NONE, 0, 1 + persons.military[owner])
    return pa.array(("resident_id", *_TYPES), pa.string()).take(pa.array(held))


def _replaced(column: pa.Array, rows: Ints, values: pa.Array) -> pa.Array:
    """Return `column` with `values` at `rows`, which ascend."""
    if not len(rows):
        return column
    chosen = np.zeros(len(column), dtype=np.bool_)
    chosen[rows] = True
    return pc.replace_with_mask(column, pa.array(chosen), values)


def _characters(ids: pa.StringArray) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.frombuffer("".join(ids.to_pylist()).encode(), dtype=np.uint8).reshape(-1, 18).copy()


def _mask(flags: pa.BooleanArray) -> Mask:
    mask: Mask = flags.to_numpy(zero_copy_only=False)
    return mask
