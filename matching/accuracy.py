"""How right matches are, against a truth that knows every record or against a sample of labelled pairs.

Comparing gives a `Tally`: counts only, nothing personal, which add up over several worlds. Every figure follows from
it. A *true pair* is a record and the applicant whose record it is. Kinds of error are words that whoever made the truth
chose; `Kinds` says which of them leave a number intact, a name agreeing, or nothing to find.
"""

from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

Tabular: TypeAlias = pa.Table | Path  # a table, or the Parquet file that holds it
Grade = Literal["certain", "probable", "possible"]
Rule = Literal[
    "certain_without_exact_number_and_name",  # or with rivals: only alone, exact and agreeing may be certain
    "accepted_without_number_or_name",  # above possible though the number is not exact and the name does not agree
    "name_alone",  # no evidence of a number at all
    "evidence_does_not_add_up",  # to the weight
    "certain_on_a_wrong_number",  # by the truth: how the number was written, whatever the evidence says
]

GRADES: Final[tuple[Grade, ...]] = ("certain", "probable", "possible")
STEP: Final = 0.5  # of the weights at which precision and recall are told
_EXACT: Final = ("number-equal", "number-equal-15", "number-equal-document")
_AGREEING: Final = ("name-same", "name-former", "name-unwritten")
_Z95: Final = 1.959963984540054  # the normal distribution leaves 2.5 % beyond it, on either side
_UNKNOWN: Final = "unknown"  # the kind of error, where nobody said
_Key = TypeVar("_Key")
_Sum = TypeVar("_Sum", "Fared", "Rows", int)


@dataclass(frozen=True)
class Kinds:
    """What the words of a truth mean."""

    intact: frozenset[str]  # numbers that are right after cleaning, on both sides
    agreeing: frozenset[str]  # names that are the same after normalisation, or a known former name
    absent: frozenset[str]  # no number was delivered: the row is no input for matching, its pair no true pair
    lost: frozenset[str]  # a number was delivered that tells nobody apart; such pairs count, and can't be found


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """The share; None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval for a share seen in a random sample (Wilson 1927); None of nothing."""
        if not self.of:
            return None
        share, trust = self.hits / self.of, _Z95**2 / self.of
        middle = share + trust / 2
        spread = _Z95 * sqrt(share * (1 - share) / self.of + (trust / 2 / _Z95) ** 2)
        low, high = (middle - spread) / (1 + trust), (middle + spread) / (1 + trust)
        return low if self.hits else 0.0, high if self.hits < self.of else 1.0  # exact there, whatever the rounding


@dataclass(frozen=True)
class Fared:
    """How records fared, by the best grade of a match (to their own applicant, where they have one)."""

    certain: int = 0
    probable: int = 0
    possible: int = 0
    unmatched: int = 0
    elsewhere: int = 0  # matched to another applicant, also or only
    review: int = 0  # with any probable or possible match, right or wrong

    def __add__(self, other: "Fared") -> "Fared":
        return Fared(*(one + more for one, more in zip(astuple(self), astuple(other), strict=True)))

    @property
    def records(self) -> int:
        """How many records there are."""
        return self.certain + self.probable + self.possible + self.unmatched

    def found(self, grade: Grade) -> Share:
        """Share of the records matched at `grade` or better."""
        return Share(sum(getattr(self, name) for name in GRADES[: GRADES.index(grade) + 1]), self.records)


@dataclass(frozen=True)
class Rows:
    """Matches to the right applicant and to a wrong one."""

    right: int = 0
    wrong: int = 0

    def __add__(self, other: "Rows") -> "Rows":
        return Rows(self.right + other.right, self.wrong + other.wrong)

    @property
    def precision(self) -> Share:
        """Share of the matches that are right."""
        return Share(self.right, self.right + self.wrong)


@dataclass(frozen=True)
class Point:
    """What accepting every match of at least `weight` would give."""

    weight: float
    precision: Share
    recall: Share


