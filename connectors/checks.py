"""What the shape of a manifest alone cannot say: that it fits the catalogue and itself.

Works on the raw TOML, so that these mistakes are found even where the shape is wrong as well.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalogue.categories import Category, Item, categories
from connectors.faults import Place

Finding = tuple[Place, str, dict[str, str]]  # place, code, about

_IDENTITY = ("resident_id", "name")
_MONEY_UNITS = ("fen", "yuan", "wan_yuan")
_CONTROL_BY_FORMAT = {
    "delimited": ("lines", "companion"),
    "fixed_width": ("lines", "companion"),
    "spreadsheet": ("lines", "companion"),
    "xml": ("elements", "companion"),
}
_COLUMN_FORMS = {  # what a column looks like, and the message where it does not
    "json": (r"(/[^/]+)+", "pointer"),
    "xml": (r"[^/@]+(/[^/@]+)*(/@[^/@]+)?|@[^/@]+", "element-path"),
}
_ISO = ("database",)  # transports whose dates arrive as dates


def check(raw: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield every misfit of one manifest, given as read from TOML."""
    transport = _table(raw.get("transport")).get("kind")
    seen: set[str] = set()
    for number, dataset in enumerate(_list(raw.get("datasets"))):
        place: Place = ("datasets", number)
        name = dataset.get("category")
        if isinstance(name, str):
            if name in seen:
                yield (*place, "category"), "category-twice", {"category": name}
            seen.add(name)
        yield from _dataset(place, dataset, str(transport))


def _dataset(place: Place, dataset: Mapping[str, Any], transport: str) -> Iterator[Finding]:
    name = dataset.get("category")
    category = categories().get(name) if isinstance(name, str) else None
    if isinstance(name, str) and category is None:
        yield (*place, "category"), "unknown-category", {"category": name, "known": ", ".join(categories())}
    fields = list(_list(dataset.get("fields")))
    if category is not None and fields:
        yield from _fields(place, fields, category, transport)
    yield from _columns(place, dataset, fields)
    yield from _control(place, dataset, fields, category)
    if isinstance(query := dataset.get("query"), str) and ":business_date" not in query:
        yield (*place, "query"), "no-business-date", {}


def _fields(place: Place, fields: list[Mapping[str, Any]], category: Category, transport: str) -> Iterator[Finding]:
    mapped: set[str] = set()
    items = {item.id: item for item in category.items}
    known = ", ".join([*_IDENTITY, "as_of", *items])
    for number, field in enumerate(fields):
        where: Place = (*place, "fields", number)
        name = field.get("item")
        if not isinstance(name, str):
            continue
        if name in mapped:
            yield (*where, "item"), "item-twice", {"item": name}
        mapped.add(name)
        if name in items:
            yield from _conversion(where, field, items[name], transport)
        elif name == "as_of":
            yield from _date(where, field, transport)
            yield from _not_for(where, field, "date", ("unit", "codes", "thousands"))
        elif name in _IDENTITY:
            yield from _not_for(where, field, "text", ("date", "unit", "codes", "thousands"))
        else:
            yield (*where, "item"), "unknown-item", {"item": name, "category": category.id, "known": known}
    for name in (*_IDENTITY, *category.key, *([category.amount] if category.amount else [])):
        if name not in mapped:
            yield (*place, "fields"), "item-not-mapped", {"item": name}


def _conversion(where: Place, field: Mapping[str, Any], item: Item, transport: str) -> Iterator[Finding]:
    """Check that a field says how its type is written, and nothing that its type cannot use."""
    if item.type == "date":
        yield from _date(where, field, transport)
        yield from _not_for(where, field, "date", ("unit", "codes", "thousands"))
    elif item.type == "money":
        if field.get("unit") not in _MONEY_UNITS:
            yield (*where, "unit"), "not-one-of", {"allowed": ", ".join(_MONEY_UNITS)}
        yield from _not_for(where, field, "money", ("date", "codes"))
    elif item.type == "code":
        codes = field.get("codes")
        if isinstance(codes, dict):
            for delivered, ours in codes.items():
                if ours not in item.codes:
                    yield (*where, "codes", delivered), "not-one-of", {"allowed": ", ".join(item.codes)}
        yield from _not_for(where, field, "code", ("date", "unit", "thousands"))
    elif item.type in ("integer", "decimal"):
        allowed = [item.unit or "", *(["fraction"] if item.unit == "percent" else [])]
        if "unit" in field and field["unit"] not in allowed:
            yield (*where, "unit"), "not-one-of", {"allowed": ", ".join(allowed)}
        yield from _not_for(where, field, item.type, ("date", "codes"))
    else:
        yield from _not_for(where, field, "text", ("date", "unit", "codes", "thousands"))


