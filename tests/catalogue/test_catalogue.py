"""The vocabulary is whole: every category can be read, keyed and counted."""

import pyarrow as pa
import pytest

from catalogue.categories import ENVELOPE, MONEY, Category, categories, record_id
from catalogue.regions import lineage, regions


@pytest.mark.parametrize("category", categories().values(), ids=list(categories()))
def test_each_category_stands(category: Category) -> None:
    assert category.schema.names[: len(ENVELOPE)] == ENVELOPE.names
    assert len(set(category.schema.names)) == len(category.schema.names)
    assert category.key
    for item in category.items:
        assert (item.type == "code") == bool(item.codes)
        assert (item.type == "money") == (item.unit == "yuan")
        assert item.label.zh != item.label.en


def test_whatever_is_summed_is_money() -> None:
    for category in categories().values():
        assert (category.amount is not None) == (category.counts in {"financial_asset", "income"})
        if category.amount:
            assert category.item(category.amount).arrow_type == MONEY


def test_money_holds_the_fen_exactly() -> None:
    assert pa.types.is_decimal(MONEY)
    assert MONEY.scale == 2


def test_a_category_that_names_unknown_items_is_refused() -> None:
    with pytest.raises(ValueError, match="balance"):
        Category.model_validate(
            {
                "id": "x",
                "class": "property",
                "label": {"zh": "甲", "en": "a"},
                "counts": "status",
                "key": ["balance"],
                "items": [],
            }
        )


def test_jiangsu_has_13_cities_and_95_counties_each_in_its_city() -> None:
    assert (len(regions().cities), len(regions().counties)) == (13, 95)
    for county in regions().counties:
        assert lineage(county)[1] in regions().cities
        assert lineage(county)[2] == regions().province.code


def test_a_record_is_named_for_its_line() -> None:
    assert record_id("bank_01", "deposit", 7) == "bank_01:deposit:7"
