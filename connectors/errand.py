"""What a transport is sent to do."""

import datetime as dt
from dataclasses import dataclass
from typing import Generic, TypeVar

from connectors.grammar import Dataset, Manifest
from connectors.landing import Landing
from connectors.limits import Limit
from connectors.values import Values

M = TypeVar("M", bound=Manifest)
D = TypeVar("D", bound=Dataset)


@dataclass(frozen=True)
class Errand(Generic[M, D]):
    """Fetch one dataset of one source for one business date, into a landing, within a limit."""

    manifest: M
    dataset: D
    business_date: dt.date
    values: Values
    landing: Landing
    limit: Limit

    def at(self, path: str) -> str:
        """Fill the business date in a path of the manifest."""
        return self.manifest.at(path, self.business_date)

    def value(self, text: str) -> str:
        """Fill the named values in a text of the manifest."""
        return self.values.resolve(text)
