"""How a key's generations follow each other: pure functions from one list to the next. The states: docs/keys.md."""

from collections.abc import Callable

import msgspec

from catalogue.problems import Stop
from hedui.keys.model import MOST, Generation, State

Generations = tuple[Generation, ...]
Make = Callable[[int, State], Generation]  # a new generation of this number in this state


def added(name: str, held: Generations, make: Make) -> Generations:
    """Add a generation that opens and does not seal yet; the first of a key is active at once.

    Raises Stop: `key-already-added` (the one before was not promoted yet), `key-generations-spent`.
    """
    if any(one.state == "added" for one in held):
        raise Stop("key-already-added", key=name)
    if len(held) >= MOST:
        raise Stop("key-generations-spent", key=name, most=MOST)
    return (*held, make(len(held) + 1, "added" if held else "active"))


def promoted(name: str, held: Generations) -> Generations:
    """Make the added generation the active one; the active one retires. Stop `key-none-added`."""
    if not any(one.state == "added" for one in held):
        raise Stop("key-none-added", key=name)
    follows: dict[State, State] = {"added": "active", "active": "retired"}
    return tuple(_in(one, follows.get(one.state, one.state)) for one in held)


def revoked(name: str, held: Generations, number: int, make: Make) -> Generations:
    """Revoke a generation; where it was the active one, a newer one takes its place in the same step.

    Raises Stop: `key-no-such-generation`, `key-generations-spent`.
    """
    one = _found(name, held, number)
    if one.state == "active":
        held = held if any(other.state == "added" for other in held) else added(name, held, make)
        held = promoted(name, held)
    return tuple(_in(other, "revoked") if other.generation == number else other for other in held)


def dropped(name: str, held: Generations, number: int) -> Generations:
    """Forget the secret of a generation; its public half stays. Only of retired and revoked ones.

    Raises Stop: `key-no-such-generation`, `key-in-use`.
    """
    one = _found(name, held, number)
    if one.state not in {"retired", "revoked"}:
        raise Stop("key-in-use", key=name, generation=number)
    return tuple(msgspec.structs.replace(o, sealed=None) if o.generation == number else o for o in held)


def _found(name: str, held: Generations, number: int) -> Generation:
    for one in held:
        if one.generation == number:
            return one
    raise Stop("key-no-such-generation", key=name, generation=number)


def _in(one: Generation, state: State) -> Generation:
    return msgspec.structs.replace(one, state=state)
