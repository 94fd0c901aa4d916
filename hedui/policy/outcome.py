"""What comes of holding a household against one line: an outcome with all of its arithmetic. Part of every report."""

from typing import Literal

from msgspec import Struct

# within | exceeded: only where the line is confirmed by a document and every figure in it is known well enough.
# not_confirmed: the arithmetic is done, but the line is missing or illustrative and supports no conclusion.
# cannot_determine: a figure is not known, because a source or a member gave no answer.
LineOutcome = Literal["within", "exceeded", "not_confirmed", "cannot_determine"]
Status = Literal["confirmed", "illustrative"]


# gc=False here and in the report model: these are trees of values, made by the million, and can hold no cycle.


class Words(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A name in both languages, as it stood when the report was made."""

    zh: str
    en: str


class Document(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The published document that sets a value."""

    number: str
    title: str


class ParameterUsed(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A dated value that took part in the arithmetic, and where it comes from."""

    id: str
    label: Words
    value: str
    unit: str
    period: str | None
    region: str  # the region that set it: county, city or province code
    effective_from: str
    document: Document | None
    status: Status


class Step(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One calculation: `of` is what was calculated (a message key `step-<of>`), in figures and signs only."""

    of: Literal["value", "limit", "comparison"]
    expression: str
    result: str


class LineResult(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One line held against what was found. `value` and `limit` are null where they are not known, never zero."""

    id: str
    label: Words
    outcome: LineOutcome
    unit: str  # of value and limit: yuan or count
    inclusive: bool  # a value equal to the limit is within
    value: str | None
    at_least: bool  # the value may be higher: not every source and member answered
    limit: str | None
    steps: tuple[Step, ...]
    parameters: tuple[ParameterUsed, ...]
    missing: tuple[str, ...]  # parameters without a value in force for this county on the business date
    unclear: tuple[str, ...]  # record_ids that lack the item which says whether they count
    exempt: tuple[str, ...]  # record_ids that this line does not count
    origins: tuple[str, ...]  # record_ids that make up the value