def _date(where: Place, field: Mapping[str, Any], transport: str) -> Iterator[Finding]:
    if "date" not in field and transport not in _ISO:
        yield (*where, "date"), "date-needed", {}


def _not_for(where: Place, field: Mapping[str, Any], type_: str, keys: tuple[str, ...]) -> Iterator[Finding]:
    for key in keys:
        if key in field:
            yield (*where, key), "not-for-type", {"type": type_}


def _columns(place: Place, dataset: Mapping[str, Any], fields: list[Mapping[str, Any]]) -> Iterator[Finding]:
    """Check that fields name columns that the format gives."""
    form = _table(dataset.get("format"))
    named = _names(form)
    if form.get("kind") == "delimited":
        if form.get("header") is False and not named:
            yield (*place, "format", "columns"), "columns-needed", {}
        if form.get("header") is True and named:
            yield (*place, "format", "columns"), "columns-and-header", {}
    for twice in sorted({name for name in named if named.count(name) > 1}):
        yield (*place, "format", "columns"), "column-twice", {"column": twice}
    form_of, fault = _COLUMN_FORMS.get(str(form.get("kind")), (r"[\s\S]*", ""))
    for number, field in enumerate(fields):
        column = field.get("column")
        where: Place = (*place, "fields", number, "column")
        if isinstance(column, str) and named and column not in named:
            yield where, "unknown-column", {"column": column, "known": ", ".join(named)}
        if isinstance(column, str) and not re.fullmatch(form_of, column):
            yield where, fault, {}


def _names(form: Mapping[str, Any]) -> list[str]:
    """Return the columns that a format lists."""
    if form.get("kind") == "fixed_width":
        return [str(column.get("name")) for column in _list(form.get("columns"))]
    columns = form.get("columns")
    return [name for name in columns if isinstance(name, str)] if isinstance(columns, list) else []


def _control(
    place: Place, dataset: Mapping[str, Any], fields: list[Mapping[str, Any]], category: Category | None
) -> Iterator[Finding]:
    """Check that the delivery vouches for its date and count, and that a sum is the sum of something."""
    control = _table(dataset.get("control"))
    where: Place = (*place, "control")
    kind = control.get("kind")
    allowed = _CONTROL_BY_FORMAT.get(str(_table(dataset.get("format")).get("kind")))
    if allowed and kind is not None and kind not in allowed:
        yield (*where, "kind"), "not-one-of", {"allowed": ", ".join(allowed)}
    if kind in ("lines", "companion"):
        patterns = [control.get(key) for key in ("header", "trailer", "pattern")]
        groups = [group for pattern in patterns if isinstance(pattern, str) for group in _groups(pattern)]
        for needed in ("date", "count"):
            if groups.count(needed) != 1:
                yield where, "control-lacks", {"group": needed}
        summed = "sum" in groups
    elif kind not in ("pointers", "elements", "query"):
        return
    else:
        summed = "sum_at" in control or (kind == "query" and "sum_item" in control)
    item = control.get("sum_item")
    if summed != (item is not None):
        yield (*where, "sum_item"), "sum-without-item" if summed else "item-without-sum", {}
    if isinstance(item, str):
        money = [] if category is None else [i.id for i in category.items if i.type == "money"]
        if category is not None and item not in money:
            yield (*where, "sum_item"), "not-one-of", {"allowed": ", ".join(money) or "-"}
        elif item not in [field.get("item") for field in fields]:
            yield (*where, "sum_item"), "item-not-mapped", {"item": item}


def _groups(pattern: str) -> list[str]:
    try:
        return list(re.compile(pattern).groupindex)
    except re.error:
        return []


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Mapping[str, Any]]:
    # keeps positions: an entry of the wrong shape counts, but has nothing to check
    return [entry if isinstance(entry, dict) else {} for entry in value] if isinstance(value, list) else []