@dataclass(frozen=True)
class Tally:
    """The counts of one comparison, or of several added up."""

    pairs: Mapping[tuple[str, str], Fared] = field(default_factory=dict)  # true pairs by kind of number and of name
    grades: Mapping[Grade, Rows] = field(default_factory=dict)
    strangers: Mapping[str, Fared] = field(default_factory=dict)  # records that are no applicant's, by likeness
    weights: Mapping[float, Rows] = field(default_factory=dict)  # weight, rounded down to STEP
    rules: Mapping[Rule, int] = field(default_factory=dict)  # how often each was broken; absent: can't be told
    queue: int = 0  # records in review

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            _merged(self.pairs, other.pairs, Fared()),
            _merged(self.grades, other.grades, Rows()),
            _merged(self.strangers, other.strangers, Fared()),
            _merged(self.weights, other.weights, Rows()),
            _merged(self.rules, other.rules, 0),
            self.queue + other.queue,
        )

    def total(self, numbers: Iterable[str] | None = None, names: Iterable[str] | None = None) -> Fared:
        """Add up the true pairs of some kinds of numbers and names; None: of all."""
        wanted = [
            fared
            for (number, name), fared in self.pairs.items()
            if (numbers is None or number in set(numbers)) and (names is None or name in set(names))
        ]
        return sum(wanted, Fared())

    def sound(self, kinds: Kinds) -> Fared:
        """Add up the true pairs whose record carries a number."""
        return self.total(numbers={number for number, _ in self.pairs} - kinds.absent)

    def by_number(self) -> dict[str, Fared]:
        """Return how true pairs fared by kind of number, the most frequent first."""
        return _frequent({number: self.total(numbers=[number]) for number, _ in self.pairs})

    def by_name(self, kinds: Kinds) -> dict[str, Fared]:
        """Return how true pairs whose record carries a number fared by kind of name, the most frequent first."""
        sound = {number for number, _ in self.pairs} - kinds.absent
        return _frequent({name: self.total(sound, [name]) for _, name in self.pairs})

    def review(self) -> Rows:
        """Return the matches that go to review."""
        return self.grades.get("probable", Rows()) + self.grades.get("possible", Rows())

    def sweep(self, kinds: Kinds) -> tuple[Point, ...]:
        """Return precision and recall at each weight that occurs, the highest first.

        Recall is the share of the true pairs whose record carries a number. A record has at most one right match.
        """
        pairs, taken, points = self.sound(kinds).records, Rows(), []
        for weight in sorted(self.weights, reverse=True):
            taken = taken + self.weights[weight]
            points.append(Point(weight, taken.precision, Share(taken.right, pairs)))
        return tuple(points)


def against_truth(matches: Tabular, truth: Tabular, kinds: Kinds, *, scratch: Path | None = None) -> Tally:
    """Compare matches (`MATCH_SCHEMA`) with a truth that knows every record.

    `truth`: record_id (each once), applicant_id (null: nobody's who applied), number and name (kinds of error),
    likeness (of a stranger to an applicant; null for none). A match of a record that the truth lacks counts as wrong,
    and as a stranger's of likeness `unknown`. DuckDB holds at most 1.5 GB and spills into `scratch`.
    """
    with _database(scratch) as db:
        _put(db, "matches", matches)
        _put(db, "truth", truth)
        db.execute("CREATE VIEW true_pair AS SELECT record_id, number, name FROM truth WHERE applicant_id IS NOT NULL")
        _place(
            db,
            "LEFT JOIN truth t USING (record_id)",
            "coalesce(m.applicant_id = t.applicant_id, false)",
            "t.applicant_id IS NULL",
        )
        strangers = db.execute(_STRANGERS, {"unknown": _UNKNOWN}).fetchall()
        return _tally(db, kinds, {kind: Fared(*counts) for kind, *counts in strangers})


def against_labels(matches: Tabular, labels: Tabular, kinds: Kinds, *, scratch: Path | None = None) -> Tally:
    """Compare matches (`MATCH_SCHEMA`) with pairs that people have labelled; matches without a label are left out.

    `labels`: record_id, applicant_id, is_match, none null, each pair once; optionally number_error and name_error.
    Shares are those of a sample (see `Share.interval`), and only of what was labelled.
    """
    with _database(scratch) as db:
        _put(db, "matches", matches)
        _put(db, "given", labels)
        has = _columns(db, "given")
        number, name = (
            f"coalesce({column}, '{_UNKNOWN}')" if column in has else f"'{_UNKNOWN}'"
            for column in ("number_error", "name_error")
        )
        db.execute(f"CREATE VIEW label AS SELECT *, {number} AS number, {name} AS name, NULL AS likeness FROM given")
        db.execute("CREATE VIEW true_pair AS SELECT record_id, number, name FROM label WHERE is_match")
        _place(db, "JOIN label t USING (record_id, applicant_id)", "t.is_match", "false")
        return _tally(db, kinds, {})


# Every match beside what is known of its record; place 1 is certain.
_PLACED = """
CREATE TEMP TABLE placed AS
SELECT m.record_id, list_position({grades}, m.grade) AS place, m.weight, t.number, t.likeness,
       {right} AS is_right, {stranger} AS stranger, {exact} AS exact, {agreeing} AS agreeing, {shared} AS shared,
       {numbered} AS numbered, {balanced} AS balanced
FROM matches m {join}
"""
_FOUND = """
CREATE TEMP TABLE found AS
SELECT record_id, min(place) FILTER (is_right) AS best, bool_or(NOT is_right) AS elsewhere, bool_or(place > 1) AS review
FROM placed GROUP BY record_id
"""
_COUNTED = """
count(*) FILTER (best = 1), count(*) FILTER (best = 2), count(*) FILTER (best = 3), count(*) FILTER (best IS NULL),
count(*) FILTER (elsewhere), count(*) FILTER (review)
"""
_PAIRS = f"SELECT number, name, {_COUNTED} FROM true_pair LEFT JOIN found USING (record_id) GROUP BY ALL"
_STRANGERS = f"""
WITH matched AS (
    SELECT record_id, min(place) AS best, true AS elsewhere, bool_or(place > 1) AS review
    FROM placed WHERE stranger GROUP BY record_id
)
SELECT CASE WHEN t.record_id IS NULL THEN $unknown ELSE coalesce(likeness, 'none') END AS kind, {_COUNTED}
FROM (SELECT record_id, likeness FROM truth WHERE applicant_id IS NULL) t FULL JOIN matched USING (record_id)
GROUP BY kind
"""
_ROWS = "count(*) FILTER (is_right), count(*) FILTER (NOT is_right) FROM placed GROUP BY ALL"
_RULES: Final[dict[Rule, str]] = {
    "certain_without_exact_number_and_name": "place = 1 AND NOT (exact AND agreeing AND NOT shared)",
    "accepted_without_number_or_name": "place <= 2 AND NOT exact AND NOT agreeing",
    "name_alone": "NOT numbered",
    "evidence_does_not_add_up": "NOT balanced",
}


