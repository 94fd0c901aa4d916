"""What still lies under each generation of each key: by that it is known whether one may be dropped."""

from collections import Counter

from sqlalchemy import func, select

from catalogue.problems import Stop
from hedui.custody import quarantine, registry_values
from hedui.custody.batches import Batches, key_id
from hedui.custody.keeper import Keeper, Tell, untold
from hedui.keys.model import REGION
from hedui.registry import database, runs
from hedui.registry.models import AuditEntry
from hedui.reports.store import BATCH
from hedui.sealing.errors import Place
from hedui.sealing.opening import SignedBatch

Held = Counter[tuple[str, int]]  # (key, generation) → what lies under it; (`unread/<county>`, 0) → batches

_UNREAD = "unread/"


def held(keeper: Keeper, tell: Tell = untold) -> Held:
    """Count what lies under each generation: sealed values, quarantined files, batches, pseudonyms in the audit trail.

    Batches of runs that are not published yet count too. Who stands in the registry under `index` is not counted here:
    every number would have to be opened for it.
    """
    found: Held = Counter()
    found.update({("registry", number): count for number, count in registry_values.generations(keeper).items()})
    found.update({("quarantine", number): count for number, count in quarantine.generations(keeper).items()})
    found.update({("index", number): count for number, count in _pseudonyms(keeper).items()})
    found.update(_batches(keeper, tell))
    return found


def held_by(keeper: Keeper, name: str, generation: int, tell: Tell = untold) -> int:
    """Count what lies under one generation of a key, with those who stand in the registry under `index`."""
    if name == "registry":
        return registry_values.generations(keeper)[generation]
    if name == "quarantine":
        return quarantine.generations(keeper)[generation]
    if name == "index":
        return _pseudonyms(keeper)[generation] + registry_values.under_index(keeper, generation)
    found = _batches(keeper, tell)
    unread = f"{_UNREAD}{name.removeprefix(REGION)}"  # what cannot be read now may lie under any
    return found[name, generation] + sum(count for (key, _), count in found.items() if key.startswith(unread))


def _pseudonyms(keeper: Keeper) -> Counter[int]:
    counted: Counter[int] = Counter()
    with database.session(keeper.registry, readonly=True) as session:
        for one in keeper.ring.generations("index"):
            query = select(func.count()).where(AuditEntry.subject.startswith(f"{one.generation}."))
            counted[one.generation] = session.scalar(query) or 0
    return counted


def _batches(keeper: Keeper, tell: Tell) -> Held:
    batches, found = Batches(keeper), Held()
    names = ["signing", *(name for name in keeper.ring.names() if name.startswith(REGION))]
    whose = {key_id(one): (name, one.generation) for name in names for one in keeper.ring.generations(name)}
    published = batches.published()
    waiting = _unpublished(keeper)
    for at, place in enumerate(published):
        tell(at, len(published) + len(waiting))
        try:
            _count(found, whose, batches.read(place))
        except Stop:
            found[_UNREAD + place.county, 0] += 1
    for folder, place_of in waiting:
        try:
            _count(found, whose, SignedBatch.verify(keeper.store.batch_file(folder), place_of, batches.signers))
        except Stop:
            found[_UNREAD + place_of.county, 0] += 1
    tell(len(published) + len(waiting), len(published) + len(waiting))
    return found


def _count(found: Held, whose: dict[bytes, tuple[str, int]], signed: SignedBatch) -> None:
    for one in {signed.signer, *(stanza.key_id for stanza in signed.stanzas)}:
        if one in whose:
            found[whose[one]] += 1


def _unpublished(keeper: Keeper) -> list[tuple[str, Place]]:
    # Of open runs: their batches wait in the store, and nobody can tell yet which of them will count.
    with database.session(keeper.registry, readonly=True) as session:
        waiting = [run for run in keeper.store.runs() if runs.is_known(session, run)]
        waiting = [run for run in waiting if not runs.is_published(session, run)]
    found = []
    for run_id in waiting:
        files = (path for path in keeper.store.orphans(run_id, ()) if path.endswith(f"/{BATCH}"))
        for folder in (path.rpartition("/")[0] for path in files):
            county = dict(part.partition("=")[::2] for part in folder.split("/")).get("county", "")
            found.append((folder, Place(run_id, county)))
    return found
