"""Hand-made households and a hand-made province of 55 sources, for stating expected reports by hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest

from catalogue.labels import Label
from hedui.policy.force import Policy
from hedui.policy.model import Comparison, Line, Source, Value
from hedui.policy.outcome import Words
from hedui.reports.assessment import report
from hedui.reports.basis import Basis, SourceState
from hedui.reports.family import Family, Found, Person, Unusable
from hedui.reports.model import Report

DAY = date(2026, 6, 30)
DEPARTMENTS: Mapping[str, tuple[str, ...]] = {
    "public_security": ("household_registration", "motor_vehicle"),
    "civil_affairs": ("death", "marriage"),
    "human_resources": ("pension", "social_insurance"),
    "natural_resources": ("real_estate",),
    "taxation": ("personal_income_tax",),
    "market_regulation": ("business_registration",),
    "medical_insurance": ("medical_enrolment",),
    "housing": ("housing_fund",),
    "education": ("school_enrolment",),
    "transport": ("vessel",),
    "disabled_federation": ("disability",),
    "agriculture": ("farm_machinery",),
}
_REQUIRED = {"public_security", "civil_affairs", "human_resources", "natural_resources", "taxation", "housing"}
_ISSUES_WEALTH = {*range(1, 7), 21, 22, *range(33, 37)}
_REQUIRED_BANKS = {*range(1, 21), *range(33, 37)}


def _sources() -> dict[str, SourceState]:
    made = {}
    for name, categories in DEPARTMENTS.items():
        made[name] = SourceState(
            name, Words(zh=f"部门{name}", en=name), "department", name in _REQUIRED, categories, "accepted", DAY
        )
    for number in range(1, 44):
        name = f"bank_{number:02d}"
        categories = ("deposit", "wealth_product") if number in _ISSUES_WEALTH else ("deposit",)
        made[name] = SourceState(
            name, Words(zh=f"银行{number}", en=name), "bank", number in _REQUIRED_BANKS, categories, "accepted", DAY
        )
    return made


def line(line_id: str, value: str, measure: str | None = None, **kwargs: object) -> Line:
    """A confirmed line of the whole province, in force since 2026."""
    unit = kwargs.pop("unit", "count")
    values = kwargs.pop("values", None) or (
        Value(
            region="32",
            value=Decimal(value),
            effective_from=date(2026, 1, 1),
            status="confirmed",
            document=Source(number="苏民发〔2026〕1号", title="核对标准"),
        ),
    )
    compares = None if measure is None else Comparison(measure=measure, inclusive=True, **kwargs)
    return Line(id=line_id, label=Label(zh=line_id, en=line_id), unit=unit, compares=compares, values=values)


LINES = (
    line("allowance_standard", "800", unit="yuan"),
    line("financial_assets", "24", "financial_assets", unit="times", times="allowance_standard", per_head=True),
    line("homes", "1", "houses"),
    line("motor_vehicles", "0", "vehicles", exempt={"kind": ("disability", "motorcycle")}),
)


@dataclass
class Home:
    """A household under construction. Members are numbered from 1; everything is found with certainty unless said."""

    people: list[Person] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    unusable: list[Unusable] = field(default_factory=list)
    silent: dict[str, str] = field(default_factory=dict)  # source → problem
    lines: tuple[Line, ...] = LINES
    county: str = "320102"

    def member(self, *, authorised: bool = True, **declared: object) -> "Home":
        number = len(self.people) + 1
        figures = dict.fromkeys(("monthly_income", "financial_assets", "vehicles", "houses")) | declared
        for name in ("monthly_income", "financial_assets"):
            if figures[name] is not None:
                figures[name] = Decimal(str(figures[name]))
        self.people.append(
            Person(
                f"H000001-{number}",
                f"成员{number}",
                f"ID{number}",
                "self" if number == 1 else "other",
                authorised,
                **{f"declared_{name}": value for name, value in figures.items()},
            )
        )
        return self

    def record(
        self, source: str, category: str, member: int = 1, grade: str = "certain", as_of: date = DAY, **items: object
    ) -> "Home":
        row = 1 + sum(1 for one in self.found if (one.source, one.category) == (source, category))
        self.found.append(
            Found(
                f"H000001-{member}",
                source,
                category,
                f"{source}:{category}:{row}",
                as_of.isoformat(),
                grade,
                20.5,
                (("number-equal", 13.25), ("name-same", 7.25)),
                dict(items),
            )
        )
        return self

    def deposit(
        self,
        bank: int,
        balance: str | None,
        account: str,
        member: int = 1,
        grade: str = "certain",
        as_of: date = DAY,
    ) -> "Home":
        return self.record(
            f"bank_{bank:02d}", "deposit", member, grade, as_of, account=account, kind="demand", balance=balance
        )

    def lost(self, source: str, category: str, member: int = 1) -> "Home":
        """A row about a member was set aside."""
        self.unusable.append(Unusable(f"H000001-{member}", source, category))
        return self

    def without(self, source: str, problem: str = "timed-out") -> "Home":
        self.silent[source] = problem
        return self

    @property
    def basis(self) -> Basis:
        states = _sources()
        for source, problem in self.silent.items():
            old = states[source]
            states[source] = SourceState(
                old.id, old.name, old.kind, old.required, old.categories, "unreachable", None, problem
            )
        return Basis.of(states.values(), Policy.on(DAY, self.lines))

    @property
    def family(self) -> Family:
        found = tuple(one for one in self.found if one.source not in self.silent)
        return Family(
            "H000001", self.county, "新街口", "C2026-000001", "new", "allowance", "S2026-000001",
            tuple(self.people), found, tuple(one for one in self.unusable if one.source not in self.silent),
        )  # fmt: skip

    @property
    def report(self) -> Report:
        return report(self.family, self.basis)


@pytest.fixture
def home() -> Home:
    return Home()


@pytest.fixture(scope="session")
def new_home() -> Callable[[], Home]:
    return Home


@pytest.fixture(scope="session")
def new_line() -> Callable[..., Line]:
    return line
