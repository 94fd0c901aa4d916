"""What is withheld has no influence on a byte of what is shown; where nothing is, the bytes are the sealed ones."""

from dataclasses import replace as altered
from datetime import date
from itertools import count

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from catalogue.categories import categories
from catalogue.problems import Stop
from catalogue.text import text
from hedui.access import release
from hedui.reports.model import decode, encode
from hedui.reports.show import show
from hedui.reports.withhold import Released, withhold
from tests.access.world import DAY, PURPOSES, item_cells
from tests.reports.conftest import DEPARTMENTS, Home
from tests.reports.test_report_properties import fill, one_record

ALL = {category.id: frozenset(item.id for item in category.items) for category in categories().values()}
EVERYBODY = frozenset(f"H000001-{number}" for number in range(1, 10))
DELIVERS = DEPARTMENTS | {f"bank_{number:02d}": ("deposit", "wealth_product") for number in range(1, 44)}


@pytest.fixture
def home() -> Home:
    return Home()


def _without(*hidden: str) -> dict[str, frozenset[str]]:
    items = {category: frozenset(i for i in some if f"{category}.{i}" not in hidden) for category, some in ALL.items()}
    return {category: some for category, some in items.items() if category not in hidden}


def _released(members=EVERYBODY, items=ALL) -> Released:
    return Released(members, items, DELIVERS)


def _family(home: Home) -> Home:
    """A couple and a grown child, with something of every kind."""
    home.member(financial_assets=0, monthly_income=100).member(financial_assets=10).member()
    home.deposit(1, "1234.56", "A-ONE").deposit(2, "777.77", "A-TWO", member=2).deposit(
        3, "5.00", "A-ODD", grade="probable"
    )
    home.record("human_resources", "pension", insurance_number="P-1", amount="987.65",
                period_from="2026-05-01", period_to="2026-05-31")  # fmt: skip
    home.record("taxation", "personal_income_tax", 2, declaration="D-1", employer="E-1", income_item="wages",
                amount="4321.00", tax="12.34", period_from="2026-06-01", period_to="2026-06-30")  # fmt: skip
    home.record(
        "disabled_federation", "disability", certificate="DIS-9", kind="visual", level=1, issued_on="2020-02-02"
    )
    home.record("public_security", "motor_vehicle", 2, plate="苏A-XYZ9", kind="car", model="M-7", status="normal",
                registered_on="2021-03-03")  # fmt: skip
    return home.record("civil_affairs", "death", 3, certificate="T-4", died_on="2026-04-04")


def test_nothing_withheld_gives_the_very_bytes(home):
    report = _family(home).report
    sealed = encode(report)
    assert b"withheld" not in sealed
    assert withhold(decode(sealed), _released()) == report
    shown = withhold(report, _released())
    assert shown is report


def test_who_signed_no_letter_was_never_asked_about_and_nothing_is_withheld(home):
    report = home.member().member(authorised=False).deposit(1, "1.00", "A").report
    assert withhold(report, _released(members={"H000001-1"})) is report


def test_a_member_whose_letter_ended_is_as_if_never_asked_about(home):
    report = _family(home).report
    shown = withhold(report, _released(EVERYBODY - {"H000001-2"}))
    assert [member.authorised for member in shown.household.members] == [True, False, True]
    written = encode(shown).decode()
    for gone in ("777.77", "A-TWO", "4321.00", "12.34", "E-1", "XYZ9", "M-7", "2012.33", "2026-06-01"):
        assert gone in encode(report).decode() or gone == "2012.33"
        assert gone not in written, gone
    assert "1234.56" in written
    assert {answer.answer for entry in shown.answers for answer in entry.members if answer.member == "H000001-2"} == {
        "not_authorised"
    }
    assert shown.coverage.members_not_authorised == 55
    assert all(total.value is None for total in (shown.totals.financial_assets, shown.totals.vehicles))
    assert [period.member for period in shown.totals.income.periods] == ["H000001-1"]
    assert shown.totals.income.months == ()
    assert {line.outcome for line in shown.lines} == {"cannot_determine"}
    assert [finding.code for finding in shown.findings] == ["recorded_dead"]
    assert shown.conclusion.outcome == "cannot_determine"
    assert shown.conclusion.reasons[0].code == "member_not_authorised"
    assert [(one.why, one.member) for one in shown.withheld] == [("consent", "H000001-2"), ("rests_on", None)]
    assert decode(encode(shown)) == shown


