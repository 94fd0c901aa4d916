"""The summary of one run: pure data, filled from the registry, without a single personal value.

`Summary.to_json()` is what `--json` prints. Its keys are stable; keys may be added, none changes its meaning:

    version           1
    run_id            "2026-06-30.1": business date and edition
    business_date     ISO date
    started_at        ISO time with offset
    finished_at       the same; null while the run is not finished
    published         true: readers see this run
    households        verified, undetermined (of those verified: a required source gave no answer), members (of the
                      households verified; null where not counted), not_verified {reason: households}, total;
                      null where the run ended before they were counted
    sources []        id, kind (department | bank), label {zh, en}, required, state (accepted | not_delivered |
                      unreachable | refused | pending), as_of (ISO date or null), rows (accepted; null where nothing
                      was, never 0 for it), seconds (null where not measured), attempts, problem (see below, or null)
    quarantine []     source, reason (code), rows; null where the run ended before any row was judged
    matches           certain, probable, possible: record-to-member pairs by grade; null where not matched
    stages []         name, state (done | failed | not_reached), seconds (first start to last finish, or null)
    reports           place (URL of the store's folder), count, counties, bytes; null where none was written
    problem           what stopped the run, or null
    a problem is      code, where {name: text or whole number}, message {zh, en}, hint {zh, en}
    and, derived:     state (complete | degraded | failed), exit_code (0 | 3 | 4), seconds (of the whole run),
                      ages {source: days from as_of to the business date},
                      by_state {state: sources, rows, oldest_days}, by_reason {reason: rows} (null like quarantine)
"""

import re
from collections import Counter
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, computed_field, model_validator

from catalogue import problems
from catalogue.labels import Label
from catalogue.text import Language, text

RunState = Literal["complete", "degraded", "failed"]
SourceStatus = Literal["accepted", "not_delivered", "unreachable", "refused", "pending"]  # pending: not reached yet
Grade = Literal["certain", "probable", "possible"]
StageName = Literal["select", "extract", "land", "validate", "match", "assess", "monitor", "report", "publish"]
NotVerified = Literal[
    "no_authorisation",  # none on file
    "authorisation_unsigned",  # on file, and no member has signed
    "authorisation_not_begun",  # signed after the business date
    "authorisation_expired",
    "authorisation_revoked",
    "not_reached",  # the run ended before them
]
# As documented for every command: `hedui.cli.exits`, which lies above this layer.
EXIT_CODES: dict[RunState, int] = {"complete": 0, "degraded": 3, "failed": 4}
# The order of every list of states: what is well first, then what is worst first.
STATUSES: tuple[SourceStatus, ...] = ("accepted", "refused", "unreachable", "not_delivered", "pending")
GRADES: tuple[Grade, ...] = ("certain", "probable", "possible")

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]


class Figures(BaseModel):
    """Data that never changes, refuses unknown keys, and may be read back from its own JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _derive_again(cls, data: object) -> object:
        if isinstance(data, dict):
            return {key: value for key, value in data.items() if key not in cls.model_computed_fields}
        return data


class Cause(Figures):
    """A problem as the registry keeps it: code and where; its words are looked up."""

    code: str
    where: dict[str, str | int] = Field(default_factory=dict)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def message(self) -> Label:
        """What was wrong, where, and what was expected."""
        return Label(zh=self._words("", "zh"), en=self._words("", "en"))

    @computed_field  # type: ignore[prop-decorator]
    @property
    def hint(self) -> Label:
        """What to do about it."""
        return Label(zh=self._words("-hint", "zh"), en=self._words("-hint", "en"))

    def _words(self, part: Literal["", "-hint"], language: Language) -> str:
        problem = problems.Problem(self.code, **self.where)
        try:
            return problem.hint(language) if part else problem.message(language)
        except KeyError:  # a plug-in's code without words must not cost operations their summary
            where = ", ".join(f"{name} {value}" for name, value in sorted(self.where.items()))
            return text(f"summary-problem-unknown{part}", language, code=self.code, where=where or "–")


class Households(Figures):
    """How many households this run verified, and why the others were not."""

    verified: Count
    undetermined: Count = 0
    members: Count | None = None
    not_verified: dict[NotVerified, Count] = Field(default_factory=dict)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def total(self) -> int:
        """All households with an open case."""
        return self.verified + sum(self.not_verified.values())

    @model_validator(mode="after")
    def _part_of_whole(self) -> "Households":
        if self.undetermined > self.verified:
            raise ValueError("undetermined counts households that were verified, and cannot exceed them")
        return self


class Source(Figures):
    """One department or bank on this business date."""

    id: str
    kind: Literal["department", "bank"]
    label: Label
    required: bool
    state: SourceStatus
    as_of: date | None = None
    rows: Count | None = None
    seconds: Seconds | None = None
    attempts: Count = 0
    problem: Cause | None = None

    @property
    def short(self) -> str:
        """The number in a bank's id (`07` of `bank_07`), or the id: what fits a narrow cell."""
        number = re.search(r"\d+$", self.id)
        return number.group() if number and self.kind == "bank" else self.id

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Source":
        if self.state == "accepted" and self.problem:
            raise ValueError(f"{self.id} is accepted and has a problem")
        if self.state != "accepted" and self.rows is not None:
            raise ValueError(f"{self.id} is not accepted and has rows")
        return self


