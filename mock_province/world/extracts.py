"""From a holding to what one source delivers: rows in their final order, with errors, and the truth beside them."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalogue.categories import MONEY, Category, categories
from mock_province.world.columns import Bytes, dates, join, money
from mock_province.world.holdings import Holding
from mock_province.world.name_errors import NAME_ERRORS, write_names
from mock_province.world.number_errors import NUMBER_ERRORS, write_numbers
from mock_province.world.people import People
from mock_province.world.rates import DEFECTS, Rates, is_gbk, rates
from mock_province.world.streams import Ints, Mask, stream

ROW_ERRORS = ("none", "duplicate", *DEFECTS, "wrong_unit")
_DUPLICATE, _WRONG_UNIT = ROW_ERRORS.index("duplicate"), ROW_ERRORS.index("wrong_unit")
_SMALL = 2_000_000  # fen: a hundred times this is still a plausible amount

TRUTH = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("person_id", pa.int64(), nullable=False),
        pa.field("member_ref", pa.string()),  # null: the person is not an applicant
        pa.field("authorised", pa.bool_(), nullable=False),
        pa.field("number_error", pa.string(), nullable=False),
        pa.field("name_error", pa.string(), nullable=False),
        pa.field("row_error", pa.string(), nullable=False),
        pa.field("amount", MONEY),  # the true value of the category's amount; null where it has none
    ]
)


@dataclass(frozen=True)
class Registry:
    """What every extract needs to know of the people: their numbers, names and references, computed once."""

    people: People
    ids: Bytes
    names: pa.StringArray
    dotted: Mask
    rare: Mask
    refs: pa.StringArray
    authorised: Mask
    seed: int
    day: date
    categories: dict[str, Category] = field(default_factory=categories)


def extract(registry: Registry, source: str, category: str, holding: Holding) -> tuple[pa.Table, pa.Table]:
    """Return the records of one extract as the source writes them, and their truth, row by row."""
    kind = registry.categories[category]
    rate = rates(source)
    size = len(holding)
    holding = holding.take(stream(registry.seed, source, category, "order").permutation(size))
    number, number_error = write_numbers(
        stream(registry.seed, source, category, "numbers"), registry.ids[holding.owner], rate.number
    )
    owner = pa.array(holding.owner)
    name, name_error = write_names(
        stream(registry.seed, source, category, "names"),
        registry.names.take(owner),
        registry.dotted[holding.owner],
        registry.rare[holding.owner],
        rate.name,
        gbk=is_gbk(source),
    )
    row_error, order = _row_errors(registry, source, kind, holding, rate)
    records = _records(kind, holding, number, name, row_error)
    truth = _truth(registry, source, kind, holding, (number_error, name_error, row_error))
    return _delivered(records, order, source, category), _delivered(truth, order, source, category)


def _row_errors(registry: Registry, source: str, kind: Category, holding: Holding, rate: Rates) -> tuple[Ints, Ints]:
    """Choose the bad rows; return each row's index into ROW_ERRORS, and the order of delivery (repeats twice)."""
    rng = stream(registry.seed, source, kind.id, "rows")
    size = len(holding)
    types = {item.type for item in kind.items}
    possible = {
        "bad_date": "date" in types,
        "bad_amount": "money" in types,
        "unknown_code": any(item.codes for item in kind.items),
        "wrong_unit": kind.amount is not None,
    }
    errors = np.zeros(size, dtype=np.int64)
    free = rng.permutation(size)
    left = int(size * rate.bad_rows) if size >= rate.smallest_extract else 0
    order = np.arange(size)
    small = (holding.worth > 0) & (holding.worth < _SMALL)
    for code, name in enumerate(ROW_ERRORS[1:], start=1):
        able = free[small[free]] if code == _WRONG_UNIT else free
        # The exact share, rounded up or down by chance: a small extract is not all bad by bad luck.
        wanted = int(len(able) * rate.row[name] + rng.random())
        if not possible.get(name, True):
            continue
        rows = able[: min(wanted, left)]
        free = free[~np.isin(free, rows)]
        left -= len(rows)
        if code == _DUPLICATE:
            later = rng.integers(rows, size)
            order = np.concatenate([order, rows])[np.argsort(np.concatenate([order, later]), kind="stable")]
        else:
            errors[rows] = code
    return errors, order


def _records(
    kind: Category, holding: Holding, number: pa.StringArray, name: pa.StringArray, row_error: Ints
) -> dict[str, pa.Array]:
    codes = pa.array(["", *DEFECTS])
    defect = np.where(row_error == _WRONG_UNIT, 0, np.maximum(row_error - _DUPLICATE, 0))
    missing = pa.array(row_error == ROW_ERRORS.index("missing_id"))
    items = dict(holding.items)
    if kind.amount and (row_error == _WRONG_UNIT).any():
        wrong = holding.worth * np.where(row_error == _WRONG_UNIT, 100, 1)
        items[kind.amount] = money(wrong)
    return {
        "as_of": dates(holding.as_of),
        "resident_id": pc.if_else(missing, None, number),
        "name": name,
        **{item.id: items[item.id].cast(item.arrow_type) for item in kind.items},
        "defect": pc.if_else(pa.array(defect > 0), codes.take(pa.array(defect)), None),
    }


def _truth(
    registry: Registry, source: str, kind: Category, holding: Holding, errors: tuple[Ints, Ints, Ints]
) -> dict[str, pa.Array]:
    size = len(holding)
    number_error, name_error, row_error = errors
    worth = money(holding.worth) if kind.amount else pa.nulls(size, MONEY)
    return {
        "source": pa.repeat(source, size),
        "category": pa.repeat(kind.id, size),
        "person_id": pa.array(holding.owner + 1),
        "member_ref": registry.refs.take(pa.array(holding.owner)),
        "authorised": pa.array(registry.authorised[holding.owner]),
        "number_error": pa.array(NUMBER_ERRORS).take(pa.array(number_error)),
        "name_error": pa.array(NAME_ERRORS).take(pa.array(name_error)),
        "row_error": pa.array(ROW_ERRORS).take(pa.array(row_error)),
        "amount": worth,
    }


def _delivered(columns: dict[str, pa.Array], order: Ints, source: str, category: str) -> pa.Table:
    """Put rows in the order of delivery and number them; the second of two equal rows is the duplicate."""
    size = len(order)
    table = pa.table(columns).take(pa.array(order)).combine_chunks()
    row = pa.array(np.arange(1, size + 1))
    if "row_error" not in columns:
        return table.add_column(0, "row", row)
    again = np.ones(size, dtype=bool)
    again[np.unique(order, return_index=True)[1]] = False
    marked = pc.if_else(pa.array(again), "duplicate", table["row_error"])
    table = table.set_column(table.schema.get_field_index("row_error"), "row_error", marked)
    number = row.cast(pa.string())
    named = table.append_column("row", row).append_column("record_id", join(f"{source}:{category}:", number))
    return named.select(TRUTH.names).cast(TRUTH)
