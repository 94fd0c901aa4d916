"""Reading what was published: one household's report, or all matches of a run. The audit entry always comes first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from sqlalchemy.orm import Session

from catalogue.problems import Stop
from hedui.access import audit
from hedui.access.entry import ALL_SOURCES
from hedui.keyring import Keyring
from hedui.registry import database, runs
from hedui.registry.models import ReportIndex, Run
from hedui.registry.subjects import open_case
from hedui.reports.model import Report, decode
from hedui.reports.seal import Subject, open_with
from hedui.reports.store import ReportStore
from hedui.settings import Settings

MATCHES = pa.schema(
    [("record_id", pa.string()), ("member_ref", pa.string()), ("grade", pa.string()), ("counted", pa.bool_())]
)


@dataclass(frozen=True)
class Published:
    """The matches of one published run (MATCHES), and what they could have come from."""

    matches: pa.Table
    sources_accepted: frozenset[str]
    members_reported: frozenset[str]  # members under a live authorisation who have a report


def current(business_date: date | None = None) -> tuple[Run, list[ReportIndex]]:
    """Return the run that readers use and its index, which holds nothing personal; `Stop` where none is published."""
    with database.session(database.connect(Settings()), readonly=True) as session:
        run = _published(session, business_date)
        return run, list(runs.list_reports(session, run.id))


def document(household: str, business_date: date | None, purpose: str) -> bytes:
    """Put the reading on record, then open one household's report and return its canonical JSON.

    Raises `Stop`: nothing published, no report of this household (of this date), no private key, a broken seal.
    """
    settings = Settings()
    registry = database.connect(settings)
    with database.session(registry, readonly=True) as session:
        entry = _located(session, household, business_date)
    subject = Subject(entry.household_ref, entry.county, entry.run_id)
    keyring = Keyring.existing(settings.keyring)
    with database.session(registry) as session:
        audit.record(
            session,
            keyring,
            audit.current_actor(),
            "report.show",
            subject.household_ref,
            purpose,
            {"run": subject.run_id},
            region=subject.county,
            case=open_case(session, subject.household_ref),
            sources=ALL_SOURCES,
        )
    return open_with(keyring, ReportStore.at(settings.store).read(entry), subject)


def matches(business_date: date | None = None) -> Published:
    """Open every current report of a business date (default: the latest) and gather its matches.

    Needs the private keys. One audit entry for the whole run is written first. `Stop` where nothing is published.
    """
    rows: list[dict[str, object]] = []
    accepted: set[str] = set()
    members: set[str] = set()
    for report in _reports(business_date):
        accepted.update(answer.source for answer in report.answers if answer.state == "accepted")
        members.update(member.reference for member in report.household.members if member.authorised)
        rows += [
            {"record_id": r.record_id, "member_ref": r.member, "grade": r.grade, "counted": r.counted}
            for r in (*report.records, *report.unconfirmed)
        ]
    return Published(pa.Table.from_pylist(rows, schema=MATCHES), frozenset(accepted), frozenset(members))


def _reports(business_date: date | None) -> Iterator[Report]:
    settings = Settings()
    registry = database.connect(settings)
    store, keyring = ReportStore.at(settings.store), Keyring.existing(settings.keyring)
    with database.session(registry) as session:
        run = _published(session, business_date)
        facts: dict[str, str | int] = {"run": run.id, "households": runs.count_reports(session, run.id)}
        audit.record(
            session,
            keyring,
            audit.current_actor(),
            "report.score",
            run.id,
            "accuracy",
            facts,
            about="run",
            sources=ALL_SOURCES,
        )
    with database.session(registry, readonly=True) as session:
        for entry in runs.list_reports(session, run.id):
            subject = Subject(entry.household_ref, entry.county, run.id)
            yield decode(open_with(keyring, store.read(entry), subject))


def _published(session: Session, business_date: date | None) -> Run:
    run = runs.current(session, business_date)
    if run is None:
        raise Stop("report-nothing-published", date=business_date.isoformat() if business_date else "–")
    return run


def _located(session: Session, household: str, business_date: date | None) -> ReportIndex:
    if business_date is not None:
        _published(session, business_date)
    entry = runs.find_report(session, household, business_date)
    if entry is None:
        # What was typed is not repeated: it may be a name or an ID number.
        if business_date is not None and runs.find_report(session, household) is not None:
            raise Stop("report-not-of-date", household=household, date=business_date.isoformat())
        raise Stop("report-unknown-household")
    return entry