class Quarantined(Figures):
    """Rows of one source set aside for one reason."""

    source: str
    reason: str
    rows: Count


class Matches(Figures):
    """Record-to-member pairs by grade."""

    certain: Count
    probable: Count
    possible: Count


class Stage(Figures):
    """One stage of the flow; seconds run from its first start to its last finish, all sources together."""

    name: StageName
    state: Literal["done", "failed", "not_reached"]
    seconds: Seconds | None = None


class Reports(Figures):
    """Where the sealed reports lie. `bytes` is null where the store does not tell."""

    place: str
    count: Count
    counties: Count
    bytes: Count | None = None


class OfState(Figures):
    """The sources in one state: how many, their accepted rows, and the age of the oldest data in days."""

    sources: Count
    rows: Count | None
    oldest_days: int | None


class Summary(Figures):
    """One run, as the module's docstring lays out."""

    version: Literal[1] = 1
    run_id: str
    business_date: date
    started_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    published: bool
    households: Households | None
    sources: tuple[Source, ...]
    quarantine: tuple[Quarantined, ...] | None
    matches: Matches | None = None
    stages: tuple[Stage, ...] = ()
    reports: Reports | None = None
    problem: Cause | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def state(self) -> RunState:
        """Failed until published; then degraded unless every source was accepted."""
        if not self.published:
            return "failed"
        return "complete" if all(source.state == "accepted" for source in self.sources) else "degraded"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def exit_code(self) -> int:
        """The exit code that the state means."""
        return EXIT_CODES[self.state]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def seconds(self) -> float | None:
        """Seconds from start to finish."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def ages(self) -> dict[str, int | None]:
        """By source: days from as_of to the business date; null where it gave nothing."""
        return {s.id: (self.business_date - s.as_of).days if s.as_of else None for s in self.sources}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def by_state(self) -> dict[SourceStatus, OfState]:
        """The sources by state, every state listed."""
        return {state: self._of([s for s in self.sources if s.state == state]) for state in STATUSES}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def by_reason(self) -> dict[str, int] | None:
        """Quarantined rows by reason, most first."""
        if self.quarantine is None:
            return None
        rows: Counter[str] = Counter()
        for entry in self.quarantine:
            rows[entry.reason] += entry.rows
        return dict(sorted(rows.items(), key=lambda item: (-item[1], item[0])))

    @cached_property
    def quarantined(self) -> dict[str, int | None]:
        """Quarantined rows by source; None, not 0, where none of its rows was judged."""
        rows: Counter[str] = Counter()
        for entry in self.quarantine or ():
            rows[entry.source] += entry.rows
        return {s.id: rows[s.id] if s.id in rows or s.rows is not None else None for s in self.sources}

    @cached_property
    def failures(self) -> tuple[Source, ...]:
        """The sources that ran and were not accepted, required ones first, then by state and id."""
        failed = [s for s in self.sources if s.state not in {"accepted", "pending"} or s.problem]
        return tuple(sorted(failed, key=lambda s: (not s.required, STATUSES.index(s.state), s.id)))

    def to_json(self) -> str:
        """Return the document that the module's docstring describes."""
        return self.model_dump_json(indent=2)

    def _of(self, sources: list[Source]) -> OfState:
        rows = [s.rows for s in sources if s.rows is not None]
        ages = [age for s in sources if (age := self.ages[s.id]) is not None]
        return OfState(sources=len(sources), rows=sum(rows) if rows else None, oldest_days=max(ages, default=None))

    @model_validator(mode="after")
    def _sources_are_known(self) -> "Summary":
        ids = [source.id for source in self.sources]
        if len(set(ids)) < len(ids):
            raise ValueError("a source is listed twice")
        if unknown := sorted({entry.source for entry in self.quarantine or ()} - set(ids)):
            raise ValueError(f"quarantined rows of sources that are not listed: {', '.join(unknown)}")
        return self
