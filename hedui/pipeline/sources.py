"""One source's way through extract, land and validate, and the record of how it ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catalogue.problems import Problem, Skip, Stop
from hedui.pipeline.checkpoints import checkpoint
from hedui.pipeline.guard import as_problem
from hedui.pipeline.night import Night
from hedui.pipeline.stages.extract import extract as fetch
from hedui.pipeline.stages.land import land as decode
from hedui.pipeline.stages.validate import validate as judge
from hedui.pipeline.workspace import SourceArea, whole
from hedui.registry import database, runs
from hedui.registry.runs import Answer

# Which state a source ends in by the problem it met; every other problem refuses what it delivered.
_STATES: dict[str, Answer] = {
    **dict.fromkeys(("unreachable", "timed-out", "server-error", "access-refused", "interrupted"), "unreachable"),
    "not-delivered": "not_delivered",
}
_NO_ANSWER = {"unreachable", "not_delivered", "refused"}
ANSWERS = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("as_of", pa.date32()),
        pa.field("problem", pa.string()),
        pa.field("set_aside", pa.int64(), nullable=False),  # rows in quarantine
    ]
)
UNUSABLE = pa.schema([("member_ref", pa.string()), ("source", pa.string()), ("category", pa.string())])


def to_ask(night: Night) -> list[str]:
    """Name the sources that have not answered yet; none once matching has begun."""
    if night.published() or night.stage_done("sources"):
        return []
    return sorted(set(night.manifests) - _in_states(night, {"accepted"}))


def extract(night: Night, source: str) -> int:
    """Begin an attempt, fetch, and return the attempt's number."""
    attempt = _begin(night, source)
    with _recorded(night, source, attempt, "extract"):
        checkpoint("extract:begun")
        fetch(night, source, attempt)
        checkpoint("extract:fetched")
    return attempt


def land(night: Night, source: str, attempt: int) -> int:
    """Decode the attempt's delivery."""
    with _recorded(night, source, attempt, "land"):
        decode(night, source, attempt)
        checkpoint("land:written")
    return attempt


def validate(night: Night, source: str, attempt: int) -> int:
    """Validate the attempt's records and, where they pass, record the source as accepted."""
    with _recorded(night, source, attempt, "validate"):
        judged = judge(night, source, attempt)
        checkpoint("validate:written")
        with database.session(night.database) as session:
            runs.set_source(
                session,
                night.run_id,
                source,
                "accepted",
                attempt,
                rows=judged.accepted,
                rejected=judged.quarantined.total(),
                bytes_=_bytes(night, source, attempt),
                as_of=judged.as_of,
                quarantined=judged.quarantined,
            )
    checkpoint("validate:recorded")
    return attempt


def close(night: Night) -> None:
    """End the asking: what has not answered by now has not answered, and `answers.parquet` says so, once and for all.

    From here on the registry takes no more answers for this run. Raises `Stop` where no source was ever asked.
    """
    if not night.stage_done("sources"):
        with night.stage("sources"):
            if not _in_states(night, {"accepted", "running", *_NO_ANSWER}):
                raise Stop("nothing-asked", run=night.run_id)
            for source in sorted(set(night.manifests) - _in_states(night, {"accepted", *_NO_ANSWER})):
                _record(night, source, _begin(night, source), Skip("interrupted", source=source))
    # The states are frozen now, so that writing them again after a kill says the same.
    if not (night.workspace.answers.exists() and night.workspace.unusable.exists()):
        _write_answers(night)
        _write_unusable(night)


def _write_answers(night: Night) -> None:
    with database.session(night.database, readonly=True) as session:
        rows = [
            {"source": s.source, "state": s.state, "as_of": s.as_of, "problem": s.problem, "set_aside": s.rejected}
            for s in runs.source_states(session, night.run_id)
        ]
    with whole(night.workspace.answers) as draft:
        pq.write_table(pa.Table.from_pylist(rows, schema=ANSWERS), draft)


def accepted_files(night: Night) -> list[Path]:
    """Return the canonical files of every accepted source, in order of source and category."""
    return [
        area.accepted / f"{dataset.category}.parquet"
        for source, area in _accepted_areas(night).items()
        for dataset in night.manifests[source].datasets
    ]


def _accepted_areas(night: Night) -> dict[str, SourceArea]:
    with database.session(night.database, readonly=True) as session:
        states = [s for s in runs.source_states(session, night.run_id) if s.state == "accepted"]
    return {s.source: night.workspace.source(s.source, s.attempt) for s in states}


def _write_unusable(night: Night) -> None:
    """Write which members have rows among those set aside: of them the source's silence is not an answer."""
    members = pq.read_table(night.workspace.applicants, columns=["member_ref", "id_key"])
    found = [UNUSABLE.empty_table()]
    for source, area in _accepted_areas(night).items():
        about = pq.read_table(area.set_aside).join(members, "id_key", join_type="inner")
        named = about.append_column("source", pa.repeat(source, len(about))).select(UNUSABLE.names)
        found.append(named.cast(UNUSABLE))
    rows = pa.concat_tables(found).group_by(UNUSABLE.names).aggregate([])
    with whole(night.workspace.unusable) as draft:
        pq.write_table(rows.select(UNUSABLE.names).sort_by([(name, "ascending") for name in UNUSABLE.names]), draft)


def _begin(night: Night, source: str) -> int:
    with database.session(night.database) as session:
        return runs.begin_attempt(session, night.run_id, source)


@contextmanager
def _recorded(night: Night, source: str, attempt: int, step: str) -> Iterator[None]:
    """Time one step of one source; a problem is put on record as the source's answer, and raised again."""
    try:
        with night.stage(f"{step}/{source}/{attempt}"):
            yield
    except Exception as error:
        _record(night, source, attempt, as_problem(error, step))
        raise


def _record(night: Night, source: str, attempt: int, problem: Problem) -> None:
    with database.session(night.database) as session:
        runs.set_source(
            session,
            night.run_id,
            source,
            _STATES.get(problem.code, "refused"),
            attempt,
            problem=problem.code,
            where=problem.where,
            bytes_=_bytes(night, source, attempt),
        )


def _in_states(night: Night, states: set[str]) -> set[str]:
    with database.session(night.database, readonly=True) as session:
        return {s.source for s in runs.source_states(session, night.run_id) if s.state in states}


def _bytes(night: Night, source: str, attempt: int) -> int:
    raw = night.workspace.source(source, attempt).raw
    return sum(path.stat().st_size for path in raw.rglob("*") if path.is_file())