def test_a_family_without_any_letter_shows_who_they_are_and_nothing_from_sources(home):
    shown = withhold(_family(home).report, _released(frozenset()))
    assert (shown.records, shown.unconfirmed, shown.findings) == ((), (), ())
    assert {entry.answer for entry in shown.answers} == {"not_authorised"}
    assert shown.household.members[0].name == "成员1"


def test_a_category_that_policy_withholds_is_not_even_told_to_be_there(home):
    with_it = _family(home).report
    without = altered_records(home, lambda record: record.category != "disability").report
    items = _without("disability")
    shown = withhold(with_it, _released(items=items))
    assert encode(shown) == encode(withhold(without, _released(items=items)))
    assert "DIS-9" not in encode(shown).decode()
    (entry,) = (entry for entry in shown.answers if entry.source == "disabled_federation")
    assert entry.answer == "not_authorised"
    assert [(one.why, one.category, one.items) for one in shown.withheld] == [("policy", "disability", ())]
    # It is in no figure, and none is withheld for it.
    assert (shown.totals, shown.lines, shown.conclusion) == (with_it.totals, with_it.lines, with_it.conclusion)


def test_an_item_that_policy_withholds_goes_and_the_figures_on_it(home):
    report = _family(home).report
    shown = withhold(report, _released(items=_without("deposit.balance")))
    written = encode(shown).decode()
    for gone in ("1234.56", "777.77", "2012.33", "2002.33"):
        assert gone not in written
    assert "A-ONE" in written
    assert shown.totals.financial_assets.value is None
    assert shown.totals.vehicles == report.totals.vehicles
    assert shown.totals.income == report.totals.income
    outcomes = {line.id: line.outcome for line in shown.lines}
    assert outcomes["financial_assets"] == "cannot_determine"
    assert [line for line in shown.lines if line.id == "motor_vehicles"] == [
        line for line in report.lines if line.id == "motor_vehicles"
    ]
    assert "financial_assets" not in {finding.subject for finding in shown.findings}
    assert ("policy", "deposit", ("balance",)) in [(one.why, one.category, one.items) for one in shown.withheld]


def test_the_name_of_a_thing_is_withheld_alone(home):
    report = _family(home).report
    shown = withhold(report, _released(items=_without("deposit.account")))
    assert "A-ONE" not in encode(shown).decode()
    assert shown.totals == report.totals
    assert [(one.why, one.category, one.items) for one in shown.withheld] == [("policy", "deposit", ("account",))]


def test_an_account_held_together_does_not_tell_of_who_is_withheld(home):
    home.member().member()
    home.deposit(1, "50.00", "JOINT").deposit(1, "50.00", "JOINT", member=2)
    home.record("public_security", "motor_vehicle", plate="P-1", kind="car", status="normal")
    home.record("public_security", "motor_vehicle", 2, plate="P-1", kind="car", status="scrapped", as_of=DAY)
    before = home.report
    assert [record.not_counted for record in before.records if record.category == "deposit"] == [None, "duplicate"]
    for member, other in (("1", "2"), ("2", "1")):
        alone = altered_records(home, lambda record, gone=other: record.member != f"H000001-{gone}").report
        released = _released({f"H000001-{member}"})
        assert encode(withhold(before, released)) == encode(withhold(alone, released))
        assert next(record.not_counted for record in withhold(before, released).records) is None
    assert b"bank_01:deposit:1" not in encode(withhold(before, _released({"H000001-2"})))


