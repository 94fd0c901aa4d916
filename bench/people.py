"""Applicants and records for the benchmarks, of any size, with the truth beside them.

People, numbers and names are drawn by the mock province's own functions, so that names are as frequent and numbers as
alike as there; every record goes through its number and name errors at the published rates of its source. Those who are
nobody's applicant hold the province's likenesses (a near number, a twin, the same name and birth).

A folder holds three files:

- `applicants.parquet`: applicant_id (`H0423456-2`), resident_id, name
- `records.parquet`: record_id (`bank_07:deposit:123456`), resident_id, name; source after source, rows numbered within
  each, which is *not* the order of the ids as text
- `truth.parquet`: record_id, applicant_id (null: nobody's), number_error, name_error; in the order of the records
"""

import os
import shutil
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import mock_province.world
from mock_province.world import people
from mock_province.world.columns import Bytes, digits, fixed_text, join, numbered
from mock_province.world.name_errors import NAME_ERRORS, write_names
from mock_province.world.number_errors import NUMBER_ERRORS, write_numbers
from mock_province.world.people import People
from mock_province.world.rates import is_gbk, rates
from mock_province.world.strangers import strangers
from mock_province.world.streams import Ints, Stream, stream

APPLICANTS = 1_270_000
SHARE = 0.10  # of the records belong to applicants; 0.42 in the mock province
SEED = 20260907  # of no other test or benchmark
# Every bank, and the two departments whose files have been through a spreadsheet.
SOURCES = (
    *((f"bank_{number:02d}", "deposit") for number in range(1, 44)),
    ("transport", "vessel"),
    ("agriculture", "farm_machinery"),
)
_DAY = date(2026, 6, 30)
_MEMBERS = 2.3  # fewer than the members of a household on average, so that there are enough of them
_RECORDS_EACH = 3  # records of one stranger; an applicant has as many as chance gives
_PIECE = 1_200_000  # rows drawn at a time
_ROW_GROUP = 122_880  # what DuckDB writes by default, and reads in one thread
_WORKERS = 2


@dataclass(frozen=True)
class Size:
    """What is drawn; equal sizes give equal files."""

    records: int
    applicants: int = APPLICANTS
    share: float = SHARE
    seed: int = SEED


@dataclass(frozen=True)
class _Piece:
    """Rows `first` to `first + rows - 1` (from 1) of one source, and where among all pieces it stands (0 to 1)."""

    source: str
    category: str
    first: int
    rows: int
    place: float


@dataclass(frozen=True)
class _Applicants:
    """The applicants as every piece needs them."""

    people: People
    refs: pa.StringArray
    ids: Bytes  # n × 18 characters
    names: pa.StringArray
    sorted: Ints  # the 17 digits of all their numbers, in order


@contextmanager
def drawn(size: Size) -> Iterator[Path]:
    """Yield a folder with the three files: kept in `HEDUI_BENCH_DATA` where that is set, else deleted afterwards."""
    home = os.environ.get("HEDUI_BENCH_DATA")
    with tempfile.TemporaryDirectory(prefix="hedui-people-") as temporary:
        folder = Path(home or temporary) / _title(size)
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(prefix=".people-", dir=folder.parent))
            try:
                write(unfinished, size)
                unfinished.rename(folder)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
        yield folder


def write(folder: Path, size: Size) -> None:
    """Write the three files into `folder`, piece by piece: memory does not grow with the number of records."""
    ours = _applicants(size)
    columns = {"applicant_id": ours.refs, "resident_id": fixed_text(ours.ids), "name": ours.names}
    pq.write_table(pa.table(columns), folder / "applicants.parquet", row_group_size=_ROW_GROUP)
    pieces = _pieces(size.records)
    records = truth = None
    try:
        for delivered, true in _in_order(size, ours, pieces):
            if records is None or truth is None:
                records = pq.ParquetWriter(folder / "records.parquet", delivered.schema)
                truth = pq.ParquetWriter(folder / "truth.parquet", true.schema)
            records.write_table(delivered, row_group_size=_ROW_GROUP)
            truth.write_table(true, row_group_size=_ROW_GROUP)
    finally:
        for writer in (records, truth):
            if writer is not None:
                writer.close()


