"""Which keys a person has to do something about: too old, half replaced, or kept after they were to go."""

from collections.abc import Iterator
from datetime import date
from typing import Final, Literal, NamedTuple, cast, get_args

from hedui.custody.retention import KeyKind, Policy
from hedui.keys.model import REGION
from hedui.keys.ring import Ring
from hedui.keys.vault import VaultFile
from hedui.keys.worker import Worker

Fault = Literal["due", "soon", "added", "revoked", "epoch", "worker"]
FAULTS: Final[tuple[Fault, ...]] = get_args(Fault)


class KeyWarning(NamedTuple):
    """One thing to do about a key.

    *due*: the active generation is as old as it may become; *soon*: it will be in `days`. *added*: is yet to be
    promoted. *revoked*: its secret is still there. *epoch*: one of the vault has passed and its key is still there.
    *worker*: the worker's file is not what the keyring and the vault say now.
    """

    fault: Fault
    key: str
    generation: int
    days: int


def key_warnings(ring: Ring, vault: VaultFile, worker: Worker | None, policy: Policy, today: date) -> list[KeyWarning]:
    """Return what is to be done about keys, by kind and key. `worker`: that of the worker's file, if there is one."""
    found = [*_of_ring(ring, policy, today), *_of_vault(vault, policy, today)]
    if worker is not None and not worker.agrees(Worker.of(ring, vault)):
        found.append(KeyWarning("worker", "worker", 0, 0))
    return sorted(found, key=lambda one: (FAULTS.index(one.fault), one))


def _of_ring(ring: Ring, policy: Policy, today: date) -> Iterator[KeyWarning]:
    for name in ring.names():
        kind = "region" if name.startswith(REGION) else cast("KeyKind", name)
        yield from _aged(name, ring.active(name).generation, ring.active(name).created, kind, policy, today)
        for one in ring.generations(name):
            if one.state == "added":
                yield KeyWarning("added", name, one.generation, 0)
            if one.state == "revoked" and one.sealed is not None:
                yield KeyWarning("revoked", name, one.generation, 0)


def _of_vault(vault: VaultFile, policy: Policy, today: date) -> Iterator[KeyWarning]:
    *former, current = vault.epochs
    yield from _aged("vault", current.epoch, current.created, "vault", policy, today)
    for one in former:
        if one.sealed is not None:
            yield KeyWarning("epoch", "vault", one.epoch, 0)


def _aged(name: str, number: int, made: date, kind: KeyKind, policy: Policy, today: date) -> Iterator[KeyWarning]:
    limit = policy.key_age(kind, today)
    if limit is None:
        return
    left = limit.days - (today - made).days
    if left <= limit.warn:
        yield KeyWarning("soon" if left > 0 else "due", name, number, max(left, 0))