@pytest.mark.parametrize(
    ("source", "category", "hidden", "items", "reason"),
    [
        ("public_security", "motor_vehicle", "status", {"plate": "P", "kind": "car", "status": "scrapped"}, "scrapped"),
        ("bank_01", "deposit", "balance", {"account": "A", "kind": "demand", "balance": "-5.00"}, "negative"),
        ("bank_01", "deposit", "balance", {"account": "A", "kind": "demand", "balance": None}, "amount_missing"),
    ],
)
def test_why_a_record_does_not_count_does_not_tell_an_item(home, source, category, hidden, items, reason):
    report = home.member().record(source, category, **items).report
    assert report.records[0].not_counted == reason
    (shown,) = withhold(report, _released(items=_without(f"{category}.{hidden}"))).records
    assert (shown.counted, shown.not_counted) == (False, None)


def test_the_day_of_a_death_goes_with_the_finding_on_it(home):
    report = _family(home).report
    assert "recorded_dead" in {finding.code for finding in report.findings}
    shown = withhold(report, _released(items=_without("death.died_on")))
    assert "recorded_dead" not in {finding.code for finding in shown.findings}
    assert "2026-04-04" not in encode(shown).decode()


def altered_records(home: Home, keep) -> Home:
    return altered(home, found=[record for record in home.found if keep(record)])


_FILLED = ("deposit", "wealth_product", "housing_fund", "real_estate", "motor_vehicle", "pension", "death")
_HIDDEN = st.frozensets(
    st.one_of(
        st.sampled_from(_FILLED),
        st.sampled_from([f"{category}.{item}" for category, item in item_cells() if category in _FILLED]),
        st.sampled_from(sorted(ALL)),
    ),
    max_size=4,
)
_QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_MONEY = {"balance", "value", "amount", "capital", "base", "tax", "monthly_deposit"}


@_QUICK
@given(st.data())
def test_what_is_withheld_has_no_influence_on_what_is_shown(data):
    """Two families that differ only in what is withheld look the same, byte for byte."""
    home = Home()
    fill(home, data.draw)
    members = data.draw(st.frozensets(st.sampled_from([person.reference for person in home.people])))
    hidden = data.draw(_HIDDEN)
    whole = {name for name in hidden if "." not in name}
    gone = lambda record: record.member not in members or record.category in whole  # noqa: E731
    other = altered(
        home,
        found=[_other(record, hidden, data) for record in home.found if not gone(record)],
        unusable=[row for row in home.unusable if row.member in members and row.category not in whole],
    )
    for source, category, member, grade, items in data.draw(st.lists(one_record(len(home.people)), max_size=3)):
        if home.people[member - 1].authorised and (f"H000001-{member}" not in members or category in whole):
            other.record(source, category, member, grade, **items)
    released = _released(members, _without(*hidden))
    one, two = (encode(withhold(built.report, released)) for built in (home, other))
    assert msgspec.json.decode(one) == msgspec.json.decode(two)
    assert one == two


def _other(record, hidden, data):
    # Items that are withheld say something else; of the same kind, so that it is a record still.
    items = dict(record.items)
    for name, value in record.items.items():
        if f"{record.category}.{name}" in hidden and value is not None and name not in _KEYS:
            codes = _CODES.get((record.category, name), ["2026-02-02", "2026-03-03"])
            money = st.decimals(-100, 90_000, places=2).map(str)
            items[name] = data.draw(money if name in _MONEY else st.sampled_from(codes))
    return msgspec.structs.replace(record, items=items)


_KEYS = {"account", "contract", "certificate", "plate", "insurance_number"}  # which thing it is: tested by their values
_CODES = {
    ("real_estate", "use"): ["residential", "commercial"],
    ("real_estate", "status"): ["current", "cancelled"],
    ("motor_vehicle", "kind"): ["car", "disability"],
    ("motor_vehicle", "status"): ["normal", "scrapped"],
}


