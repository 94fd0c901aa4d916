"""`hedui match` on good files: what it finds, writes, says, and how its two commands live beside it."""

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from hedui.cli import hedui
from hedui.cli.match import match as group
from matching import resident_id
from matching.match import MATCH_SCHEMA
from matching.scoring import Model

NUMBERS = resident_id.decode(pa.array([32010219900101001 + 2 * step for step in range(6)])).to_pylist()
NAMES = ["张伟", "王芳", "欧阳娜娜", "刘洋", "陈静", "杨帆"]
APPLICANTS = {"applicant_id": [f"A{place}" for place in range(6)], "resident_id": NUMBERS, "name": NAMES}
RECORDS = {
    "record_id": ["R5", "R4", "R3", "R2", "R1", "R0", "R6"],
    "resident_id": [
        NUMBERS[5][:6] + NUMBERS[5][8:17],  # 15 digits
        NUMBERS[4],
        NUMBERS[3],
        NUMBERS[2][:16] + NUMBERS[2][17] + NUMBERS[2][16],  # swapped
        f" {NUMBERS[1].lower()}\t",
        NUMBERS[0],
        "3.2010219900101E+17",
    ],
    "name": ["杨帆", "陈静静", "完全不同", "欧阳娜娜", "王芳", "张伟", "张伟"],
}


