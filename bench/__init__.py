"""Benchmarks. Each module here has `main()`, which prints progress and returns one `Figure`."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure and the bar it is held against (`bar` None: no bar is set)."""

    name: str
    value: float
    unit: str
    bar: float | None
    holds: bool | None

    def line(self) -> str:
        """Return the JSON object that ends a benchmark's output."""
        return json.dumps(asdict(self))
