"""A populated installation: people in the registry, published runs in the store, and eyes that read them."""

import os
import shutil
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from catalogue.problems import Stop
from catalogue.regions import lineage
from hedui.custody.keeper import Keeper
from hedui.keys import installation
from hedui.registry import batches as registered
from hedui.registry import database, people, runs
from hedui.registry.models import CurrentRun, Run
from hedui.reports.model import Summary
from hedui.reports.opening import Reader
from hedui.reports.store import ReportStore
from hedui.sealing.errors import Place
from hedui.sealing.suites import INTERNATIONAL
from hedui.settings import Settings

DAY = date(2026, 6, 30)
COUNTIES = {"320102": ["H000001", "H000003"], "320104": ["H000004", "H000005"], "320583": ["H000002", "H000006"]}
ALL = sorted(ref for refs in COUNTIES.values() for ref in refs)
SUMMARY = {"conclusion": "within", "found": 1, "none": 2, "no_answer": 0, "not_authorised": 0, "findings": 0}


class Seen(NamedTuple):
    """What a reader gets: documents, and codes of errors."""

    documents: dict[tuple[str, str], bytes]
    errors: dict[tuple[str, str], str]


class Populated:
    """Two published runs of three counties each."""

    def __init__(self, settings: Settings, households: Path) -> None:
        self.settings = settings
        ring = installation.begin(settings)
        with database.session(database.connect(settings)) as session:
            people.import_file(session, ring, households)
        for days in (0, 1):
            self.publish(DAY + timedelta(days))

    def keeper(self) -> Keeper:
        """Return a fresh process's view."""
        return Keeper(self.settings)

    def publish(self, day: date) -> str:
        """Seal and publish a run as the night does."""
        run_id, rows, places = self.seal(day)
        self.put_on_record(run_id, rows, places)
        return run_id

    def seal(self, day: date) -> tuple[str, list, list]:
        """Open a run and seal its reports; nobody reads them yet."""
        worker, store = installation.worker(self.settings), ReportStore.at(self.settings.store)
        places, rows = [], []
        with database.session(database.connect(self.settings)) as session:
            run_id = runs.open_run(session, day).id
        for county, refs in COUNTIES.items():
            place, some = store.write_batch(
                Place(run_id, county),
                {region: worker.recipient(region) for region in lineage(county)},
                worker.vault(),
                worker.signing_key(),
                INTERNATIONAL,
                [(Summary(ref, county, f"C-{ref}", **SUMMARY), document(run_id, ref)) for ref in refs],
                self.settings.home,
            )
            places.append(place)
            rows += some
        return run_id, rows, places

    def put_on_record(self, run_id: str, rows: list, places: list) -> None:
        with database.session(database.connect(self.settings)) as session:
            runs.publish(session, run_id, degraded=False, reports=rows, batches=places, expected=len(rows))

    def read(self) -> Seen:
        """Read every report of every published run, each with keys opened now."""
        store, ring, vault = (
            ReportStore.at(self.settings.store),
            installation.ring(self.settings),
            installation.vault(self.settings),
        )
        reader = Reader(store, ring.openers, vault, ring.signers())
        seen = Seen({}, {})
        with database.session(database.connect(self.settings), readonly=True) as session:
            for run_id in session.scalars(select(Run.id).where(Run.state == "published")):
                places = registered.of_run(session, run_id)
                for row in runs.list_reports(session, run_id):
                    try:
                        seen.documents[run_id, row.household_ref] = reader.document(places[row.county], row)
                    except Stop as problem:
                        seen.errors[run_id, row.household_ref] = problem.code
        return seen

    def everything(self) -> dict[tuple[str, str], bytes]:
        """Return what every report says when all is well."""
        return {(run, ref): document(run, ref) for run in self.runs() for ref in ALL}

    def runs(self) -> list[str]:
        with database.session(database.connect(self.settings), readonly=True) as session:
            return list(session.scalars(select(CurrentRun.run_id).order_by(CurrentRun.run_id)))

    def files(self, ending: str) -> dict[str, bytes]:
        """Return the files of the store by path."""
        root = self.settings.home / "store"
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob(f"*{ending}"))
            if path.is_file()
        }

    def call(self, *arguments: str, kill_at: str = "", ok: bool = True) -> subprocess.CompletedProcess[str]:
        """Call the command in a process of its own, killed at a point or to its end."""
        env = os.environ | {
            "HEDUI_HOME": str(self.settings.home),
            "HEDUI_DATABASE_URL": self.settings.database_url,
            "HEDUI_LANGUAGE": "en",
            "HEDUI_KILL_AT": kill_at,
        }
        command = [str(Path(sys.executable).parent / "hedui"), "keys", *arguments]
        ended = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if kill_at:
            assert ended.returncode in {0, -signal.SIGKILL}, ended.stderr
        elif ok:
            assert ended.returncode == 0, ended.stderr
        return ended


def document(run_id: str, ref: str) -> bytes:
    return f'{{"household":"{ref}","run":"{run_id}"}}'.encode() * 40


def copy_of(folder: Path, to: Path) -> Path:
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(folder, to)
    return to