def _in_order(size: Size, ours: _Applicants, pieces: Sequence[_Piece]) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Draw the pieces side by side, few at a time, and yield them in order."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        ahead: deque[Future[tuple[pa.Table, pa.Table]]] = deque()
        for piece in pieces:
            ahead.append(pool.submit(_draw, size, ours, piece))
            if len(ahead) > _WORKERS:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _pieces(records: int) -> list[_Piece]:
    """Cut the records into sources of equal size, and these into pieces of equal size."""
    pieces = []
    edges = [records * place // len(SOURCES) for place in range(len(SOURCES) + 1)]
    for (source, category), start, end in zip(SOURCES, edges[:-1], edges[1:], strict=True):
        parts = -(-(end - start) // _PIECE)
        cuts = [start + (end - start) * part // parts for part in range(parts + 1)] if parts else []
        pieces += [
            _Piece(source, category, cut - start + 1, until - cut, cut / records) for cut, until in pairwise(cuts)
        ]
    return pieces


def _applicants(size: Size) -> _Applicants:
    everyone = people.applicants(size.seed, int(size.applicants / _MEMBERS) + 10, _DAY)
    ours = _slice(everyone, 0, size.applicants)
    if len(ours) != size.applicants:
        raise ValueError("the households drawn have too few members")
    number = join(numbered("H", ours.household + 1, 7), "-", fixed_text(digits(ours.member, 1)))
    return _Applicants(ours, number, ours.characters(), ours.names.text(), np.sort(ours.body))


def _slice(everyone: People, start: int, end: int) -> People:
    index = np.arange(start, min(end, len(everyone)))
    columns = {f.name: getattr(everyone, f.name)[index] for f in fields(People) if f.name != "names"}
    return People(names=everyone.names.take(index), **columns)


def _draw(size: Size, ours: _Applicants, piece: _Piece) -> tuple[pa.Table, pa.Table]:
    """Draw the records of one piece, and their truth."""
    part = (str(piece.first), piece.source, piece.category)
    rng = stream(size.seed, "bench", *part)
    known = round(piece.rows * size.share)
    mine = rng.integers(0, size.applicants, size=known)
    theirs = _others(size, ours, piece, rng)
    his = _unlike(theirs, ours)
    his = his[rng.integers(0, len(his), size=piece.rows - known)]
    order = rng.permutation(piece.rows)
    names = [ours.people.names.take(mine), theirs.names.take(his)]
    number, number_error = write_numbers(
        stream(size.seed, "bench numbers", *part),
        np.concatenate([ours.ids[mine], theirs.characters()[his]])[order],
        rates(piece.source).number,
    )
    name, name_error = write_names(
        stream(size.seed, "bench names", *part),
        pa.concat_arrays([ours.names.take(pa.array(mine)), names[1].text()]).take(pa.array(order)),
        np.concatenate([n.dotted for n in names])[order],
        np.concatenate([n.rare for n in names])[order],
        rates(piece.source).name,
        gbk=is_gbk(piece.source),
    )
    row = pa.array(np.arange(piece.first, piece.first + piece.rows)).cast(pa.string())
    ids = join(f"{piece.source}:{piece.category}:", row)
    owner = pa.concat_arrays([ours.refs.take(pa.array(mine)), pa.nulls(len(his), pa.string())]).take(pa.array(order))
    true = {
        "record_id": ids,
        "applicant_id": owner,
        "number_error": pa.array(NUMBER_ERRORS).take(pa.array(number_error)),
        "name_error": pa.array(NAME_ERRORS).take(pa.array(name_error)),
    }
    return pa.table({"record_id": ids, "resident_id": number, "name": name}), pa.table(true)


def _others(size: Size, ours: _Applicants, piece: _Piece, rng: Stream) -> People:
    """Draw the strangers whose records the piece holds, like the applicants of its part of the province."""
    start = int(piece.place * size.applicants)
    like = _slice(ours.people, start, start + max(size.applicants // len(SOURCES), 1))
    count = int(piece.rows * (1 - size.share) / _RECORDS_EACH) + 100
    return strangers(int(rng.integers(1 << 60)), like, count, _DAY)


def _unlike(theirs: People, ours: _Applicants) -> Ints:
    """Return who has no applicant's number: `strangers` looked only at the applicants that it was given."""
    place = np.minimum(np.searchsorted(ours.sorted, theirs.body), len(ours.sorted) - 1)
    return np.flatnonzero(ours.sorted[place] != theirs.body)


def _title(size: Size) -> str:
    """Name a folder by what it holds, so that files drawn by other code are not taken for these."""
    code = [Path(__file__), *sorted(Path(mock_province.world.__path__[0]).glob("*.*"))]
    edition = sha256(b"".join(file.read_bytes() for file in code)).hexdigest()[:8]
    return f"people-{size.records}-{size.applicants}-{size.share:g}-{size.seed}-{edition}"
