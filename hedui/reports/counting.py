"""Which matched records count, as what, and how much: only certain matches of what is still held, each thing once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from msgspec import Struct

from catalogue.categories import Counts, categories
from hedui.policy.model import Measure
from hedui.reports.family import Found
from hedui.reports.model import Evidence, NotCounted, Record

Kind = Measure | Literal["income"]
# Real estate is a home or something else by its item `use`; all other categories are of one kind.
KINDS: Mapping[Counts, tuple[Kind, ...]] = {
    "financial_asset": ("financial_assets",),
    "income": ("income",),
    "house": ("houses", "other_real_estate"),
    "vehicle": ("vehicles",),
    "vessel": ("vessels",),
    "machinery": ("machinery",),
    "company": ("companies",),
    "status": (),
}
ALL_KINDS: tuple[Kind, ...] = tuple(kind for kinds in KINDS.values() for kind in kinds)
# What a status of these says: not held any more. A source that delivers no status lists what is held.
_NOT_HELD: Mapping[object, NotCounted] = {
    "scrapped": "scrapped",
    "transferred": "transferred",
    "cancelled": "cancelled",
}
_HOME = "residential"
_ONE = Decimal(1)


class Held(Struct, frozen=True, gc=False):
    """A record that counts: an amount in yuan where its category has one, else one of its kind."""

    kind: Kind
    record: Found
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Counted:
    """All matched records of a household as the report shows them, and those of them that count."""

    records: tuple[Record, ...]  # certain
    unconfirmed: tuple[Record, ...]
    held: Mapping[Kind, Sequence[Held]]
    unclear: Mapping[Kind, Sequence[str]]  # record_ids that may be of this kind, but lack the item which says so


class _Rule(NamedTuple):
    """How records of one category count."""

    kinds: tuple[Kind, ...]
    amount: str | None
    key: tuple[str, ...]


class _Judged(Struct, frozen=True, gc=False):
    record: Found
    rule: _Rule
    reason: NotCounted | None
    amount: Decimal
    key: tuple[object, ...]  # of the thing that it is about


def count(found: Sequence[Found]) -> Counted:
    """Decide of every record, in order, whether it counts."""
    judged = [_judge(record) for record in found]
    best = _once(judged)
    held: dict[Kind, list[Held]] = {kind: [] for kind in ALL_KINDS}
    unclear: dict[Kind, list[str]] = {kind: [] for kind in ALL_KINDS}
    records: list[Record] = []
    unconfirmed: list[Record] = []
    for one in judged:
        if one.reason == "unconfirmed":
            unconfirmed.append(_shown(one.record, one.reason, None))
            continue
        kept = best.get(one.key) if _may_count(one) else one
        if kept is not None and kept is not one:
            records.append(_shown(one.record, "duplicate", kept.record.record_id))
            continue
        records.append(_shown(one.record, one.reason, None))
        if one.reason is None:
            kind = _kind(one)
            held[kind].append(Held(kind, one.record, one.amount))
        elif _may_count(one):
            for possible in one.rule.kinds:
                unclear[possible].append(one.record.record_id)
    return Counted(tuple(records), tuple(unconfirmed), held, unclear)


@cache
def _rule(category_id: str) -> _Rule:
    category = categories()[category_id]
    return _Rule(KINDS[category.counts], category.amount, category.key)


def _judge(record: Found) -> _Judged:
    rule = _rule(record.category)
    items = record.items
    amount = _ONE
    reason: NotCounted | None = None
    if record.grade != "certain":
        reason = "unconfirmed"
    elif not rule.kinds:
        reason = "states_only"
    elif items.get("status") in _NOT_HELD:
        reason = _NOT_HELD[items["status"]]
    elif rule.amount is not None:
        said = items.get(rule.amount)
        if said is None:
            reason = "amount_missing"
        else:
            amount = Decimal(said)
            # An overdrawn account is a debt; it makes no other asset smaller. Income can be corrected downwards.
            if amount < 0 and rule.kinds[0] == "financial_assets":
                reason = "negative"
    elif len(rule.kinds) > 1 and items.get("use") is None:
        reason = "use_missing"
    return _Judged(record, rule, reason, amount, _key(record, rule))


def _may_count(one: _Judged) -> bool:
    return one.reason in {None, "amount_missing", "use_missing"}


def _kind(one: _Judged) -> Kind:
    if len(one.rule.kinds) > 1 and one.record.items["use"] != _HOME:
        return one.rule.kinds[1]
    return one.rule.kinds[0]


def _key(record: Found, rule: _Rule) -> tuple[object, ...]:
    """Name the thing that a record is about, as its source does; a record without a whole key stands for itself."""
    values = [record.items.get(item) for item in rule.key]
    if None in values:
        return (record.record_id,)
    return (record.source, record.category, *values)


def _once(judged: Sequence[_Judged]) -> dict[tuple[object, ...], _Judged]:
    """Choose one record for each thing: the one that says most, then the highest amount, then the first in order."""
    best: dict[tuple[object, ...], _Judged] = {}
    for one in judged:
        if _may_count(one):
            before = best.get(one.key)
            if before is None or (one.reason is None, one.amount) > (before.reason is None, before.amount):
                best[one.key] = one
    return best


def _shown(record: Found, reason: NotCounted | None, duplicate_of: str | None) -> Record:
    return Record(
        record_id=record.record_id,
        source=record.source,
        category=record.category,
        member=record.member,
        as_of=record.as_of,
        grade=record.grade,
        weight=_bits(record.weight),
        evidence=_evidence(tuple(record.evidence)),
        items=record.items,
        counted=reason is None,
        not_counted=reason,
        duplicate_of=duplicate_of,
    )


@lru_cache(maxsize=4096)  # few different ones, millions of times
def _evidence(grounds: tuple[tuple[str, float], ...]) -> tuple[Evidence, ...]:
    return tuple(Evidence(code, _bits(weight)) for code, weight in grounds)


@lru_cache(maxsize=4096)
def _bits(weight: float) -> str:
    return f"{weight:.4f}"
