"""The categories of record and their items, read from `categories/*.toml`.

A category's *canonical schema* is the envelope (who, where from, as of when) followed by its items.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

import pyarrow as pa
from pydantic import Field, model_validator

from catalogue.labels import Label, Strict

ItemType = Literal["text", "code", "date", "money", "integer", "decimal"]
Sensitivity = Literal["general", "personal", "sensitive"]
Class = Literal["identity", "income", "property", "expenditure", "status"]
# How records of a category count in an assessment. `status` counts nothing.
Counts = Literal["financial_asset", "income", "house", "vehicle", "vessel", "machinery", "company", "status"]

MONEY = pa.decimal128(18, 2)  # yuan
DECIMAL = pa.decimal128(18, 4)
_ARROW: dict[ItemType, pa.DataType] = {
    "text": pa.string(),
    "code": pa.string(),
    "date": pa.date32(),
    "money": MONEY,
    "integer": pa.int64(),
    "decimal": DECIMAL,
}

# Every canonical record carries these, before the items of its category.
ENVELOPE = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),  # source:category:row
        pa.field("source", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),  # 1-based data row as delivered
        pa.field("as_of", pa.date32(), nullable=False),
        pa.field("resident_id", pa.string()),  # as delivered: the matcher cleans it
        pa.field("id_key", pa.int64()),  # null where the number is not valid
        pa.field("name", pa.string()),
    ]
)


class Item(Strict):
    """One field of a category."""

    id: str
    type: ItemType
    unit: str | None = None
    sensitivity: Sensitivity
    label: Label
    codes: dict[str, Label] = Field(default_factory=dict)

    @property
    def arrow_type(self) -> pa.DataType:
        """The column type of the item in canonical form."""
        return _ARROW[self.type]


class Category(Strict):
    """One kind of record: its items, what identifies one, and how it counts."""

    id: str
    class_: Class = Field(alias="class")
    label: Label
    counts: Counts
    amount: str | None = None  # the money item that is summed
    key: tuple[str, ...]
    items: tuple[Item, ...]

    @model_validator(mode="after")
    def _names_exist(self) -> "Category":
        known = {item.id for item in self.items}
        named = {*self.key, *([self.amount] if self.amount else [])}
        if missing := sorted(named - known):
            raise ValueError(f"key or amount names items that do not exist: {', '.join(missing)}")
        return self

    def item(self, item_id: str) -> Item:
        """Return one item; KeyError where there is none of that name."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)

    @property
    def schema(self) -> pa.Schema:
        """The canonical schema: envelope, then items in catalogue order."""
        return pa.schema([*ENVELOPE, *(pa.field(item.id, item.arrow_type) for item in self.items)])


def record_id(source: str, category: str, row: int) -> str:
    """Name one record so that it can be traced to its line in the delivery."""
    return f"{source}:{category}:{row}"


@cache
def categories() -> dict[str, Category]:
    """Return every category by id, in order of id."""
    found: dict[str, Category] = {}
    folder = files("catalogue") / "categories"
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            name = entry.name.removesuffix(".toml")
            found[name] = Category.model_validate({"id": name, **tomllib.loads(entry.read_text("utf-8"))})
    return found
