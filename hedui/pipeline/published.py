"""What a published run says of its matches, read back from its reports: for comparing with a known truth."""

import getpass
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from catalogue.problems import Stop
from hedui.access import audit
from hedui.keyring import Keyring
from hedui.registry import database, runs
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
    with database.session(registry) as session:
        run = runs.current(session, business_date)
        if run is None:
            raise Stop("report-nothing-published", date=business_date.isoformat() if business_date else "–")
        audit.record(session, getpass.getuser(), "report.score", run.id, "accuracy", {"run": run.id})
    store, keyring = ReportStore.at(settings.store), Keyring.open(settings.keyring)
    with database.session(registry, readonly=True) as session:
        for entry in runs.list_reports(session, run.id):
            subject = Subject(entry.household_ref, entry.county, run.id)
            yield decode(open_with(keyring, store.read(entry), subject))
