"""What must not happen when people and machines do things in an unforeseen order."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import update

from catalogue.problems import Stop
from hedui.pipeline import steps
from hedui.pipeline.night import open_night
from hedui.registry import database
from hedui.registry.models import Authorisation, StageState
from hedui.settings import Settings
from tests.conftest import DAY, Office


@pytest.fixture
def inside(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """An office whose steps can be called in this process."""
    for name, value in office.environment.items():
        monkeypatch.setenv(name, value)
    return office


def ask(run_id: str, source: str) -> None:
    steps.validate(run_id, source, steps.land(run_id, source, steps.extract(run_id, source)))


def finish(run_id: str, cities: list[str]) -> str:
    for city in cities:
        steps.report(run_id, city)
    return steps.publish(run_id)


def test_a_source_asked_again_after_matching_began_is_refused_and_stays_no_answer(inside) -> None:
    run_id = steps.select(DAY)
    ask(run_id, "bank_22")
    steps.match(run_id)
    with pytest.raises(Stop) as caught:
        ask(run_id, "bank_21")
    assert caught.value.code == "asking-closed"

    assert finish(run_id, steps.assess(run_id)) == "degraded"
    for report in map(json.loads, inside.reports().values()):
        answers = {a["source"]: {m["answer"] for m in a["members"]} for a in report["answers"]}
        # Of who has withdrawn consent since, nothing is shown any more, not even that.
        withdrawn = {one["member"] for one in report.get("withheld", ()) if one["why"] == "consent"}
        asked = [one for one in report["household"]["members"] if one["authorised"]]
        assert "no_answer" in answers["bank_21"] if asked else withdrawn


def test_a_night_in_which_nobody_was_asked_is_not_published(inside) -> None:
    run_id = steps.select(DAY)
    with pytest.raises(Stop) as caught:
        steps.match(run_id)
    assert caught.value.code == "nothing-asked"


def test_a_run_with_fewer_reports_than_households_is_not_published(inside) -> None:
    run_id = steps.select(DAY)
    ask(run_id, "bank_22")
    steps.match(run_id)
    cities = steps.assess(run_id)
    min((inside.home / "work" / f"run={run_id}" / "assessed").glob("county=*.parquet")).unlink()
    with pytest.raises(Stop) as caught:
        finish(run_id, cities)
    assert caught.value.code in {"reports-missing", "reports-incomplete"}
    assert inside.call("report", "list").exit_code == 4


def test_nothing_plain_is_left_by_a_degraded_night_that_was_killed_after_publication(office, province) -> None:
    province.fault("taxation", "late")
    try:
        command = [str(Path(sys.executable).parent / "hedui"), "nightly", "--date", DAY.isoformat()]
        environment = os.environ | office.environment | {"HEDUI_KILL_AT": "publish:committed"}
        died = subprocess.run(command, env=environment, capture_output=True, check=False)
        assert died.returncode == -signal.SIGKILL
        assert list((office.home / "work").glob("run=*"))
    finally:
        province.fault("taxation", "none")
    assert office.night()[0] == 0
    assert not list((office.home / "work").glob("run=*"))


def test_a_worse_edition_does_not_replace_a_better_one(office, province) -> None:
    def night_without(*sources: str) -> str:
        for source in sources:
            province.fault(source, "late")
        try:
            return office.night()[1]["run_id"]
        finally:
            for source in sources:
                province.fault(source, "none")

    first = night_without("bank_01")
    assert night_without("bank_02", "bank_03") != first
    listed = json.loads(office.call("report", "list", "--json").stdout)
    assert {row["run"] for row in listed} == {first}


def test_a_member_whose_only_row_was_set_aside_is_not_said_to_have_nothing(office) -> None:
    office.night()
    truth = pq.read_table(office.province.home / "truth.parquet").to_pylist()
    sound = {(t["source"], t["member_ref"]) for t in truth if t["row_error"] in {"none", "duplicate", "wrong_unit"}}
    lost = [
        (t["source"], t["category"], t["member_ref"])
        for t in truth
        if t["member_ref"] and t["authorised"] and t["number_error"] in {"none", "fifteen"}
        and t["row_error"] in {"bad_date", "bad_amount", "unknown_code"}
        and (t["source"], t["member_ref"]) not in sound
    ]  # fmt: skip
    reports = {h: json.loads(content) for h, content in office.reports().items()}
    looked = 0
    for source, _category, member in lost:
        report = reports.get(member.rpartition("-")[0])
        if report is None:
            continue
        looked += 1
        answer = next(a for a in report["answers"] if a["source"] == source)
        assert answer["set_aside"] > 0
        assert next(m for m in answer["members"] if m["member"] == member)["answer"] == "no_answer"
    assert looked, "the province has no such row: take another seed"


def test_who_has_revoked_by_now_is_not_asked_about_whatever_the_business_date(inside) -> None:
    registry = database.connect(Settings())
    with database.session(registry) as session:
        revoked = session.scalars(
            update(Authorisation)
            .where(Authorisation.in_force, Authorisation.revoked_on.is_(None))
            .where(Authorisation.household_ref == "H000012")
            .values(revoked_on=DAY + timedelta(days=10))
            .returning(Authorisation.household_ref)
        ).all()
    assert revoked == ["H000012"]
    run_id = steps.select(DAY)
    asked = pq.read_table(inside.home / "work" / f"run={run_id}" / "applicants.parquet")
    assert "H000012" not in asked["household_ref"].to_pylist()


def test_a_run_that_goes_on_another_day_chooses_its_households_anew(inside) -> None:
    run_id = steps.select(DAY)
    chosen = inside.home / "work" / f"run={run_id}" / "applicants.parquet"
    assert "H000012" in pq.read_table(chosen)["household_ref"].to_pylist()
    registry = database.connect(Settings())
    with database.session(registry) as session:
        before = session.get(StageState, (run_id, "select"))
        before.detail = before.detail | {"chosen_on": "2026-07-01"}
        session.execute(
            update(Authorisation)
            .where(Authorisation.household_ref == "H000012")
            .values(revoked_on=DAY + timedelta(days=10))
        )
    open_night.cache_clear()
    assert steps.select(DAY) == run_id
    assert "H000012" not in pq.read_table(chosen)["household_ref"].to_pylist()
