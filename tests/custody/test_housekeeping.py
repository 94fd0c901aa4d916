"""Housekeeping on a populated installation, on both databases: what goes, what stays, and what needs a person."""

import json
import os
import re
import runpy
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from time import sleep

import pytest
from click.testing import CliRunner
from sqlalchemy import func, insert, select, update
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError

from catalogue.problems import Stop
from hedui.access import audit
from hedui.access.entry import unpack
from hedui.access.roles import Decision
from hedui.cli import hedui
from hedui.custody import expiry, house, housekeeping, key_ages
from hedui.custody.keeper import Keeper
from hedui.custody.retention import policy
from hedui.keys import installation
from hedui.keys.worker import Worker
from hedui.pipeline.drive import alone
from hedui.registry import database
from hedui.registry.models import (
    AuditCheckpoint,
    AuditEntry,
    CurrentRun,
    Household,
    HouseholdChange,
    Import,
    Quarantined,
    ReportBatch,
    ReportIndex,
    Run,
    StageState,
)
from hedui.settings import SHANGHAI
from tests.access.world import give

ROOT = Path(__file__).resolve().parents[2]
_registry = runpy.run_path(str(ROOT / "tests" / "registry" / "conftest.py"))
settings, engine, keyring = (_registry[name] for name in ("settings", "engine", "keyring"))

TODAY = housekeeping.today()
PERIODS = policy()
_KINDS = ("reports", "quarantine", "working", "oversight", "household_changes")
KEPT = {kind: PERIODS.period(kind, TODAY).days for kind in _KINDS}
FAMILY = "H000777"
POINTS = sorted(
    found
    for path in sorted((ROOT / "hedui" / "custody").glob("*.py"))
    for found in re.findall(r"checkpoint\(\"(housekeeping:[a-z]+)\"\)", path.read_text("utf-8"))
)


def ago(days: float) -> datetime:
    """Return noon of so many days ago."""
    return datetime.combine(TODAY, time(12), SHANGHAI) - timedelta(days=days)


@dataclass
class Installed:
    """An installation with runs, files and look-ups of any age."""

    settings: object
    engine: object

    @property
    def home(self) -> Path:
        return self.settings.home

    @property
    def store(self) -> Path:
        return self.home / "store"

    def add(self, table, **row):
        with database.session(self.engine) as session:
            session.execute(insert(table).values(row))

    def count(self, table, *where):
        with database.session(self.engine, readonly=True) as session:
            return session.scalar(select(func.count()).select_from(table).where(*where))

    def file(self, path: Path, at: datetime | None = None) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"sealed")
        if at is not None:
            os.utime(path, (at.timestamp(), at.timestamp()))
        return path

    def run(self, days: float, edition: int = 1, *, is_open=False, current=True, worked: float | None = None) -> str:
        """Add a run that was published, or last worked on, so many days ago, with two reports, and its files."""
        moment = ago(days)
        run_id = f"{moment.date()}.{edition}"
        closed = {} if is_open else {"published_at": moment, "degraded": False}
        state = "open" if is_open else "published"
        row = {"id": run_id, "business_date": moment.date(), "edition": edition, "state": state}
        self.add(Run, **row, opened_at=moment - timedelta(hours=1), **closed)
        if worked is not None:
            self.add(StageState, run_id=run_id, stage="select", started_at=ago(worked), detail={})
        self.add(Quarantined, run_id=run_id, source="bank_01", reason="no_name", count=3)
        self.file(self.store / f"quarantine/run={run_id}/source=bank_01/attempt=1.sealed", moment)
        folder = f"reports/run={run_id}/county=320102/attempt=aa"
        for name in ("batch.hdb", "shares.hds", "shard-00000.hdr"):
            self.file(self.store / folder / name, moment)
        if is_open:
            return run_id
        batch = {"folder": folder, "count": 2, "head_hash": b"h" * 32, "epoch": 1, "signer": b"s" * 16}
        self.add(ReportBatch, run_id=run_id, county="320102", **batch)
        for number, household in enumerate((FAMILY, "H000778")):
            place = {"shard": f"{folder}/shard-00000.hdr", "offset": number * 10, "length": 10}
            sources = {"found": 1, "none": 54, "no_answer": 0, "not_authorised": 0, "findings": 0}
            who = {"household_ref": household, "county": "320102", "case_ref": "C2026-000777"}
            self.add(ReportIndex, run_id=run_id, conclusion="within", **who, **place, **sources)
        if current:
            self.add(CurrentRun, business_date=moment.date(), run_id=run_id)
        return run_id

    def area(self, run_id: str) -> Path:
        return self.file(self.home / "work" / f"run={run_id}" / "applicants.parquet").parent

    def change(self, days: float) -> None:
        """Add a former state of the family, from an import so many days ago."""
        with database.session(self.engine) as session:
            if session.get(Household, FAMILY) is None:
                session.add(Household(ref=FAMILY, county="320102", township=None, fingerprint=b"f"))
            taken_in = Import(at=ago(days), sha256="0" * 64, rows=1, new=0, updated=1, unchanged=0)
            session.add(taken_in)
            session.flush()
            kept = {"import_id": taken_in.id, "household_ref": FAMILY}
            session.add(HouseholdChange(**kept, parts="members", before=b"sealed"))

    def files(self, below: str = "") -> set[str]:
        """Return what lies there, besides keys and database."""
        folders = [self.home / name for name in ("store", "work", "oversight")]
        found = {str(p.relative_to(self.home)) for folder in folders for p in folder.rglob("*") if p.is_file()}
        return {path for path in found if path.startswith(below)}

    def trail(self) -> list[tuple[str, str, dict]]:
        """Return what is on record: action, subject, detail."""
        with database.session(self.engine, readonly=True) as session:
            entries = [unpack(row) for row in session.scalars(select(AuditEntry.content).order_by(AuditEntry.seq))]
        return [(one.action, one.subject, one.detail) for one in entries]

    def tables(self) -> dict[str, int]:
        tables = (Run, CurrentRun, ReportIndex, ReportBatch, HouseholdChange, AuditEntry, AuditCheckpoint)
        return {table.__tablename__: self.count(table) for table in tables}

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HEDUI_HOME": str(self.home),
            "HEDUI_DATABASE_URL": self.settings.database_url,
            "HEDUI_LANGUAGE": "en",
        }

    def call(self, *arguments: str, **environment: str):
        return CliRunner().invoke(hedui, ["housekeeping", *arguments], env=self.environment | environment)


