"""The reference of the grammar is true: its examples load, and it names every key there is."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from connectors import grammar
from connectors.manifest import load

PAGE = Path(__file__).resolve().parents[2] / "docs" / "manifest.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
MODELS = [m for m in vars(grammar).values() if isinstance(m, type) and issubclass(m, BaseModel)]


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_loads(tmp_path, number) -> None:
    text = EXAMPLES[number]
    assert text.startswith("#") or "kind" in text.splitlines()[0]
    path = tmp_path / "example.toml"
    path.write_text(text, "utf-8")
    load(path)


def test_every_kind_of_every_part_has_an_example() -> None:
    shown = set(re.findall(r'\bkind = "([a-z0-9_]+)"', "".join(EXAMPLES)))
    kinds = {
        k
        for m in MODELS
        if "kind" in m.model_fields
        for k in getattr(m.model_fields["kind"].annotation, "__args__", ())
    }
    assert kinds - shown == {"table"}  # which needs no mention


def test_every_key_is_explained() -> None:
    explained = set(re.findall(r"`([a-z_0-9]+)`", PAGE.read_text("utf-8")))
    keys = {key for m in MODELS for key in m.model_fields} - {"id", "zh", "en"}
    assert keys <= explained, sorted(keys - explained)
