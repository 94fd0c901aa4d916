"""`hedui match explain`: the waterfall of a match, in the terminal, as SVG and for programs."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from catalogue.text import LANGUAGES, text
from hedui.cli import hedui
from hedui.pipeline.match_explain import highest
from matching import resident_id
from matching.comparison import GIVENS, NAMES, NUMBERS, pack
from matching.match import MATCH_SCHEMA
from matching.scoring import CODES, GRADES, NO_MATCH, Model

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = resident_id.decode(pa.array([32010219900101001]))[0].as_py()


def pattern(number: str, name: str, birth: str = "unknown", sex: str = "unknown", rivals: int = 0) -> int:
    at = NUMBERS.index(number), 0, NAMES.index(name), 30 if name in ("same", "former") else 0
    return int(pack(*at, GIVENS.index(birth), GIVENS.index(sex), rivals)[0])


PAIRS = {
    ("R0", "A0"): pattern("equal", "same", "same", "same"),
    ("R1", "A1"): pattern("substitution", "similar", "different"),
    ("R2", "A2"): pattern("region", "same", "same"),
    ("R3", "A3"): pattern("equal-15", "same", rivals=2),
    ("R3", "A4"): pattern("equal-15", "same", rivals=2),
    ("R4\x1b[31m<b>&\u202e", "A5"): pattern("equal", "different"),
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    judged = Model.shipped().judge(np.array(list(PAIRS.values()), dtype=np.int32))
    columns = {
        "record_id": [record for record, _ in PAIRS],
        "applicant_id": [applicant for _, applicant in PAIRS],
        "grade": [GRADES[grade] for grade in judged.grade],
        "weight": judged.weight,
        "evidence": judged.evidence,
    }
    pq.write_table(pa.table(columns, schema=MATCH_SCHEMA), "matches.parquet", row_group_size=2)
    return tmp_path


def explain(*arguments: str, language: str = "en", given: str | None = None, wide: int = 120) -> Result:
    environment = {"HEDUI_LANGUAGE": language, "COLUMNS": str(wide)}
    return CliRunner().invoke(hedui, ["match", "explain", "matches.parquet", *arguments], env=environment, input=given)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wide", [60, 80, 200])
def test_the_terminal_says_it_all(desk: Path, language: str, wide: int) -> None:
    shown = explain("R2", language=language, wide=wide)
    assert shown.exit_code == 0, shown.output
    flat = "".join(shown.stdout.split())
    keys = ["match-rule-number"]
    if wide > 120:  # else the cells fold their words
        keys += ["evidence-number-region", "evidence-name-same", "evidence-birth-same"]
    for key in keys:
        assert "".join(text(key, language).split()) in flat
    rows = pq.read_table("matches.parquet").to_pylist()
    (row,) = [row for row in rows if row["record_id"] == "R2"]
    total = 0.0
    for part in row["evidence"]:
        total += part["weight"]
        assert f"{total:+.2f}" in shown.stdout
    assert f"{row['weight']:+.2f}" in shown.stdout
    assert all(len(line) <= wide for line in shown.stdout.splitlines())
    assert "━" in shown.stdout
    assert "+24.00" in shown.stdout
    assert "+28.00" in shown.stdout


def test_bars_begin_where_the_last_one_ended(desk: Path) -> None:
    lines = [line for line in explain("R1").stdout.splitlines() if "━" in line]
    (row,) = [row for row in pq.read_table("matches.parquet").to_pylist() if row["record_id"] == "R1"]
    weights = [part["weight"] for part in row["evidence"]]
    assert weights[0] > 0 > weights[2], "an equal number; another birth date"
    zero, first = lines[0].index("━"), lines[0].rindex("━") + 1
    total = 0.0
    for line, weight in zip(lines, weights, strict=True):
        ends = sorted(zero + (first - zero) * each / weights[0] for each in (total, total + weight))
        assert [line.index("━"), line.rindex("━") + 1] == pytest.approx(ends, abs=1.5)
        total += weight


def test_tied_matches_are_all_shown(desk: Path) -> None:
    shown = explain("R3").stdout
    assert "R3 → A3" in shown
    assert "R3 → A4" in shown
    assert text("match-rule-tied", "en") in shown
    one = explain("R3", "--applicant", "A4").stdout
    assert "A3" not in one
    assert explain("R3", "--svg", "why.svg").exit_code == 4
    assert not Path("why.svg").exists()
    assert explain("R3", "--applicant", "A4", "--svg", "why.svg").exit_code == 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("record", ["R0", "R1", "R2", "R4\x1b[31m<b>&\u202e"])
def test_the_picture_can_be_read_and_heard(desk: Path, record: str, language: str) -> None:
    shown = explain(record, "--svg", "why.svg", language=language)
    assert shown.exit_code == 0, shown.output
    content = Path("why.svg").read_text("utf-8")
    foreign = [
        word for word in ("http", "url(", "@import", "<image", "<script") if word in content.replace(SVG[1:-1], "")
    ]
    assert not foreign
    root = ET.fromstring(content)  # noqa: S314  our own
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.get("lang") == {"zh": "zh-CN", "en": "en"}[language]
    ids = {element.get("id"): element for element in root.iter() if element.get("id")}
    title, described = (ids[name] for name in str(root.get("aria-labelledby")).split())
    assert title.tag == f"{SVG}title"
    assert described.tag == f"{SVG}desc"
    words = [str(element.text) for element in root.iter(f"{SVG}text")]
    rows = pq.read_table("matches.parquet").to_pylist()
    (row,) = [row for row in rows if row["record_id"] == record]
    for part in row["evidence"]:
        assert text(f"evidence-{part['code']}", language) in words
        assert text(f"evidence-{part['code']}", language) in str(described.text)
    bars = [element for element in root.iter(f"{SVG}rect") if element.get("class")]
    assert len(bars) == len(row["evidence"])
    assert [bar.get("class") for bar in bars] == [
        "for" if part["weight"] >= 0 else "against" for part in row["evidence"]
    ]
    width, height = (float(str(root.get(side))) for side in ("width", "height"))
    assert all(0 <= float(str(bar.get("x"))) <= width and float(str(bar.get("y"))) < height for bar in bars)


def test_characters_that_steer_a_terminal_are_not_passed_on(desk: Path) -> None:
    shown = explain("R4\x1b[31m<b>&\u202e", "--svg", "why.svg")
    assert shown.exit_code == 0
    assert not {"\x1b", "\u202e"} & set(shown.stdout + Path("why.svg").read_text("utf-8"))
    assert "<b>" in shown.stdout


def test_programs_get_everything(desk: Path) -> None:
    (one,) = json.loads(explain("R1", "--json").stdout)
    row = pq.read_table("matches.parquet").to_pylist()[1]
    assert {name: one[name] for name in row} == row
    assert one["rule"] == "number-and-name"
    assert one["thresholds"] == {"probable": 28.0, "possible": 24.0}
    assert [row["applicant_id"] for row in json.loads(explain("R3", "--json").stdout)] == ["A3", "A4"]


def test_no_id_number_on_the_command_line(desk: Path) -> None:
    wrong = NUMBER[:16] + str((int(NUMBER[16]) + 1) % 10) + NUMBER[17]
    short = NUMBER[:6] + NUMBER[8:17]
    for number in (
        NUMBER,
        NUMBER.lower(),
        wrong,
        short,
        f"ZWY:{NUMBER}:3",
        f"A-{short}",
        f"{NUMBER[:16]}*{NUMBER[17]}",
    ):
        for arguments in ((number,), ("R0", "--applicant", number)):
            shown = explain(*arguments)
            assert shown.exit_code == 2, number
            assert number not in shown.output
            assert "ID number" in shown.output
    for harmless in ("R000123", "20260630-000000000017", "bank_07/000000012345678", "9" * 40):
        assert explain(harmless).exit_code == 4, harmless  # there is no such record


def test_an_identifier_may_come_from_standard_input(desk: Path) -> None:
    assert "R0 → A0" in explain("-", given="R0\n").stdout
    assert "R3 → A4" in explain("R3", "--applicant", "-", given="A4\r\n").stdout
    shown = explain("-", given=f"{NUMBER}\n")
    assert shown.exit_code == 4
    assert NUMBER not in shown.output


def test_what_is_not_there_is_said_without_naming_it(desk: Path) -> None:
    for arguments in (("nobody-secret",), ("R0", "--applicant", "nobody-secret")):
        shown = explain(*arguments)
        assert shown.exit_code == 4
        assert "nobody-secret" not in shown.output


def test_only_matches_are_explained(desk: Path) -> None:
    good = pq.read_table("matches.parquet")
    evidence = good.column("evidence").to_pylist()
    broken = {
        "fewer columns": good.drop_columns(["weight"]),
        "other types": good.set_column(3, "weight", pa.array(["x"] * len(good))),
        "other evidence": good.set_column(4, "evidence", pa.array([["x"]] * len(good))),
        "other grades": good.set_column(2, "grade", pa.array(["sure"] * len(good))),
        "no weights": good.set_column(4, "evidence", pa.array([[{"code": "x", "weight": None}]] * len(good))),
    }
    assert evidence
    for what, table in broken.items():
        pq.write_table(table, "matches.parquet")
        shown = explain("R0")
        assert shown.exit_code == 4, what
        assert "is not what hedui match writes" in shown.stderr, what
    Path("matches.parquet").write_bytes(b"")
    assert explain("R0").exit_code == 4
    Path("matches.parquet").unlink()
    assert explain("R0").exit_code == 4


def test_evidence_of_a_later_version_is_shown_by_its_code(desk: Path) -> None:
    row = pq.read_table("matches.parquet").to_pylist()[0]
    row["evidence"].append({"code": "face-same", "weight": 1.5})
    pq.write_table(pa.Table.from_pylist([row], schema=MATCH_SCHEMA), "matches.parquet")
    shown = explain("R0").stdout
    assert "face-same" in shown
    assert text("waterfall-not-adding", "en") in shown


def test_the_picture_is_not_written_over_the_matches(desk: Path) -> None:
    before = Path("matches.parquet").read_bytes()
    assert explain("R0", "--svg", "matches.parquet").exit_code == 4
    assert Path("matches.parquet").read_bytes() == before
    assert explain("R0", "--svg", "nowhere/why.svg").exit_code == 4


def test_the_named_rules_are_those_that_grade() -> None:
    """For every pattern: no weight gives a better grade than the named rule allows, and some weight gives that one."""
    shape = len(NUMBERS), len(NAMES), len(GIVENS), 2
    number, name, birth, tied = (axis.ravel() for axis in np.indices(shape))
    patterns = pack(number, 0, name, 0, birth, 0, np.where(tied, 2, 0))
    generous = Model.shipped()
    generous = type(generous)(
        **{field: getattr(generous, field) for field in generous.__dataclass_fields__}
        | {"probable": -1e9, "possible": -1e9}
    )
    judged = generous.judge(patterns)
    for codes, grade in zip(judged.evidence.to_pylist(), judged.grade, strict=True):
        if grade != NO_MATCH:
            allowed, rule = highest([part["code"] for part in codes])
            assert GRADES[grade] == allowed, codes
            assert text(f"match-rule-{rule}", "zh")
    assert {code for codes in judged.evidence.to_pylist() for code in (part["code"] for part in codes)} <= set(CODES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_piece_of_evidence_has_words(language: str) -> None:
    assert all(text(f"evidence-{code}", language) for code in CODES)
