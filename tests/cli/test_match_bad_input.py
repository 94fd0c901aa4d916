"""What `hedui match` says of files that it cannot use, and what it only counts. No value ever gets into an error."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from catalogue.text import text
from hedui.cli import hedui
from matching import resident_id

KEYS = [32010219900101001 + 2 * step for step in range(4)]
NUMBERS = resident_id.decode(pa.array(KEYS)).to_pylist()
NAMES = ["张伟", "王芳", "欧阳娜娜", "刘洋"]
SECRETS = [*NUMBERS, *NAMES]

Change = Callable[[pa.Table], pa.Table]


def people(role: str, **columns: Any) -> pa.Table:
    key = role.removesuffix("s")
    ids = pa.array([f"{key[0].upper()}{place}" for place in range(len(NUMBERS))])
    return pa.table({f"{key}_id": ids, "resident_id": NUMBERS, "name": NAMES} | columns)


class Desk:
    """A folder with two good files, and the command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "matches.parquet"
        for role in ("records", "applicants"):
            self.put(role, people(role))

    def path(self, role: str) -> Path:
        return self.folder / f"{role}.parquet"

    def put(self, role: str, table: pa.Table, **options: Any) -> Path:
        pq.write_table(table, self.path(role), **options)
        return self.path(role)

    def match(self, *more: str | Path, records: Path | None = None, **environment: str) -> Result:
        arguments = ["match", records or self.path("records"), "--applicants", self.path("applicants")]
        arguments += ["--out", self.out, *more]
        return CliRunner().invoke(
            hedui, [str(one) for one in arguments], env={"HEDUI_LANGUAGE": "en", "HEDUI_HOME": "/none"} | environment
        )

    def refused(self, code: str, *more: str | Path, records: Path | None = None, says: str = "") -> Result:
        """Match, and expect this problem: two lines, exit code 4, nothing written, nobody named."""
        before = self.out.read_bytes() if self.out.is_file() else None
        for language in ("zh", "en"):
            shown = self.match(*more, records=records, HEDUI_LANGUAGE=language)
            assert shown.exit_code == 4, (shown.output, shown.exception)
            assert not shown.stdout
            first, second = shown.stderr.splitlines()
            words = text(f"problem-{code}-hint", language, column="birth_date")  # the one hint that has a parameter
            assert first.startswith("error: ")
            assert second == f"hint: {words}"
            assert not any(secret in shown.output for secret in SECRETS)
        assert says in first
        assert (self.out.read_bytes() if self.out.is_file() else None) == before
        assert not [path for path in self.folder.iterdir() if path.name.startswith(".")], "something is left behind"
        return shown

    def counted(self, *more: str | Path, records: Path | None = None) -> dict[str, Any]:
        """Match, and expect it to work: the figures."""
        shown = self.match("--json", *more, records=records)
        assert shown.exit_code == 0, (shown.output, shown.exception)
        return json.loads(shown.stdout)

    def rows(self) -> list[tuple[str, str, str]]:
        found = pq.read_table(self.out).to_pylist()
        return [(row["record_id"], row["applicant_id"], row["grade"]) for row in found]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def cast(column: str, kind: pa.DataType) -> Change:
    return lambda table: table.set_column(table.schema.get_field_index(column), column, table.column(column).cast(kind))


def put(column: str, values: Any) -> Change:
    def change(table: pa.Table) -> pa.Table:
        array = values if isinstance(values, pa.Array) else pa.array(values)
        place = table.schema.get_field_index(column)
        return table.append_column(column, array) if place < 0 else table.set_column(place, column, array)

    return change


def days(kind: pa.DataType) -> pa.Array:
    return pa.array([date(1990, 1, 1)] * 4).cast(pa.timestamp("s")).cast(kind)


def broken_texts() -> pa.StringArray:
    parts = [b"a", b"\xff\xfe\xfd", b"c", b"\xd5\xc5\xce\xb0"]  # the last is 张伟 in GB18030
    offsets = np.cumsum([0, *map(len, parts)]).astype(np.int32)
    return pa.StringArray.from_buffers(4, pa.py_buffer(offsets), pa.py_buffer(b"".join(parts)))