@pytest.fixture
def installed(settings, engine, keyring, monkeypatch):
    made = Installed(settings, engine)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def sqlite(tmp_path, monkeypatch):
    """Return an installation on SQLite alone: for what has nothing to do with the database."""
    from hedui.settings import Settings

    opened = Settings(home=tmp_path / "home", database_url="")
    made = Installed(opened, database.connect(opened))
    installation.begin(opened)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    yield made
    made.engine.dispose()


def populate(installed: Installed) -> None:
    """Add one thing of each kind that is to go, beside one that is to stay."""
    for days in (KEPT["reports"] + 5, KEPT["quarantine"] + 5, 2):
        installed.run(days)
        installed.change(days)
    abandoned = installed.run(KEPT["working"] + 3, is_open=True)
    installed.area(abandoned)
    installed.area(installed.run(0, is_open=True))
    installed.area(installed.run(6))
    installed.area("2020-01-01.1")
    newest = f"{ago(2).date()}.1"
    installed.file(installed.store / f"reports/run={newest}/county=320102/attempt=bb/shard-00000.hdr", ago(2))
    for day in (TODAY - timedelta(days=KEPT["oversight"] + 1), TODAY - timedelta(days=1)):
        installed.file(installed.home / "oversight" / f"odd-{day}.json")


# --- what has expired ---


def test_reports_of_an_expired_run_go_with_all_that_they_are_found_by(installed):
    old, new = installed.run(KEPT["reports"] + 1), installed.run(3)
    before = installed.files(f"store/reports/run={new}")
    counts = housekeeping.retention(TODAY)
    assert (counts["runs"], counts["reports"], counts["newest_kept"]) == (1, 2, 0)
    for table in (ReportIndex, ReportBatch, CurrentRun):
        assert installed.count(table, table.run_id == old) == 0
        assert installed.count(table, table.run_id == new) > 0
    assert installed.count(Run) == 2  # that there was a run stays on record, and so do its counts
    assert installed.count(Quarantined, Quarantined.run_id == old) == 1

    assert housekeeping.orphans(TODAY)["report_files"] == 3
    assert installed.files("store/reports") == before
    assert ("housekeeping.reports", old, {"reports": 2}) in installed.trail()
    assert ("housekeeping.orphans", old, {"files": 3}) in installed.trail()


