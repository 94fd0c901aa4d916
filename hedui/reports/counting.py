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
# What these say of a thing can be held against what another record says of it.
_CLAIMS: frozenset[NotCounted | None] = frozenset({None, "amount_missing", "use_missing", "negative"})
_UNCLEAR: frozenset[NotCounted | None] = frozenset({"amount_missing", "use_missing", "conflicting"})
_GONE: frozenset[NotCounted | None] = frozenset(_NOT_HELD.values())
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
    unclear: Mapping[Kind, Sequence[str]]  # record_ids that may count: unconfirmed, conflicting, or without an item


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
    speaking = _once(judged)
    held: dict[Kind, list[Held]] = {kind: [] for kind in ALL_KINDS}
    unclear: dict[Kind, list[str]] = {kind: [] for kind in ALL_KINDS}
    records: list[Record] = []
    unconfirmed: list[Record] = []
    for one in judged:
        if one.reason == "unconfirmed":
            unconfirmed.append(_shown(one.record, one.reason, None))
            for possible in _if_confirmed(one):
                unclear[possible].append(one.record.record_id)
            continue
        of_thing = speaking[one.key] if one.reason in _CLAIMS else [one]
        if not any(other is one for other in of_thing):
            records.append(_shown(one.record, "duplicate", of_thing[0].record.record_id))
            continue
        reason = "conflicting" if len(of_thing) > 1 else one.reason
        records.append(_shown(one.record, reason, None))
        if reason is None:
            kind = _kind(one)
            held[kind].append(Held(kind, one.record, one.amount))
        elif reason in _UNCLEAR:
            for possible in _kinds(one):
                unclear[possible].append(one.record.record_id)
    return Counted(tuple(records), tuple(unconfirmed), held, unclear)


@cache
def _rule(category_id: str) -> _Rule:
    category = categories()[category_id]
    return _Rule(KINDS[category.counts], category.amount, category.key)


def _judge(record: Found) -> _Judged:
    rule = _rule(record.category)
    reason, amount = _counts(record, rule)
    if record.grade != "certain":
        reason = "unconfirmed"
    return _Judged(record, rule, reason, amount, _key(record, rule))


def _counts(record: Found, rule: _Rule) -> tuple[NotCounted | None, Decimal]:
    """Say why a record counts for nothing, if the match is certain, and how much it says."""
    items = record.items
    if not rule.kinds:
        return "states_only", _ONE
    if items.get("status") in _NOT_HELD:
        return _NOT_HELD[items["status"]], _ONE
    if rule.amount is not None:
        said = items.get(rule.amount)
        if said is None:
            return "amount_missing", _ONE
        amount = Decimal(said)
        # An overdrawn account is a debt; it makes no other asset smaller. Income can be corrected downwards.
        return ("negative" if amount < 0 and rule.kinds[0] == "financial_assets" else None), amount
    if len(rule.kinds) > 1 and items.get("use") is None:
        return "use_missing", _ONE
    return None, _ONE


def _if_confirmed(one: _Judged) -> tuple[Kind, ...]:
    """Name the totals that an unconfirmed record would change, or might, if it were confirmed."""
    reason, _ = _counts(one.record, one.rule)
    return _kinds(one) if reason is None or reason in _UNCLEAR else ()


def _kinds(one: _Judged) -> tuple[Kind, ...]:
    """Name the kinds that a record may be of: one, unless it lacks the item that says which."""
    if len(one.rule.kinds) > 1 and one.record.items.get("use") is None:
        return one.rule.kinds
    return (_kind(one),)


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


def _once(judged: Sequence[_Judged]) -> dict[tuple[object, ...], list[_Judged]]:
    """Choose for each thing the record that speaks for it; several where they contradict each other."""
    things: dict[tuple[object, ...], list[_Judged]] = {}
    for one in judged:
        if one.reason in _CLAIMS or one.reason in _GONE:
            things.setdefault(one.key, []).append(one)
    return {key: ones if len(ones) == 1 else _speaking(ones) for key, ones in things.items()}


def _speaking(ones: Sequence[_Judged]) -> list[_Judged]:
    """Choose the latest; of the same day, what says an amount or use; all of those where they differ."""
    gone = [one for one in ones if one.reason in _GONE]
    claims = [one for one in ones if one.reason in _CLAIMS and not any(_ended(one, end) for end in gone)]
    if not claims:
        return [max(gone, key=lambda one: one.record.as_of)]
    latest = max(one.record.as_of for one in claims)
    newest = [one for one in claims if one.record.as_of == latest]
    clear = [one for one in newest if one.reason not in _UNCLEAR] or newest
    return clear if len({(one.amount, _kinds(one)) for one in clear}) > 1 else clear[:1]


def _ended(claim: _Judged, gone: _Judged) -> bool:
    """Tell whether a later record says that a thing is not held any more; one member may transfer it to another."""
    same = gone.reason != "transferred" or gone.record.member == claim.record.member
    return same and gone.record.as_of > claim.record.as_of


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
