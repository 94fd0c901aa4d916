"""What is wrong with a file of households, cell by cell. A value is never quoted: it may be personal."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from catalogue.text import Language, text


class Fault(Exception):
    """One value does not read as what its column holds. Carries the code and parameters of a mistake, not the value."""

    def __init__(self, code: str, **expected: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.expected = expected


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing to mend: `row` as the spreadsheet numbers it, `column` an id of `COLUMNS` or a column letter."""

    row: int
    column: str
    code: str
    expected: Mapping[str, str | int] = field(default_factory=dict, compare=False)

    def heading(self, language: Language | None = None) -> str:
        """Return the heading of the column as people read it."""
        try:
            return text(f"household-column-{self.column}", language)
        except KeyError:
            return self.column

    def message(self, language: Language | None = None) -> str:
        """Say what was wrong and what was expected."""
        return text(f"household-mistake-{self.code}", language, **self.expected)

    def line(self, language: Language | None = None) -> str:
        """Say where and what, in one line."""
        place = text("household-place", language, row=self.row, column=self.heading(language))
        return f"{place}{self.message(language)}"