def test_a_run_is_kept_for_whole_days_by_the_offices_clock(installed):
    installed.run(3)
    midnight = datetime.combine(TODAY - timedelta(days=KEPT["reports"]), time.min, SHANGHAI)
    for number, moment in enumerate((midnight - timedelta(microseconds=1), midnight)):
        run = {"id": f"2000-01-0{number + 1}.1", "business_date": date(2000, 1, number + 1), "edition": 1}
        installed.add(Run, **run, state="published", degraded=False, opened_at=moment, published_at=moment)
        installed.add(CurrentRun, business_date=run["business_date"], run_id=run["id"])
    assert housekeeping.retention(TODAY)["runs"] == 1
    assert installed.count(CurrentRun, CurrentRun.run_id == "2000-01-01.1") == 0
    assert installed.count(CurrentRun, CurrentRun.run_id == "2000-01-02.1") == 1


def test_the_newest_run_stays_whatever_its_age_and_that_is_said(installed):
    days = KEPT["reports"] + 9
    superseded, newest = installed.run(days, 1, current=False), installed.run(days, 2)
    older = installed.run(days + 1)
    lines = []
    counts = housekeeping.retention(TODAY, say=lines.append)
    assert (counts["runs"], counts["newest_kept"]) == (2, 1)
    assert [line for line in lines if newest in line]
    assert installed.count(ReportIndex, ReportIndex.run_id == newest) == 2
    for run in (superseded, older):
        assert installed.count(ReportIndex, ReportIndex.run_id == run) == 0


def test_the_newest_run_stays_even_if_it_became_so_after_it_was_looked_for(installed):
    from hedui.registry import retention

    days = KEPT["reports"] + 9
    newest = installed.run(days)
    before = ago(KEPT["reports"] + 1)
    with database.session(installed.engine) as session:
        assert not retention.forget_reports(session, newest, before)
        assert not retention.forget_reports(session, "2020-01-01.1", before)
    assert installed.count(ReportIndex, ReportIndex.run_id == newest) == 2


def test_a_period_that_begins_later_changes_nothing_before(installed, monkeypatch, tmp_path):
    text = Path(expiry.__file__).with_name("retention.toml").read_text("utf-8")
    later = TODAY + timedelta(days=1)
    shorter = tmp_path / "retention.toml"
    shorter.write_text(text + f'\n[[reports]]\nfrom = {later}\ndays = 1\nbasis = "a later document"\n', "utf-8")
    monkeypatch.setattr(house, "policy", lambda: policy(shorter))
    installed.run(9)
    installed.run(8)
    assert housekeeping.retention(TODAY)["runs"] == 0
    assert housekeeping.retention(later, dry_run=True)["runs"] == 1


def test_quarantine_goes_by_the_last_day_of_work_on_its_run(installed):
    days = KEPT["quarantine"]
    old, young = installed.run(days + 2), installed.run(days - 1)
    resumed = installed.run(days + 3, is_open=True, worked=2)
    installed.file(installed.store / "quarantine/run=2020-01-01.1/source=a/attempt=1.sealed", ago(days + 2))
    installed.file(installed.store / "quarantine/run=2020-01-02.1/source=a/attempt=1.sealed", ago(days - 2))
    installed.file(installed.store / "quarantine/notes/attempt=1.sealed", ago(days + 50))
    assert housekeeping.retention(TODAY)["quarantine_files"] == 2
    left = {path.split("/")[2] for path in installed.files("store/quarantine")}
    assert left == {f"run={young}", f"run={resumed}", "run=2020-01-02.1", "notes"}
    assert ("housekeeping.quarantine", old, {"files": 1}) in installed.trail()
    assert housekeeping.retention(TODAY)["quarantine_files"] == 0


def test_former_states_of_households_go_by_their_import(installed):
    days = PERIODS.period("household_changes", TODAY).days
    installed.change(days + 1)
    installed.change(days - 1)
    assert housekeeping.retention(TODAY)["household_changes"] == 1
    assert (installed.count(HouseholdChange), installed.count(Import)) == (1, 2)
    assert ("housekeeping.changes", "household_changes", {"changes": 1}) in installed.trail()
    assert housekeeping.retention(TODAY)["household_changes"] == 0


