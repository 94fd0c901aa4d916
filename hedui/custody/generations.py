"""The generations of a key: replaced, revoked, dropped, and all that follows for what lies under them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from catalogue.problems import Stop
from hedui.custody.batches import Batches
from hedui.custody.holdings import held_by
from hedui.custody.keeper import Broken, Keeper, Tell, untold
from hedui.custody.quarantine import reseal_quarantine
from hedui.custody.registry_values import reindex, reseal_values
from hedui.custody.renew import renew
from hedui.custody.rewrap import Rewrapped as RewrappedBatches
from hedui.custody.rewrap import rewrap_batches
from hedui.keys.model import REGION, Generation
from hedui.keys.worker import Worker
from hedui.pipeline.checkpoints import checkpoint
from hedui.registry import batches as registered
from hedui.registry import database
from hedui.registry.locks import Lock, take

Step = Literal["add", "promote", "both"]


@dataclass
class Rotated:
    """Which generation a key has now, and whether it seals already; how many people stand under it (`index`)."""

    key: str
    generation: int
    state: str
    reindexed: int = 0


@dataclass
class Revoked:
    """What was revoked and took its place, and how much was sealed anew; `dropped`: its secret is gone from here.

    Batches, or quarantined rows, of `open_runs` may lie under it, and are to be sealed anew once they are published.
    """

    key: str
    generation: int
    active: int
    renewed: int = 0
    dropped: bool = False
    broken: Broken = field(default_factory=list)
    open_runs: list[str] = field(default_factory=list)


@dataclass
class Rewrapped:
    """What was put under other keys: batches, rows of the registry, quarantined files, people in the index.

    None: that was not asked for.
    """

    batches: RewrappedBatches | None
    registry: int | None = None
    quarantine: int | None = None
    index: int | None = None
    broken: Broken = field(default_factory=list)


def named(keeper: Keeper, name: str) -> str:
    """Return the name of a key as the keyring has it: of a region its code is enough. Stop `key-unknown`."""
    name = REGION + name if name.isdecimal() else name
    keeper.ring.generations(name)
    return name


def rotate(keeper: Keeper, name: str, step: Step = "both", tell: Tell = untold) -> Rotated:
    """Replace a key: add a generation, promote it, or both; of `index` everybody is then found under the new one.

    With `both`, one that was added before is promoted, so that a killed call can be repeated.
    Raises Stop: `key-already-added`, `key-none-added`, `key-generations-spent`.
    """
    keeper.on_record("keys.rotate", name, detail={"step": step})
    ring = keeper.ring
    waiting = any(one.state == "added" for one in ring.generations(name))
    if step == "add" or (step == "both" and not waiting):
        ring.add(name)
        checkpoint("rotate:added")
    if step == "add":
        return Rotated(name, ring.generations(name)[-1].generation, "added")
    active = ring.promote(name)
    checkpoint("rotate:promoted")
    people = reindex(keeper, tell).done if name == "index" else 0
    return Rotated(name, active.generation, "active", people)


def to_revoke(keeper: Keeper, name: str) -> int:
    """Return which generation is meant where none is named: a revoked one that is still there, else the active one.

    Of `index` it is the active one: revoked ones stay there for good.
    """
    revoked = [one for one in keeper.ring.generations(name) if one.state == "revoked" and one.sealed is not None]
    return (revoked[-1] if revoked and name != "index" else keeper.ring.active(name)).generation


def revoke(
    keeper: Keeper, name: str, generation: int, reason: str, tell: Tell = untold, *, keep: bool = False
) -> Revoked:
    """Never trust a generation again, and seal anew all that lies under it; then drop it, unless `keep`.

    `index` is not dropped: pseudonyms in the audit trail stand under it for good. Nor is `quarantine` while a run is
    open, which may seal to it yet. May be called again after a crash. Raises Stop `key-no-such-generation`.
    """
    keeper.on_record("keys.revoke", name, reason, {"generation": generation})
    keeper.still_alone()
    active = keeper.ring.revoke(name, generation).generation
    checkpoint("revoke:revoked")
    if name == "signing":  # from here on nothing is published that it signed; what was before is on record by now
        with database.session(keeper.registry) as session:
            registered.revoke_signers(session, Batches(keeper).revoked_signers)
        checkpoint("revoke:announced")
    result = Revoked(name, generation, active)
    result.renewed, result.broken = _anew(keeper, name, generation, tell)
    checkpoint("revoke:renewed")
    one = _generation(keeper, name, generation)
    if not keep and not result.broken and name != "index" and one.sealed is not None:
        result.dropped = _dropped(keeper, name, generation)
    result.open_runs = keeper.open_runs() if name in {"signing", "quarantine"} or name.startswith(REGION) else []
    return result


def drop(keeper: Keeper, name: str, generation: int, *, anyway: bool = False, tell: Tell = untold) -> int:
    """Forget the secret of a retired or revoked generation; return what lay under it.

    Raises Stop: `key-still-holds` where anything does, and `key-runs-open` where a run is that may seal to
    `quarantine` yet, both unless `anyway`; `key-no-such-generation`, `key-in-use`.
    """
    _generation(keeper, name, generation)
    if name == "quarantine" and not anyway and (waiting := keeper.open_runs()):
        raise Stop("key-runs-open", key=name, generation=generation, runs=", ".join(waiting))
    count = _held(keeper, name, generation, tell, anyway=anyway)
    keeper.on_record("keys.drop", name, detail={"generation": generation, "held": count})
    if name not in {"registry", "index"}:
        keeper.still_alone()
        keeper.ring.drop(name, generation)
        return count
    with database.session(keeper.registry) as session:
        take(session, Lock.IMPORT)  # no import comes between counting, once more, and dropping
        count = _held(keeper, name, generation, untold, anyway=anyway)
        keeper.still_alone()
        keeper.ring.drop(name, generation)
    return count


def export_worker(keeper: Keeper, path: Path) -> Worker:
    """Write the worker's file anew: today's public keys, the vault's current epoch, the signing key."""
    keeper.on_record("keys.worker", "worker", detail={"epoch": keeper.vault.public().epoch})
    worker = Worker.of(keeper.ring, keeper.vault)
    worker.export(path)
    return worker


