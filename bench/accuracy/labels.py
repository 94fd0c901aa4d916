"""Pairs that people have labelled, read from CSV or Parquet and checked before anything is compared with them."""

from contextlib import suppress
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catalogue.problems import Stop

REQUIRED: Final = {"record_id": pa.string(), "applicant_id": pa.string(), "is_match": pa.bool_()}
OPTIONAL: Final = {"number_error": pa.string(), "name_error": pa.string()}
_YES: Final = ("true", "1", "yes", "y", "是")
_NO: Final = ("false", "0", "no", "n", "否")
_MATCHES: Final = ("record_id", "applicant_id", "grade", "weight")


def read_labels(path: Path) -> pa.Table:
    """Return the labelled pairs: record_id, applicant_id, is_match, and number_error and name_error where given.

    In a CSV (UTF-8, a line of names) `is_match` may also be 1/0, yes/no, 是/否. Raises `Stop` (`accuracy-…`) for a file
    that can't be read, a column that is missing, a cell that is empty or no answer, a pair that is labelled twice, a
    record said to belong to two applicants. Messages name rows, never values.
    """
    table = _parquet(path) if _is_parquet(path) else _csv(path)
    if absent := [column for column in REQUIRED if column not in table.column_names]:
        raise Stop("accuracy-labels-column", file=path.name, column=", ".join(absent), wanted=", ".join(REQUIRED))
    if not len(table):
        raise Stop("accuracy-labels-empty", file=path.name)
    kept = [column for column in (*REQUIRED, *OPTIONAL) if column in table.column_names]
    labels = pa.table({column: _typed(path, table, column) for column in kept})
    _once(path, labels)
    return labels


def check_matches(path: Path) -> None:
    """Raise `Stop` unless `path` is a Parquet file with the columns of matches."""
    if not path.is_file():
        raise Stop("accuracy-no-file", file=path.name)
    try:
        names = pq.read_schema(path).names
    except (OSError, pa.ArrowException):
        names = []
    if absent := [column for column in _MATCHES if column not in names]:
        raise Stop("accuracy-matches", file=path.name, column=", ".join(absent))


def _is_parquet(path: Path) -> bool:
    if not path.is_file():
        raise Stop("accuracy-no-file", file=path.name)
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _parquet(path: Path) -> pa.Table:
    table = None
    with suppress(OSError, pa.ArrowException):
        table = pq.read_table(path)
    if table is None:  # raised outside: the cause's text may quote the file
        raise Stop("accuracy-labels-unreadable", file=path.name)
    return table


def _csv(path: Path) -> pa.Table:
    from pyarrow import csv

    table = None
    as_text = csv.ConvertOptions(
        column_types=dict.fromkeys((*REQUIRED, *OPTIONAL), pa.string()), strings_can_be_null=True
    )
    with suppress(OSError, pa.ArrowException):
        table = csv.read_csv(path, convert_options=as_text)
    if table is None:
        raise Stop("accuracy-labels-unreadable", file=path.name)
    names = [name.removeprefix("\ufeff").strip() for name in table.column_names]
    return table.rename_columns(names)


def _typed(path: Path, table: pa.Table, column: str) -> pa.Array:
    values = table[column].combine_chunks()
    wanted = (REQUIRED | OPTIONAL)[column]
    if pa.types.is_large_string(values.type) or pa.types.is_dictionary(values.type):
        values = values.cast(pa.string())
    if column == "is_match" and pa.types.is_string(values.type):
        values = _answers(values)
    if column in REQUIRED and values.null_count:
        row = pc.index(values.is_null(), pa.scalar(True)).as_py() + 1  # noqa: FBT003  a value, not a switch
        raise Stop("accuracy-labels-cell", file=path.name, column=column, row=row, count=values.null_count)
    if values.type != wanted and not pa.types.is_null(values.type):
        raise Stop("accuracy-labels-type", file=path.name, column=column, found=str(values.type), wanted=str(wanted))
    return values.cast(wanted)


def _answers(values: pa.StringArray) -> pa.BooleanArray:
    said = pc.utf8_lower(pc.utf8_trim_whitespace(values))
    yes, no = (pc.is_in(said, value_set=pa.array(words)) for words in (_YES, _NO))
    return pc.if_else(pc.or_(yes, no), yes, pa.scalar(None, pa.bool_()))


def _once(path: Path, labels: pa.Table) -> None:
    with duckdb.connect() as db:
        db.register("labels", labels)
        for code, query in {
            "accuracy-labels-twice": "SELECT count(*) FROM labels GROUP BY record_id, applicant_id HAVING count(*) > 1",
            "accuracy-labels-two": "SELECT count(*) FROM labels WHERE is_match GROUP BY record_id HAVING count(*) > 1",
        }.items():
            if count := len(db.execute(query).fetchall()):
                raise Stop(code, file=path.name, count=count)