ROLES = pytest.mark.parametrize("role", ["records", "applicants"])


@ROLES
@pytest.mark.parametrize("column", ["id", "resident_id", "name"])
def test_a_missing_column_is_named(desk: Desk, role: str, column: str) -> None:
    column = f"{role.removesuffix('s')}_id" if column == "id" else column
    desk.put(role, people(role).drop_columns([column]))
    desk.refused("match-column-missing", says=f"lacks the column {column}")


@ROLES
def test_column_names_of_the_file_are_not_told(desk: Desk, role: str) -> None:
    # a CSV without headings, converted: the first person has become the headings
    desk.put(role, people(role).rename_columns(["R0", NUMBERS[0], NAMES[0]]))
    desk.refused("match-column-missing")


def test_a_column_that_is_there_twice_is_refused(desk: Desk) -> None:
    desk.put("records", people("records").append_column("name", pa.array(NAMES)))
    desk.refused("match-column-twice", says="column name more than once")


@ROLES
@pytest.mark.parametrize(
    ("code", "change"),
    {
        "integers": ("match-column-digits", put("resident_id", pa.array([320102199001010011] * 4, pa.int64()))),
        "floats": ("match-column-digits", put("resident_id", pa.array([3.2e17] * 4))),
        "decimals": ("match-column-digits", put("resident_id", pa.array([1] * 4).cast(pa.decimal128(38, 0)))),
        "bytes": ("match-column-type", cast("resident_id", pa.binary())),
        "numbers in a structure": ("match-column-type", put("resident_id", [{"张伟": n} for n in NUMBERS])),
        "names in lists": ("match-column-type", put("name", [[n] for n in NAMES])),
        "names that are figures": ("match-column-type", put("name", [1, 2, 3, 4])),
        "a timestamp": ("match-column-timestamp", put("birth_date", days(pa.timestamp("us")))),
        "a timestamp with a zone": ("match-column-timestamp", put("birth_date", days(pa.timestamp("ms", "UTC")))),
        "a date as text": ("match-column-type", put("birth_date", ["1990-01-01"] * 4)),
        "a date as a figure": ("match-column-type", put("birth_date", [19900101] * 4)),
        "sex as a figure": ("match-column-type", put("sex", [1, 2, 1, 2])),
        "a document type as a figure": ("match-column-type", put("document_type", [1, 1, 1, 1])),
    }.values(),
)
def test_a_wrong_type_is_refused(desk: Desk, role: str, code: str, change: Change) -> None:
    desk.put(role, change(people(role)))
    desk.refused(code, says=str(desk.path(role)))


@pytest.mark.parametrize("former", [["张三"] * 4, [[1]] * 4, [[["a"]]] * 4])
def test_former_names_are_lists_of_text(desk: Desk, former: list[Any]) -> None:
    desk.put("applicants", put("former_names", former)(people("applicants")))
    desk.refused("match-column-type", says="list<string>")


@ROLES
@pytest.mark.parametrize(
    "kind",
    [
        pa.large_string(),
        # take() knows no views: the engine has to cast before it takes
        pa.string_view(),
        pa.dictionary(pa.int32(), pa.string()),
        pa.dictionary(pa.int8(), pa.large_string()),
    ],
    ids=str,
)
def test_every_kind_of_text_will_do(desk: Desk, role: str, kind: pa.DataType) -> None:
    table = people(role, sex=["男"] * 4, document_type=["resident_id"] * 4)
    for column in table.schema.names:
        table = cast(column, kind)(table)
    desk.put(role, table)
    figures = desk.counted()
    assert figures["matches"] == {"certain": 4, "probable": 0, "possible": 0}
    assert figures["unknown"][role] == {"sex": 0, "document_type": 0}


@ROLES
def test_dates_of_either_kind_and_columns_without_a_type_will_do(desk: Desk, role: str) -> None:
    table = people(role, birth_date=pa.array([date(1990, 1, 1)] * 4).cast(pa.date64()), sex=pa.nulls(4))
    desk.put(role, table.append_column("document_type", pa.nulls(4)))
    assert desk.counted()["matches"]["certain"] == 4
    desk.put(role, people(role, name=pa.nulls(4), birth_date=pa.nulls(4)))
    figures = desk.counted()
    assert figures["matches"] == {"certain": 0, "probable": 4, "possible": 0}
    assert figures["nulls"][role] == {"resident_id": 0, "name": 4}


