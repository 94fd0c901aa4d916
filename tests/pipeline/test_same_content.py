"""The same seed and date give the same reports, byte for byte: again, from scratch, and through Airflow.

And nothing personal in plain text is left anywhere that either way of running has written.
"""

import json
import sqlite3

import psycopg
import pyarrow.parquet as pq
import pytest

from tests.conftest import DAY, Office


@pytest.fixture(scope="module")
def plain(province, tmp_path_factory) -> Office:
    office = Office(tmp_path_factory.mktemp("plain") / "var", province).take_in()
    code, summary = office.night()
    assert (code, summary["state"]) == (0, "complete"), summary["by_state"]
    return office


@pytest.fixture(scope="module")
def through_airflow(province, tmp_path_factory) -> Office:
    office = Office(tmp_path_factory.mktemp("airflow") / "var", province).take_in()
    result = office.call("nightly", "--airflow", "--date", DAY.isoformat(), "--json")
    assert result.exit_code == 0, result.output
    return office


def test_two_runs_from_scratch_say_the_same(plain, office) -> None:
    assert office.night()[0] == 0
    assert office.reports() == plain.reports()


def test_sqlite_and_postgresql_say_the_same(plain, province, postgresql, tmp_path) -> None:
    with psycopg.connect(postgresql, autocommit=True) as connection:  # other tests have used this server
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")

    class OnPostgresql(Office):
        @property
        def environment(self) -> dict[str, str]:
            return super().environment | {"HEDUI_DATABASE_URL": postgresql}

    office = OnPostgresql(tmp_path / "var", province).take_in()
    assert office.night()[0] == 0
    assert office.reports() == plain.reports()
    assert not (office.home / "registry.db").exists()


def test_airflow_and_the_plain_stages_say_the_same(plain, through_airflow) -> None:
    assert through_airflow.reports() == plain.reports()


def test_again_on_the_same_date_changes_nothing(plain) -> None:
    def everything() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in plain.home.rglob("*") if p.is_file() and "registry.db" not in p.name}

    def rows() -> list[tuple]:
        with sqlite3.connect(plain.home / "registry.db") as registry:
            return [
                row
                for table in ("runs", "report_index", "source_states", "stage_states", "current_runs")
                for row in registry.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
            ]

    before = everything(), rows()
    code, summary = plain.night()
    assert (code, summary["run_id"]) == (0, f"{DAY}.1")
    assert (everything(), rows()) == before


def test_one_report_for_each_household_under_a_live_authorisation_and_no_other(plain) -> None:
    truth = pq.read_table(plain.province.home / "truth.parquet").to_pylist()
    reports = {h: json.loads(content) for h, content in plain.reports().items()}
    households = pq.read_table(plain.province.home / "households.parquet").to_pylist()
    live = live_households(plain.province.home)
    assert set(reports) == live
    assert len(live) < len({row["household"] for row in households})
    assert truth


def test_every_report_lists_55_answers_and_totals_only_what_is_certain(plain) -> None:
    for content in plain.reports().values():
        report = json.loads(content)
        assert len(report["answers"]) == 55
        assert {a["answer"] for a in report["answers"]} <= {"found", "none", "no_answer", "not_authorised"}
        certain = {r["record_id"] for r in report["records"]}
        for total in report["totals"].values():
            assert set((total.get("total") or total)["origins"]) <= certain


@pytest.mark.parametrize("way", ["plain", "through_airflow"])
def test_no_number_and_no_name_is_left_in_plain_text(request, way) -> None:
    office: Office = request.getfixturevalue(way)
    numbers, names = planted(office)
    assert len(numbers) > 100
    searched = 0
    for path in office.home.rglob("*"):
        if path.is_file():
            searched += 1
            content = path.read_bytes()
            shown = [n for n in numbers if n.encode() in content] + [n for n in names if n.encode() in content]
            assert not shown, f"{len(shown)} personal values in {path.relative_to(office.home)}"
    assert searched > 5


def planted(office: Office) -> tuple[set[str], set[str]]:
    """Return every ID number and every name (of three characters or more: shorter ones occur in ordinary words)."""
    rows = pq.read_table(office.province.home / "households.parquet").to_pylist()
    return {r["resident_id"] for r in rows}, {r["name"] for r in rows if len(r["name"]) > 2}


def live_households(home) -> set[str]:
    """Work out from the import file's own columns, by hand, who is under a live authorisation."""
    found = set()
    for row in pq.read_table(home / "households.parquet").to_pylist():
        begun = row["signed_on"] is not None and row["signed_on"] <= DAY
        ended = row["valid_until"] is not None and row["valid_until"] < DAY
        revoked = row["revoked_on"] is not None and row["revoked_on"] <= DAY
        if row["authorisation"] and begun and not ended and not revoked and (row["signed"] or row["guardian"]):
            found.add(row["household"])
    return found
