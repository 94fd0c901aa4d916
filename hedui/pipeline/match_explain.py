"""Why a record is held to be an applicant's: the rows of a file of matches, and the rule behind each grade."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from catalogue.problems import Stop
from hedui.pipeline.match_input import open_parquet
from matching.explain import Waterfall, of_evidence
from matching.match import MATCH_SCHEMA
from matching.scoring import AGREEING, EXACT, GRADES, SHARED, Grade, Model

Rule = Literal[
    "certain",  # nothing stands in the way
    "tied",
    "name-close",
    "name-missing",
    "name-different",
    "number",  # not an exact valid number
    "number-and-name",
]


@dataclass(frozen=True)
class Explained:
    """One match: its evidence, and which rule says how high its grade may be."""

    record_id: str
    applicant_id: str
    grade: Grade
    weight: float
    waterfall: Waterfall  # of the evidence

    @property
    def rule(self) -> Rule:
        """The rule that no weight can lift."""
        return self._highest[1]

    @property
    def below(self) -> Grade | None:
        """The better grade that the rule allows and the weight does not reach, if so."""
        allowed = self._highest[0]
        return allowed if GRADES.index(allowed) < GRADES.index(self.grade) else None

    @property
    def _highest(self) -> tuple[Grade, Rule]:
        return highest([bar.code for bar in self.waterfall.bars])


def explain(matches: Path, record_id: str, applicant_id: str | None = None, *, model: Model) -> list[Explained]:
    """Return the matches of one record, best first; several where applicants are tied. `model` is what judged them.

    Raises `Stop` where `matches` is not a file that `hedui match` wrote, or holds no such match.
    """
    found = [
        Explained(
            row["record_id"],
            row["applicant_id"],
            row["grade"],
            row["weight"],
            of_evidence(((part["code"], part["weight"]) for part in row["evidence"]), model),
        )
        for row in _rows(matches, record_id)
        if applicant_id in (None, row["applicant_id"])
    ]
    if not found:
        raise Stop("match-none-of-record", path=str(matches))
    return sorted(found, key=lambda one: (GRADES.index(one.grade), -one.weight, one.applicant_id))


def highest(codes: Sequence[str]) -> tuple[Grade, Rule]:
    """Return the best grade that evidence may have whatever its weight, and the rule that says so.

    The rules are `matching.scoring`'s, which applies them; here they get names.
    """
    levels = dict(code.split("-", 1) for code in codes if code != SHARED and "-" in code)
    name = levels.get("name", "missing")
    if levels.get("number") not in EXACT:
        return ("probable", "number") if name in AGREEING else ("possible", "number-and-name")
    if name == "different":
        return "possible", "name-different"
    if SHARED in codes:
        return "probable", "tied"
    if name in AGREEING:
        return "certain", "certain"
    return "probable", "name-missing" if name == "missing" else "name-close"


def _rows(matches: Path, record_id: str) -> list[dict[str, Any]]:
    schema = open_parquet(matches).schema_arrow
    if set(MATCH_SCHEMA.names) <= set(schema.names):
        try:
            # Matches are sorted by record, so that this reads one row group or two.
            table = pq.read_table(
                matches, columns=MATCH_SCHEMA.names, filters=[("record_id", "=", record_id)], partitioning=None
            ).cast(MATCH_SCHEMA)
            table.validate(full=True)
            rows: list[dict[str, Any]] = table.to_pylist()
        except (pa.ArrowException, OSError):
            rows = [{}]
        if all(_makes_sense(row) for row in rows):
            return rows
    raise Stop("match-not-matches", path=str(matches))


def _makes_sense(row: dict[str, Any]) -> bool:
    return row.get("grade") in GRADES and all(part and None not in part.values() for part in row["evidence"])