def test_former_names_of_every_kind_of_list_will_do(desk: Desk) -> None:
    desk.put("records", people("records", name=["张三", *NAMES[1:]]))
    former = pa.array([["张三"], [], None, [None]], pa.list_(pa.string()))
    for kind in (pa.list_(pa.string()), pa.large_list(pa.large_string())):
        desk.put("applicants", people("applicants", former_names=former.cast(kind)))
        assert desk.counted()["matches"]["certain"] == 4, kind
    desk.put("applicants", people("applicants", former_names=pa.nulls(4)))
    assert desk.counted()["matches"]["certain"] == 3


@ROLES
@pytest.mark.parametrize("statistics", [True, False])
@pytest.mark.parametrize("nothing", [None, ""])
def test_rows_without_an_identifier_are_counted_and_refused(
    desk: Desk, role: str, nothing: str | None, *, statistics: bool
) -> None:
    key = f"{role.removesuffix('s')}_id"
    desk.put(role, put(key, ["a", nothing, "b", nothing])(people(role)), write_statistics=statistics, row_group_size=2)
    desk.refused("match-id-missing", says=f"without a {key}: 2")


def test_applicants_that_stand_twice_are_refused(desk: Desk) -> None:
    desk.put("applicants", put("applicant_id", ["a", "b", "a", "a"])(people("applicants")))
    desk.refused("match-duplicate-applicants", says="of another row: 2")


def test_records_that_stand_twice_are_refused_if_they_match(desk: Desk) -> None:
    desk.put("records", put("record_id", ["a", "b", "a", "c"])(people("records")))
    desk.refused("match-duplicate-records")
    strangers = put("resident_id", ["", "", "", NUMBERS[3]])(put("record_id", ["a", "b", "a", "c"])(people("records")))
    desk.put("records", strangers)
    assert desk.counted()["matches"]["certain"] == 1


@pytest.mark.parametrize("statistics", [True, False])
def test_nulls_are_counted(desk: Desk, *, statistics: bool) -> None:
    numbers, names = [None, *NUMBERS[1:]], [None, None, *NAMES[2:]]
    for role in ("records", "applicants"):
        desk.put(role, people(role) if role == "applicants" else people(role, resident_id=numbers, name=names))
    desk.put("records", people("records", resident_id=numbers, name=names), write_statistics=statistics)
    figures = desk.counted()
    assert figures["nulls"] == {
        "records": {"resident_id": 1, "name": 2},
        "applicants": {"resident_id": 0, "name": 0},
    }
    assert figures["numbers"] == {"empty": 1}
    assert figures["matches"] == {"certain": 2, "probable": 1, "possible": 0}


@ROLES
def test_unknown_words_are_counted_and_read_as_unknown(desk: Desk, role: str) -> None:
    desk.put(role, people(role, sex=["女人", "F", None, ""], document_type=["驾驶证", "passport", "身份证", "other"]))
    assert desk.counted()["unknown"][role] == {"sex": 1, "document_type": 1}
    shown = desk.match()
    assert "document type not known" in shown.stdout


