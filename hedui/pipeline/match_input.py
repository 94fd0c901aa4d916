"""The two inputs of `hedui match`, checked before any work: which columns, of which types, and what is only counted.

On good files this reads footers and a few narrow columns. Only when matching has failed does `damage` read everything,
to say where a file is broken. No value of a file, and no column name of its own, ever gets into an error: a file that
was made from a CSV without headings has somebody's name for a column name.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catalogue.problems import Stop
from matching.columns import OTHER, sexes_of, types_of

Role = Literal["records", "applicants"]
Flags: TypeAlias = npt.NDArray[np.bool_]

ID: Final[dict[Role, str]] = {"records": "record_id", "applicants": "applicant_id"}
_COUNTED: Final = (
    "resident_id",
    "name",
)  # columns whose nulls are counted: such a row matches less well, or not at all
_NAMES_BEFORE: Final = "former_names"
_MAGIC, _MAGIC_ENCRYPTED = b"PAR1", b"PARE"
_SHORTEST: Final = 12  # bytes of a Parquet file: the magic twice, and the length of the footer
_BATCH: Final = 1 << 18  # rows
_PEEK: Final = 1 << 16  # bytes


@dataclass(frozen=True)
class Input:
    """One side of the matching, checked."""

    role: Role
    paths: tuple[Path, ...]
    rows: int
    nulls: dict[str, int]  # by column: rows without a number, without a name
    unknown: dict[str, int]  # by optional column: rows with a word that is not known, read as unknown, or as `other`


def open_input(role: Role, given: Sequence[Path]) -> Input:
    """Check the files of one side; a folder of records stands for the `*.parquet` files in it, by name.

    Raises `Stop`, with the path and the column but no value, for everything that could give wrong matches in silence.
    """
    if folder := next((one for one in given if role == "applicants" and one.is_dir()), None):
        raise Stop("match-applicants-folder", path=str(folder))
    paths = tuple(dict.fromkeys(path.resolve() for one in given for path in _files(one)))
    opened = [_open(path, role) for path in paths]
    for one in opened:
        _check_ids(one, ID[role])
    return Input(
        role,
        paths,
        rows=sum(one.file.metadata.num_rows for one in opened),
        nulls={column: sum(_nulls(one, column) for one in opened) for column in _COUNTED},
        unknown={
            column: sum(_unknown(one, column, known) for one in opened if column in one.columns)
            for column, known in _KNOWN.items()
            if any(column in one.columns for one in opened)
        },
    )


def damage(inputs: Sequence[Input]) -> Stop | None:
    """Read everything that matching reads, slowly, and say what is wrong with the first bad file; None if nothing."""
    for one in inputs:
        for path in one.paths:
            opened = _open(path, one.role)
            for column in opened.columns:
                if problem := _damage(opened, column):
                    return problem
    return None


@dataclass(frozen=True)
class _Opened:
    path: Path
    file: pq.ParquetFile
    columns: tuple[str, ...]  # those of ours that it has

    def leaf(self, column: str) -> int:
        schema = self.file.metadata.schema
        return next(i for i in range(len(schema)) if schema.column(i).path == column)

    def batches(self, column: str, groups: Sequence[int] | None = None) -> Iterator[pa.Array]:
        """Read one column, that of a code as a dictionary; `Stop` where it cannot be read."""
        words = [column] if column in _KNOWN else None
        try:
            with pq.ParquetFile(self.path, metadata=self.file.metadata, read_dictionary=words) as file:
                for batch in file.iter_batches(_BATCH, row_groups=groups, columns=[column]):
                    yield batch.column(0)
        except (pa.ArrowException, OSError) as error:
            told = self.unreadable(error)
        else:
            return
        raise told

    def unreadable(self, error: Exception) -> Stop:
        """Say why a column cannot be read; what the library says of it is looked at, not passed on."""
        return Stop("match-encrypted" if _is_about_keys(error) else "match-damaged", path=str(self.path))


def _files(given: Path) -> list[Path]:
    if given.is_dir():
        found = sorted(path for path in given.glob("*.parquet") if path.name[0] not in "._" and path.is_file())
        if not found:
            raise Stop("match-folder-without-parquet", path=str(given))
        return found
    if not given.is_file():
        raise Stop("match-no-file", path=str(given))
    return [given]


def open_parquet(path: Path) -> pq.ParquetFile:
    """Open one file and read its footer; `Stop` says why it cannot be."""
    _check_ends(path)
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        code = "match-encrypted" if _is_about_keys(error) else "match-damaged"
    raise Stop(code, path=str(path))


def _open(path: Path, role: Role) -> _Opened:
    file = open_parquet(path)
    opened = _Opened(path, file, _check_columns(path, file.schema_arrow, role))
    _check_keys(opened)
    return opened


def _check_keys(opened: _Opened) -> None:
    # Single columns may be encrypted under a readable footer. To ask the footer for one of them ends the interpreter
    # (pyarrow 26), so that a first value of each is read before anything else.
    problem = None
    try:
        with pq.ParquetFile(opened.path, metadata=opened.file.metadata, buffer_size=_PEEK, pre_buffer=False) as file:
            for column in opened.columns if file.num_row_groups else ():
                next(file.iter_batches(1, row_groups=[0], columns=[column]), None)
    except (pa.ArrowException, OSError) as error:
        problem = opened.unreadable(error)
    if problem:
        raise problem


def _check_ends(path: Path) -> None:
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            head = file.read(len(_MAGIC))
            file.seek(max(0, size - len(_MAGIC)))
            tail = file.read()
    except OSError:
        size, head, tail = -1, b"", b""
    if size < 0:
        raise Stop("match-no-file", path=str(path))
    if size == 0:
        raise Stop("match-empty-file", path=str(path))
    if head == _MAGIC_ENCRYPTED:
        raise Stop("match-encrypted", path=str(path))
    if head != _MAGIC:
        raise Stop("match-not-parquet", path=str(path))
    if tail != _MAGIC or size < _SHORTEST:
        raise Stop("match-truncated", path=str(path))


def _is_about_keys(error: Exception) -> bool:
    return any(word in str(error).lower() for word in ("crypt", "key retriever"))


def _check_columns(path: Path, schema: pa.Schema, role: Role) -> tuple[str, ...]:
    required = (ID[role], "resident_id", "name")
    optional = ("birth_date", *_KNOWN, *((_NAMES_BEFORE,) if role == "applicants" else ()))
    for column in (*required, *optional):
        places = schema.get_all_field_indices(column)
        if len(places) > 1:
            raise Stop("match-column-twice", path=str(path), column=column)
        if places:
            _check_type(path, column, schema.field(places[0]).type)
        elif column in required:
            raise Stop("match-column-missing", path=str(path), column=column, expected=", ".join(required))
    return tuple(column for column in (*required, *optional) if column in schema.names)


def _check_type(path: Path, column: str, found: pa.DataType) -> None:
    where = {"path": str(path), "column": column, "found": _plainly(found)}
    if column == "birth_date":
        if pa.types.is_timestamp(found):
            raise Stop("match-column-timestamp", **where)
        fits = pa.types.is_date(found) or pa.types.is_null(found)
        expected = "date32"
    elif column == _NAMES_BEFORE:
        fits = pa.types.is_null(found) or (_is_list(found) and _is_text(found.value_type))
        expected = "list<string>"
    else:
        fits, expected = _is_text(found), "string"
        if column == "resident_id" and _is_figure(found):
            raise Stop("match-column-digits", **where)
    if not fits:
        raise Stop("match-column-type", **where, expected=expected)


def _is_text(found: pa.DataType) -> bool:
    if pa.types.is_dictionary(found):
        found = found.value_type
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null)
    return any(test(found) for test in tests)


def _is_list(found: pa.DataType) -> bool:
    return any(test(found) for test in (pa.types.is_list, pa.types.is_large_list, pa.types.is_list_view))


def _is_figure(found: pa.DataType) -> bool:
    return any(test(found) for test in (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal))


def _plainly(found: pa.DataType) -> str:
    # Nested types spell out the names of their fields, which are the file's own.
    return str(found).partition("<")[0] if pa.types.is_nested(found) else str(found)[:40]


def _check_ids(opened: _Opened, column: str) -> None:
    leaf = opened.leaf(column)
    missing = 0
    for group in range(opened.file.metadata.num_row_groups):
        stated = opened.file.metadata.row_group(group).column(leaf).statistics
        if stated and stated.has_null_count and not stated.null_count and stated.has_min_max and stated.min_raw:
            continue  # the least of them is more than an empty text
        for ids in opened.batches(column, [group]):
            missing += len(ids) - (pc.sum(pc.not_equal(_texts(ids), "")).as_py() or 0)
    if missing:
        raise Stop("match-id-missing", path=str(opened.path), column=column, count=missing)


def _nulls(opened: _Opened, column: str) -> int:
    metadata, leaf = opened.file.metadata, opened.leaf(column)
    stated = [metadata.row_group(group).column(leaf).statistics for group in range(metadata.num_row_groups)]
    if all(one and one.has_null_count for one in stated):
        return sum(one.null_count for one in stated)
    return sum(values.null_count for values in opened.batches(column))


def _unknown(opened: _Opened, column: str, known: Callable[[pa.StringArray], Flags]) -> int:
    count = 0
    for words in opened.batches(column):
        counted = pc.value_counts(words.drop_null())
        different = _texts(counted.field("values"))
        count += int(np.asarray(counted.field("counts"))[~known(different)].sum())
    return count


# Which words of a code column are known, as a flag each.
_KNOWN: Final[dict[str, Callable[[pa.StringArray], Flags]]] = {
    "sex": lambda words: (sexes_of(words) > 0) | _flags(pc.equal(pc.utf8_trim_whitespace(words), "")),
    "document_type": lambda words: (types_of(words) != OTHER) | _flags(pc.equal(words, "other")),
}


def _flags(values: pa.BooleanArray) -> Flags:
    flags: Flags = values.to_numpy(zero_copy_only=False)
    return flags


def _texts(values: pa.Array) -> pa.StringArray:
    return values if values.type == pa.string() else values.cast(pa.string())


def _damage(opened: _Opened, column: str) -> Stop | None:
    broken = 0
    try:
        for values in opened.batches(column):
            texts = values.flatten() if column == _NAMES_BEFORE and not pa.types.is_null(values.type) else values
            broken += _not_utf8(texts)
    except Stop as problem:
        return problem
    return Stop("match-not-utf8", path=str(opened.path), column=column, count=broken) if broken else None


def _not_utf8(values: pa.Array) -> int:
    """Count the texts that are not UTF-8."""
    texts = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return sum(_is_broken(one.as_buffer()) for one in texts if one.is_valid)
    return 0


def _is_broken(text: pa.Buffer) -> bool:
    try:
        text.to_pybytes().decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False
