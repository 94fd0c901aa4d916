"""Fills the summary of a run from the registry."""

from collections.abc import Sequence
from datetime import UTC, date
from typing import Any, get_args

from catalogue.problems import Stop
from hedui.pipeline.night import Night, open_night
from hedui.pipeline.summary.model import (
    Cause,
    Households,
    Matches,
    NotVerified,
    Quarantined,
    Reports,
    Source,
    Stage,
    StageName,
    Summary,
)
from hedui.registry import database, runs
from hedui.registry.models import Run, SourceState, StageState
from hedui.settings import Settings

_REASONS: dict[str, NotVerified] = {
    "no-authorisation": "no_authorisation",
    "no-signature": "authorisation_unsigned",
    "authorisation-not-begun": "authorisation_not_begun",
    "authorisation-expired": "authorisation_expired",
    "authorisation-revoked": "authorisation_revoked",
}


def summarise(business_date: date | None = None) -> Summary:
    """Return the summary of the newest run of a business date, or of the newest of all; `Stop` where there is none."""
    settings = Settings()
    with database.session(database.connect(settings), readonly=True) as session:
        run = runs.newest(session, business_date)
        if run is None:
            raise Stop("no-run", date=business_date.isoformat()) if business_date else Stop("no-run-at-all")
        night = open_night(settings, run.id)
        states = runs.source_states(session, run.id)
        stages = runs.stages(session, run.id)
        conclusions = runs.count_conclusions(session, run.id)
        counties = runs.count_counties(session, run.id)
        set_aside = runs.quarantine_counts(session, run.id)
    details: dict[str, dict[str, Any]] = {s.stage: s.detail for s in stages}
    reports = sum(conclusions.values())
    return Summary(
        run_id=run.id,
        business_date=run.business_date,
        started_at=run.opened_at,
        finished_at=run.published_at,
        published=run.state == "published",
        households=_households(details.get("select", {}), reports, conclusions.get("cannot_determine", 0)),
        sources=_sources(night, states, stages),
        quarantine=tuple(Quarantined(source=q.source, reason=q.reason, rows=q.count) for q in set_aside),
        matches=Matches(**details["match"]) if details.get("match") else None,
        stages=_stages(run, stages),
        reports=_reports(night, reports, counties) if reports else None,
    )


def _households(selected: dict[str, Any], verified: int, undetermined: int) -> Households:
    left_out: dict[NotVerified, int] = {
        _REASONS[reason]: count for reason, count in selected.get("left_out", {}).items() if reason in _REASONS
    }
    if waiting := selected.get("households", 0) - verified:
        left_out["not_reached"] = waiting
    members = selected.get("authorised")
    return Households(verified=verified, undetermined=undetermined, members=members, not_verified=left_out)


def _sources(night: Night, states: Sequence[SourceState], stages: Sequence[StageState]) -> tuple[Source, ...]:
    told = {state.source: state for state in states}
    return tuple(
        Source(
            id=manifest.id,
            kind=manifest.kind,
            label=manifest.name,
            required=manifest.required,
            **(_told(told[manifest.id], stages) if manifest.id in told else {"state": "pending"}),
        )
        for manifest in sorted(night.manifests.values(), key=lambda m: (m.kind == "bank", m.id))
    )


def _told(state: SourceState, stages: Sequence[StageState]) -> dict[str, Any]:
    accepted = state.state == "accepted"
    return {
        "state": "pending" if state.state == "running" else state.state,
        "as_of": state.as_of,
        "rows": state.rows if accepted else None,
        "seconds": _seconds([s for s in stages if s.stage.split("/")[1:2] == [state.source]]),
        "attempts": state.attempt,
        "problem": Cause(code=state.problem, where=state.where) if state.problem else None,
    }


def _stages(run: Run, stages: Sequence[StageState]) -> tuple[Stage, ...]:
    named: list[Stage] = []
    for name in get_args(StageName):
        of_name = [s for s in stages if s.stage.partition("/")[0] == name]
        if name == "monitor":
            continue  # comes with monitoring
        if not of_name:
            named.append(Stage(name=name, state="not_reached"))
            continue
        done = run.state == "published" or all(s.finished_at for s in of_name)
        named.append(Stage(name=name, state="done" if done else "failed", seconds=_seconds(of_name)))
    return tuple(named)


def _seconds(stages: Sequence[StageState]) -> float | None:
    """Seconds from the first start to the last finish."""
    finished = [s.finished_at for s in stages if s.finished_at]
    if not finished:
        return None
    span = max(finished).astimezone(UTC) - min(s.started_at for s in stages).astimezone(UTC)
    return max(span.total_seconds(), 0.0)


def _reports(night: Night, count: int, counties: int) -> Reports:
    return Reports(place=f"{night.settings.store}/reports/run={night.run_id}", count=count, counties=counties)
