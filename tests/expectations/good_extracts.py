"""Extracts that break no rule, for every category, made from the catalogue."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from catalogue.categories import Item, categories, record_id
from expectations.rules import BOUNDS

DAY = date(2026, 1, 31)


def good(category: str, rows: int = 40) -> pa.Table:
    """Return `rows` records of a category, each different, none of them bad."""
    known = categories()[category]
    columns: dict[str, list[Any]] = {
        "record_id": [record_id("bank_01", category, row) for row in range(1, rows + 1)],
        "source": ["bank_01"] * rows,
        "category": [category] * rows,
        "row": list(range(1, rows + 1)),
        "as_of": [DAY - timedelta(days=row % 3) for row in range(rows)],
        "resident_id": [f"3201021990{row:08d}" for row in range(rows)],  # most are malformed: that breaks no rule
        "id_key": [None] * rows,
        "name": ["王李张刘陈杨黄赵"[row % 8] + "伟芳娜敏静"[row % 5] + "明华" * (row % 2) for row in range(rows)],
    }
    for item in known.items:
        columns[item.id] = [_value(category, item, row) for row in range(rows)]
    return pa.table({name: pa.array(columns[name], known.schema.field(name).type) for name in known.schema.names})


def spoil(table: pa.Table, column: str, row: int, value: Any) -> pa.Table:
    """Return `table` with one cell replaced; rows count from 1."""
    values = table.column(column).to_pylist()
    values[row - 1] = value
    place = table.column_names.index(column)
    return table.set_column(place, table.schema.field(place), pa.array(values, table.schema.field(place).type))


def _value(category: str, item: Item, row: int) -> Any:
    match item.type:
        case "date":
            return date(2025, 3, 31) if item.id == "period_to" else date(2025, 3, 1) - timedelta(days=row % 20)
        case "code":
            return sorted(item.codes)[row % len(item.codes)]
        case "money" | "decimal":
            return Decimal(BOUNDS[category, item.id][1] // (row + 2)).quantize(Decimal("0.01"))
        case "integer":
            return 1 + row % 4
        case _:
            return f"{item.id}-{row}"