@contextmanager
def _database(scratch: Path | None) -> "Iterator[duckdb.DuckDBPyConnection]":
    import tempfile

    import duckdb

    with tempfile.TemporaryDirectory(dir=scratch, prefix="accuracy-") as spill:
        config: dict[str, Any] = {
            "memory_limit": "1500MB",
            "temp_directory": spill,
            "preserve_insertion_order": "false",
        }
        with duckdb.connect(config=config) as db:
            db.execute("SET enable_progress_bar = false")  # DuckDB draws it on standard output
            yield db


def _put(db: "duckdb.DuckDBPyConnection", name: str, rows: Tabular) -> None:
    if isinstance(rows, Path):
        db.read_parquet(str(rows), hive_partitioning=False).create_view(name)
    else:
        db.register(name, rows)


def _columns(db: "duckdb.DuckDBPyConnection", view: str) -> set[str]:
    return set(db.table(view).columns)


def _place(db: "duckdb.DuckDBPyConnection", join: str, right: str, stranger: str) -> None:
    """Make `placed`, and `found` from it: of each matched record its best right match."""
    tests = dict.fromkeys(("exact", "agreeing", "shared", "numbered", "balanced"), "NULL")
    if "evidence" in _columns(db, "matches"):
        codes = "list_transform(m.evidence, lambda e: e.code)"
        tests = {
            "exact": f"list_has_any({codes}, {list(_EXACT)})",
            "agreeing": f"list_has_any({codes}, {list(_AGREEING)})",
            "shared": f"list_contains({codes}, 'number-shared')",
            "numbered": f"len(list_filter({codes}, lambda c: starts_with(c, 'number-') AND c <> 'number-shared')) > 0",
            "balanced": "coalesce(list_sum(list_transform(m.evidence, lambda e: e.weight)), 0) = m.weight",
        }
    db.execute(_PLACED.format(grades=list(GRADES), join=join, right=right, stranger=stranger, **tests))
    db.execute(_FOUND)


def _tally(db: "duckdb.DuckDBPyConnection", kinds: Kinds, strangers: dict[str, Fared]) -> Tally:
    def count(condition: str) -> int:
        row = db.execute(f"SELECT count(*) FROM placed WHERE {condition}").fetchone()
        return int(row[0]) if row else 0

    rules: dict[Rule, int] = {}
    if "evidence" in _columns(db, "matches"):
        rules = {rule: count(condition) for rule, condition in _RULES.items()}
    if _UNKNOWN not in {kind for (kind,) in db.execute("SELECT DISTINCT number FROM true_pair").fetchall()}:
        intact = ", ".join(f"'{kind}'" for kind in sorted(kinds.intact))
        rules["certain_on_a_wrong_number"] = count(f"place = 1 AND is_right AND number NOT IN ({intact})")
    grades = {GRADES[place - 1]: Rows(*rows) for place, *rows in db.execute(f"SELECT place, {_ROWS}").fetchall()}
    weights = db.execute(f"SELECT floor(weight / {STEP}) * {STEP} AS step, {_ROWS}").fetchall()
    queue = db.execute("SELECT count(*) FROM found WHERE review").fetchone()
    return Tally(
        pairs={(number, name): Fared(*counts) for number, name, *counts in db.execute(_PAIRS).fetchall()},
        grades={grade: grades.get(grade, Rows()) for grade in GRADES},
        strangers=strangers,
        weights={weight: Rows(*rows) for weight, *rows in sorted(weights)},
        rules=rules,
        queue=int(queue[0]) if queue else 0,
    )


def _merged(one: Mapping[_Key, _Sum], other: Mapping[_Key, _Sum], nothing: _Sum) -> dict[_Key, _Sum]:
    return {key: one.get(key, nothing) + other.get(key, nothing) for key in [*one, *(k for k in other if k not in one)]}


def _frequent(fared: dict[str, Fared]) -> dict[str, Fared]:
    return dict(sorted(fared.items(), key=lambda entry: (-entry[1].records, entry[0])))