def test_lists_of_odd_look_ups_go_by_their_day_and_nothing_else_beside_them(sqlite):
    last = TODAY - timedelta(days=KEPT["oversight"])
    names = [f"odd-{last}.json", f"odd-{last - timedelta(days=1)}.json", f".odd-{last - timedelta(days=2)}.json.new"]
    for name in [*names, "odd-2000-99-99.json", "odd-notes.json"]:
        sqlite.file(sqlite.home / "oversight" / name)
    assert housekeeping.retention(TODAY)["oversight_lists"] == 2
    left = (names[0], "odd-2000-99-99.json", "odd-notes.json")
    assert sqlite.files("oversight") == {f"oversight/{name}" for name in left}


def test_while_keys_are_worked_on_reports_stay_that_is_said_and_they_go_the_next_day(installed):
    installed.run(3)
    old = installed.run(KEPT["reports"] + 1)
    expired = KEPT["household_changes"] + 1
    installed.change(expired)
    lines = []
    with Keeper(installed.settings).alone():
        assert (
            housekeeping.retention(TODAY, dry_run=True, say=lines.append)["runs"] == 1
        )  # who only asks waits for nobody
        assert lines == []
        counts = housekeeping.retention(TODAY, say=lines.append)
    assert (counts["runs"], counts["reports"], counts["household_changes"]) == (0, 0, 1)  # the rest goes on
    assert lines == ["Keys are being worked on: the reports of 1 expired runs go the next day."]
    assert installed.count(ReportIndex, ReportIndex.run_id == old) == 2
    assert "housekeeping.reports" not in {action for action, _, _ in installed.trail()}
    assert housekeeping.retention(TODAY)["runs"] == 1


def test_keys_wait_while_reports_are_forgotten(installed, monkeypatch):
    installed.run(3)
    installed.run(KEPT["reports"] + 1)
    seen = []

    def worked_on(point):
        if point.startswith("housekeeping:forg"):
            with pytest.raises(Stop) as caught, Keeper(installed.settings).alone():
                pass
            seen.append(caught.value.code)

    monkeypatch.setattr(expiry, "checkpoint", worked_on)
    housekeeping.retention(TODAY)
    assert seen == ["custody-busy"] * 2


def test_forgetting_a_run_that_is_sealed_anew_at_this_moment_waits_and_neither_is_broken_off(installed):
    if installed.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    from hedui.registry import retention

    installed.run(3)
    old = installed.run(KEPT["reports"] + 1)

    def forget():
        with database.session(installed.engine) as session:
            retention.forget_reports(session, old, ago(KEPT["reports"]))

    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with ThreadPoolExecutor(1) as other, database.session(installed.engine) as session:
        # As `hedui.custody.renew` does: first the batch's row, then those of the index.
        session.execute(update(ReportBatch).where(ReportBatch.run_id == old).values(folder="elsewhere"))
        forgotten = other.submit(forget)
        while not forgotten.done():
            with installed.engine.connect() as connection:
                if connection.scalar(sql(waiting)):
                    break
            sleep(0.01)
        session.execute(update(ReportIndex).where(ReportIndex.run_id == old).values(shard="elsewhere"))
        session.commit()
        forgotten.result(60)
    for table in (ReportBatch, ReportIndex, CurrentRun):
        assert installed.count(table, table.run_id == old) == 0


# --- working areas and leftovers ---


def test_the_area_of_an_open_run_goes_only_when_nobody_has_worked_on_it(installed):
    days = KEPT["working"] + 2
    abandoned, worked = installed.run(days, is_open=True), installed.run(days + 1, is_open=True, worked=0)
    gone, left = installed.area(abandoned), installed.area(worked)
    assert housekeeping.orphans(TODAY)["working_areas"] == 0
    with alone(ago(days).date()):  # somebody has just taken it up again
        assert housekeeping.retention(TODAY)["working_areas"] == 0
    assert gone.exists()
    assert housekeeping.retention(TODAY)["working_areas"] == 1
    assert left.exists()
    assert not gone.exists()
    assert installed.files("work") == {f"work/run={worked}/applicants.parquet"}
    assert ("housekeeping.area", abandoned, {"areas": 1}) in installed.trail()


