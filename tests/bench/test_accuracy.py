"""`make accuracy` in small: the world it draws, its figures and bars, and what an office's labels may hold."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.accuracy.__main__ import main
from bench.accuracy.bars import Bar, bars
from bench.accuracy.labels import check_matches, read_labels
from bench.accuracy.world import KINDS, Prepared, prepare
from catalogue.problems import Stop
from catalogue.text import LANGUAGES
from matching.accuracy import Fared, Rows, Share, Tally
from matching.match import MATCH_SCHEMA
from mock_province.world.number_errors import _valid

HOUSEHOLDS = 2000  # enough for every extra kind to occur
SEED = 12


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Prepared:
    return prepare(tmp_path_factory.mktemp("world"), SEED, HOUSEHOLDS)


@pytest.fixture(scope="module")
def pairs(world) -> duckdb.DuckDBPyConnection:
    """Every record beside its truth and its applicant."""
    db = duckdb.connect()
    db.execute(f"CREATE VIEW applicants AS FROM '{world.applicants}'")
    db.execute(f"CREATE VIEW truth AS FROM '{world.truth}'")
    db.execute(f"""
        CREATE TABLE pairs AS
        SELECT r.*, t.number, t.name AS name_kind, t.likeness, t.applicant_id, a.resident_id AS own, a.name AS own_name,
               a.document_type AS own_type, a.birth_date AS own_birth, a.former_names
        FROM read_parquet({[str(path) for path in world.records]}) r JOIN truth t USING (record_id)
        LEFT JOIN applicants a USING (applicant_id)""")
    return db


def one(db: duckdb.DuckDBPyConnection, query: str) -> int:
    return db.execute(query).fetchone()[0]


def test_every_record_and_every_member_is_there_once(world, pairs) -> None:
    assert one(pairs, "SELECT count(*) FROM pairs") == one(pairs, "SELECT count(*) FROM truth") == world.record_rows
    assert one(pairs, "SELECT count(DISTINCT record_id) FROM truth") == world.record_rows
    assert one(pairs, "SELECT count(DISTINCT applicant_id) FROM applicants") == world.applicant_rows
    assert 3.5 < one(pairs, "SELECT count(*) FROM truth") / world.applicant_rows / 4 < 8


def test_the_world_holds_every_extra_kind(pairs) -> None:
    numbers = {
        row[0] for row in pairs.execute("SELECT DISTINCT number FROM pairs WHERE applicant_id IS NOT NULL").fetchall()
    }
    wanted = {f"applicant_{kind}" for kind in ("substitution", "swap", "insertion", "deletion")}
    assert wanted | {"document", "document_spelt", "document_typo", "missing", "masked", "two_in_segment"} <= numbers
    assert one(pairs, "SELECT count(*) FROM pairs WHERE name_kind = 'former'") > 10
    assert one(pairs, "SELECT count(*) FROM pairs WHERE likeness = 'hidden_twin'") > 0
    assert one(pairs, "SELECT count(*) FROM pairs WHERE likeness = 'near_document'") > 0


def test_intact_numbers_and_agreeing_names_are_what_they_say(pairs) -> None:
    assert one(pairs, "SELECT count(*) FROM pairs WHERE number = 'none' AND resident_id <> own") == 0
    assert one(pairs, "SELECT count(*) FROM pairs WHERE number = 'document' AND resident_id <> own") == 0
    assert (
        one(pairs, "SELECT count(*) FROM pairs WHERE number = 'document_spelt' AND upper(trim(resident_id)) <> own")
        == 0
    )
    assert one(pairs, "SELECT count(*) FROM pairs WHERE name_kind = 'none' AND name <> own_name") == 0
    assert (
        one(pairs, "SELECT count(*) FROM pairs WHERE name_kind = 'former' AND NOT list_contains(former_names, name)")
        == 0
    )
    assert one(pairs, "SELECT count(*) FROM pairs WHERE (number = 'missing') <> (resident_id IS NULL)") == 0
    assert one(pairs, "SELECT count(*) FROM pairs WHERE document_type <> own_type") == 0
    assert one(pairs, "SELECT count(*) FROM pairs WHERE birth_date <> own_birth") == 0


def test_an_applicants_own_error_never_makes_a_valid_number(pairs) -> None:
    same_length = "FROM pairs WHERE number LIKE 'applicant_s%' AND length(own) = 18 AND length(resident_id) = 18"
    own = pairs.execute(f"SELECT DISTINCT own {same_length}").fetchall()
    written = np.array([list(text.encode()) for (text,) in own], dtype=np.uint8)
    assert len(written) > 5
    assert not _valid(written).any()
    assert one(pairs, f"SELECT max(hamming(own, upper(resident_id))) {same_length}") == 2  # neighbours swapped


def test_no_other_document_is_ever_an_applicants(pairs) -> None:
    clash = """SELECT count(*) FROM pairs p JOIN applicants a ON upper(trim(p.resident_id)) = a.resident_id
               WHERE a.applicant_id IS DISTINCT FROM p.applicant_id"""
    assert one(pairs, clash) == 0


def test_hidden_twins_are_as_close_to_the_applicant_as_to_themselves(pairs) -> None:
    close = """SELECT count(DISTINCT p.record_id)
               FROM pairs p JOIN applicants a ON p.resident_id[:14] = a.resident_id[:14]
               WHERE likeness = 'hidden_twin' AND number = 'substitution'
                 AND hamming(p.resident_id, a.resident_id) = 1 AND p.name <> a.name AND p.name[1] = a.name[1]"""
    chosen = "likeness = 'hidden_twin' AND number = 'substitution' AND length(resident_id) = 18"
    hidden = one(pairs, f"SELECT count(*) FROM pairs WHERE {chosen}")
    assert hidden
    assert one(pairs, close) >= 0.8 * hidden


def test_the_same_seed_gives_the_same_files(tmp_path) -> None:
    one, two, other = (prepare(tmp_path / name, seed, 40) for name, seed in (("one", 5), ("two", 5), ("other", 6)))
    for mine, same in zip(
        (one.applicants, one.truth, *one.records), (two.applicants, two.truth, *two.records), strict=True
    ):
        assert mine.read_bytes() == same.read_bytes()
    assert one.truth.read_bytes() != other.truth.read_bytes()
    assert not (tmp_path / "one" / "province").exists()


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> tuple[int, dict, Path]:
    out = tmp_path_factory.mktemp("out")
    code = main(["--households", "500", "--seeds", "11,13", "--out", str(out)])
    return code, json.loads((out / "accuracy.json").read_text("utf-8")), out


def test_five_hundred_households_hold_every_bar(ran) -> None:
    code, found, _ = ran
    judged = {bar["id"]: bar["holds"] for bar in found["together"]["bars"]}
    assert False not in judged.values(), judged
    assert judged["certain-wrong"]
    assert judged["found"]
    assert len(judged) == 11
    assert code == 0


def test_the_json_has_every_figure(ran) -> None:
    _, found, _ = ran
    together = found["together"]
    assert set(found["seeds"]) == {"11", "13"}
    assert (
        together["pairs"]["true_pairs"] == sum(seed["pairs"]["true_pairs"] for seed in found["seeds"].values()) > 10_000
    )
    assert together["pairs"]["true_pairs"] + together["pairs"]["without_number"] == sum(
        row["records"] for row in together["numbers_and_names"]
    )
    assert {"substitution", "masked", "missing"} <= set(together["numbers"])
    assert together["strangers"]["near_number"]["records"] > 100
    assert together["strangers"]["near_number"]["certain"] == 0
    last = together["sweep"][-1]
    assert last["recall"] == together["pairs"]["found"]["possible"]


def test_pictures_are_written_and_the_same_for_the_same_figures(ran, tmp_path) -> None:
    from bench.accuracy.pictures import draw

    _, _, out = ran
    for name in ("threshold", "precision-recall", "errors"):
        assert (out / f"{name}.svg").read_text("utf-8").startswith("<?xml")
        assert (out / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    tally = Tally(pairs={("none", "none"): Fared(certain=3)}, grades={"certain": Rows(3)}, weights={40.0: Rows(3)})
    drawn = [[path.read_bytes() for path in draw(tally, KINDS, _made(tmp_path / n), "t")] for n in ("a", "b")]
    assert drawn[0] == drawn[1]
    draw(Tally(), KINDS, tmp_path, "nothing")  # nothing measured is no reason to fail


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_broken_bar_is_told_and_ends_red(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr("bench.accuracy.bars.FOUND", 1.1)
    monkeypatch.setenv("HEDUI_LANGUAGE", "en")
    assert main(["--households", "60", "--seeds", "11", "--out", str(tmp_path), "--json"]) == 1
    said = capsys.readouterr()
    assert "does not hold" in said.err
    assert {bar["id"]: bar["holds"] for bar in json.loads(said.out)["together"]["bars"]}["found"] is False


@pytest.mark.parametrize(
    ("share", "limit", "at_least", "sampled", "holds"),
    [
        (Share(995, 1000), 0.995, True, False, True),
        (Share(994, 1000), 0.995, True, False, False),
        (Share(1, 1_000_000), 1e-6, False, False, True),
        (Share(2, 1_999_999), 1e-6, False, False, False),
        (Share(0, 0), 0.995, True, False, None),
        (Share(1000, 1000), 0.995, True, True, True),  # from 99.62 % on
        (Share(999, 1000), 0.995, True, True, None),
        (Share(900, 1000), 0.995, True, True, False),
        (Share(0, 1000), 0.0, False, True, None),  # none seen is not none
        (Share(3, 1000), 0.0, False, True, False),
    ],
)
def test_a_bar_holds_where_its_figure_is_clear_of_it(share, limit, at_least, sampled, holds) -> None:
    assert Bar("found", share, limit, at_least, sampled).holds is holds


def test_the_bars_are_those_that_were_promised() -> None:
    tally = Tally(
        pairs={
            ("none", "none"): Fared(certain=996, probable=1, review=1),
            ("two_in_segment", "none"): Fared(probable=2),
            ("two_in_segment", "mangled"): Fared(unmatched=1),
            ("scientific", "none"): Fared(unmatched=2),
            ("missing", "none"): Fared(unmatched=50),
        },
        grades={"certain": Rows(996, 1), "probable": Rows(3, 1), "possible": Rows(0, 2)},
    )
    said = {bar.id: (bar.share, bar.holds) for bar in bars(tally, KINDS)}
    assert said["certain-wrong"] == (Share(1, 997), False)
    assert said["found"] == (Share(999, 1002), True)
    assert said["two-found"] == (Share(2, 2), True)
    assert said["intact-review"] == (Share(1, 997), False)
    assert said["intact-missed"] == (Share(0, 997), True)
    assert said["queue"] == (Share(3, 6), False)


GOOD = "record_id,applicant_id,is_match\nr1,a1,true\nr2,a1,否\nr3,a2, 1\n"


def test_labels_are_read_from_csv_and_parquet(tmp_path) -> None:
    text, table = tmp_path / "l.csv", tmp_path / "l.parquet"
    text.write_text("\ufeff" + GOOD, encoding="utf-8")
    labels = read_labels(text)
    assert labels.to_pydict() == {
        "record_id": ["r1", "r2", "r3"],
        "applicant_id": ["a1", "a1", "a2"],
        "is_match": [True, False, True],
    }
    pq.write_table(labels.append_column("name_error", pa.array(["none", None, "dot"])), table)
    assert read_labels(table).select(labels.column_names).equals(labels)


def test_ids_that_look_like_numbers_stay_as_written(tmp_path) -> None:
    (tmp_path / "l.csv").write_text("record_id,applicant_id,is_match\n007,08,yes\n", encoding="utf-8")
    assert read_labels(tmp_path / "l.csv").to_pylist() == [{"record_id": "007", "applicant_id": "08", "is_match": True}]


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("accuracy-labels-empty", "record_id,applicant_id,is_match\n"),
        ("accuracy-labels-column", "record_id,applicant,is_match\nr1,secret,true\n"),
        ("accuracy-labels-cell", GOOD + "r4,secret,perhaps\n"),
        ("accuracy-labels-cell", GOOD + "r4,,true\n"),
        ("accuracy-labels-twice", GOOD + "r2,a1,true\n"),
        ("accuracy-labels-two", GOOD + "r1,secret,true\n"),
        ("accuracy-labels-unreadable", GOOD + "r4,secret\n"),
        ("accuracy-labels-unreadable", ""),
        ("accuracy-labels-unreadable", b"PAR1secret"),
        ("accuracy-labels-type", pa.table({"record_id": [1], "applicant_id": ["secret"], "is_match": [True]})),
        ("accuracy-labels-type", pa.table({"record_id": ["r"], "applicant_id": ["secret"], "is_match": [0.5]})),
        ("accuracy-no-file", None),
    ],
)
def test_a_bad_labelling_file_is_refused_without_its_values(tmp_path, code, content) -> None:
    path = tmp_path / "labels"
    if isinstance(content, pa.Table):
        pq.write_table(content, path)
    elif content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(Stop) as caught:
        read_labels(path)
    assert caught.value.code == code
    assert "secret" not in f"{caught.value!r}{caught.value.__cause__}{caught.value.__context__}"
    for language in LANGUAGES:
        assert "labels" in caught.value.message(language)
        assert caught.value.hint(language)


@pytest.fixture
def labelled(tmp_path) -> tuple[Path, Path]:
    """Give matches and labels, some wrong."""
    codes = ("number-equal", "name-same")
    rows = [
        {"record_id": f"r{n}", "applicant_id": "a1", "grade": "certain" if n < 150 else "possible", "weight": 40.0}
        | {"evidence": [{"code": code, "weight": 20.0} for code in codes]}
        for n in range(200)
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=MATCH_SCHEMA), tmp_path / "m.parquet")
    lines = [f"r{n},a1,{n < 190}" for n in range(220)]
    (tmp_path / "l.csv").write_text("record_id,applicant_id,is_match\n" + "\n".join(lines), encoding="utf-8")
    return tmp_path / "l.csv", tmp_path / "m.parquet"


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_replace_the_truth_and_say_what_they_cannot(labelled, tmp_path, capsys, monkeypatch, language) -> None:
    monkeypatch.setenv("HEDUI_LANGUAGE", language)
    labels, matches = labelled
    code = main(["--labels", str(labels), "--matches", str(matches), "--out", str(tmp_path / "out"), "--json"])
    said = capsys.readouterr()
    found = json.loads(said.out)
    possible = found["labelled"]["grades"]["possible"]["precision"]
    assert (possible["hits"], possible["of"]) == (40, 50)
    assert possible["interval"] == pytest.approx((0.6696, 0.8876), abs=1e-4)
    assert found["cannot_tell"] == ["recall", "strangers", "certain", "queue", "kinds"]
    judged = {bar["id"]: bar["holds"] for bar in found["labelled"]["bars"]}
    assert judged["certain-wrong"] is judged["two-found"] is None
    assert judged["queue"] is False
    assert code == 1
    assert "[66.96%, 88.76%]" in said.err
    assert (tmp_path / "out" / "precision-recall.svg").exists()


@pytest.mark.parametrize("content", [b"", b"record_id,grade\n", pa.table({"record_id": ["r1"]})])
def test_matches_that_are_none_are_refused(tmp_path, content) -> None:
    path = tmp_path / "m"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        pq.write_table(content, path)
    with pytest.raises(Stop) as caught:
        check_matches(path)
    assert caught.value.code == "accuracy-matches"


def test_labels_without_matches_are_a_mistake_and_bad_ones_a_stop(labelled, tmp_path, capsys) -> None:
    labels, matches = labelled
    assert main(["--labels", str(labels), "--out", str(tmp_path / "o")]) == 2
    labels.write_text("nothing", encoding="utf-8")
    assert main(["--labels", str(labels), "--matches", str(matches), "--out", str(tmp_path / "o")]) == 4
    said = capsys.readouterr().err
    assert said.count("error:") == 2
    assert said.count("hint:") == 1


def test_words_of_every_kind_exist(pairs) -> None:
    from bench.accuracy.table import _kind

    kinds = pairs.execute(
        "SELECT DISTINCT unnest([number, name_kind, coalesce(likeness, 'none')]) FROM pairs"
    ).fetchall()
    assert len(kinds) > 25
    assert not {kind for (kind,) in kinds if _kind(kind) == kind}
