"""Compare published matches with the truth: every promised record matched, and no stranger's in any total.

Promised: the record is of a member who has a report, its source was accepted, its row is sound, its number is intact
or 15-digit, and its name agrees but for dots, spaces and width.
"""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from catalogue.text import Language, text
from mock_province.world.rates import AGREEING_NAMES, INTACT_NUMBERS

if TYPE_CHECKING:
    import duckdb

GRADES = ("certain", "probable", "possible")
_SOUND = ("none", "wrong_unit")  # a wrong unit makes the amount wrong, not the person


@dataclass(frozen=True)
class Tally:
    """How one grade fared: matches to the right and the wrong person.

    `findable`: records that could be matched at all. Recall counts what this grade or a better one found of them.
    """

    grade: str
    right: int
    wrong: int
    found: int
    findable: int

    @property
    def precision(self) -> float | None:
        """Share of the matches of this grade that are right; None without matches."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def recall(self) -> float | None:
        """Share of the findable records matched rightly at this grade or better; None where nothing is findable."""
        return self.found / self.findable if self.findable else None


@dataclass(frozen=True)
class Errors:
    """How records with one kind of error fared. `field` is number, name or row."""

    field: Literal["number", "name", "row"]
    kind: str
    records: int
    certain: int
    probable: int
    possible: int
    wrong: int


@dataclass(frozen=True)
class Score:
    """The two promises, and the figures behind them. Holds counts only, nothing personal."""

    promised: int
    kept: int
    strangers_counted: int  # records of people who did not apply, in somebody's total
    wrongly_counted: int  # records of anybody, in the total of another person; strangers' included
    grades: tuple[Tally, ...]
    errors: tuple[Errors, ...]
    missed: tuple[str, ...]  # up to ten record ids whose promise was broken
    misplaced: tuple[str, ...]  # up to ten record ids counted for the wrong person

    @property
    def holds(self) -> bool:
        """Whether both promises are kept; a run that promised nothing has kept nothing."""
        return self.promised > 0 and self.kept == self.promised and self.wrongly_counted == 0

    def lines(self, language: Language | None = None) -> list[str]:
        """Return what a person reads, line by line."""
        said = [
            text("score-promised", language, kept=self.kept, promised=self.promised),
            text("score-strangers", language, count=self.strangers_counted),
            text("score-wrongly-counted", language, count=self.wrongly_counted),
        ]
        for row in self.grades:
            grade = text(f"score-grade-{row.grade}", language)
            figures = {"right": row.right, "wrong": row.wrong, "findable": row.findable}
            shares = {"precision": _percent(row.precision), "recall": _percent(row.recall)}
            said.append(text("score-grade", language, grade=grade, **figures, **shares))
        for error in self.errors:
            kind = f"{text(f'score-field-{error.field}', language)} {text(f'score-error-{error.kind}', language)}"
            counts = {name: getattr(error, name) for name in ("records", *GRADES, "wrong")}
            said.append(text("score-error", language, kind=kind, **counts))
        said += [text("score-missed", language, record=record) for record in self.missed]
        said += [text("score-misplaced", language, record=record) for record in self.misplaced]
        said.append(text("score-holds" if self.holds else "score-broken", language))
        return said

    def to_json(self) -> str:
        """Return the figures as one JSON object."""
        figures = asdict(self) | {"holds": self.holds}
        for row, tally in zip(figures["grades"], self.grades, strict=True):
            row |= {"precision": tally.precision, "recall": tally.recall}
        return json.dumps(figures, ensure_ascii=False, sort_keys=True)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.3f} %"


def score(
    matches: pa.Table, truth: pa.Table, *, sources_accepted: Collection[str], members_reported: Collection[str]
) -> Score:
    """Score matches against the truth.

    `matches`: record_id, member_ref, grade (certain | probable | possible), counted (bool: it is in a total); a record
    may appear more than once. `truth`: the table written by `world.build`. `sources_accepted`: the sources whose
    extracts the run took. `members_reported`: members under a live authorisation who have a report.
    """
    import duckdb

    with duckdb.connect() as db:
        db.execute("SET enable_progress_bar = false")  # DuckDB draws it on standard output
        db.register("matches", matches)
        db.register("truth", truth)
        lists = {"accepted": sources_accepted, "reported": members_reported}
        lists |= {"intact": INTACT_NUMBERS, "agreeing": AGREEING_NAMES, "sound": _SOUND}
        for name, values in lists.items():
            db.register(name, pa.table({"value": pa.array(sorted(values), pa.string())}))
        db.execute(_PLACED)
        db.execute(_JUDGED)
        promised, kept = _one(db, "SELECT count(*), count(*) FILTER (kept) FROM judged WHERE promised")
        strangers, misplaced = _one(
            db,
            "SELECT count(DISTINCT record_id) FILTER (stranger), count(DISTINCT record_id) FROM placed"
            " WHERE counted AND NOT is_right",
        )
        return Score(
            promised=promised,
            kept=kept,
            strangers_counted=strangers,
            wrongly_counted=misplaced,
            grades=_grades(db),
            errors=_errors(db),
            missed=_ten(db, "judged", "promised AND NOT kept"),
            misplaced=_ten(db, "placed", "counted AND NOT is_right"),
        )


# Every match beside the person whose record it is.
_PLACED = """
CREATE TEMP TABLE placed AS
SELECT m.record_id, m.grade, m.counted, t.member_ref IS NULL AS stranger,
       coalesce(m.member_ref = t.member_ref, false) AS is_right,
       CASE m.grade WHEN 'certain' THEN 1 WHEN 'probable' THEN 2 ELSE 3 END AS place