def test_the_area_of_a_published_or_unknown_run_goes_but_not_while_it_is_being_published(installed):
    areas = [installed.area(run) for run in (installed.run(1), "2020-01-01.1", "notes", "2020-99-01.1")]
    just_now = installed.run(-1)  # noon of tomorrow: within the hour in which its publisher deletes its area
    areas.append(installed.area(just_now))
    assert housekeeping.orphans(TODAY)["working_areas"] == 2
    assert [area.exists() for area in areas] == [False, False, True, True, True]


def test_files_of_reports_that_no_batch_names_go_once_nobody_can_be_writing_them(installed):
    run, being_made = installed.run(3), installed.run(5, is_open=True)
    county = installed.store / f"reports/run={run}/county=320102"
    old = installed.file(county / "attempt=bb/shard-00000.hdr", ago(2))
    young = installed.file(county / "attempt=cc/shard-00000.hdr")
    draft = installed.file(county / "attempt=aa/batch.hdb.1234.part", ago(2))
    of_open = installed.files(f"store/reports/run={being_made}")
    assert housekeeping.orphans(TODAY, dry_run=True)["report_files"] == 2
    assert old.exists()
    assert housekeeping.orphans(TODAY)["report_files"] == 2
    assert [path.exists() for path in (old, young, draft)] == [False, True, False]
    assert installed.files(f"store/reports/run={being_made}") == of_open
    assert len(installed.files(f"store/reports/run={run}/county=320102/attempt=aa")) == 3
    assert housekeeping.orphans(TODAY)["report_files"] == 0


def test_a_store_of_another_registry_is_left_alone(installed):
    installed.file(installed.store / "reports/run=2020-01-01.1/county=320102/attempt=aa/batch.hdb", ago(9))
    with pytest.raises(Stop) as caught:
        housekeeping.orphans(TODAY)
    assert caught.value.code == "report-store-other"
    assert installed.files("store")


def test_after_a_real_night_whatever_its_files_age_it_touches_nothing(office):
    assert office.night()[0] == 0
    before = office.reports()
    stored = sorted(path for path in (office.home / "store").rglob("*") if path.is_file())
    for path in stored:
        os.utime(path, (ago(9).timestamp(), ago(9).timestamp()))
    shown = office.call("housekeeping", "--json")
    steps = json.loads(shown.stdout)["steps"]
    assert not any([*steps["retention"].values(), *steps["orphans"].values()])
    assert sorted(path for path in (office.home / "store").rglob("*") if path.is_file()) == stored
    assert office.reports() == before


# --- before anything is deleted ---


def test_what_cannot_go_on_record_stays(installed, monkeypatch):
    populate(installed)
    before, tables = installed.files(), installed.tables()

    def unwritable(*_, **__):
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(audit, "_append", unwritable)
    for step in (housekeeping.retention, housekeeping.orphans):
        with pytest.raises(Stop) as caught:
            step(TODAY)
        assert caught.value.code == "audit-unwritable"
    with database.session(installed.engine, readonly=True) as session:
        everything = house.House(installed.settings, today=TODAY)
        del session
        for part in (expiry.household_changes, expiry.oversight, expiry.working, expiry.quarantine):
            with pytest.raises(Stop):
                part(everything)
    assert (installed.files(), installed.tables()) == (before, tables)


def test_a_dry_run_says_what_would_go_and_changes_nothing(installed):
    populate(installed)
    before, tables = installed.files(), installed.tables()
    shown = installed.call("--dry-run", "--json")
    said = json.loads(shown.stdout)
    assert set(said["steps"]) == {"retention", "orphans", "keys"}
    assert (installed.files(), installed.tables()) == (before, tables)

    done = json.loads(installed.call("--json").stdout)["steps"]
    assert done["retention"] == said["steps"]["retention"]
    assert all(done["retention"][name] for name in done["retention"] if name != "newest_kept")
    # Files of reports that expire today belong to nobody only once they have expired.
    assert done["orphans"] == said["steps"]["orphans"] | {"report_files": said["steps"]["orphans"]["report_files"] + 3}


def test_nothing_is_deleted_ahead_of_its_time(sqlite):
    populate(sqlite)
    before = sqlite.files()
    tomorrow = TODAY + timedelta(days=1)
    for step in (housekeeping.retention, housekeeping.orphans):
        with pytest.raises(Stop) as caught:
            step(tomorrow)
        assert caught.value.code == "housekeeping-ahead"
    assert sqlite.call("--date", tomorrow.isoformat()).exit_code == 4
    assert sqlite.files() == before
    assert sqlite.call("--dry-run", "--date", tomorrow.isoformat()).exit_code == 0


