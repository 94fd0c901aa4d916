"""The rules cover the catalogue, and knowing them costs no Great Expectations."""

import subprocess
import sys

import pytest

from catalogue.categories import categories
from catalogue.text import LANGUAGES, keys, text
from expectations.rules import AHEAD, BOUNDS, Dated, Filled, NotRepeated, OneOf, Reason, Within, compared, rules_of


@pytest.mark.parametrize("category", categories())
def test_every_item_that_can_be_judged_is(category: str) -> None:
    rules = rules_of(category)
    known = categories()[category]
    for item in known.items:
        mine = [rule for rule in rules if rule.item == item.id]
        kinds = {type(rule) for rule in mine}
        if item.id in known.key:
            assert Filled in kinds
        if item.type == "date":
            assert Dated in kinds
        if item.type in ("money", "decimal", "integer"):
            assert Within in kinds
        if item.type == "code":
            assert OneOf in kinds
    assert isinstance(rules[-1], NotRepeated)
    assert {"row", "record_id", "source", "category", "id_key"}.isdisjoint(compared(category))


def test_no_bound_is_for_an_item_that_does_not_exist() -> None:
    items = {(category.id, item.id) for category in categories().values() for item in category.items}
    assert items.issuperset(BOUNDS)
    assert items.issuperset(AHEAD)


def test_every_reason_has_words_in_both_languages() -> None:
    for language in LANGUAGES:
        for reason in Reason.__args__:  # type: ignore[attr-defined]
            assert text(f"reason-{reason}", language)
        assert {f"problem-expectations-failed{end}" for end in ("", "-hint")} <= keys(language)


def test_knowing_the_rules_loads_neither_great_expectations_nor_pandas() -> None:
    script = (
        "import sys, expectations.rules, expectations.verdict, expectations.measures, expectations.suite\n"
        "heavy = {'great_expectations', 'pandas', 'airflow', 'hedui', 'matching', 'connectors'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