def call(*arguments: object, language: str = "en") -> Result:
    return CliRunner().invoke(hedui, [str(one) for one in arguments], env={"HEDUI_LANGUAGE": language})


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pq.write_table(pa.table(APPLICANTS), tmp_path / "applicants.parquet")
    pq.write_table(pa.table(RECORDS), tmp_path / "records.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


MATCH = ("match", "records.parquet", "--applicants", "applicants.parquet", "--out", "matches.parquet")


def matches() -> list[dict[str, Any]]:
    return pq.read_table("matches.parquet").to_pylist()


def test_every_record_finds_its_member(desk: Path) -> None:
    shown = call(*MATCH)
    assert shown.exit_code == 0, shown.output
    table = pq.read_table("matches.parquet")
    assert table.schema.equals(MATCH_SCHEMA)
    found = [(row["record_id"], row["applicant_id"], row["grade"]) for row in matches()]
    assert found == [
        ("R0", "A0", "certain"),
        ("R1", "A1", "certain"),
        ("R2", "A2", "probable"),
        ("R3", "A3", "possible"),
        ("R4", "A4", "probable"),
        ("R5", "A5", "certain"),
    ]
    for row in matches():
        assert sum(part["weight"] for part in row["evidence"]) == row["weight"]
    assert shown.stderr == ""


def test_the_summary_is_in_words_and_for_programs(desk: Path) -> None:
    shown = call(*MATCH)
    first = shown.stdout.splitlines()[0]
    assert first.startswith("Matched in ")
    assert first.endswith(" s; records: 7, applicants: 6"), "in one line"
    assert "scientific notation" in shown.stdout
    assert "匹配完成：7 条记录" in call(*MATCH, language="zh").stdout
    figures = json.loads(call(*MATCH, "--json").stdout)
    assert figures.pop("seconds") > 0
    assert figures == {
        "records": 7,
        "applicants": 6,
        "matches": {"certain": 3, "probable": 2, "possible": 1},
        "numbers": {"bad_check": 1, "scientific": 1},
        "capped": 0,
        "nulls": {
            "records": {"resident_id": 0, "name": 0},
            "applicants": {"resident_id": 0, "name": 0},
        },
        "unknown": {"records": {}, "applicants": {}},
        "parameters": Model.shipped().version,
        "out": "matches.parquet",
    }


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_figure_has_words(language: str) -> None:
    from typing import get_args

    from catalogue.text import text

    kinds = [*get_args(resident_id.Kind)[2:], "document"]  # the first two are valid
    assert all(text(f"match-number-{kind}", language) for kind in kinds)


def test_options_may_stand_anywhere(desk: Path) -> None:
    shown = call("match", "--applicants", "applicants.parquet", "--json", "--out=matches.parquet", "records.parquet")
    assert shown.exit_code == 0, shown.output


@pytest.mark.parametrize("name", list(group.commands))
def test_a_file_may_be_called_like_a_command(desk: Path, name: str) -> None:
    (desk / "records.parquet").rename(desk / name)
    assert call("match", f"./{name}", *MATCH[2:]).exit_code == 0
    assert call("match", name, *MATCH[2:]).exit_code == 2


def test_help_names_the_commands_beside_it() -> None:
    for arguments in (("match", "--help"), ("match",)):
        shown = call(*arguments).output
        assert shown.startswith("Usage: hedui match [OPTIONS] RECORDS...")
        assert "match explain" in shown
        assert "match fit" in shown
    assert call("match", "--help").exit_code == 0
    assert call("match").exit_code == 2
    assert call("match", "--nonsense").output.startswith("Usage: hedui match [OPTIONS] RECORDS...\n")


def test_optional_columns_are_evidence(desk: Path) -> None:
    born = [date(1990, 1, 1)] * 6
    pq.write_table(pa.table(APPLICANTS | {"birth_date": born, "sex": ["女"] * 6}), "applicants.parquet")
    told = {"birth_date": [*born, None], "sex": ["F", "2", "男", "x", None, "", "f"]}
    pq.write_table(pa.table(RECORDS | told), "records.parquet")
    assert call(*MATCH).exit_code == 0
    found = {row["record_id"]: [part["code"] for part in row["evidence"]] for row in matches()}
    assert {code for code in found["R5"] if code.startswith(("birth", "sex"))} == {"birth-same", "sex-same"}
    assert "sex-different" in found["R3"]
    assert not any(code.startswith("sex") for code in (*found["R0"], *found["R1"], *found["R2"]))


def test_documents_and_former_names(desk: Path) -> None:
    types = ["passport", "military", *["resident_id"] * 4]
    numbers = ["E12345678", "南字第1234567号", *NUMBERS[2:]]
    former = [None, None, ["欧阳小娜"], [], None, None]
    people = APPLICANTS | {"resident_id": numbers, "document_type": types}
    pq.write_table(pa.table(people | {"former_names": pa.array(former, pa.list_(pa.string()))}), "applicants.parquet")
    names = ["张伟", "王芳", "欧阳小娜", "刘洋", "陈静", "杨帆"]
    records = {"record_id": list("abcdef"), "resident_id": numbers, "name": names, "document_type": types}
    pq.write_table(pa.table(records), "records.parquet")
    figures = json.loads(call(*MATCH, "--json").stdout)
    assert figures["matches"] == {"certain": 6, "probable": 0, "possible": 0}
    assert figures["numbers"] == {"document": 2}
    codes = {row["record_id"]: {part["code"] for part in row["evidence"]} for row in matches()}
    assert "number-equal-document" in codes["a"]
    assert "number-equal-document" in codes["b"]
    assert "name-former" in codes["c"]


def test_tied_applicants_are_left_to_a_person(desk: Path) -> None:
    twice = {"applicant_id": ["A", "B"], "resident_id": [NUMBERS[0]] * 2, "name": ["张伟"] * 2}
    pq.write_table(pa.table(twice), "applicants.parquet")
    assert call(*MATCH).exit_code == 0
    rows = [(row["applicant_id"], row["grade"]) for row in matches() if row["record_id"] == "R0"]
    assert rows == [("A", "probable"), ("B", "probable")]


def test_the_same_input_gives_the_same_bytes(desk: Path) -> None:
    assert call(*MATCH).exit_code == 0
    first = Path("matches.parquet").read_bytes()
    table = pa.table(RECORDS)
    Path("parts").mkdir()
    for place in range(7):
        pq.write_table(table.slice(place, 1), f"parts/{9 - place}.parquet")
    assert call("match", "parts", *MATCH[2:]).exit_code == 0
    assert Path("matches.parquet").read_bytes() == first


def many(count: int, seed: int = 7) -> None:
    """Write applicants, and records of half of them with some errors, beside those of strangers."""
    rng = np.random.default_rng(seed)
    regions = rng.choice([320102, 320104, 320105, 320106], 2 * count)
    days = (np.datetime64("1950-01-01") + rng.integers(0, 18_000, 2 * count)).astype(str)
    births = np.char.replace(days, "-", "").astype(np.int64)
    keys = np.unique(regions * 100_000_000_000 + births * 1000 + rng.integers(1, 999, 2 * count))
    rng.shuffle(keys)
    numbers = np.array(resident_id.decode(pa.array(keys)).to_pylist())
    family, given = list("王李张刘陈杨黄赵吴周徐孙马朱胡"), list("伟芳娜洋静帆敏强磊军艳勇杰娟涛明超秀兰霞平刚桂英")
    names = np.array(["".join(rng.choice(part) for part in (family, given, given)) for _ in keys])
    pq.write_table(
        pa.table({"applicant_id": np.char.add("A", np.arange(count).astype(str)), "resident_id": numbers[:count],
                  "name": names[:count]}),
        "applicants.parquet",
    )  # fmt: skip
    seen = slice(count // 2, count + count // 2)
    number, name = numbers[seen].copy(), names[seen].copy()
    for place in range(0, count, 20):  # one wrong digit
        at = int(rng.integers(6, 17))
        number[place] = number[place][:at] + str((int(number[place][at]) + 3) % 10) + number[place][at + 1 :]
    name[5::40] = "赵一曼"
    ids = np.char.add("R", np.arange(count).astype(str))
    pq.write_table(pa.table({"record_id": ids, "resident_id": number, "name": name}), "records.parquet")


FIT = ("match", "fit", "records.parquet", "--applicants", "applicants.parquet", "--out", "parameters.toml")


def test_parameters_are_estimated_and_used(desk: Path) -> None:
    many(8_000)
    shown = call(*FIT, "--date", "2026-06-30", "--json")
    assert shown.exit_code == 0, shown.output
    fitted = json.loads(shown.stdout)
    assert (fitted["records"], fitted["applicants"], fitted["version"]) == (8_000, 8_000, "em-2026-06-30")
    assert fitted["pairs"] >= 4_000
    model = Model.load(Path("parameters.toml"))
    assert model.data_date == date(2026, 6, 30)
    # 100 of 4,000 bear another name, more than the 3 in 200 that was assumed, and some strangers are taken for them
    assert model.chances["name-different"].m == pytest.approx(0.035, abs=0.015)
    figures = json.loads(call(*MATCH, "--parameters", "parameters.toml", "--json").stdout)
    assert figures["parameters"] == "em-2026-06-30"
    before = Path("parameters.toml").read_bytes()
    assert call(*FIT, "--date", "2026-06-30").exit_code == 0
    assert Path("parameters.toml").read_bytes() == before
    assert sorted(path.name for path in desk.iterdir()) == [
        "applicants.parquet", "matches.parquet", "parameters.toml", "records.parquet",
    ]  # fmt: skip


def test_too_few_pairs_estimate_nothing(desk: Path) -> None:
    shown = call(*FIT)
    assert shown.exit_code == 4
    assert "an estimate needs 1000" in shown.stderr
    assert not Path("parameters.toml").exists()
    assert call(*FIT[:-1], "records.parquet").exit_code == 4


def test_progress_goes_to_a_terminal_and_nowhere_else(desk: Path) -> None:
    many(3_000)
    assert call(*MATCH).stderr == ""
    code = "from hedui.cli import main; main()"
    terminal, end = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", code, *MATCH],
        stdout=subprocess.PIPE,
        stderr=end,
        env=os.environ | {"HEDUI_LANGUAGE": "en", "TERM": "xterm", "COLUMNS": "80"},
    ) as process:
        os.close(end)
        shown = b""
        with suppress(OSError):  # how a terminal ends
            while more := os.read(terminal, 1 << 16):
                shown += more
        os.close(terminal)
        assert process.stdout
        said = process.stdout.read()
    assert process.returncode == 0
    assert b"Matching" in shown
    assert b"3000/3000" in shown
    assert b"3000/3000" not in said


def test_nothing_is_loaded_that_is_not_needed(desk: Path) -> None:
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from hedui.cli import hedui\n"
        f"assert CliRunner().invoke(hedui, {[*MATCH, '--json']!r}).exit_code == 0\n"
        "print(','.join(sorted({m.partition('.')[0] for m in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.strip().split(","))
    assert "pyarrow" in loaded
    assert not loaded & {
        "rich",
        "fluent",
        "sqlalchemy",
        "pydantic",
        "pydantic_settings",
        "great_expectations",
        "jinja2",
    }
