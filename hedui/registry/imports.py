"""Taking a file of households into the registry: all of it or nothing, and again without doing anything twice."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute
from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from catalogue.problems import Stop
from hedui.keys.ring import Ring, SealBroken
from hedui.registry.database import insert_into
from hedui.registry.household_file.columns import COLUMNS
from hedui.registry.household_file.mistakes import Mistake
from hedui.registry.household_file.reading import read
from hedui.registry.locks import Lock, take
from hedui.registry.models import Authorisation, Case, Household, HouseholdChange, Import, Member
from hedui.registry.saving import save, sealed_states, states

pc: Any = pyarrow.compute  # its stubs lack much of it

Place = tuple[str, str | None]  # county and township
BLOCK = 10_000  # households written at a time


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What a file did. With any mistake nothing was taken in; warnings are taken in as they are.

    `changed` counts, of the updated households, those in which a part changed: `place`, `case`, `authorisation`,
    `members`, `declared`. What such a household was before is kept, sealed, in `household_changes`. `authorisations`
    are the references of those whose authorisation changed. `id` is the import's; null with any mistake.
    """

    rows: int
    households: int
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    changed: Mapping[str, int] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()
    warnings: tuple[Mistake, ...] = ()
    authorisations: tuple[str, ...] = ()
    id: int | None = None

    @property
    def taken_in(self) -> bool:
        """Whether the registry now says what the file says."""
        return not self.mistakes


class Permit(Protocol):
    """Whoever decides for an import: what it may touch, and whom it may name."""

    def admit(self, places: Sequence[Place]) -> None:
        """Let the import in to every one of these places, or raise."""
        ...

    def reaches(self, where: Place) -> bool:
        """Whether a household there may be named, whom the file itself does not."""
        ...


def import_file(session: Session, keyring: Ring, path: Path, permit: Permit | None = None) -> ImportResult:
    """Take in households, members, declarations and authorisations; the caller's transaction commits them.

    A household in the registry is made to be what the file says, but for a revocation on file, which stays unless the
    file has an earlier one; households that the file does not name are left alone.
    Roll the transaction back to try a file without taking it in. `permit` is asked to admit, before anything is
    written, every place that is touched: of the file's households, and of those among them that are in the registry,
    where they are now. Whatever it raises ends the import. Without one, everything is allowed.
    Raises Stop: those of `household_file.cells.read`, and `keyring-does-not-fit`.
    """
    reading = read(path)
    table = reading.table.sort_by([("household", "ascending"), ("member", "ascending")])
    households = pc.count_distinct(table["household"]).as_py()
    mistakes = reading.mistakes
    if not mistakes:
        take(session, Lock.IMPORT)
        keyring.refresh()  # a key may have been replaced, and what lay under it sealed anew, while we waited
        if permit is not None:
            permit.admit(_places(session, table))
        mistakes = sorted(_taken_elsewhere(session, table))
    if mistakes:
        return ImportResult(len(table), households, mistakes=tuple(mistakes), warnings=tuple(reading.warnings))
    _keyring_fits(session, keyring)
    written = _write(session, keyring, table, path)
    warnings = sorted([*reading.warnings, *_in_two_households(session, table, permit)])
    return ImportResult(len(table), households, warnings=tuple(warnings), **written)


def _places(session: Session, table: pa.Table) -> list[Place]:
    found = set(zip(table["county"].to_pylist(), table["township"].to_pylist(), strict=True))
    for block in _blocks(table):
        known = Household.ref.in_(block["household"].unique().to_pylist())
        found |= set(session.execute(select(Household.county, Household.township).where(known).distinct()).tuples())
    return sorted(found, key=lambda place: (place[0], place[1] or ""))


def _write(session: Session, keyring: Ring, table: pa.Table, path: Path) -> dict[str, Any]:
    # Returns the fields of a result that writing settles.
    counts = {"new": 0, "updated": 0, "unchanged": 0}
    parts: Counter[str] = Counter()
    authorisations: list[str] = []
    taken = _note(session, table, path)
    for block in _blocks(table):
        fingerprints = _fingerprints(keyring, block)
        known = _known(session, fingerprints)
        # Only these can change, and need not: what the file says anew may not count (a revocation withdrawn).
        changed = {ref for ref, stored in known.items() if stored != fingerprints[ref]}
        fresh = fingerprints.keys() - known.keys()
        counts["new"] += len(fresh)
        updated: dict[str, list[str]] = {}
        if fresh or changed:
            before = states(session, keyring, changed)
            save(session, keyring, _rows_of(block, fresh | changed), fingerprints)
            updated = _keep(session, keyring, taken, before, states(session, keyring, changed))
        counts["updated"] += len(updated)
        counts["unchanged"] += len(known) - len(updated)
        parts.update(part for changes in updated.values() for part in changes)
        authorisations += [ref for ref, changes in updated.items() if "authorisation" in changes]
    session.execute(update(Import).where(Import.id == taken).values(counts))
    return counts | {"changed": dict(sorted(parts.items())), "authorisations": tuple(authorisations), "id": taken}


