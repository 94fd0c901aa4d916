"""The report document of one household, and its canonical form.

Canonical: UTF-8 JSON, keys sorted, no spaces, every field present, money (in yuan) and other decimals as strings
("1234.50"), dates as ISO 8601, no floats. The same inputs give the same bytes. What is not known is null, never zero.
docs/report.md says what each part means.
"""

from typing import Literal

import msgspec
from msgspec import Struct

from hedui.policy.outcome import LineResult, Words

SCHEMA_ID = "hedui-report"
SCHEMA_VERSION = 1

Answer = Literal["found", "none", "no_answer", "not_authorised"]
Grade = Literal["certain", "probable", "possible"]
Outcome = Literal["within", "exceeded", "not_confirmed", "cannot_determine"]
# What is declared, and what else a finding can be about.
Item = Literal["financial_assets", "monthly_income", "vehicles", "houses"]
Subject = Literal[Item, "other_real_estate", "vessels", "machinery", "companies"]
# Why a matched record is in no total.
NotCounted = Literal[
    "unconfirmed",  # not a certain match
    "states_only",  # its category counts nothing (registration, marriage, …)
    "duplicate",  # the same source names the same thing twice; what it says as of the later day holds
    "transferred",
    "scrapped",
    "cancelled",
    "amount_missing",
    "negative",
    "use_missing",  # real estate that does not say whether it is a home
    "conflicting",  # the same source says different things of the same thing as of the same day
]


