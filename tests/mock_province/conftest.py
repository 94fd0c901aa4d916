"""Records in the world's shape, full of what makes deliveries awkward, for the tests of sources and servers."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalogue.categories import Item, categories

ROWS = 43
DAY = dt.date(2026, 6, 30)
IDS = [
    "11010519491231002X",
    "44052418800101001x",
    "３２０１０２１９９００１０１１２３４",
    " 320102 199001011234 ",
    "320102199001011234\t",
    "'320102199001011234",
    "320102900101123",
    "320102********1234",
    "3.20102E+17",
]
NAMES = ["张伟", "欧阳 修", "阿卜杜拉·买买提", "  李娜", "王\u3000芳", "WEI ZHANG", "赵?", "尤努斯．艾山"]
RARE = ["䶮", "𠮷田", "张\ue863", "买买提•艾山"]  # beyond GBK


@pytest.fixture
def write_records() -> Callable[..., pa.Table]:
    """Give a test the function that writes them."""
    return records


def records(path: Path, category: str, *, gbk: bool, defects: bool = False, rows: int = ROWS) -> pa.Table:
    """Write and return records of one category; every fifth row is bad where `defects`."""
    names = NAMES if gbk else NAMES + RARE
    columns: dict[str, pa.Array] = {
        "row": pa.array(range(1, rows + 1), pa.int64()),
        "as_of": pa.array([DAY - dt.timedelta(days=i % 3) for i in range(rows)], pa.date32()),
        "resident_id": pa.array([IDS[i % len(IDS)] for i in range(rows)]),
        "name": pa.array([names[i % len(names)] for i in range(rows)]),
    }
    items = categories()[category].items
    for place, item in enumerate(items):
        columns[item.id] = pa.array([_value(item, i + place) for i in range(rows)], item.arrow_type)
    kinds = ["missing_id"]
    kinds += ["bad_date"] * any(item.type == "date" for item in items)
    kinds += ["bad_amount"] * any(item.type == "money" for item in items)
    kinds += ["unknown_code"] * any(bool(item.codes) for item in items)
    planted = [kinds[i // 5 % len(kinds)] if defects and i % 5 == 0 else None for i in range(rows)]
    columns["resident_id"] = pa.array(
        [None if d == "missing_id" else v for v, d in zip(columns["resident_id"].to_pylist(), planted, strict=True)],
        pa.string(),
    )
    columns["defect"] = pa.array(planted, pa.string())
    table = pa.table(columns)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return table


def _value(item: Item, i: int) -> object:
    match item.type:
        case "date":
            return dt.date(1949 + i, 1 + i % 12, 1 + i % 28)
        case "money":
            return [Decimal("0.00"), Decimal("0.01"), Decimal("1234567.89"), Decimal("999.90"), Decimal(100)][i % 5]
        case "decimal":
            return [Decimal("12.5000"), Decimal("100.0000"), Decimal("0.1234"), Decimal("70.0100")][i % 4]
        case "integer":
            return i % 4 + 1
        case "code":
            return list(item.codes)[i % len(item.codes)]
        case _:
            return [f"{item.id}{i}", "张家港市第一中学", "甲&乙<丙>", None, "O'Neil 公司"][i % 5]
