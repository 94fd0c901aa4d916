"""Rewrap: batch keys sealed to today's keys of their regions. Reports and signature stay; no report is opened."""

from collections.abc import Collection
from dataclasses import dataclass, field

from catalogue.problems import Stop
from hedui.custody.batches import Batches
from hedui.custody.keeper import Broken, Keeper, Tell, untold
from hedui.custody.lock import CustodyLost
from hedui.pipeline.checkpoints import checkpoint
from hedui.registry.batches import BatchPlace
from hedui.sealing.rewrap import rewrap


@dataclass
class Rewrapped:
    """What became of the batches. `compromised` ones are sealed to a revoked key, so they are left for `renew`."""

    done: int = 0
    current: int = 0
    compromised: int = 0
    broken: Broken = field(default_factory=list)


def rewrap_batches(
    keeper: Keeper, regions: Collection[str] = ("",), tell: Tell = untold, *, dry_run: bool = False
) -> Rewrapped:
    """Seal the keys of all published batches within regions to the active keys of county, city and province.

    Each batch file takes the former one's place in one step. One that is so sealed already is left as it is, so that
    this can be called again after a crash. What cannot be read is counted in `broken`, and the rest goes on.
    """
    batches, result = Batches(keeper), Rewrapped()
    places = batches.published(regions)
    for at, place in enumerate(places):
        tell(at, len(places))
        try:
            _rewrap(keeper, batches, place, result, dry_run=dry_run)
        except CustodyLost:
            raise
        except Stop as problem:
            result.broken.append((place.folder, problem))
    tell(len(places), len(places))
    return result


def _rewrap(keeper: Keeper, batches: Batches, place: BatchPlace, result: Rewrapped, *, dry_run: bool) -> None:
    signed = batches.read(place)
    wanted = batches.recipients(place.county)
    if batches.compromised(signed):
        result.compromised += 1
    elif {(stanza.region, stanza.key_id) for stanza in signed.stanzas} == {(r, k.key_id) for r, k in wanted.items()}:
        result.current += 1
    else:
        if not dry_run:
            file = rewrap(batches.open(signed), wanted)
            checkpoint("rewrap:opened")
            keeper.still_alone()
            keeper.store.put_batch_file(place.folder, file)
            checkpoint("rewrap:put")
        result.done += 1
