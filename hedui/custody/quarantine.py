"""Quarantined files, sealed to the quarantine's key of today."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from pyarrow.fs import FileSelector, FileSystem, FileType

from catalogue.problems import Stop
from hedui.custody.keeper import Broken, Keeper, Tell, untold
from hedui.custody.lock import CustodyLost
from hedui.pipeline.checkpoints import checkpoint

_FOLDER = "quarantine"
_SEALED, _DRAFT = ".sealed", ".part"


@dataclass
class Resealed:
    """What became of the files."""

    done: int = 0
    current: int = 0
    broken: Broken = field(default_factory=list)


def reseal_quarantine(keeper: Keeper, tell: Tell = untold, *, dry_run: bool = False) -> Resealed:
    """Open every quarantined file that is sealed to another generation than the active one, and seal it to that.

    Each takes the former one's place in one step. What does not open is counted in `broken`.
    """
    files, root = FileSystem.from_uri(keeper.settings.store)
    active, result = keeper.ring.active("quarantine").generation, Resealed()
    names = list(_names(files, root))
    for at, name in enumerate(names):
        tell(at, len(names))
        if _generation(files, f"{root}/{name}") == active:
            result.current += 1
            continue
        try:
            if not dry_run:
                _reseal(keeper, files, root, name)
            result.done += 1
        except CustodyLost:
            raise
        except Stop as problem:
            result.broken.append((name, problem))
    tell(len(names), len(names))
    return result


def generations(keeper: Keeper) -> Counter[int]:
    """Count quarantined files by the generation of the key that they are sealed to."""
    files, root = FileSystem.from_uri(keeper.settings.store)
    return Counter(_generation(files, f"{root}/{name}") for name in _names(files, root))


def _reseal(keeper: Keeper, files: FileSystem, root: str, name: str) -> None:
    with files.open_input_stream(f"{root}/{name}") as file:
        rows = keeper.ring.unseal(name, file.read(), purpose="quarantine")
    with files.open_output_stream(f"{root}/{name}{_DRAFT}") as draft:
        draft.write(keeper.ring.seal(name, rows, purpose="quarantine"))
    checkpoint("rewrap:drafted")
    keeper.still_alone()
    files.move(f"{root}/{name}{_DRAFT}", f"{root}/{name}")
    checkpoint("rewrap:moved")


def _names(files: FileSystem, root: str) -> Iterator[str]:
    # The name that a file is sealed under is its path below the store.
    found = files.get_file_info(FileSelector(f"{root}/{_FOLDER}", recursive=True, allow_not_found=True))
    paths = sorted(entry.path for entry in found if entry.type == FileType.File)
    yield from (path[len(root) + 1 :] for path in paths if path.endswith(_SEALED))


def _generation(files: FileSystem, path: str) -> int:
    with files.open_input_file(path) as file:
        first = file.read(1)
    return int(first[0]) if first else 0
