"""The only module that knows Great Expectations: it turns rules into a suite, has it judged, and reads the outcome.

Great Expectations sees the measures of an extract (`expectations.measures`), in memory. It answers yes or no for each
rule; only for row rules that failed it is asked again, for the positions of the rows and nothing else. No file is
written, nothing is sent, nothing is logged or drawn on the terminal.
"""

import logging
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from catalogue.categories import categories
from catalogue.problems import Stop
from expectations import measures
from expectations.rules import (
    EARLIEST,
    FEWEST_NAMES,
    MOST_BAD_ROWS,
    Dated,
    Filled,
    InOrder,
    NamesShare,
    NotRepeated,
    OneOf,
    RowsNumbered,
    Rule,
    Within,
    compared,
    rules_of,
)
from expectations.verdict import QUARANTINED_SCHEMA, Verdict

_ANSWER_ONLY: Final = {"result_format": "BOOLEAN_ONLY"}
_POSITIONS_ONLY: Final = {
    "result_format": "COMPLETE",
    "exclude_unexpected_values": True,
    "include_unexpected_rows": False,
    "return_unexpected_index_query": False,
    "partial_unexpected_count": 0,
}
_EXTRACT_RULES: Final = (RowsNumbered, NamesShare)
# Measures that are no column of the extract; brackets keep them apart from items.
_REPEATS: Final = "(repeats)"
_LOOKS: Final = {"han": "(han)", "surname": "(surname)"}

_turn = threading.Lock()  # Great Expectations keeps its context in module globals


@dataclass
class _Outcome:
    """Rules by number: which failed, on which positions, and which could not be evaluated."""

    failed: set[int] = field(default_factory=set)
    not_evaluated: set[int] = field(default_factory=set)
    positions: dict[int, npt.NDArray[np.int64]] = field(default_factory=dict)


def validate(table: pa.Table, category: str, business_date: date, *, decoded_rejects: int = 0) -> Verdict:
    """Judge the canonical records of one extract by the rules of their category.

    `decoded_rejects`: rows of the same delivery that could not even be decoded; they count as bad rows.
    Raises KeyError for an unknown category, `Stop` (`expectations-failed`) where Great Expectations itself fails.
    May be called from several threads, which then take turns. The first call imports Great Expectations: seconds.
    """
    rules = rules_of(category)
    if not table.num_rows:
        return Verdict(
            table, QUARANTINED_SCHEMA.empty_table(), ("too-many-bad-rows" if decoded_rejects else "no-rows",)
        )
    figures = _figures(table, category)
    fault = ""
    try:
        with _turn, _quietly():
            outcome = _judged(figures, category, business_date)
    except Exception as error:  # noqa: BLE001  its text may quote the data
        fault = type(error).__name__
    if fault:
        raise Stop("expectations-failed", category=category, kind=fault)
    return _verdict(table, rules, outcome, decoded_rejects)


def _verdict(table: pa.Table, rules: Sequence[Rule], outcome: _Outcome, decoded_rejects: int) -> Verdict:
    refused = [rules[number].reason for number in sorted(outcome.failed) if isinstance(rules[number], _EXTRACT_RULES)]
    first = np.full(table.num_rows, -1)
    for number in sorted(outcome.positions, reverse=True):
        first[outcome.positions[number]] = number  # where a row breaks several rules, the first counts
    bad = np.flatnonzero(first >= 0)
    if len(bad) + decoded_rejects > MOST_BAD_ROWS * (table.num_rows + decoded_rejects):
        refused.append("too-many-bad-rows")
    if outcome.not_evaluated:
        refused.append("not-evaluated")
    return Verdict(
        accepted=table.slice(0, 0) if refused else table.filter(pa.array(first < 0)),
        quarantined=_quarantined(table, bad, [rules[number] for number in first[bad]]),
        refused=tuple(dict.fromkeys(refused)),
        not_evaluated=tuple(f"{rules[number].reason}:{rules[number].item}" for number in sorted(outcome.not_evaluated)),
    )


def _quarantined(table: pa.Table, bad: npt.NDArray[np.int64], broken: Sequence[Rule]) -> pa.Table:
    if "row" not in table.column_names:
        return QUARANTINED_SCHEMA.empty_table()  # the extract is refused: rows without numbers cannot be set aside
    columns = {
        "row": table.column("row").take(pa.array(bad, pa.int64())),
        "reason": [rule.reason for rule in broken],
        "item": [rule.item for rule in broken],
    }
    return pa.table(columns, schema=QUARANTINED_SCHEMA).sort_by("row")