def test_a_day_that_has_passed_deletes_what_had_expired_by_then(sqlite):
    sqlite.run(3)
    sqlite.run(KEPT["reports"] + 1)
    assert housekeeping.retention(TODAY - timedelta(days=1))["runs"] == 0
    assert housekeeping.retention(TODAY)["runs"] == 1


# --- killed and run again ---


def _spend(installed: Installed, **environment: str):
    command = [str(Path(sys.executable).parent / "hedui"), "housekeeping", "--json"]
    env = os.environ | installed.environment | environment
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_killed_at_every_point_in_turn_it_ends_as_if_undisturbed(installed):
    assert len(POINTS) > 7
    populate(installed)
    kept = {path for path in installed.files() if _stays(path)}
    for point in POINTS:
        died = _spend(installed, HEDUI_KILL_AT=point)
        # What is done once is not done again: a point behind it is then not met any more.
        assert died.returncode in {-signal.SIGKILL, 0}, died.stderr
        assert kept <= installed.files()
    assert _spend(installed).returncode == 0
    assert installed.files() == kept | {f"oversight/odd-{TODAY - timedelta(days=1)}.json"}
    assert installed.count(ReportBatch) == installed.count(CurrentRun) == 3
    assert installed.count(HouseholdChange) == 2
    assert json.loads(_spend(installed).stdout)["steps"]["retention"]["reports"] == 0


@pytest.mark.parametrize("point", POINTS)
def test_killed_once_at_each_point_it_goes_on(sqlite, point):
    populate(sqlite)
    kept = {path for path in sqlite.files() if _stays(path)}
    died = _spend(sqlite, HEDUI_KILL_AT=point)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert kept <= sqlite.files()
    assert sqlite.call().exit_code == 0
    assert sqlite.files() == kept | {f"oversight/odd-{TODAY - timedelta(days=1)}.json"}
    assert sqlite.count(ReportBatch) == 3


def _stays(path: str) -> bool:
    expired = str(ago(KEPT["reports"] + 5).date())
    unquarantined = {expired, str(ago(KEPT["quarantine"] + 5).date())}
    gone_areas = {str(ago(KEPT["working"] + 3).date()), "2020-01-01", str(ago(6).date())}
    gone = (
        path.startswith("store/reports") and (expired in path or "attempt=bb" in path),
        path.startswith("store/quarantine") and any(day in path for day in unquarantined),
        path.startswith("work") and any(day in path for day in gone_areas),
        str(TODAY - timedelta(days=KEPT["oversight"] + 1)) in path,
    )
    return not any(gone)


# --- what a person is to do ---


def test_keys_are_named_before_they_are_due_and_when_they_are(sqlite):
    ring, vault = installation.ring(sqlite.settings), installation.vault(sqlite.settings)
    limit = PERIODS.key_age("signing", TODAY)
    made = ring.active("signing").created

    def of_signing(days):
        found = key_ages.key_warnings(ring, vault, None, PERIODS, made + timedelta(days=days))
        return [(one.fault, one.days) for one in found if one.key == "signing"]

    assert of_signing(limit.days - limit.warn - 1) == []
    assert of_signing(limit.days - limit.warn) == [("soon", limit.warn)]
    assert of_signing(limit.days - 1) == [("soon", 1)]
    assert of_signing(limit.days) == [("due", 0)]
    late = key_ages.key_warnings(ring, vault, None, PERIODS, made + timedelta(days=4000))
    assert {one.key for one in late} == {*ring.names(), "vault"}


def test_keys_that_are_half_replaced_are_named(sqlite, monkeypatch):
    ring, vault = installation.ring(sqlite.settings), installation.vault(sqlite.settings)
    file = sqlite.home / "worker.json"
    Worker.of(ring, vault).export(file)
    monkeypatch.setenv("HEDUI_WORKER_KEYS", str(file))
    monkeypatch.setenv("HEDUI_KEYS", str(sqlite.home))  # else it would be a worker's
    assert set(housekeeping.keys(TODAY).values()) == {0}
    ring.add("region/32")
    ring.revoke("quarantine", 1)
    vault.next_epoch()
    lines = []
    counts = housekeeping.keys(TODAY, say=lines.append)
    assert counts == {"due": 0, "soon": 0, "added": 1, "revoked": 1, "epoch": 1, "worker": 1}
    assert any("region/32/2" in line for line in lines)
    assert len(housekeeping.needs({"keys": counts})) == 4
    ring.promote("region/32")
    ring.drop("quarantine", 1)
    vault.destroy(1)
    Worker.of(ring, vault).export(file)
    assert set(housekeeping.keys(TODAY).values()) == {0}