class Part(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Base of every part of the document: unknown fields are refused on reading."""


class Schema(Part, frozen=True, gc=False):
    """Which document this is."""

    id: str
    version: int


class Place(Part, frozen=True, gc=False):
    """A region by code and name."""

    code: str
    name: Words


class Member(Part, frozen=True, gc=False):
    """One member of the household, as registered."""

    reference: str
    name: str
    resident_id: str
    relation: str
    authorised: bool


class Household(Part, frozen=True, gc=False):
    """Who is verified."""

    reference: str
    province: Place
    city: Place
    county: Place
    township: str | None
    members: tuple[Member, ...]


class Case(Part, frozen=True, gc=False):
    """The request that this report answers."""

    reference: str
    kind: str
    purpose: str
    authorisation: str


class Policy(Part, frozen=True, gc=False):
    """The version of the lines in force on the business date: SHA-256 of their canonical form."""

    version: str


class Reason(Part, frozen=True, gc=False):
    """Why the conclusion is what it is: `conclusion-reason-<code>`, about these sources, members or lines."""

    code: Literal[
        "required_source_missing",
        "member_not_authorised",
        "line_exceeded",
        "line_cannot_determine",
        "line_not_confirmed",
        "no_lines",
    ]
    subjects: tuple[str, ...]


class Conclusion(Part, frozen=True, gc=False):
    """What the lines say together. A finding about figures, never a decision about the family."""

    outcome: Outcome
    reasons: tuple[Reason, ...]


class Coverage(Part, frozen=True, gc=False):
    """How many of the sources gave which answer for the household.

    `found` for the household may hide that another member's answer is missing. The last two figures count, over all
    sources, each member whose own answer is `no_answer` or `not_authorised` there.
    """

    sources: int
    found: int
    none: int
    no_answer: int
    not_authorised: int
    members_without_answer: int
    members_not_authorised: int


class MemberAnswer(Part, frozen=True, gc=False):
    """What one source answered about one member."""

    member: str
    answer: Answer
    records: int  # certain matches
    unconfirmed: int  # matches that a person has yet to confirm


class SourceAnswer(Part, frozen=True, gc=False):
    """What one source answered. `none` for the household means: none for every member.

    `set_aside` counts rows of the source that could not be used, whomever they are about. A member about whom one of
    them is has `no_answer` there, unless another record matches with certainty.
    """

    source: str
    name: Words
    kind: str
    required: bool
    answer: Answer
    members: tuple[MemberAnswer, ...]
    as_of: str | None
    state: str  # accepted | not_delivered | unreachable | refused
    problem: str | None  # code, where the source gave no answer
    set_aside: int


class Evidence(Part, frozen=True, gc=False):
    """One ground for a match and its weight in bits."""

    code: str
    weight: str


class Record(Part, frozen=True, gc=False):
    """A record matched to a member. It counts in a total only where `counted`."""

    record_id: str
    source: str
    category: str
    member: str
    as_of: str
    grade: Grade
    weight: str
    evidence: tuple[Evidence, ...]
    items: dict[str, str | int | None]
    counted: bool
    not_counted: NotCounted | None
    duplicate_of: str | None  # record_id that is counted instead


class Total(Part, frozen=True, gc=False):
    """What was found of one kind, over all members.

    `value` is zero only where every source answered about every member; null where one did not and nothing was found.
    `at_least`: a value that may be higher, because an answer is missing.
    """

    unit: Literal["yuan", "count"]
    value: str | None
    complete: bool
    at_least: bool
    sources_missing: tuple[str, ...]  # silent, or rows about a member set aside
    members_not_authorised: tuple[str, ...]
    unclear: tuple[str, ...]  # record_ids that may count: not confirmed, conflicting, or without a needed item
    origins: tuple[str, ...]  # record_ids counted


class Period(Part, frozen=True, gc=False):
    """Income over one stated period, as the source states it: never spread, never averaged."""

    category: str
    member: str
    period_from: str | None
    period_to: str | None
    amount: str
    origins: tuple[str, ...]


class Month(Part, frozen=True, gc=False):
    """Income stated for exactly one calendar month."""

    month: str  # 2026-01
    amount: str
    every_stream: bool  # all income of each member, by employer or insurance number, is observed in this month
    origins: tuple[str, ...]


class Income(Part, frozen=True, gc=False):
    """Income found, for the periods that were observed and no others."""

    total: Total  # over all observed periods together; not a monthly figure
    periods: tuple[Period, ...]
    months: tuple[Month, ...]


class Totals(Part, frozen=True, gc=False):
    """What was found, by kind."""

    financial_assets: Total
    income: Income
    houses: Total
    other_real_estate: Total
    vehicles: Total
    vessels: Total
    machinery: Total
    companies: Total


class MemberDeclared(Part, frozen=True, gc=False):
    """What one member declared; null where they declared nothing."""

    member: str
    declared: str | None


class Declared(Part, frozen=True, gc=False):
    """What the household declared beside what was found.

    `declared` is the sum of what members declared, null where a member under authorisation declared nothing
    (`not_declared` says who): what is missing there is not zero, and no difference can be held against the family.
    `difference` is found - declared, null where either is not known. Where the found figure is not complete,
    the difference is given only if it is above zero, and may then be higher.
    """

    item: Item
    unit: Literal["yuan", "count"]
    declared: str | None
    members: tuple[MemberDeclared, ...]
    not_declared: tuple[str, ...]
    found: str | None
    at_least: bool  # the found figure may be higher
    difference: str | None
    month: str | None  # the calendar month of a found monthly income
    origins: tuple[str, ...]


class Origin(Part, frozen=True, gc=False):
    """Where a figure comes from."""

    record_id: str
    source: str
    member: str
    as_of: str
    grade: Grade


class Finding(Part, frozen=True, gc=False):
    """A difference, an exceeded line or a state on record. Its words are the message `finding-<code>`.

    more_found, less_found: found and declared differ. not_declared: found, and nobody declared anything.
    line_exceeded: over a confirmed line. recorded: held, and of a kind that is not declared by number or amount.
    recorded_dead: a death record carries this member's number and name; such records are wrong at times.
    """

    code: Literal["more_found", "less_found", "not_declared", "line_exceeded", "recorded", "recorded_dead"]
    subject: Subject | None
    line: str | None
    member: str | None
    unit: Literal["yuan", "count"] | None
    declared: str | None
    found: str | None
    limit: str | None
    difference: str | None
    at_least: bool
    month: str | None
    on: str | None  # date of a recorded state
    origins: tuple[Origin, ...]


class Withheld(Part, frozen=True, gc=False):
    """What a reader is not shown, and why. Only documents that were released to someone have such a part.

    consent: everything from sources about `member`, whose letter is not live any more; their answers are
    `not_authorised`, as if they had been when sources were asked. policy: the `category`, or only these `items` of it.
    rests_on: these `figures`, totals by kind and lines by id, which rest on something withheld.
    """

    why: Literal["consent", "policy", "rests_on"]
    member: str | None = None
    category: str | None = None
    items: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()


# What has no default is always written; so a sealed document, of which nothing is withheld, does not say so.
class Report(Part, frozen=True, gc=False, omit_defaults=True):
    """All that is said about one household for one business date."""

    schema: Schema
    business_date: str
    household: Household
    case: Case
    policy: Policy
    conclusion: Conclusion
    coverage: Coverage
    answers: tuple[SourceAnswer, ...]
    records: tuple[Record, ...]  # certain matches
    unconfirmed: tuple[Record, ...]  # probable and possible ones: in no total, for a person to look at
    totals: Totals
    declared: tuple[Declared, ...]
    lines: tuple[LineResult, ...]
    findings: tuple[Finding, ...]
    withheld: tuple[Withheld, ...] = ()  # never in what is sealed


class Summary(Part, frozen=True, gc=False):
    """What the report index may hold: no figure and nothing personal."""

    household_ref: str
    county: str
    case_ref: str
    conclusion: Outcome
    found: int
    none: int
    no_answer: int
    not_authorised: int
    findings: int


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Report)


def encode(report: Report) -> bytes:
    """Return the canonical JSON of `report`."""
    return _encoder.encode(report)


def decode(document: bytes) -> Report:
    """Read a canonical document; `msgspec.DecodeError` where it is not one (its text holds no values)."""
    return _decoder.decode(document)


def summary(report: Report) -> Summary:
    """Return what the index holds of `report`."""
    covered = report.coverage
    return Summary(
        household_ref=report.household.reference,
        county=report.household.county.code,
        case_ref=report.case.reference,
        conclusion=report.conclusion.outcome,
        found=covered.found,
        none=covered.none,
        no_answer=covered.no_answer,
        not_authorised=covered.not_authorised,
        findings=len(report.findings),
    )
