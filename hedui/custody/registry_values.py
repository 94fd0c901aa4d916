"""Values in the registry under the keys of today: sealed columns under `registry`, blind indexes under `index`."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
from sqlalchemy import Row, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from hedui.custody.keeper import Keeper, Tell, untold
from hedui.keys.ring import Ring
from hedui.pipeline.checkpoints import checkpoint
from hedui.registry import database
from hedui.registry.locks import Lock, take
from hedui.registry.models import Base, Household, HouseholdChange, Member
from matching import resident_id as numbers

BLOCK = 5_000  # rows of one transaction
_UNKNOWN = b""  # a fingerprint that is none: the next import compares the household in full


class Sealed(NamedTuple):
    """A table with sealed columns; each value is bound to `<table>/<column>/<key>`, several keys joined by `/`."""

    table: type[Base]
    keys: tuple[str, ...]
    columns: tuple[str, ...]


SEALED = (
    Sealed(Member, ("ref",), ("name", "resident_id", "declared")),
    Sealed(HouseholdChange, ("import_id", "household_ref"), ("before",)),
)


@dataclass
class Changed:
    """How many rows were changed, of how many that are there."""

    done: int = 0
    rows: int = 0


def generations(keeper: Keeper) -> Counter[int]:
    """Count sealed values by the generation of the key that they are sealed under."""
    counted: Counter[int] = Counter()
    with database.session(keeper.registry, readonly=True) as session:
        for sealed in SEALED:
            for name in sealed.columns:
                column = getattr(sealed.table, name)
                first = func.substr(column, 1, 1)
                for byte, count in session.execute(
                    select(first, func.count()).where(column.is_not(None)).group_by(first)
                ):
                    counted[bytes(byte)[0] if byte else 0] += count
    return counted


def reseal_values(keeper: Keeper, tell: Tell = untold, *, dry_run: bool = False) -> Changed:
    """Seal every value of the registry under the active generation, a block of rows in each transaction.

    Rows that are so sealed are not read, so that this can be called again after a crash.
    Raises `SealBroken` where a value does not open.
    """
    active = bytes((keeper.ring.active("registry").generation,))
    result = Changed()
    stale = {sealed: _stale(sealed, active) for sealed in SEALED}
    with database.session(keeper.registry, readonly=True) as session:
        result.rows = sum(_count(session, sealed.table) for sealed in SEALED)
        total = sum(_count(session, sealed.table, where) for sealed, where in stale.items())
    if dry_run:
        return Changed(total, result.rows)
    for sealed, where in stale.items():
        for rows in _blocks(keeper, sealed.table, sealed.keys, sealed.columns, where, _resealed(keeper.ring, sealed)):
            result.done += rows
            tell(result.done, total)
    return result


def reindex(keeper: Keeper, tell: Tell = untold, *, dry_run: bool = False) -> Changed:
    """Let every person be found under the active generation of `index`: from their sealed number, in blocks.

    The fingerprints of their households are emptied: they stood under the former key and cannot be made without the
    file. The next import compares those households in full, and finds them unchanged.
    """
    result = Changed()
    with database.session(keeper.registry, readonly=True) as session:
        result.rows = _count(session, Member)
    seen = 0

    def change(session: Session, rows: Sequence[Row[Any]]) -> int:
        nonlocal seen
        seen += len(rows)
        tell(seen, result.rows)
        changes = _indexed(keeper.ring, rows)
        if changes and not dry_run:
            session.execute(update(Member), [{"ref": ref, "id_index": index} for ref, _, index in changes])
            households = sorted({household for _, household, _ in changes})
            session.execute(update(Household), [{"ref": ref, "fingerprint": _UNKNOWN} for ref in households])
        return len(changes)

    columns = ("household_ref", "resident_id", "id_index")
    for changed in _blocks(keeper, Member, ("ref",), columns, None, change):
        result.done += changed
    return result


def under_index(keeper: Keeper, generation: int) -> int:
    """Count the people who stand in the registry under one generation of `index`; each number is opened for it."""
    standing = [int(one.partition(".")[0]) for one in keeper.ring.pseudonyms("")]  # generations, in the ring's order
    if generation not in standing:
        return 0
    at = standing.index(generation)

    def count(rows: Sequence[Any]) -> int:
        opened = zip(rows, _numbers(keeper.ring, rows), strict=True)
        return sum(row.id_index == keeper.ring.blind_indexes(number)[at] for row, number in opened)

    total, after = 0, ""
    query = select(Member.ref, Member.resident_id, Member.id_index).order_by(Member.ref).limit(BLOCK)
    while True:
        with database.session(keeper.registry, readonly=True) as session:
            rows = session.execute(query.where(Member.ref > after)).all()
        if not rows:
            return total
        total, after = total + count(rows), rows[-1].ref


def _numbers(ring: Ring, rows: Sequence[Any]) -> list[str]:
    opened = [ring.unseal(f"members/resident_id/{row.ref}", row.resident_id).decode() for row in rows]
    return list(numbers.standard(pa.array(opened, pa.string())).to_pylist())


def _indexed(ring: Ring, rows: Sequence[Row[Any]]) -> list[tuple[str, str, bytes]]:
    standing = ((row, ring.blind_index(number)) for row, number in zip(rows, _numbers(ring, rows), strict=True))
    return [(row.ref, row.household_ref, index) for row, index in standing if row.id_index != index]


def _resealed(ring: Ring, sealed: Sealed) -> Any:
    table = sealed.table.__tablename__

    def change(session: Session, rows: Sequence[Row[Any]]) -> int:
        changes = []
        for row in rows:
            keys = {name: getattr(row, name) for name in sealed.keys}
            place = "/".join(map(str, keys.values()))
            values = {
                name: None if (value := getattr(row, name)) is None else _anew(ring, f"{table}/{name}/{place}", value)
                for name in sealed.columns
            }
            changes.append(keys | values)
        session.execute(update(sealed.table), changes)
        return len(changes)

    return change


def _anew(ring: Ring, place: str, value: bytes) -> bytes:
    return ring.seal(place, ring.unseal(place, value))


def _stale(sealed: Sealed, active: bytes) -> Any:
    return or_(*(func.substr(getattr(sealed.table, name), 1, 1) != active for name in sealed.columns))


def _count(session: Session, table: type[Base], where: Any = None) -> int:
    query = select(func.count()).select_from(table)
    return session.scalar(query if where is None else query.where(where)) or 0


def _blocks(
    keeper: Keeper, table: type[Base], keys: tuple[str, ...], columns: tuple[str, ...], where: Any, change: Any
) -> Iterator[int]:
    # By key, a block in each transaction, locked so that nothing else changes what is being sealed anew. And no import
    # has sealed anything meanwhile that we do not see: it either ended before, or asks for the keys of today first.
    by = [getattr(table, name) for name in keys]
    query = select(*by, *(getattr(table, name) for name in columns)).order_by(*by).limit(BLOCK)
    query = query.with_for_update() if where is None else query.where(where).with_for_update()
    last: tuple[Any, ...] | None = None
    while True:
        with database.session(keeper.registry) as session:
            take(session, Lock.IMPORT)
            rows = session.execute(query if last is None else query.where(tuple_(*by) > tuple_(*last))).all()
            if not rows:
                return
            last = tuple(rows[-1])[: len(keys)]
            changed = change(session, rows)
            checkpoint("rewrap:uncommitted")
        checkpoint("rewrap:committed")
        yield changed