@pytest.mark.parametrize("change", ["region/3201", "quarantine", "signing", "vault"])
def test_a_workers_file_that_was_not_exported_anew_is_told_by_each_key(sqlite, change):
    ring, vault = installation.ring(sqlite.settings), installation.vault(sqlite.settings)
    held = Worker.of(ring, vault)
    if change == "vault":
        vault.next_epoch()
    else:
        ring.add(change)
        assert held.agrees(Worker.of(ring, vault))  # what was added does not seal yet
        ring.promote(change)
    assert not held.agrees(Worker.of(ring, vault))


def test_the_list_of_odd_look_ups_stays_with_its_owner_and_its_counts_go_on(installed, keyring, monkeypatch):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.combine(TODAY - timedelta(days=1), time(3), SHANGHAI).astimezone(tz)

    installed.add(Household, ref=FAMILY, county="320102", township=None, fingerprint=b"f")
    with monkeypatch.context() as patched, database.session(installed.engine) as session:
        patched.setattr(audit, "datetime", Clock)
        audit.record(session, keyring, "clerk", "report.show", FAMILY, "allowance")
    path = installed.home / "oversight" / f"odd-{TODAY - timedelta(days=1)}.json"
    lines = []
    mask = os.umask(0o022)  # as Airflow has it
    for _ in range(2):  # written over
        counts = housekeeping.odd(TODAY, say=lines.append)
        assert counts == {
            "entries": 1,
            "no-open-case": 1,
            "own-surname": 0,
            "own-address": 0,
            "bulk": 0,
            "off-hours": 1,
        }
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    said = json.loads(path.read_text("utf-8"))
    assert {one["household"] for one in said["odd"]} == {FAMILY}
    assert FAMILY not in "".join(lines)
    assert "clerk" not in "".join(lines)
    assert housekeeping.needs({"odd": counts}) == []  # a list to read, and no alarm


def test_housekeeping_itself_is_no_odd_look_up_though_the_office_is_closed(installed):
    installed.run(3)
    installed.run(KEPT["reports"] + 1)
    housekeeping.retention(TODAY)
    from hedui.access.odd import odd_day

    assert installed.trail()
    assert odd_day(installed.engine, installation.ring(installed.settings), {}, datetime.now(SHANGHAI).date()).odd == ()


def test_the_trail_is_signed_and_copied_and_goes_on_after_a_change_of_key(installed, tmp_path, monkeypatch):
    from hedui.access.checkpoints import checked, keys_of, read_file

    lines = []
    housekeeping.sign(TODAY, say=lines.append)
    assert len(lines) == 1  # that the copy lies beside the registry
    assert len(read_file(installed.home / "audit" / "checkpoints.jsonl")) == 1
    ring = installation.ring(installed.settings)
    ring.add("audit")
    ring.promote("audit")
    copy = tmp_path / "elsewhere.jsonl"
    monkeypatch.setenv("HEDUI_AUDIT_CHECKPOINTS", str(copy))
    housekeeping.retention(TODAY)
    housekeeping.sign(TODAY, say=lines.append)
    assert len(lines) == 1
    trusted = keys_of(key.public_bytes_raw() for key in ring.audit_signers().values())
    assert [checked(line, trusted) is not None for line in read_file(copy)] == [True]
    assert installed.count(AuditCheckpoint) == 2


# --- the command ---


def test_a_quiet_day_needs_nobody(sqlite):
    sqlite.run(1)
    shown = sqlite.call()
    assert shown.exit_code == 0, shown.output
    assert "Needs a person" not in shown.output


