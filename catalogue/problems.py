"""What can go wrong, grouped by what happens next, and said in the user's words.

A problem carries a code and plain parameters: where (source, file, line, field), what was expected.
Its words come from the message catalogue: `problem-<code>` says what is wrong, `problem-<code>-hint` what to do.
Parameters never hold a personal value: not an ID number, a name, an account or an amount.
"""

from catalogue.text import Language, text


class Problem(Exception):
    """Base of every error that a user may see. Raise one of the subclasses."""

    def __init__(self, code: str, **where: str | int) -> None:
        super().__init__(code, where)
        self.code = code
        self.where = where

    def __reduce__(self) -> tuple[object, ...]:  # problems cross process boundaries
        return (_rebuild, (type(self), self.code, self.where))

    def message(self, language: Language | None = None) -> str:
        """Say what was wrong, where, and what was expected."""
        return text(f"problem-{self.code}", language, **self.where)

    def hint(self, language: Language | None = None) -> str:
        """Say what to do next."""
        return text(f"problem-{self.code}-hint", language, **self.where)

    def __str__(self) -> str:
        return f"{self.code}: {self.message('en')} -- {self.hint('en')}"


def _rebuild(kind: type[Problem], code: str, where: dict[str, str | int]) -> Problem:
    return kind(code, **where)


class Stop(Problem):
    """The whole command or run cannot go on until a person mends something."""


class Retry(Problem):
    """Worth trying again by itself: the source did not answer this time."""


class Skip(Problem):
    """A source, file or row is set aside and recorded; everything else goes on."""