def _note(session: Session, table: pa.Table, path: Path) -> int:
    facts = {
        "at": datetime.now(UTC),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "rows": len(table),
        "new": 0,
        "updated": 0,
        "unchanged": 0,
    }
    return session.scalars(insert(Import).values(facts).returning(Import.id)).one()


def _keep(
    session: Session, keyring: Ring, taken: int, before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]
) -> dict[str, list[str]]:
    # Records what each household was in which anything changed, and returns the parts that did.
    compared = {ref: [part for part in state if state[part] != after[ref][part]] for ref, state in before.items()}
    updated = {ref: parts for ref, parts in compared.items() if parts}
    sealed = sealed_states(keyring, taken, {ref: before[ref] for ref in updated})
    changes = [
        {"import_id": taken, "household_ref": ref, "parts": ",".join(parts), "before": sealed[ref]}
        for ref, parts in updated.items()
    ]
    if changes:
        session.execute(insert_into(session, HouseholdChange), changes)
    return updated


def _blocks(table: pa.Table) -> Iterator[pa.Table]:
    # Whole households, BLOCK at a time; the table is ordered by household.
    lengths = pc.value_counts(table["household"]).field("counts").to_pylist()
    start = 0
    for at in range(0, len(lengths), BLOCK):
        rows = sum(lengths[at : at + BLOCK])
        yield table.slice(start, rows).combine_chunks()
        start += rows


def _fingerprints(keyring: Ring, block: pa.Table) -> dict[str, bytes]:
    # One keyed digest over everything that the file says of a household.
    texts = [pc.fill_null(block[name].cast(pa.string()), "\0") for name in COLUMNS]
    lines = pc.binary_join_element_wise(*texts, "\x1f")
    grouped = pa.table({"household": block["household"], "lines": lines})
    joined = grouped.group_by("household", use_threads=False).aggregate([("lines", "list")])
    contents = pc.binary_join(joined["lines_list"].combine_chunks(), "\x1e").to_pylist()
    refs = joined["household"].to_pylist()
    return {ref: keyring.fingerprint(content.encode()) for ref, content in zip(refs, contents, strict=True)}


def _known(session: Session, refs: Iterable[str]) -> dict[str, bytes]:
    found = select(Household.ref, Household.fingerprint).where(Household.ref.in_(list(refs)))
    return dict(session.execute(found).all())


def _rows_of(block: pa.Table, refs: set[str]) -> pa.Table:
    return block.filter(pc.is_in(block["household"], pa.array(refs, pa.string())))


def _taken_elsewhere(session: Session, table: pa.Table) -> Iterator[Mistake]:
    # A case or an authorisation that the registry knows as another household's.
    for column, model, key in (("case", Case, Case.ref), ("authorisation", Authorisation, Authorisation.number)):
        for block in _blocks(table):
            wanted = block[column].drop_null().unique().to_pylist()
            owners = dict(session.execute(select(key, model.household_ref).where(key.in_(wanted))).all())
            rows = zip(*(block[name].to_pylist() for name in ("row", column, "household")), strict=True)
            for row, ref, household in rows if owners else ():
                if owners.get(ref, household) != household:
                    yield Mistake(row, column, "another-household")


def _in_two_households(session: Session, table: pa.Table, permit: Permit | None) -> Iterator[Mistake]:
    # Of each place one other household: so there are few of a number that many people were given.
    other, at = aliased(Member), aliased(Household)
    meets = and_(other.id_index == Member.id_index, other.household_ref != Member.household_ref, other.active)
    for block in _blocks(table):
        within = block["household"].unique().to_pylist()
        found = (
            select(Member.household_ref, Member.number, at.county, at.township, func.min(other.household_ref))
            .join(other, meets)
            .join(at, at.ref == other.household_ref)
            .where(Member.active, Member.household_ref.in_(within))
            .group_by(Member.household_ref, Member.number, at.county, at.township)
        )
        shared: dict[tuple[str, int], list[str]] = {}
        for household, number, county, township, elsewhere in session.execute(found):
            named = shared.setdefault((household, number), [])
            if permit is None or permit.reaches((county, township)):
                named.append(elsewhere)
        if shared:
            rows = zip(*(block[name].to_pylist() for name in ("row", "household", "member")), strict=True)
            for row, household, number in rows:
                if (household, number) not in shared:
                    continue
                if named := shared[household, number]:
                    yield Mistake(row, "resident_id", "in-another-household", {"household": min(named)})
                else:
                    yield Mistake(row, "resident_id", "in-a-household-elsewhere")


def _keyring_fits(session: Session, keyring: Ring) -> None:
    # Sealing under a second keyring would make a registry that neither opens.
    one = session.execute(select(Member.ref, Member.name).limit(1)).one_or_none()
    if one is not None:
        try:
            keyring.unseal(f"members/name/{one.ref}", one.name)
        except SealBroken:
            raise Stop("keyring-does-not-fit") from None
