"""Renew: batches opened and sealed anew, with new keys all the way down, because a key of theirs was stolen.

Rewrapping would not do: whoever copied the old batch file and the stolen key has the batch key. What they copied stays
known to them; nothing of it opens what is written here.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sqlalchemy import select, update

from catalogue.problems import Stop
from hedui.custody.batches import Batches, key_id
from hedui.custody.keeper import Broken, Keeper, Tell, untold
from hedui.custody.lock import CustodyLost
from hedui.keys.model import REGION
from hedui.pipeline.checkpoints import checkpoint
from hedui.registry import batches as registered
from hedui.registry import database
from hedui.registry.batches import BatchPlace
from hedui.registry.database import upsert
from hedui.registry.models import ReportBatch, ReportIndex
from hedui.reports.model import Summary
from hedui.sealing.errors import Place
from hedui.sealing.opening import SignedBatch
from hedui.sealing.rewrap import shred
from hedui.sealing.shares import TableHead

_SPOOL, _PLANS = "renewing", "revoking"
_DEAD = b"{}"  # stands where a household was shredded, and its share is destroyed at once


@dataclass
class Renewed:
    """How many batches and reports were sealed anew; `broken` ones could not be opened, and lie as they did."""

    batches: int = 0
    reports: int = 0
    broken: Broken = field(default_factory=list)


def renew(keeper: Keeper, name: str, generation: int, tell: Tell = untold) -> Renewed:
    """Seal anew every published batch that was sealed to this generation of a region's key, or signed with it.

    The new batch lies in a folder of its own; one transaction puts it in the place of the old one, whose files are then
    deleted. Which batches it takes is written down at the start, so that a killed call goes on where it was.
    """
    batches, result = Batches(keeper), Renewed()
    plan = keeper.folder(_PLANS) / f"{name.replace('/', '-')}.{generation}.json"
    spool = keeper.folder(_SPOOL)
    shutil.rmtree(spool)  # what a killed call left
    spool = keeper.folder(_SPOOL)
    todo = _todo(keeper, batches, name, generation, plan, result)
    for at, place in enumerate(todo):
        tell(at, len(todo))
        try:
            result.reports += _renew(keeper, batches, place, spool)
            result.batches += 1
        except CustodyLost:
            raise
        except Stop as problem:
            if problem.code.startswith("report-store"):
                raise
            result.broken.append((place.folder, problem))
    tell(len(todo), len(todo))
    _collect(keeper, batches, name)
    checkpoint("renew:collected")
    if not result.broken:
        _write(plan, [])
    return result


def _todo(
    keeper: Keeper, batches: Batches, name: str, generation: int, plan: Path, result: Renewed
) -> list[BatchPlace]:
    planned = json.loads(plan.read_text("utf-8")) if plan.exists() else None
    if name.startswith(REGION):
        todo = _sealed_to(keeper, batches, name, generation, planned, result)
    else:
        signers = {key_id(one) for one in keeper.ring.generations(name) if one.generation == generation}
        todo = [place for place in batches.published() if place.signer in signers]
    if planned is None:
        _write(plan, [place.folder for place in todo])
        checkpoint("renew:planned")
    return todo


def _sealed_to(
    keeper: Keeper, batches: Batches, name: str, generation: int, planned: list[str] | None, result: Renewed
) -> list[BatchPlace]:
    found = []
    for place in batches.published((name.removeprefix(REGION),)):
        try:
            held = _generation(keeper, batches.read(place), name)
        except Stop as problem:
            result.broken.append((place.folder, problem))
            continue
        # A batch that names a later generation may have been sealed to this one, and rewrapped since.
        if held == generation or (held > generation if planned is None else place.folder in planned):
            found.append(place)
    return found


def _generation(keeper: Keeper, signed: SignedBatch, name: str) -> int:
    """Return to which generation of a region's key a batch is sealed.

    Of a region that it does not name it is 256, later than any: what it was sealed to cannot be told.
    """
    ids = {key_id(one): one.generation for one in keeper.ring.generations(name)}
    region = name.removeprefix(REGION)
    named = [ids.get(stanza.key_id, 256) for stanza in signed.stanzas if stanza.region == region]
    return min(named, default=256)


def _renew(keeper: Keeper, batches: Batches, place: BatchPlace, spool: Path) -> int:
    whose, vault = Place(place.run_id, place.county), keeper.vault.public()
    signed = batches.read(place)
    dead: list[str] = []
    fresh, rows = keeper.store.write_batch(
        whose,
        batches.recipients(place.county),
        vault,
        keeper.ring.signing_key(),
        signed.suite,
        _documents(keeper, batches, place, signed, dead),
        spool,
    )
    checkpoint("renew:written")
    if dead:
        table = keeper.store.shares(fresh.folder)
        keeper.still_alone()
        keeper.store.put_shares(fresh.folder, shred(table, whose, keeper.vault.opener(vault.epoch), vault, dead))
        checkpoint("renew:shredded")
    with database.session(keeper.registry) as session:
        registered.require_publishable(session, [fresh])
        swapped = session.execute(
            update(ReportBatch)
            .where(ReportBatch.run_id == place.run_id, ReportBatch.county == place.county)
            .where(ReportBatch.folder == place.folder)
            .values(folder=fresh.folder, head_hash=fresh.head_hash, epoch=fresh.epoch, signer=fresh.signer)
            .returning(ReportBatch.folder)
        ).one_or_none()
        if swapped is None or fresh.count != place.count:
            raise Stop("custody-busy")
        upsert(session, ReportIndex, [{"run_id": place.run_id, **asdict(row)} for row in rows])
        checkpoint("renew:uncommitted")
        keeper.still_alone()
    checkpoint("renew:swapped")
    return fresh.count


def _documents(
    keeper: Keeper, batches: Batches, place: BatchPlace, signed: SignedBatch, dead: list[str]
) -> Iterator[tuple[Summary, bytes]]:
    """Give every report of a batch opened, in its order; who was shredded is added to `dead`."""
    batch, whose = batches.open(signed), Place(place.run_id, place.county)
    table = keeper.store.shares(place.folder)
    opener = keeper.vault.opener(TableHead.read_whole(table, whose).epoch)
    shares = batch.shares_whole(table, opener)
    rows = _rows(keeper, place)
    for row, sealed in zip(rows, keeper.store.read_all(rows), strict=True):
        try:
            document = batch.open(sealed, row.household_ref, shares)
        except Stop as problem:
            if problem.code != "report-shredded":
                raise
            dead.append(row.household_ref)
            document = _DEAD
        yield Summary(**{name: getattr(row, name) for name in Summary.__struct_fields__}), document


def _rows(keeper: Keeper, place: BatchPlace) -> list[ReportIndex]:
    query = select(ReportIndex).where(ReportIndex.run_id == place.run_id, ReportIndex.county == place.county)
    with database.session(keeper.registry, readonly=True) as session:
        return list(session.scalars(query.order_by(ReportIndex.shard, ReportIndex.offset)))


def _collect(keeper: Keeper, batches: Batches, name: str) -> None:
    # Of every run that may hold something of this key: a killed call leaves old folders and halves of new ones.
    # Asked once, so that no run comes in between. Who reads an old batch right now looks it up again.
    kept: dict[str, list[str]] = {}
    within: set[str] = set()
    region = name.removeprefix(REGION) if name.startswith(REGION) else ""
    for place in batches.published():
        kept.setdefault(place.run_id, []).append(place.folder)
        if place.county.startswith(region):
            within.add(place.run_id)
    keeper.still_alone()
    for run_id in sorted(within):
        keeper.store.collect(run_id, kept[run_id])


def _write(plan: Path, folders: list[str]) -> None:
    draft = plan.with_suffix(".part")
    draft.write_text(json.dumps(folders), "utf-8")
    draft.replace(plan)
