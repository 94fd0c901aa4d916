"""The two databases of the registry's tests."""

import runpy
from pathlib import Path

_registry = runpy.run_path(str(Path(__file__).parents[1] / "registry" / "conftest.py"))
settings, engine = _registry["settings"], _registry["engine"]
