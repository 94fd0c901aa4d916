"""A populated installation on both databases."""

import runpy
from pathlib import Path

import pytest

from tests.custody.world import Populated

_registry = runpy.run_path(str(Path(__file__).parents[1] / "registry" / "conftest.py"))
settings, rows, write = (_registry[name] for name in ("settings", "rows", "write"))


@pytest.fixture
def house(settings, rows, write) -> Populated:
    """Return people, two published runs, and what was sealed under the first generation of every key."""
    return Populated(settings, write(rows))
