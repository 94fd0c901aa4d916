"""Every rule fails on a table that is bad in exactly its way; nothing personal leaves; outcomes are told apart."""

import logging
import os
import runpy
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from catalogue.categories import categories
from catalogue.problems import Stop
from expectations import suite
from expectations.rules import (
    EARLIEST,
    Dated,
    Filled,
    InOrder,
    NamesShare,
    NotRepeated,
    RowsNumbered,
    Rule,
    Within,
    rules_of,
)
from expectations.suite import validate
from expectations.verdict import QUARANTINED_SCHEMA, Verdict

_EXTRACTS = Path(__file__).with_name("good_extracts.py")
DAY, good, spoil = (runpy.run_path(str(_EXTRACTS))[name] for name in ("DAY", "good", "spoil"))
SECRET_NUMBER, SECRET_NAME, SECRET_AMOUNT = "32010219900101777X", "慕容雪莉", Decimal("77312345678901.23")


def told(verdict: Verdict) -> list[tuple[int, str, str]]:
    return [(row["row"], row["reason"], row["item"]) for row in verdict.quarantined.to_pylist()]


@pytest.mark.parametrize("category", categories())
def test_good_records_pass_untouched(category: str) -> None:
    table = good(category)
    verdict = validate(table, category, DAY)
    assert (verdict.refused, verdict.not_evaluated, told(verdict)) == ((), (), [])
    assert verdict.accepted.equals(table)


def broken(table: pa.Table, rule: Rule, row: int) -> pa.Table:
    """Return `table` bad in the way of one row rule, and in no other."""
    if isinstance(rule, NotRepeated):
        for column in table.column_names:
            if column not in ("record_id", "row"):
                table = spoil(table, column, row, table.column(column)[row - 6].as_py())
        return table
    if isinstance(rule, InOrder):
        return spoil(table, rule.until, row, date(2024, 12, 31))
    kind = table.schema.field(rule.item).type
    value: object = "no such code"
    if isinstance(rule, Filled):
        value = "\u3000 " if pa.types.is_string(kind) else None
    elif isinstance(rule, Dated):
        value = DAY + timedelta(days=rule.days_ahead + 1)
    elif isinstance(rule, Within):
        above = Decimal(str(rule.high)) + 1
        value = int(above) if pa.types.is_integer(kind) else above
    return spoil(table, rule.item, row, value)


ROW_RULES = [
    pytest.param(category, rule, id=f"{category}-{type(rule).__name__}-{rule.item}")
    for category in ("deposit", "personal_income_tax", "disability")
    for rule in rules_of(category)
    if not isinstance(rule, RowsNumbered | NamesShare)
]


@pytest.mark.parametrize(("category", "rule"), ROW_RULES)
def test_a_bad_row_breaks_exactly_its_rule(category: str, rule: Rule) -> None:
    table = broken(good(category), rule, 17)
    verdict = validate(table, category, DAY)
    assert told(verdict) == [(17, rule.reason, rule.item)]
    assert (verdict.refused, verdict.not_evaluated) == ((), ())
    assert verdict.accepted.column("row").to_pylist() == [row for row in range(1, 41) if row != 17]


@pytest.mark.parametrize("category", ["pension", "personal_income_tax"])
def test_a_period_that_has_not_ended_is_no_fault(category: str) -> None:
    table = good(category)
    for row, ahead in ((1, 1), (2, 366)):
        end = DAY + timedelta(days=ahead)
        table = spoil(spoil(table, "period_to", row, end), "as_of", row, end)
    assert told(validate(table, category, DAY)) == []
    table = spoil(table, "as_of", 3, DAY + timedelta(days=367))
    assert told(validate(table, category, DAY)) == [(3, "implausible-date", "as_of")]


def test_records_without_a_period_are_not_as_of_a_day_ahead() -> None:
    for category in ("deposit", "social_insurance"):
        table = spoil(good(category), "as_of", 3, DAY + timedelta(days=1))
        assert told(validate(table, category, DAY)) == [(3, "implausible-date", "as_of")]


def test_bounds_are_included() -> None:
    table = good("deposit")
    table = spoil(spoil(table, "balance", 1, Decimal("0.00")), "balance", 2, Decimal("10000000000.00"))
    table = spoil(spoil(table, "opened_on", 1, EARLIEST), "opened_on", 2, DAY)
    assert told(validate(table, "deposit", DAY)) == []
    table = spoil(spoil(table, "balance", 1, Decimal("-0.01")), "opened_on", 2, EARLIEST - timedelta(days=1))
    assert told(validate(table, "deposit", DAY)) == [
        (1, "implausible-amount", "balance"),
        (2, "implausible-date", "opened_on"),
    ]