def test_a_step_that_fails_keeps_no_other_from_being_done(sqlite, monkeypatch):
    populate(sqlite)
    (sqlite.home / "vault.json").unlink()
    monkeypatch.setattr(house, "policy", lambda: policy(Path("/none")))
    shown = sqlite.call("--json")
    said = json.loads(shown.stdout)
    assert shown.exit_code == 3
    assert [name for name, counts in said["steps"].items() if counts is None] == ["retention", "keys"]
    assert said["steps"]["orphans"]["working_areas"] == 2
    assert sqlite.count(AuditCheckpoint) == 1
    assert [line.partition(":")[0] for line in shown.stderr.splitlines() if ":" in line].count("hint") == 2


def test_without_any_step_done_it_stops(sqlite, monkeypatch):
    def failing(*_, **__):
        raise Stop("no-room")

    monkeypatch.setattr(housekeeping, "STEPS", dict.fromkeys(housekeeping.STEPS, failing))
    assert sqlite.call().exit_code == 4


def test_only_who_may_keep_house_does_and_a_refusal_goes_on_record(sqlite, monkeypatch):
    populate(sqlite)
    before = sqlite.files()
    monkeypatch.setattr("hedui.access.gate.may", lambda *_: Decision(allowed=False, role="", reason="no-role"))
    assert sqlite.call().exit_code == 4
    assert sqlite.files() == before
    assert {action for action, _, _ in sqlite.trail()} == {"housekeeping.run"}


def test_an_administrator_and_nothing_else_keeps_the_whole_house_and_reads_no_list(installed, monkeypatch):
    installed.run(1)
    give(installed.engine, "airflow", "administrator", "32")
    monkeypatch.setattr(audit, "current_actor", lambda: "airflow")
    shown = installed.call("--json")
    assert shown.exit_code == 0, shown.output
    assert all(counts is not None for counts in json.loads(shown.stdout)["steps"].values())
    path = installed.home / "oversight" / f"odd-{TODAY - timedelta(days=1)}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with database.session(installed.engine, readonly=True) as session:
        entries = [unpack(row) for row in session.scalars(select(AuditEntry.content).order_by(AuditEntry.seq))]
    assert [(one.actor, one.role, one.outcome) for one in entries if one.action == "audit.odd"] == [
        ("airflow", "administrator", "allowed")
    ]
    refused = CliRunner().invoke(hedui, ["audit", "odd"], env=installed.environment)
    assert (refused.exit_code, refused.stdout) == (4, "")
    assert [action for action, _, _ in installed.trail()][-1] == "audit.odd"


@pytest.mark.parametrize("role", ["reviewer", "caseworker", "data_engineer", "auditor"])
def test_nobody_else_keeps_house(sqlite, monkeypatch, role):
    populate(sqlite)
    before = sqlite.files()
    give(sqlite.engine, "boss", "administrator", "32")
    give(sqlite.engine, "other", role, "32")
    monkeypatch.setattr(audit, "current_actor", lambda: "other")
    assert sqlite.call().exit_code == 4
    assert sqlite.files() == before


def test_a_key_to_be_replaced_ends_in_three(sqlite):
    installation.ring(sqlite.settings).add("signing")
    shown = sqlite.call()
    assert shown.exit_code == 3
    assert "signing/2" in shown.stderr
    assert "Needs a person" in shown.stdout


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_that_is_said_or_counted_is_about_a_person(sqlite, language):
    populate(sqlite)
    ring = installation.ring(sqlite.settings)
    with database.session(sqlite.engine) as session:
        audit.record(session, ring, "clerk", "report.show", FAMILY, "allowance")
    shown = sqlite.call(HEDUI_LANGUAGE=language)
    again = sqlite.call("--json", HEDUI_LANGUAGE=language)
    assert shown.exit_code in {0, 3}, shown.output
    for said in (shown.output, again.output, str(sqlite.trail())):
        assert not re.search(r"H\d{6}|C2026", said)
    counts = json.loads(again.stdout)["steps"]
    assert all(isinstance(count, int) for step in counts.values() for count in step.values())


def test_every_count_and_need_has_its_words(sqlite):
    from catalogue.text import LANGUAGES, text

    counts = {step: housekeeping.STEPS[step](TODAY, say=lambda _: None) for step in housekeeping.STEPS}
    for language in LANGUAGES:
        for step, counted in counts.items():
            assert text(f"housekeeping-{step}", language)
            assert all(text(f"housekeeping-count-{name}", language) for name in counted)
        for fault in key_ages.FAULTS:
            assert text(f"housekeeping-key-{fault}", language, count=1, keys="x", days=1)
            assert text(f"housekeeping-need-{fault}", language, count=1)