FROM matches m LEFT JOIN truth t USING (record_id)
"""
# Every record of a reported member at an accepted source, with the best grade (1 certain) that found this member.
_JUDGED = """
CREATE TEMP TABLE judged AS
WITH found AS (
    SELECT record_id, min(place) FILTER (is_right) AS best, bool_or(NOT is_right) AS wrong
    FROM placed GROUP BY record_id
)
SELECT t.record_id, t.number_error, t.name_error, t.row_error, f.best,
       coalesce(f.wrong, false) AS wrong, coalesce(f.best = 1, false) AS kept,
       t.row_error IN (FROM sound) AS findable,
       t.row_error IN (FROM sound) AND t.number_error IN (FROM intact) AND t.name_error IN (FROM agreeing) AS promised
FROM truth t LEFT JOIN found f USING (record_id)
WHERE t.authorised AND t.source IN (FROM accepted) AND t.member_ref IN (FROM reported)
"""
_ERRORS = """
SELECT {field}_error AS kind, count(*), count(*) FILTER (best = 1), count(*) FILTER (best = 2),
       count(*) FILTER (best = 3), count(*) FILTER (wrong)
FROM judged WHERE {scope} AND kind <> 'none' GROUP BY kind ORDER BY count(*) DESC, kind
"""


def _one(db: "duckdb.DuckDBPyConnection", query: str) -> tuple[int, int]:
    row = db.execute(query).fetchone() or (0, 0)
    return int(row[0]), int(row[1])


def _grades(db: "duckdb.DuckDBPyConnection") -> tuple[Tally, ...]:
    findable, _ = _one(db, "SELECT count(*), 0 FROM judged WHERE findable")
    tallies = []
    for place, grade in enumerate(GRADES, start=1):
        right, wrong = _one(
            db, f"SELECT count(*) FILTER (is_right), count(*) FILTER (NOT is_right) FROM placed WHERE place = {place}"
        )
        found, _ = _one(db, f"SELECT count(*), 0 FROM judged WHERE findable AND best <= {place}")
        tallies.append(Tally(grade, right, wrong, found, findable))
    return tuple(tallies)


def _errors(db: "duckdb.DuckDBPyConnection") -> tuple[Errors, ...]:
    fields: tuple[Literal["number", "name", "row"], ...] = ("number", "name", "row")
    return tuple(
        Errors(field, *row)
        for field in fields
        for row in db.execute(_ERRORS.format(field=field, scope="true" if field == "row" else "findable")).fetchall()
    )


def _ten(db: "duckdb.DuckDBPyConnection", table: str, condition: str) -> tuple[str, ...]:
    query = f"SELECT DISTINCT record_id FROM {table} WHERE {condition} ORDER BY record_id LIMIT 10"
    return tuple(row[0] for row in db.execute(query).fetchall())