def _anew(keeper: Keeper, name: str, generation: int, tell: Tell) -> tuple[int, Broken]:
    if name == "registry":
        return reseal_values(keeper, tell).done, []
    if name == "index":
        return reindex(keeper, tell).done, []
    if name == "quarantine":
        files = reseal_quarantine(keeper, tell)
        return files.done, files.broken
    if name == "audit":
        return 0, []
    renewed = renew(keeper, name, generation, tell)
    return renewed.reports, renewed.broken


def _dropped(keeper: Keeper, name: str, generation: int) -> bool:
    try:
        drop(keeper, name, generation)
    except Stop as problem:  # a run that is open has sealed under it
        if problem.code not in {"key-still-holds", "key-runs-open"}:
            raise
        return False
    return True


def _held(keeper: Keeper, name: str, generation: int, tell: Tell, *, anyway: bool) -> int:
    count = 0 if name in {"audit", "signing"} else held_by(keeper, name, generation, tell)
    if count and not anyway:
        raise Stop("key-still-holds", key=name, generation=generation, count=count)
    return count


def _generation(keeper: Keeper, name: str, number: int) -> Generation:
    found = next((one for one in keeper.ring.generations(name) if one.generation == number), None)
    if found is None:
        raise Stop("key-no-such-generation", key=name, generation=number)
    return found


def rewrap(keeper: Keeper, what: Collection[str], tell: Tell = untold, *, dry_run: bool = False) -> Rewrapped:
    """Put what is there under the active generations of its keys: codes of regions, `registry`, `index`, `quarantine`.

    Nothing named: all regions, the registry's values and quarantine. No report is opened.
    """
    kinds = {"registry", "index", "quarantine"}
    regions = [one for one in what if one not in kinds]
    chosen = kinds & set(what) if what else kinds - {"index"}
    if not dry_run:
        keeper.on_record("keys.rewrap", "keys", detail={"regions": len(regions), "kinds": len(chosen)})
    done = rewrap_batches(keeper, regions or ("",), tell, dry_run=dry_run) if regions or not what else None
    result = Rewrapped(batches=done, broken=list(done.broken) if done else [])
    if "registry" in chosen:
        result.registry = reseal_values(keeper, tell, dry_run=dry_run).done
    if "quarantine" in chosen:
        files = reseal_quarantine(keeper, tell, dry_run=dry_run)
        result.quarantine, result.broken = files.done, result.broken + files.broken
    if "index" in chosen:
        result.index = reindex(keeper, tell, dry_run=dry_run).done
    return result
