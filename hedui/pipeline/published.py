"""Reading what was published: one household's report, or all matches of a run. The audit entry always comes first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from itertools import groupby

import pyarrow as pa
from sqlalchemy.orm import Session

from catalogue.categories import categories
from catalogue.problems import Stop
from connectors.manifest import manifests
from hedui.access import audit, gate
from hedui.access.entry import ALL_SOURCES
from hedui.access.gate import Admission
from hedui.keys import installation
from hedui.keys.ring import Ring
from hedui.registry import batches, consent, database, grants, runs
from hedui.registry.batches import BatchPlace
from hedui.registry.models import ReportIndex, Run
from hedui.registry.subjects import open_case
from hedui.reports.model import Report, decode, encode
from hedui.reports.opening import Reader
from hedui.reports.store import ReportStore
from hedui.reports.withhold import Released, withhold
from hedui.sealing.keys import Opener
from hedui.settings import SHANGHAI, Settings

MATCHES = pa.schema(
    [("record_id", pa.string()), ("member_ref", pa.string()), ("grade", pa.string()), ("counted", pa.bool_())]
)


@dataclass(frozen=True)
class Published:
    """The matches of one published run (MATCHES), and what they could have come from."""

    matches: pa.Table
    sources_accepted: frozenset[str]
    members_reported: frozenset[str]  # members under a live authorisation who have a report


def listing(business_date: date | None = None) -> tuple[Run, list[tuple[ReportIndex, bool]]]:
    """Put the listing on record, then return the run that readers use, and what of its index the actor may list.

    With each entry, whether its conclusion and counts may be shown: only where `document` would withhold nothing.
    Raises `Stop`: nothing published, no role that lists reports anywhere.
    """
    settings = Settings()
    registry = database.connect(settings)
    with database.session(registry) as session:
        run = _published(session, business_date)
        admitted = gate.require_anywhere(session, Pseudonyms(settings), "report.list")
        since = consent.since(session, run)
    with database.session(registry, readonly=True, actor=admitted.actor.name) as session:
        found = list(gate.readable_reports(session, admitted.actor, run.id, _day_of_reading(run), since))
    with database.session(registry) as session:
        audit.record(
            session,
            Pseudonyms(settings),
            admitted.actor.name,
            "report.list",
            run.id,
            "operations",
            {"households": len(found)},
            about="run",
            role=admitted.role,
        )
    return run, found


def document(household: str, business_date: date | None, purpose: str) -> bytes:
    """Put the reading on record, then open one household's report and return what of it the current actor may be shown.

    Canonical JSON: the very bytes that were sealed, unless something is withheld.
    Raises `Stop`: nothing published, no report of this household (of this date) in the actor's region, no role that
    opens reports, no private key, a broken seal, a household whose reports were destroyed.
    """
    settings = Settings()
    registry = database.connect(settings)
    with database.session(registry) as session:
        _published(session, business_date)
        unknown = Stop("report-unknown-household")
        now = datetime.now(UTC)
        admitted = gate.require_household(
            session, Pseudonyms(settings), "report.show", household, purpose, unknown, now
        )
        on_grounds = _grounds(session, admitted, now)
    with database.session(registry, readonly=True, actor=admitted.actor.name) as session:
        entry, place = _located(session, household, business_date)
        day = _day_of_reading(_published(session, business_date))
        signed = consent.members(session, household, day)
    keyring = installation.ring(settings)
    with database.session(registry) as session:
        audit.record(
            session,
            keyring,
            admitted.actor.name,
            "report.show",
            entry.household_ref,
            purpose,
            {"run": entry.run_id, **on_grounds},
            role=admitted.role,
            region=entry.county,
            case=open_case(session, entry.household_ref),
            sources=ALL_SOURCES,
        )
    opening = reader(settings, keyring)
    try:
        sealed = opening.document(place, entry)
    except Stop as problem:
        if problem.code != "report-missing":
            raise
        # Sealed anew between our look at the index and now (`hedui keys revoke`): it lies elsewhere since.
        with database.session(registry, readonly=True, actor=admitted.actor.name) as session:
            entry, place = _located(session, household, business_date)
        sealed = opening.document(place, entry)
    return _released(sealed, admitted, signed, day)


def _grounds(session: Session, admitted: Admission, now: datetime) -> dict[str, str | int]:
    # What tells a reading through break-glass from any other, and which two people answer for it.
    if admitted.decision.reason != "break-glass":
        return {}
    request = grants.opened(session, admitted.actor.name, now).get(admitted.resource.household)
    if request is None:  # ended since
        raise Stop("report-unknown-household")
    return {"by": "break-glass", "request": request}


def _released(document: bytes, admitted: Admission, signed: frozenset[str], day: date) -> bytes:
    report = decode(document)
    items = admitted.items(report.case.purpose, day)
    delivers = {} if items.keys() == categories().keys() else _delivers()
    shown = withhold(report, Released(signed, items, delivers))
    return document if shown is report else encode(shown)


@cache
def _delivers() -> dict[str, frozenset[str]]:
    return {name: frozenset(one.category for one in manifest.datasets) for name, manifest in manifests().items()}


def _day_of_reading(run: Run) -> date:
    # Today; of a province whose clock runs ahead, that of its run.
    return max(run.business_date, datetime.now(SHANGHAI).date())


@dataclass(frozen=True)
class Pseudonyms:
    """The keyring, opened only where a refusal is to go on record: to learn that nothing is published takes no key."""

    settings: Settings

    def pseudonym(self, ref: str) -> str:
        """Return what stands for a reference."""
        return installation.ring(self.settings).pseudonym(ref)

    def pseudonyms(self, ref: str) -> list[str]:
        """Return all that ever stood for a reference, the newest first."""
        return installation.ring(self.settings).pseudonyms(ref)


def reader(settings: Settings, keyring: Ring) -> Reader:
    """Return what opens reports with the keys of this installation."""
    return Reader(ReportStore.at(settings.store), keyring.openers, _Vault(settings), keyring.signers())


@dataclass(frozen=True)
class _Vault:
    """The vault as it is at each call: another process may begin an epoch and destroy the one before at any time."""

    settings: Settings

    def opener(self, epoch: int) -> Opener:
        return installation.vault(self.settings).opener(epoch)


def matches(business_date: date | None = None) -> Published:
    """Open every current report of a business date (default: the latest) and gather its matches.

    Households whose reports were destroyed are left out. Needs the private keys. One audit entry for the whole run is
    written first. `Stop` where nothing is published.
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
    keyring = installation.ring(settings)
    with database.session(registry) as session:
        run = _published(session, business_date)
        admitted = gate.require(session, keyring, "report.score", purpose="accuracy", about="run", subject=run.id)
        facts: dict[str, str | int] = {"run": run.id, "households": runs.count_reports(session, run.id)}
        audit.record(
            session,
            keyring,
            admitted.actor.name,
            "report.score",
            run.id,
            "accuracy",
            facts,
            about="run",
            role=admitted.role,
            sources=ALL_SOURCES,
        )
    opening = reader(settings, keyring)
    with database.session(registry, readonly=True, actor=admitted.actor.name) as session:
        for county, entries in groupby(runs.list_reports(session, run.id), key=lambda entry: entry.county):
            documents = opening.documents(batches.batch_of(session, run.id, county), entries)
            yield from (decode(document) for document in documents if document is not None)


def _published(session: Session, business_date: date | None) -> Run:
    run = runs.current(session, business_date)
    if run is None:
        raise Stop("report-nothing-published", date=business_date.isoformat() if business_date else "–")
    return run


def _located(session: Session, household: str, business_date: date | None) -> tuple[ReportIndex, BatchPlace]:
    if business_date is not None:
        _published(session, business_date)
    entry = runs.find_report(session, household, business_date)
    if entry is None:
        # What was typed is not repeated: it may be a name or an ID number.
        if business_date is not None and runs.find_report(session, household) is not None:
            raise Stop("report-not-of-date", household=household, date=business_date.isoformat())
        raise Stop("report-unknown-household")
    return entry, batches.batch_of(session, entry.run_id, entry.county)
