"""The one error of everything that is opened here, and the place it names."""

from dataclasses import dataclass
from typing import Literal

from catalogue.problems import Stop

File = Literal["batch", "shares", "report"]
Part = Literal[
    "layout",
    "names",
    "signer",
    "signature",
    "head",
    "recipient",
    "batch-key",
    "batch-seal",
    "table",
    "path",
    "share",
    "data-key",
    "commitment",
    "payload",
    "document",
]


class BrokenSeal(Stop):
    """The bytes are not a whole, untouched file of this place for the holder of this key.

    `where` names the file, the run, the county, the household (empty for a batch and its shares) and the first check
    that failed; never anything that was sealed.
    """

    def __init__(self, code: str = "sealing-broken", **where: str | int) -> None:
        super().__init__(code, **where)


@dataclass(frozen=True)
class Place:
    """Whose files these are: one county in one run. Neither is personal; both are bound to every seal."""

    run_id: str
    county: str

    def broken(self, file: File, part: Part, household: str = "") -> BrokenSeal:
        """Return the error, to be raised `from None`: what lies below it may quote bytes."""
        return BrokenSeal(file=file, part=part, run=self.run_id, county=self.county, household=household)