@_QUICK
@given(st.data())
def test_no_withheld_value_is_anywhere_in_the_bytes(data):
    """Every item of every record has a value of its own, so that one that is found again was not withheld."""
    home, serial = Home(), count(1)
    for _ in range(data.draw(st.integers(1, 3))):
        home.member()
    for _ in range(data.draw(st.integers(1, 6))):
        category = categories()[data.draw(st.sampled_from(sorted(ALL)))]
        source = next(one for one, delivers in DELIVERS.items() if category.id in delivers)
        values = {item.id: _value(item.type, next(serial)) for item in category.items}
        home.record(source, category.id, data.draw(st.integers(1, len(home.people))), **values)
    members = data.draw(st.frozensets(st.sampled_from([person.reference for person in home.people])))
    hidden = data.draw(_HIDDEN)
    items = _without(*hidden)
    written = encode(withhold(home.report, _released(members, items))).decode()
    for record in home.found:
        for name, value in record.items.items():
            if record.member in members and name in items.get(record.category, ()):
                assert str(value) in written
            else:
                assert str(value) not in written, (record.category, name)


def _value(kind: str, serial: int) -> str:
    if kind in {"money", "decimal", "integer"}:
        return f"{70_000 + serial}.{serial % 100:02d}"
    return f"{2001 + serial}-02-03" if kind == "date" else f"VALUE-{serial:04d}-"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_is_said_what_is_withheld(home, language):
    report = _family(home).report
    released = _released(EVERYBODY - {"H000001-2"}, _without("disability", "deposit.account"))
    console = Console(record=True, width=200)
    show(withhold(report, released), console, language)
    said = console.export_text()
    assert text("report-withheld-title", language) in said
    assert text("withheld-consent", language, member="H000001-2") in said
    for label in (categories()["disability"].label, categories()["deposit"].item("account").label):
        assert label.within(language) in said
    assert "A-ONE" not in said
    assert said.count(text("report-withheld", language)) >= 8 + len(report.lines)  # totals and lines
    plain = Console(record=True, width=200)
    show(report, plain, language)
    assert text("report-withheld", language) not in plain.export_text()


def test_the_shipped_policy_says_that_it_is_illustrative():
    assert {edition.status for edition in release.shipped().edition} == {"illustrative"}
    assert release.items("auditor", "allowance", DAY) == {}
    assert release.items("caseworker", "allowance", date(2019, 1, 31)) == {}  # before the first edition
    assert release.items("caseworker", "allowance", DAY) == ALL
    assert set(release.items("caseworker", "education", DAY)) < set(ALL)
    assert release.items("caseworker", next(name for name, column in PURPOSES.items() if column == "-"), DAY) == {}


_GOOD = """
[[edition]]
from = 2026-01-01
status = "illustrative"
[[edition.rule]]
roles = ["caseworker"]
purposes = ["*"]
categories = ["deposit"]
sensitivity = "personal"
"""


@pytest.fixture
def policy(tmp_path):
    def read(*parts: str):
        path = tmp_path / "release.toml"
        path.write_text("".join(parts), "utf-8")
        return release.load(path)

    return read


def test_editions_follow_each_other_by_their_day(policy):
    later = _GOOD.replace("2026-01-01", "2026-07-01").replace('"personal"', '"sensitive"')
    read = policy(later, _GOOD)
    shown = [
        release.items_by(read, "caseworker", "medical", day) for day in (date(2025, 12, 31), DAY, date(2026, 7, 1))
    ]
    assert shown == [{}, {"deposit": {"opened_on"}}, {"deposit": ALL["deposit"]}]
    assert release.items_by(read, "reviewer", "medical", DAY) == {}


def test_all_mistakes_of_a_policy_are_named_at_once(policy):
    wrong = (
        _GOOD.replace('"deposit"', '"deposits", "*"')
        .replace('"*"]\n', '"fun"]\n', 1)
        .replace("illustrative", "confirmed")
    )
    with pytest.raises(Stop) as stopped:
        policy(wrong, _GOOD)
    said = stopped.value.message("en")
    for mistake in ("deposits", "edition.1.rule.1.categories: *", "fun", "edition.1.document", "2026-01-01"):
        assert mistake in said, said
    with pytest.raises(Stop) as stopped:
        policy(_GOOD.replace('"caseworker"', '"auditor"').replace('"personal"', '"secret"'), "more = 1")
    assert stopped.value.where["count"] == 3
    for broken in ("[[edition", "", _GOOD.replace("from = 2026-01-01\n", "")):
        with pytest.raises(Stop, match="release-policy-refused"):
            policy(broken)