def _figures(table: pa.Table, category: str) -> dict[str, Any]:
    """Measure what the rules judge. A column missing or of another type is left out: its rules cannot be evaluated."""
    figures: dict[str, Any] = {}
    present = {name for name, _type in _columns(categories()[category].schema) & _columns(table.schema)}
    same = compared(category)
    for rule in rules_of(category):
        for column in {rule.item, rule.until} if isinstance(rule, InOrder) else {rule.item}:
            if column in present and (column not in figures or isinstance(rule, OneOf)):
                figures[column] = measures.of_column(table.column(column), code=isinstance(rule, OneOf))
        if isinstance(rule, NotRepeated) and present.issuperset(same):
            figures[_REPEATS] = measures.repeats(table, same)
        if isinstance(rule, NamesShare) and rule.item in present:
            figures[_LOOKS[rule.look]] = _look(table, rule)
    return figures


def _columns(schema: pa.Schema) -> set[tuple[str, str]]:
    return {(column.name, str(column.type)) for column in schema}


def _look(table: pa.Table, rule: NamesShare) -> measures.Figures:
    looks = measures.look(table.column(rule.item), rule.look)
    told = np.count_nonzero(~np.isnan(looks))
    return looks if told >= FEWEST_NAMES else np.ones_like(looks)  # too few to tell: nothing to object to


def _judged(figures: dict[str, Any], category: str, business_date: date) -> _Outcome:
    import pandas as pd

    frame = pd.DataFrame({name: _series(column) for name, column in figures.items()})
    batch = _door().get_batch(batch_parameters={"dataframe": frame})
    rules, outcome = rules_of(category), _Outcome()
    expectations = _expectations(category, business_date)
    for number, result in _asked(batch, expectations, _ANSWER_ONLY):
        if _raised(result):
            outcome.not_evaluated.add(number)
        elif not result.success:
            outcome.failed.add(number)
    again = [n for n in sorted(outcome.failed) if not isinstance(rules[n], _EXTRACT_RULES)]
    if again:
        for number, result in _asked(batch, [expectations[n] for n in again], _POSITIONS_ONLY):
            positions = result.result["unexpected_index_list"]
            outcome.positions[number] = np.array(positions, dtype=np.int64)
    return outcome


def _series(column: Any) -> Any:
    return column.to_pandas() if isinstance(column, pa.DictionaryArray) else column


def _asked(batch: Any, expectations: Sequence[Any], result_format: Any) -> Iterator[tuple[int, Any]]:
    import great_expectations as gx

    suite = gx.ExpectationSuite(name="extract", expectations=list(expectations))
    for result in batch.validate(suite, result_format=result_format).results:
        yield result.expectation_config.meta["rule"], result


def _raised(result: Any) -> bool:
    # One report, or one for each metric that was tried.
    told = result.exception_info or {}
    reports = [told] if "raised_exception" in told else [part for part in told.values() if isinstance(part, dict)]
    return any(report.get("raised_exception") for report in reports)


@lru_cache(maxsize=64)  # building expectations costs more than a small extract's validation
def _expectations(category: str, business_date: date) -> list[Any]:
    return [_expectation(rule, business_date, {"rule": number}) for number, rule in enumerate(rules_of(category))]


def _expectation(rule: Rule, business_date: date, meta: dict[str, Any]) -> Any:
    kind, arguments = _put(rule, business_date)
    gxe = import_module("great_expectations.expectations")
    return getattr(gxe, kind)(meta=meta, **arguments)


def _put(rule: Rule, business_date: date) -> tuple[str, dict[str, Any]]:
    """Put a rule in Great Expectations' words: the kind of expectation, and its arguments."""
    put: tuple[str, dict[str, Any]]
    match rule:
        case Filled():
            put = "ExpectColumnValuesToNotBeNull", {"column": rule.item}
        case Within():
            put = "ExpectColumnValuesToBeBetween", {"column": rule.item, "min_value": rule.low, "max_value": rule.high}
        case Dated():
            low, high = measures.day(EARLIEST), measures.day(business_date + timedelta(days=rule.days_ahead))
            put = "ExpectColumnValuesToBeBetween", {"column": rule.item, "min_value": low, "max_value": high}
        case OneOf():
            put = "ExpectColumnValuesToBeInSet", {"column": rule.item, "value_set": list(rule.codes)}
        case InOrder():
            pair = {"column_A": rule.until, "column_B": rule.item, "ignore_row_if": "either_value_is_missing"}
            put = "ExpectColumnPairValuesAToBeGreaterThanB", {**pair, "or_equal": True}
        case NotRepeated():
            put = "ExpectColumnValuesToBeBetween", {"column": _REPEATS, "max_value": 0}
        case RowsNumbered():
            put = "ExpectColumnValuesToBeUnique", {"column": rule.item}
        case NamesShare():
            put = "ExpectColumnMeanToBeBetween", {"column": _LOOKS[rule.look], "min_value": rule.at_least}
    return put


@cache
def _door() -> Any:
    """Open Great Expectations in memory, once: no project folder, no analytics, no progress bars."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    variables: Any = context.variables  # its type allows only what the file-based contexts read
    variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("extracts").add_dataframe_asset("extract")
    return asset.add_batch_definition_whole_dataframe("whole")


@contextmanager
def _quietly() -> Iterator[None]:
    # Its log lines and warnings quote what it was working on.
    logger = logging.getLogger("great_expectations")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