@ROLES
def test_files_that_are_no_parquet_are_told_apart(desk: Desk, role: str) -> None:
    path = desk.path(role)
    whole = path.read_bytes()
    for code, content in {
        "match-empty-file": b"",
        "match-not-parquet": f"record_id,resident_id,name\nR0,{NUMBERS[0]},{NAMES[0]}\n".encode(),
        "match-truncated": whole[: len(whole) // 2],
        "match-damaged": whole[:4] + bytes(len(whole) - 8) + whole[-4:],
        "match-encrypted": b"PARE" + whole[4:-4] + b"PARE",
    }.items():
        path.write_bytes(content)
        desk.refused(code, says=str(path))
    path.write_bytes(b"PAR1")
    desk.refused("match-truncated")
    path.unlink()
    desk.refused("match-no-file", says=str(path))


def test_a_page_that_is_damaged_is_found_when_matching_fails(desk: Desk) -> None:
    rows = 50_000
    many = pa.table({name: [f"{name} {place}" for place in range(rows)] for name in people("records").column_names})
    path = desk.put("records", many, compression="zstd", use_dictionary=False, data_page_size=10_000)
    content = bytearray(path.read_bytes())
    column = pq.read_metadata(path).row_group(0).column(1)
    end = column.data_page_offset + column.total_compressed_size
    content[end - 2_000 : end - 1_000] = b"\xff" * 1_000
    path.write_bytes(content)
    desk.refused("match-damaged", says=str(path))


@ROLES
@pytest.mark.parametrize("column", ["name", "resident_id"])
def test_text_in_another_encoding_is_counted(desk: Desk, role: str, column: str) -> None:
    desk.put(role, put(column, broken_texts())(people(role)))
    desk.refused("match-not-utf8", says=f"values in column {column} of {desk.path(role)} that are not UTF-8 text: 2")


def test_an_applicant_id_in_another_encoding_would_end_up_in_the_output(desk: Desk) -> None:
    desk.put("applicants", put("applicant_id", broken_texts())(people("applicants")))
    desk.refused("match-not-utf8", says="values in column applicant_id")


def test_a_file_with_encrypted_columns_is_refused(desk: Desk) -> None:
    encryption = pytest.importorskip("pyarrow.parquet.encryption")

    class Vault(encryption.KmsClient):
        def __init__(self, _configuration: Any) -> None:
            super().__init__()

        def wrap_key(self, key: bytes, _master: str) -> bytes:
            return bytes(reversed(key)).hex().encode()

        def unwrap_key(self, wrapped: bytes, _master: str) -> bytes:
            return bytes(reversed(bytes.fromhex(wrapped.decode())))

    for plaintext_footer in (False, True):
        settings = encryption.EncryptionConfiguration(
            footer_key="footer", column_keys={"columns": ["name"]}, plaintext_footer=plaintext_footer
        )
        properties = encryption.CryptoFactory(Vault).file_encryption_properties(
            encryption.KmsConnectionConfig(), settings
        )
        desk.put("records", people("records"), encryption_properties=properties)
        desk.refused("match-encrypted", says=str(desk.path("records")))


@ROLES
def test_no_rows_give_no_matches(desk: Desk, role: str) -> None:
    desk.put(role, people(role).slice(0, 0))
    figures = desk.counted()
    assert figures["matches"] == {"certain": 0, "probable": 0, "possible": 0}
    assert figures[role] == 0
    assert pq.read_table(desk.out).num_rows == 0


def test_a_folder_stands_for_the_parquet_files_in_it(desk: Desk) -> None:
    folder = desk.folder / "many [1] parts*?"  # characters that patterns are made of
    folder.mkdir()
    desk.refused("match-folder-without-parquet", records=folder)
    table = people("records")
    for name, part in {
        "b.parquet": table.slice(0, 2),
        "a.parquet": table.slice(2, 1),
        "c.parquet": table.slice(3),
    }.items():
        pq.write_table(part, folder / name)
    (folder / "_SUCCESS").touch()
    (folder / ".hidden.parquet").write_bytes(b"half")
    (folder / "deeper.parquet").mkdir()
    figures = desk.counted(records=folder)
    assert (figures["records"], figures["matches"]["certain"]) == (4, 4)
    # a file that is named twice is read once
    figures = desk.counted(folder / "a.parquet", folder, records=folder)
    assert figures["records"] == 4
    assert desk.rows() == [(f"R{n}", f"A{n}", "certain") for n in range(4)]


def test_applicants_are_one_file(desk: Desk) -> None:
    folder = desk.folder / "applicants"
    folder.mkdir()
    pq.write_table(people("applicants"), folder / "a.parquet")
    desk.refused("match-applicants-folder", "--applicants", folder, says=str(folder))


def test_folder_names_are_no_columns(desk: Desk) -> None:
    for role in ("records", "applicants"):
        folder = desk.folder / "name=x" / "resident_id=y" / role
        folder.mkdir(parents=True)
        desk.path(role).rename(folder / "a.parquet")
    applicants = desk.folder / "name=x" / "resident_id=y" / "applicants" / "a.parquet"
    figures = desk.counted("--applicants", applicants, records=desk.folder / "name=x" / "resident_id=y" / "records")
    assert figures["matches"]["certain"] == 4


def test_other_columns_are_nobodys_business(desk: Desk) -> None:
    for role in ("records", "applicants"):
        table = people(role, Name=["x"] * 4, grade=[1] * 4, person=[{"a": [1]}] * 4, other=broken_texts())
        desk.put(role, table.append_column("same", pa.array([1] * 4)).append_column("same", pa.array([2] * 4)))
    assert desk.counted()["matches"]["certain"] == 4


def test_the_output_is_no_input(desk: Desk) -> None:
    for role in ("records", "applicants"):
        before = desk.path(role).read_bytes()
        desk.out = desk.folder / "elsewhere" / ".." / f"{role}.parquet"
        (desk.folder / "elsewhere").mkdir(exist_ok=True)
        desk.refused("match-out-is-input")
        desk.out = desk.folder / "link.parquet"
        desk.out.hardlink_to(desk.path(role))
        desk.refused("match-out-is-input")
        desk.out.unlink()
        assert desk.path(role).read_bytes() == before
    folder = desk.folder / "parts"
    folder.mkdir()
    desk.path("records").rename(folder / "a.parquet")
    desk.out = folder / "matches.parquet"
    desk.refused("match-out-is-input", records=folder)


def test_an_output_that_cannot_be_written_is_refused_before_any_work(desk: Desk) -> None:
    desk.out = desk.folder / "nowhere" / "matches.parquet"
    desk.refused("match-out-no-folder", says="nowhere")
    desk.out = desk.folder / "a folder"
    desk.out.mkdir()
    desk.refused("match-out-not-a-file")


def limited(desk: Desk, size: int, out: str = "matches.parquet") -> subprocess.CompletedProcess[str]:
    """Match in a process that may not write files of more than some bytes: full, as far as it can see."""
    code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
    code += "from hedui.cli import main; main()"
    arguments = ["match", "records.parquet", "--applicants", "applicants.parquet", "--out", out, "--json"]
    return subprocess.run(
        [sys.executable, "-B", "-c", code, *arguments],
        cwd=desk.folder,
        env=os.environ | {"HEDUI_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("size", [100, 40_000])  # while records are compared, and when the result is written
def test_a_full_disk_is_not_our_fault(desk: Desk, size: int) -> None:
    rows = 20_000
    ids = np.random.default_rng(3).permutation(10 * rows)[:rows].astype(str)
    take = pa.array(np.arange(rows) % 4)
    columns = {"resident_id": pa.array(NUMBERS).take(take), "name": pa.array(NAMES).take(take)}
    desk.put("records", pa.table({"record_id": pa.array(ids), **columns}))
    before = sorted(desk.folder.iterdir())
    shown = limited(desk, size)
    assert shown.returncode == 4, shown.stderr
    assert shown.stderr.splitlines() == [
        f"error: {text('problem-disk-full', 'en', folder=str(desk.folder))}",
        f"hint: {text('problem-disk-full-hint', 'en')}",
    ]
    assert sorted(desk.folder.iterdir()) == before
    assert limited(desk, 1 << 30).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="Linux has one")
def test_nor_is_an_output_that_is_full(desk: Desk) -> None:
    arguments = ["match", "records.parquet", "--applicants", "applicants.parquet", "--out", "m.parquet", "--json"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from hedui.cli import main; main()", *arguments],
            cwd=desk.folder,
            env=os.environ | {"HEDUI_LANGUAGE": "en"},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.stderr.startswith(f"error: {text('problem-no-room', 'en')}\n")
    assert done.returncode == 4


def test_nor_is_a_reader_that_went_away(desk: Desk) -> None:
    arguments = ["match", "records.parquet", "--applicants", "applicants.parquet", "--out", "m.parquet", "--json"]
    unread, output = os.pipe()
    os.close(unread)
    with os.fdopen(output, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-c", "from hedui.cli import main; main()", *arguments],
            cwd=desk.folder,
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (141, b"")
    assert pq.read_metadata(desk.folder / "m.parquet").num_rows > 0


def test_a_spark_master_that_does_not_answer_is_told_at_once(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    environment = {"HEDUI_SPARK_MASTER": f"spark://127.0.0.1:{port}"}
    shown = desk.match("--engine", "spark", **environment)
    assert shown.exit_code == 4
    assert shown.stderr.splitlines() == [
        f"error: {text('problem-spark-unreachable', 'en', master=environment['HEDUI_SPARK_MASTER'])}",
        f"hint: {text('problem-spark-unreachable-hint', 'en')}",
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_of_somebody_else_is_refused(desk: Desk) -> None:
    closed = desk.folder / "closed"
    closed.mkdir(mode=0o500)
    desk.out = closed / "matches.parquet"
    desk.refused("match-out-unwritable")


def test_an_output_that_is_there_is_replaced_whole_or_not_at_all(desk: Desk) -> None:
    desk.out.write_bytes(b"what was there")
    desk.put("records", put("name", broken_texts())(people("records")))
    desk.refused("match-not-utf8")
    assert desk.out.read_bytes() == b"what was there"
    desk.put("records", people("records"))
    desk.counted()
    assert len(desk.rows()) == 4
    assert not [path for path in desk.folder.iterdir() if path.name.startswith(".")]


def test_hostile_values_are_only_values(desk: Desk) -> None:
    long = "王" * 35_000_000  # 105 MB
    numbers = [NUMBERS[0], NUMBERS[1] + "\0", "\0" * 18, "；DROP TABLE --"]
    names = [long, "王\0芳", "\u202e\u0000", "\U0001f600" * 1000]
    desk.put("records", people("records", resident_id=numbers, name=names, sex=["M"] * 4))
    figures = desk.counted()
    assert figures["records"] == 4
    assert {row[:2] for row in desk.rows()} == {("R0", "A0"), ("R1", "A1")}


def test_identifiers_keep_every_character(desk: Desk) -> None:
    ids = ["a\0b", "a\0", "\u202e", "x" * 100_000]
    desk.put("records", put("record_id", ids)(people("records")))
    desk.put("applicants", put("applicant_id", ids)(people("applicants")))
    desk.counted()
    assert [(record, applicant) for record, applicant, _ in desk.rows()] == [(one, one) for one in sorted(ids)]


def test_huge_row_groups_are_read_in_pieces(desk: Desk) -> None:
    rows = 400_000
    many = pa.table(
        {
            "record_id": pa.array(np.arange(rows).astype(str)),
            "resident_id": pa.array(NUMBERS).take(pa.array(np.arange(rows) % 4)),
            "name": pa.array(NAMES).take(pa.array(np.arange(rows) % 4)),
        }
    )
    desk.put("records", many, row_group_size=rows)
    assert desk.counted()["matches"]["certain"] == rows


@pytest.mark.parametrize(
    "content", ["", "not = toml = at all", "version = 1", "threshold = 'x'\nversion = '1'", "\0"], ids=range(5)
)
def test_a_file_of_parameters_that_is_none_is_refused(desk: Desk, content: str) -> None:
    path = desk.folder / "parameters.toml"
    path.write_text(content, "utf-8")
    desk.refused("match-bad-parameters", "--parameters", path, says=str(path))
    path.write_bytes(b"\xff\xfe")
    desk.refused("match-bad-parameters", "--parameters", path)
    path.unlink()
    desk.refused("match-no-file", "--parameters", path)


def test_an_unknown_engine_is_a_usage_error(desk: Desk) -> None:
    assert desk.match("--engine", "abacus").exit_code == 2


def test_a_missing_option_is_a_usage_error(desk: Desk) -> None:
    for arguments in (["match"], ["match", "r.parquet"], ["match", "--applicants", "a.parquet", "--out", "o.parquet"]):
        assert CliRunner().invoke(hedui, arguments).exit_code == 2


def test_nothing_but_the_files_is_needed(desk: Desk) -> None:
    code = "from hedui.cli import main; main()"
    arguments = ["match", "records.parquet", "--applicants", "applicants.parquet", "--out", "m.parquet"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEDUI_")}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=desk.folder, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in desk.folder.iterdir()) == ["applicants.parquet", "m.parquet", "records.parquet"]
    assert oct((desk.folder / "m.parquet").stat().st_mode & 0o777) == "0o600"
