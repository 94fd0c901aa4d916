"""What holds of every report, whatever the household."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from hedui.reports.assessment import report
from hedui.reports.basis import Basis
from hedui.reports.model import encode

_MONEY = st.decimals(0, 50_000, places=2).map(str)
_MAYBE_MONEY = st.one_of(st.none(), _MONEY, st.just("0.00"), st.decimals(-500, -1, places=2).map(str))
_KEYS = st.sampled_from(["K1", "K2", "K3", None])
_MONTHS = st.sampled_from(
    [("2026-05-01", "2026-05-31"), ("2026-06-01", "2026-06-30"), ("2026-01-01", "2026-12-31"), (None, None)]
)
_ITEMS = {
    "deposit": (["bank_01", "bank_02", "bank_43"], st.fixed_dictionaries({"account": _KEYS, "balance": _MAYBE_MONEY})),
    "wealth_product": (["bank_01"], st.fixed_dictionaries({"contract": _KEYS, "value": _MAYBE_MONEY})),
    "housing_fund": (["housing"], st.fixed_dictionaries({"account": _KEYS, "balance": _MAYBE_MONEY})),
    "real_estate": (
        ["natural_resources"],
        st.fixed_dictionaries(
            {
                "certificate": _KEYS,
                "use": st.sampled_from(["residential", "commercial", None]),
                "status": st.sampled_from(["current", "cancelled", None]),
            }
        ),
    ),
    "motor_vehicle": (
        ["public_security"],
        st.fixed_dictionaries(
            {
                "plate": _KEYS,
                "kind": st.sampled_from(["car", "disability", None]),
                "status": st.sampled_from(["normal", "scrapped", None]),
            }
        ),
    ),
    "pension": (
        ["human_resources"],
        st.tuples(_KEYS, _MAYBE_MONEY, _MONTHS).map(
            lambda t: {"insurance_number": t[0], "amount": t[1], "period_from": t[2][0], "period_to": t[2][1]}
        ),
    ),
    "death": (["civil_affairs"], st.fixed_dictionaries({"certificate": _KEYS, "died_on": st.just("2026-01-01")})),
}
_KINDS = ("financial_assets", "houses", "other_real_estate", "vehicles", "vessels", "machinery", "companies")
_ASSETS = frozenset({"deposit", "wealth_product", "housing_fund"})
_DECLARED = st.one_of(st.none(), _MONEY)
_COUNT = st.one_of(st.none(), st.integers(0, 3))


@st.composite
def one_record(draw, members):
    category = draw(st.sampled_from(sorted(_ITEMS)))
    sources, items = _ITEMS[category]
    grade = draw(st.sampled_from(["certain", "certain", "certain", "probable", "possible"]))
    return draw(st.sampled_from(sources)), category, draw(st.integers(1, members)), grade, draw(items)


def fill(home, draw):
    members = draw(st.integers(1, 3))
    for _ in range(members):
        home.member(
            authorised=draw(st.sampled_from([True, True, True, False])),
            financial_assets=draw(_DECLARED),
            monthly_income=draw(_DECLARED),
            vehicles=draw(_COUNT),
            houses=draw(_COUNT),
        )
    allowed = [n for n, person in enumerate(home.people, 1) if person.authorised]
    for source, category, member, grade, items in draw(st.lists(one_record(members), max_size=8)):
        if member in allowed:
            home.record(source, category, member, grade, **items)
    for category, member in draw(
        st.lists(st.tuples(st.sampled_from(sorted(_ITEMS)), st.integers(1, members)), max_size=2)
    ):
        if member in allowed:
            home.lost(_ITEMS[category][0][0], category, member)
    for source in draw(st.sets(st.sampled_from(["bank_01", "bank_43", "taxation", "education"]), max_size=2)):
        home.without(source)
    return home


many = settings(max_examples=150, deadline=None)
draws = st.data()


def totals(found):
    return {kind: getattr(found.totals, kind) for kind in _KINDS} | {"income": found.totals.income.total}


def _may_add_assets(record):
    amount = record.items.get("balance", record.items.get("value"))
    return record.category in _ASSETS and (amount is None or Decimal(amount) >= 0)


@many
@given(draws)
def test_no_missing_answer_ever_reads_as_zero(new_home, data):
    found = fill(new_home(), data.draw).report

    assert len(found.answers) == 55
    for total in totals(found).values():
        if total.value is not None and Decimal(total.value) == 0:
            assert total.complete
        assert total.at_least == (total.value is not None and not total.complete)
        if total.sources_missing or total.members_not_authorised or total.unclear:
            assert not total.complete
    for line in found.lines:
        if line.value is not None and Decimal(line.value) == 0:
            assert not line.at_least
    for one in found.declared:
        if one.declared is None or one.found is None:
            assert one.difference is None
    for entry in found.answers:
        if entry.state != "accepted":
            assert {member.answer for member in entry.members} <= {"no_answer", "not_authorised"}


@many
@given(draws)
def test_nothing_unconfirmed_or_set_aside_leaves_savings_within(new_home, data):
    home = fill(new_home(), data.draw)
    found = home.report
    lost = any(row.category in _ASSETS for row in home.family.unusable)
    if lost or any(_may_add_assets(record) for record in found.unconfirmed):
        assert not found.totals.financial_assets.complete
        assert "within" not in {line.outcome for line in found.lines if line.id == "financial_assets"}


@many
@given(draws)
def test_adding_a_record_never_lowers_what_is_held(new_home, data):
    home = fill(new_home(), data.draw)
    before = totals(home.report)
    source, category, member, grade, items = data.draw(one_record(len(home.people)))
    after = totals(home.record(source, category, member, grade, **items).report)

    for kind in _KINDS:
        old, new = before[kind].value, after[kind].value
        if set(before[kind].origins) & set(after[kind].unclear):
            continue  # two records contradict each other: neither counts any more, and the total says so
        if old is not None and new is not None:
            assert Decimal(new) >= Decimal(old)
        elif new is None:
            assert old is None or Decimal(old) == 0  # zero became not known


@many
@given(draws)
def test_removing_a_source_never_makes_anything_within(new_home, data):
    home = fill(new_home(), data.draw)
    before = home.report
    source = data.draw(st.sampled_from(sorted({"bank_02", "education", *(one.source for one in home.found)})))
    after = home.without(source).report

    was = {line.id: line.outcome for line in before.lines}
    for line in after.lines:
        assert line.outcome != "within" or was[line.id] == "within"
    assert after.conclusion.outcome != "within" or before.conclusion.outcome == "within"


@many
@given(draws)
def test_the_order_of_the_input_changes_nothing(new_home, data):
    home = fill(new_home(), data.draw)
    family, basis = home.family, home.basis
    shuffled = replace(
        family,
        members=tuple(data.draw(st.permutations(family.members))),
        found=tuple(data.draw(st.permutations(family.found))),
        unusable=tuple(data.draw(st.permutations(family.unusable))),
    )
    reordered = Basis.of(reversed(basis.sources), basis.policy)
    assert encode(report(shuffled, reordered)) == encode(report(family, basis))


@many
@given(draws)
def test_every_figure_leads_to_records_of_the_report(new_home, data):
    found = fill(new_home(), data.draw).report
    counted = {record.record_id for record in found.records if record.counted}

    for total in totals(found).values():
        assert set(total.origins) <= counted
    for line in found.lines:
        assert set(line.origins) <= counted
    for finding in found.findings:
        assert {origin.record_id for origin in finding.origins} <= {record.record_id for record in found.records}
    for record in found.records:
        assert record.counted == (record.not_counted is None)
    assert not any(record.counted for record in found.unconfirmed)