def test_missing_optional_cells_are_no_fault() -> None:
    table = good("deposit")
    for column in ("kind", "opened_on"):
        place = table.column_names.index(column)
        table = table.set_column(place, table.schema.field(place), pa.nulls(40, table.schema.field(place).type))
    verdict = validate(table, "deposit", DAY)
    assert (told(verdict), verdict.refused, verdict.not_evaluated) == ([], (), ())


def test_a_row_that_breaks_several_rules_is_set_aside_once_for_the_first() -> None:
    table = spoil(spoil(good("deposit"), "name", 9, None), "balance", 9, Decimal(-1))
    assert told(validate(table, "deposit", DAY)) == [(9, "missing-name", "name")]


def test_of_equal_rows_the_first_stays() -> None:
    table = good("deposit")
    again = table.slice(4, 1)
    copies = pa.concat_tables([table, again, again])
    copies = copies.set_column(3, table.schema.field("row"), pa.array(range(1, 43), pa.int64()))
    verdict = validate(copies, "deposit", DAY)
    assert told(verdict) == [(41, "duplicate-row", "*"), (42, "duplicate-row", "*")]
    assert verdict.accepted.equals(table)


def test_one_account_of_two_people_is_no_repetition() -> None:
    table = good("deposit")
    table = spoil(table, "account", 2, table.column("account")[0].as_py())
    assert told(validate(table, "deposit", DAY)) == []


@pytest.mark.parametrize(
    ("bad", "rejects", "refuses"),
    [(4, 0, False), (5, 0, True), (0, 4, False), (0, 5, True), (2, 2, False), (3, 2, True), (12, 0, True)],
)
def test_more_than_one_bad_row_in_ten_refuses(bad: int, rejects: int, refuses: bool) -> None:  # noqa: FBT001
    table = good("deposit")
    for row in range(1, bad + 1):
        table = spoil(table, "balance", row, None)
    verdict = validate(table, "deposit", DAY, decoded_rejects=rejects)
    assert verdict.refused == (("too-many-bad-rows",) if refuses else ())
    assert verdict.quarantined.num_rows == bad, "rows of a refused extract are set aside with their reasons, too"
    assert verdict.accepted.num_rows == (0 if refuses else 40 - bad)


def test_an_empty_extract_is_refused() -> None:
    empty = good("deposit").slice(0, 0)
    assert validate(empty, "deposit", DAY).refused == ("no-rows",)
    assert validate(empty, "deposit", DAY, decoded_rejects=7).refused == ("too-many-bad-rows",)
    assert validate(empty, "deposit", DAY).quarantined.schema.equals(QUARANTINED_SCHEMA)


def renamed(table: pa.Table, change) -> pa.Table:
    names = [change(name) for name in table.column("name").to_pylist()]
    return table.set_column(table.column_names.index("name"), "name", pa.array(names))


def test_names_in_a_wrong_encoding_refuse() -> None:
    table = good("deposit")
    latin = renamed(table, lambda name: name.encode("gbk").decode("latin-1"))
    assert validate(latin, "deposit", DAY).refused == ("names-not-chinese", "names-garbled")
    mojibake = renamed(table, lambda name: name.encode("utf-8").decode("gb18030", errors="replace"))
    assert validate(mojibake, "deposit", DAY).refused == ("names-garbled",)


def test_a_few_foreign_names_are_no_wrong_encoding() -> None:
    few = renamed(good("vessel", rows=6), lambda _: "WEI ZHANG")
    assert validate(few, "vessel", DAY).refused == ()
    table = good("deposit")
    some = table.set_column(7, "name", pa.array(["WEI ZHANG"] * 15 + table.column("name").to_pylist()[15:]))
    assert validate(some, "deposit", DAY).refused == ()


def test_repeated_row_numbers_refuse() -> None:
    verdict = validate(spoil(good("deposit"), "row", 2, 1), "deposit", DAY)
    assert verdict.refused == ("repeated-row-numbers",)


