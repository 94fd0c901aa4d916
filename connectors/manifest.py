"""Reading manifests: strict, and with every mistake of every file named at once."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from connectors.checks import Finding, check
from connectors.explain import explain
from connectors.faults import BadManifests, Fault, Place, lines_of, nearest
from connectors.grammar import KINDS, Dataset, Manifest

__all__ = ["Dataset", "Manifest", "load", "manifests"]

_HERE = Path(__file__).parent
_FOLDERS = {"departments": "department", "banks": "bank"}


def load(path: Path) -> Manifest:
    """Read one manifest; BadManifests (a Stop) with all its faults where it cannot be used."""
    return _read([path])[path.stem]


def manifests() -> dict[str, Manifest]:
    """Read the manifests of all sources, by id; BadManifests with the faults of all of them."""
    return _read([path for folder in _FOLDERS for path in (_HERE / folder).glob("*.toml")])


def _read(paths: Iterable[Path]) -> dict[str, Manifest]:
    found: dict[str, Manifest] = {}
    faults: list[Fault] = []
    for path in sorted(paths, key=lambda p: p.stem):
        manifest, mistakes = _one(path)
        if path.stem in found:
            mistakes = [*mistakes, Fault(_said(path), (), "id-twice", {"id": path.stem})]
        if manifest is not None and not mistakes:
            found[path.stem] = manifest
        faults += mistakes
    if faults:
        raise BadManifests(faults)
    return found


def _one(path: Path) -> tuple[Manifest | None, list[Fault]]:
    """Read one file: the manifest if it has the right shape, and all that is wrong with it."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None, [Fault(_said(path), (), "no-such-file")]
    except UnicodeDecodeError:
        return None, [Fault(_said(path), (), "not-utf-8")]
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))  # the text itself may quote a secret
        return None, [Fault(_said(path), (), "not-toml", line=int(line[1]) if line else 0)]
    manifest, findings = _shaped(path, raw)
    lines = lines_of(path)
    faults: dict[tuple[Place, str], Fault] = {}
    for place, code, about in (*_name(path, raw), *findings, *check(raw)):
        faults.setdefault((place, code), Fault(_said(path), place, code, about, nearest(lines, place)))
    return manifest, sorted(faults.values(), key=lambda fault: fault.line)


def _name(path: Path, raw: Mapping[str, Any]) -> Iterator[Finding]:
    """Check the file's own name, and that it lies in the folder of its kind."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", path.stem):
        yield (), "file-name", {}
    if (folder := _FOLDERS.get(path.parent.name)) and raw.get("kind") not in {folder, None}:
        yield ("kind",), "not-one-of", {"allowed": folder}
    if "id" in raw:
        yield ("id",), "unknown-key", {"known": "kind, name, required, seconds, transport, datasets"}


def _shaped(path: Path, raw: Mapping[str, Any]) -> tuple[Manifest | None, list[Finding]]:
    """Fit the file into the grammar."""
    transport = raw.get("transport")
    kind = transport.get("kind") if isinstance(transport, dict) else None
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        return None, [(("transport", "kind"), "not-one-of", {"allowed": ", ".join(KINDS)})]
    try:
        return cast("Manifest", model.model_validate({**raw, "id": path.stem})), []
    except ValidationError as error:
        found = (explain(detail, raw, model) for detail in error.errors(include_url=False, include_input=False))
        return None, [finding for finding in found if finding is not None]


def _said(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
