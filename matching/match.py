"""From pairs of record and applicant to matches: scoring, and settling which applicant a record belongs to.

Candidates are the pairs whose numbers, encoded, are equal: one integer join, which an engine does (see `CANDIDATES`).
`score` grades each pair by itself. `settle` then sees all pairs of a record together: it belongs to at most one member.
Both are pure kernels, `RecordBatch -> RecordBatch`, and give the same rows however the input is cut into batches.
"""

from typing import Final, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching import names, resident_id
from matching.scoring import CODES, GRADES, MARGIN, Code, Grade, demoted, grade_of, weight_of

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]

EVIDENCE: Final = pa.struct([pa.field("code", pa.string()), pa.field("weight", pa.float64())])
MATCH_SCHEMA: Final = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("applicant_id", pa.string(), nullable=False),
        pa.field("grade", pa.string(), nullable=False),  # certain, probable, possible
        pa.field("weight", pa.float64(), nullable=False),  # powers of two; the sum of the evidence
        pa.field("evidence", pa.list_(EVIDENCE), nullable=False),
    ]
)
ORDER: Final = ("record_id", "applicant_id")  # of finished matches

JOIN_KEY: Final = "id_key"  # `resident_id.encode` of either side; nulls never join
# The columns of a candidate pair and the column, of records or applicants, that each comes from.
FROM_RECORD: Final = {"record_id": "record_id", "resident_id": "resident_id", "name": "name"}
FROM_APPLICANT: Final = {
    "applicant_id": "applicant_id",
    "applicant_resident_id": "resident_id",
    "applicant_name": "name",
}

_LENGTH: Final = 18
_OLD_LENGTH: Final = 15
_AGREEMENTS: Final = get_args(names.Agreement)


def score(candidates: pa.RecordBatch) -> pa.RecordBatch:
    """Grade and weigh each candidate pair by itself.

    Takes the columns of `FROM_RECORD` and `FROM_APPLICANT`, all strings, of pairs whose `id_key` is equal;
    gives as many rows of `MATCH_SCHEMA`, in the same order, followed by any other columns that came along.
    """
    agreed = names.compare(candidates.column("name"), candidates.column("applicant_name"))
    level = _positions(agreed, _AGREEMENTS)
    short = _written_short(candidates.column("resident_id")) | _written_short(
        candidates.column("applicant_resident_id")
    )
    observed = np.stack(
        [
            np.where(short, CODES.index("number-equal-15"), CODES.index("number-equal")),
            np.array([CODES.index(f"name-{name}") for name in _AGREEMENTS])[level],
        ],
        axis=1,
    )
    weights = _weights()[observed]
    grades = np.array([GRADES.index(grade_of(name)) for name in _AGREEMENTS], dtype=np.int64)[level]
    offsets = np.arange(len(observed) + 1, dtype=np.int32) * observed.shape[1]
    evidence = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), _evidence(observed.ravel(), weights.ravel()))
    return _matches(candidates, grades, weights.sum(axis=1), evidence)


def settle(scored: pa.RecordBatch) -> pa.RecordBatch:
    """Leave each record its best applicant; where several are tied, leave them all for review, none certain.

    Takes rows of `MATCH_SCHEMA` in which the rows of one record stand together and are complete. The best grade wins;
    within it, candidates within `MARGIN` of the best weight are tied. Each of k tied rows is demoted below certain, and
    carries `number-shared` with the weight -log2(k): the evidence speaks for all of them alike. Two members under one
    number are one person listed twice or a mistake in the lists, and which of the two is not for a program to say.
    """
    places = _groups(scored.column("record_id"))
    if not len(places) or places[-1] == len(places) - 1:
        return scored  # every record has one candidate
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    grades = _positions(scored.column("grade"), GRADES)
    weights: Floats = scored.column("weight").to_numpy()
    kept = grades == np.minimum.reduceat(grades, starts)[places]
    best = np.maximum.reduceat(np.where(kept, weights, -np.inf), starts)
    kept &= weights >= best[places] - MARGIN
    rivals = np.add.reduceat(kept.astype(np.int64), starts)[places]
    alone = scored.filter(pa.array(kept & (rivals == 1)))
    tied = np.flatnonzero(kept & (rivals > 1))
    if not len(tied):
        return alone
    shared = _shared(scored.take(pa.array(tied, pa.int64())), rivals[tied])
    together = pa.Table.from_batches([alone.cast(shared.schema), shared]).sort_by(
        [(column, "ascending") for column in ORDER]
    )
    return together.combine_chunks().to_batches()[0]


def _shared(tied: pa.RecordBatch, rivals: Ints) -> pa.RecordBatch:
    code: Code = "number-shared"
    shares = [weight_of(code, int(count)) for count in rivals]
    already = tied.column("evidence").to_pylist()  # ties are few
    evidence = [[*row, {"code": code, "weight": share}] for row, share in zip(already, shares, strict=True)]
    lower = np.array([GRADES.index(demoted(grade)) for grade in GRADES], dtype=np.int64)
    return _matches(
        tied,
        lower[_positions(tied.column("grade"), GRADES)],
        tied.column("weight").to_numpy() + np.array(shares),
        pa.array(evidence, MATCH_SCHEMA.field("evidence").type),
    )


def _matches(pairs: pa.RecordBatch, grades: Ints, weights: Floats, evidence: pa.ListArray) -> pa.RecordBatch:
    known = {*FROM_RECORD, *FROM_APPLICANT, *MATCH_SCHEMA.names}
    along = [field for field in pairs.schema if field.name not in known]
    columns = [
        pairs.column("record_id"),
        pairs.column("applicant_id"),
        pa.array(GRADES, pa.string()).take(pa.array(grades, pa.int8())),
        pa.array(weights, pa.float64()),
        evidence,
        *(pairs.column(field.name) for field in along),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema([*MATCH_SCHEMA, *along]))


def _evidence(observed: Ints, weights: Floats) -> pa.StructArray:
    codes = pa.array(CODES, pa.string()).take(pa.array(observed, pa.int64()))
    return pa.StructArray.from_arrays([codes, pa.array(weights, pa.float64())], fields=list(EVIDENCE))


def _weights() -> Floats:
    return np.array([weight_of(code) for code in CODES])


def _positions(values: pa.StringArray, known: tuple[str, ...] | tuple[Grade, ...]) -> Ints:
    positions: Ints = pc.index_in(values, value_set=pa.array(known, pa.string())).to_numpy().astype(np.int64)
    return positions


def _written_short(numbers: pa.StringArray) -> Flags:
    # Which numbers were written with 15 digits. Most are 18 bytes as they stand, and need no cleaning to tell.
    short = np.zeros(len(numbers), dtype=np.bool_)
    odd = np.flatnonzero(pc.binary_length(numbers).to_numpy(zero_copy_only=False) != _LENGTH)
    if len(odd):
        lengths = pc.binary_length(resident_id.clean(numbers.take(odd)))
        short[odd] = lengths.to_numpy(zero_copy_only=False) == _OLD_LENGTH
    return short


def _groups(records: pa.StringArray) -> Ints:
    # Numbers the runs of equal record ids: 0, 0, 1, 2, 2, ...
    if len(records) <= 1:
        return np.zeros(len(records), dtype=np.int64)
    changes = pc.not_equal(records.slice(1), records.slice(0, len(records) - 1)).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.cumsum(changes)]).astype(np.int64)