@pytest.mark.parametrize(
    ("column", "rules"),
    [
        ("balance", ("missing-value:balance", "implausible-amount:balance", "duplicate-row:*")),
        ("name", ("names-not-chinese:name", "names-garbled:name", "missing-name:name", "duplicate-row:*")),
        ("row", ("repeated-row-numbers:row",)),
    ],
)
def test_a_missing_column_could_not_be_evaluated(column: str, rules: tuple[str, ...]) -> None:
    verdict = validate(good("deposit").drop_columns([column]), "deposit", DAY)
    assert verdict.not_evaluated == rules
    assert verdict.refused == ("not-evaluated",)
    assert verdict.accepted.num_rows == 0


def test_a_column_of_another_type_could_not_be_evaluated() -> None:
    table = good("deposit")
    place = table.column_names.index("opened_on")
    texts = table.set_column(place, "opened_on", table.column("opened_on").cast(pa.string()))
    verdict = validate(texts, "deposit", DAY)
    assert verdict.not_evaluated == ("implausible-date:opened_on", "duplicate-row:*")
    assert verdict.refused == ("not-evaluated",)


def planted() -> pa.Table:
    table = good("deposit", rows=60)
    for row in range(3, 20):
        table = spoil(table, "resident_id", row, SECRET_NUMBER)
        table = spoil(table, "name", row, SECRET_NAME)
        table = spoil(table, "account", row, SECRET_NUMBER)
        table = spoil(table, "balance", row, SECRET_AMOUNT)
        table = spoil(table, "kind", row, SECRET_NAME)
        table = spoil(table, "opened_on", row, date(2099, 12, 31))
    return table


def secrets(said: str) -> list[str]:
    plain = said.replace(",", "").replace("_", "")
    return [s for s in (SECRET_NUMBER, SECRET_NAME, "77312345678901", "7.7312345678901", "2099-12-31") if s in plain]


def test_nothing_personal_is_told_logged_or_printed(caplog, capfd) -> None:
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        verdict = validate(planted(), "deposit", DAY)
        missing = validate(planted().drop_columns(["balance", "row"]), "deposit", DAY)
    assert verdict.quarantined.num_rows == 17
    assert secrets(repr(verdict.quarantined.to_pylist())) == []
    assert secrets(repr((verdict.refused, verdict.not_evaluated, missing.refused, missing.not_evaluated))) == []
    assert verdict.accepted.num_rows == 0
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
    assert not [line for line in caplog.records if line.name.startswith("great_expectations")]
    assert secrets(caplog.text + "".join(str(warning.message) for warning in warned)) == []


def test_great_expectations_is_never_shown_a_text_of_the_records(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    judged = suite._judged

    def spy(figures, category, business_date):
        seen.append(figures)
        return judged(figures, category, business_date)

    monkeypatch.setattr(suite, "_judged", spy)
    validate(good("deposit"), "deposit", DAY)
    for name, column in seen[0].items():
        assert name == "kind" or column.dtype == "float64", name


def test_a_failure_within_is_told_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_):
        raise ValueError(SECRET_NUMBER)

    monkeypatch.setattr(suite, "_judged", breaks)
    with pytest.raises(Stop) as problem:
        validate(good("deposit"), "deposit", DAY)
    assert problem.value.where == {"category": "deposit", "kind": "ValueError"}
    chain = problem.value
    assert chain.__cause__ is None
    assert chain.__context__ is None


def test_threads_take_turns_and_agree() -> None:
    tables = {category: spoil(good(category), "name", 5, None) for category in categories()}
    with ThreadPoolExecutor(6) as pool:
        verdicts = list(pool.map(lambda entry: validate(entry[1], entry[0], DAY), list(tables.items()) * 3))
    assert {tuple(told(verdict)) for verdict in verdicts} == {((5, "missing-name", "name"),)}


def test_writes_no_file_and_reaches_for_no_network(tmp_path: Path) -> None:
    script = (
        "import socket, sys\n"
        f"sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(Path(suite.__file__).parents[1])!r}]\n"
        "tried = []\n"
        "socket.socket.connect = lambda self, address: tried.append(address)\n"
        "socket.getaddrinfo = lambda *a, **k: tried.append(a) or []\n"
        "from good_extracts import DAY, good, spoil\n"
        "from expectations.suite import validate\n"
        "validate(spoil(good('deposit'), 'name', 1, None), 'deposit', DAY)\n"
        "print('tried', tried)\n"
    )
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path, env=environment
    )
    assert (done.stdout.strip(), done.stderr) == ("tried []", "")
    assert list(tmp_path.rglob("*")) == []
