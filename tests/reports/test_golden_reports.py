"""Small households whose reports are stated by hand from the rules in docs/report.md, not copied from output."""

import os
from datetime import date
from decimal import Decimal

import msgspec
import pytest

from hedui.policy.model import Source, Value
from hedui.reports.model import decode, encode, summary


def by_source(report):
    return {entry.source: entry for entry in report.answers}


def findings(report):
    return [(finding.code, finding.subject or finding.line or finding.member) for finding in report.findings]


def test_a_couple_of_whom_every_source_knows_nothing(home):
    report = home.member(financial_assets="0.00", vehicles=0, houses=0).member().report

    assert len(report.answers) == 55
    assert {entry.answer for entry in report.answers} == {"none"}
    assert report.coverage == msgspec.convert(
        {
            "sources": 55,
            "found": 0,
            "none": 55,
            "no_answer": 0,
            "not_authorised": 0,
            "members_without_answer": 0,
            "members_not_authorised": 0,
        },
        type(report.coverage),
    )
    assert report.totals.financial_assets.value == "0.00"
    assert report.totals.financial_assets.complete
    assert not report.totals.financial_assets.at_least
    assert report.totals.houses.value == "0"
    assert report.conclusion.outcome == "within"
    assert report.findings == ()


def test_savings_over_the_line_with_all_of_the_arithmetic(home):
    report = (
        home.member(financial_assets="30000.00")
        .member(financial_assets="0.00")
        .deposit(1, "30000.00", "A1")
        .deposit(7, "8400.01", "A2", member=2)
        .report
    )

    (line,) = [one for one in report.lines if one.id == "financial_assets"]
    assert line.outcome == "exceeded"
    assert (line.value, line.limit) == ("38400.01", "38400.00")  # 24 × 800 × 2
    assert [(step.of, step.expression, step.result) for step in line.steps] == [
        ("limit", "800.00 × 24 × 2", "38400.00"),
        ("value", "30000.00 + 8400.01", "38400.01"),
        ("comparison", "38400.01 ≤ 38400.00", "false"),
    ]
    assert [used.id for used in line.parameters] == ["allowance_standard", "financial_assets"]
    assert line.parameters[0].document.number == "苏民发〔2026〕1号"
    assert line.origins == ("bank_01:deposit:1", "bank_07:deposit:1")
    assert report.conclusion.outcome == "exceeded"
    assert findings(report) == [("line_exceeded", "financial_assets"), ("more_found", "financial_assets")]
    assert report.findings[1].difference == "8400.01"
    assert [origin.record_id for origin in report.findings[0].origins] == ["bank_01:deposit:1", "bank_07:deposit:1"]
    assert {origin.grade for origin in report.findings[0].origins} == {"certain"}


def test_exactly_at_the_line_is_within_where_the_line_includes_it(home):
    report = home.member(financial_assets="19200.00").deposit(1, "19200.00", "A1").report
    assert report.conclusion.outcome == "within"


def test_a_required_bank_that_hangs_leaves_the_conclusion_open(home):
    report = home.member(financial_assets="100.00").deposit(2, "100.00", "A1").without("bank_01").report

    silent = by_source(report)["bank_01"]
    assert (silent.answer, silent.problem, silent.as_of) == ("no_answer", "timed-out", None)
    assert report.totals.financial_assets.value == "100.00"
    assert report.totals.financial_assets.at_least
    assert report.totals.financial_assets.sources_missing == ("bank_01",)
    assert report.conclusion.outcome == "cannot_determine"
    assert report.conclusion.reasons[0].subjects == ("bank_01",)
    assert report.declared[0].difference is None  # at least 100.00 found: whether it is more, nobody knows


def test_nothing_found_while_a_bank_is_silent_is_not_zero(home):
    report = home.member(financial_assets="100.00").without("bank_43").report

    assert report.totals.financial_assets.value is None
    assert not report.totals.financial_assets.at_least
    assert report.declared[0].found is None
    assert report.declared[0].difference is None
    (line,) = [one for one in report.lines if one.id == "financial_assets"]
    assert (line.outcome, line.value) == ("cannot_determine", None)
    assert report.totals.vehicles.value == "0"  # no bank knows of vehicles


def test_more_found_than_declared_is_said_even_if_there_may_be_more_still(home):
    report = home.member(financial_assets="100.00").deposit(2, "150.00", "A1").without("bank_43").report

    assert report.declared[0].difference == "50.00"
    assert report.declared[0].at_least
    assert findings(report) == [("more_found", "financial_assets")]


def test_a_joint_account_is_counted_once_and_both_records_are_shown(home):
    report = (
        home.member(financial_assets="500.00").member().deposit(1, "500.00", "J1").deposit(1, "500.00", "J1", member=2)
    ).report

    assert report.totals.financial_assets.value == "500.00"
    assert [(record.member, record.counted, record.not_counted) for record in report.records] == [
        ("H000001-1", True, None),
        ("H000001-2", False, "duplicate"),
    ]
    assert report.records[1].duplicate_of == "bank_01:deposit:1"
    assert report.findings == ()


def test_a_house_listed_twice_a_cancelled_one_and_a_shop(home):
    house = {"certificate": "C1", "use": "residential", "status": "current", "share": "50.0000"}
    report = (
        home.member(houses=1)
        .member()
        .record("natural_resources", "real_estate", **house)
        .record("natural_resources", "real_estate", member=2, **house)
        .record("natural_resources", "real_estate", certificate="C2", use="residential", status="cancelled")
        .record("natural_resources", "real_estate", certificate="C3", use="commercial", status="current")
        .report
    )

    assert report.totals.houses.value == "1"
    assert report.totals.other_real_estate.value == "1"
    assert [record.not_counted for record in report.records] == [None, "cancelled", None, "duplicate"]
    assert findings(report) == [("recorded", "other_real_estate")]
    assert report.conclusion.outcome == "within"


def test_real_estate_that_does_not_say_its_use_is_neither_home_nor_nothing(home):
    report = home.member(houses=0).record("natural_resources", "real_estate", certificate="C1", use=None).report

    assert report.totals.houses.value is None
    assert report.totals.houses.unclear == ("natural_resources:real_estate:1",)
    assert report.conclusion.outcome == "cannot_determine"


def test_a_mobility_vehicle_a_scrapped_car_and_a_transferred_one(home):
    report = (
        home.member(vehicles=1)
        .record("public_security", "motor_vehicle", plate="P1", kind="disability", status="normal")
        .record("public_security", "motor_vehicle", plate="P2", kind="car", status="scrapped")
        .record("public_security", "motor_vehicle", plate="P3", kind="car", status="transferred")
        .report
    )

    (line,) = [one for one in report.lines if one.id == "motor_vehicles"]
    assert (line.outcome, line.value, line.limit) == ("within", "0", "0")
    assert line.exempt == ("public_security:motor_vehicle:1",)
    assert report.totals.vehicles.value == "1"
    assert report.findings == ()


def test_a_vehicle_of_unknown_kind_decides_nothing(home):
    report = home.member(vehicles=1).record("public_security", "motor_vehicle", plate="P1", kind=None).report
    (line,) = [one for one in report.lines if one.id == "motor_vehicles"]
    assert (line.outcome, line.unclear) == ("cannot_determine", ("public_security:motor_vehicle:1",))


@pytest.mark.parametrize("grade", ["probable", "possible"])
def test_an_unconfirmed_match_is_in_no_total_and_leaves_it_open(home, grade):
    home.member(financial_assets="0.00").deposit(1, "900000.00", "A1", grade=grade)
    report = home.report

    assert (report.totals.financial_assets.value, report.totals.financial_assets.complete) == (None, False)
    assert report.totals.financial_assets.unclear == ("bank_01:deposit:1",)
    assert report.totals.houses.value == "0"
    assert report.records == ()
    assert [(record.grade, record.counted) for record in report.unconfirmed] == [(grade, False)]
    answer = by_source(report)["bank_01"].members[0]
    assert (answer.answer, answer.records, answer.unconfirmed) == ("found", 0, 1)
    assert by_source(report)["bank_01"].answer == "found"
    assert report.findings == ()
    assert {one.id: one.outcome for one in report.lines}["financial_assets"] == "cannot_determine"
    assert report.conclusion.outcome == "cannot_determine"

    total = home.deposit(2, "100.00", "A2").report.totals.financial_assets
    assert (total.value, total.at_least) == ("100.00", True)


def test_an_unconfirmed_match_that_could_not_count_leaves_no_total_open(home):
    report = (
        home.member()
        .record("public_security", "motor_vehicle", 1, "probable", plate="P1", kind="car", status="scrapped")
        .record("natural_resources", "real_estate", 1, "probable", certificate="C1", use="commercial")
        .record("education", "school_enrolment", 1, "probable")
        .report
    )
    assert report.totals.vehicles.value == "0"
    assert report.totals.houses.value == "0"
    assert report.totals.other_real_estate.value is None


@pytest.mark.parametrize("certain", [False, True])
def test_a_row_about_a_member_that_was_set_aside_is_not_none(home, certain):
    home.member(financial_assets="0.00").member(financial_assets="0.00").lost("bank_01", "deposit", 2)
    if certain:
        home.deposit(1, "100.00", "A1", member=2)
    report = home.report

    entry = by_source(report)["bank_01"]
    assert [one.answer for one in entry.members] == ["none", "found" if certain else "no_answer"]
    total = report.totals.financial_assets
    assert (total.value, total.at_least, total.sources_missing) == (
        "100.00" if certain else None, certain, ("bank_01",),
    )  # fmt: skip
    assert report.totals.houses.value == "0"
    assert (report.conclusion.outcome, report.conclusion.reasons[0].subjects) == ("cannot_determine", ("bank_01",))
    assert report.coverage.members_without_answer == (0 if certain else 1)


def test_a_row_set_aside_by_a_source_that_is_not_required_leaves_only_its_totals_open(home):
    home.lines = home.lines[2:]  # homes and vehicles
    report = home.member().lost("bank_43", "deposit").report
    assert report.totals.financial_assets.sources_missing == ("bank_43",)
    assert report.totals.financial_assets.value is None
    assert report.conclusion.outcome == "within"


def test_found_for_one_member_does_not_hide_that_another_is_not_known(home):
    report = (
        home.member().member().member(authorised=False).deposit(1, "1.00", "A1").lost("bank_01", "deposit", 2).report
    )
    assert by_source(report)["bank_01"].answer == "found"
    assert report.coverage.found == 1
    assert (report.coverage.members_without_answer, report.coverage.members_not_authorised) == (1, 55)


def test_a_member_recorded_dead_is_a_finding_and_still_a_head(home):
    report = (
        home.member(financial_assets="38400.00")
        .member()
        .deposit(1, "38400.00", "A1")
        .record("civil_affairs", "death", member=2, certificate="D1", died_on="2026-03-01")
        .report
    )

    assert findings(report) == [("recorded_dead", "H000001-2")]
    assert report.findings[0].on == "2026-03-01"
    assert report.conclusion.outcome == "within"  # 24 × 800 × 2, not × 1


def test_income_keeps_its_periods_and_is_never_averaged(home):
    def wages(number: str, start: str, end: str, amount: str, member: int = 1):
        home.record(
            "taxation", "personal_income_tax", member,
            declaration=number, income_item="wages", amount=amount, period_from=start, period_to=end,
        )  # fmt: skip

    home.member(monthly_income="1500.00").member(monthly_income="0.00")
    wages("T1", "2026-04-01", "2026-04-30", "1500.00")
    wages("T2", "2026-06-01", "2026-06-30", "1600.00")
    wages("T3", "2025-01-01", "2025-12-31", "24000.00")
    home.record(
        "human_resources", "pension", 2,
        insurance_number="I1", amount="300.50", period_from="2026-06-01", period_to="2026-06-30",
    )  # fmt: skip
    income = home.report.totals.income

    assert [(month.month, month.amount, month.every_stream) for month in income.months] == [
        ("2026-04", "1500.00", False),  # the pension of April was not observed; May was not observed at all
        ("2026-06", "1900.50", True),
    ]
    assert income.total.value == "27400.50"
    assert [
        (period.period_from, period.period_to, period.amount) for period in income.periods if period.member[-1] == "1"
    ] == [
        ("2026-04-01", "2026-04-30", "1500.00"),
        ("2026-06-01", "2026-06-30", "1600.00"),
        ("2025-01-01", "2025-12-31", "24000.00"),
    ]
    (compared,) = [one for one in home.report.declared if one.item == "monthly_income"]
    assert (compared.month, compared.found, compared.difference, compared.at_least) == (
        "2026-06", "1900.50", "400.50", False,
    )  # fmt: skip


def test_income_of_a_longer_period_is_not_spread_over_its_months(home):
    home.member(monthly_income="2000.00").record(
        "taxation", "personal_income_tax",
        declaration="T1", amount="24000.00", period_from="2026-01-01", period_to="2026-12-31",
    )  # fmt: skip
    (compared,) = [one for one in home.report.declared if one.item == "monthly_income"]
    assert (compared.month, compared.found, compared.difference) == (None, None, None)
    assert findings(home.report) == []


def test_a_member_without_authorisation_is_neither_asked_nor_zero(home):
    report = home.member(financial_assets="100.00").member(authorised=False).deposit(1, "100.00", "A1").report

    answers = by_source(report)
    assert [one.answer for one in answers["bank_01"].members] == ["found", "not_authorised"]
    assert answers["bank_01"].answer == "found"
    assert answers["bank_02"].answer == "not_authorised"  # none is said only where it holds for everyone
    assert report.totals.financial_assets.at_least
    assert report.totals.financial_assets.members_not_authorised == ("H000001-2",)
    assert report.totals.houses.value is None
    assert report.conclusion.outcome == "cannot_determine"
    assert ("member_not_authorised", ("H000001-2",)) in [(r.code, r.subjects) for r in report.conclusion.reasons]


def test_found_where_nobody_declared_anything(home):
    report = home.member().deposit(1, "100.00", "A1").report

    assert report.declared[0].declared is None
    assert report.declared[0].difference is None
    assert [one.declared for one in report.declared[0].members] == [None]
    assert findings(report) == [("not_declared", "financial_assets")]


def test_less_found_than_declared_is_a_finding_too(home):
    report = home.member(financial_assets="500.00").member(financial_assets="20.00").deposit(1, "100.00", "A1").report
    assert findings(report) == [("less_found", "financial_assets")]
    assert report.findings[0].difference == "-420.00"


def test_an_overdrawn_account_makes_no_other_asset_smaller(home):
    report = home.member(financial_assets="100.00").deposit(1, "100.00", "A1").deposit(2, "-40.00", "A2").report
    assert report.totals.financial_assets.value == "100.00"
    assert report.records[1].not_counted == "negative"


def test_a_balance_that_is_missing_is_not_zero(home):
    report = home.member(financial_assets="100.00").deposit(1, "100.00", "A1").deposit(2, None, "A2").report
    assert report.totals.financial_assets.value == "100.00"
    assert report.totals.financial_assets.at_least
    assert report.totals.financial_assets.unclear == ("bank_02:deposit:1",)
    assert report.conclusion.outcome == "cannot_determine"


def test_a_company_that_is_cancelled_and_one_that_is_not(home):
    report = (
        home.member()
        .record("market_regulation", "business_registration", credit_code="X1", status="cancelled")
        .record("market_regulation", "business_registration", credit_code="X2", status="dormant")
        .report
    )
    assert report.totals.companies.value == "1"
    assert findings(report) == [("recorded", "companies")]


def test_an_illustrative_line_supports_no_conclusion_and_shows_its_arithmetic(home, new_line):
    example = Value(region="32", value=Decimal(0), effective_from=date(2026, 1, 1), status="illustrative")
    home.lines = (new_line("motor_vehicles", "0", "vehicles", values=(example,)),)
    report = home.member(vehicles=1).record("public_security", "motor_vehicle", plate="P1", kind="car").report

    (line,) = report.lines
    assert line.outcome == "not_confirmed"
    assert [(step.expression, step.result) for step in line.steps] == [("1 ≤ 0", "false")]
    assert report.conclusion.outcome == "not_confirmed"
    assert report.findings == ()


def test_a_line_that_is_not_set_in_this_county_supports_no_conclusion(home, new_line):
    elsewhere = Value(
        region="3205", value=Decimal(0), effective_from=date(2026, 1, 1), status="confirmed",
        document=Source(number="1", title="t"),
    )  # fmt: skip
    home.lines = (new_line("motor_vehicles", "0", "vehicles", values=(elsewhere,)),)
    report = home.member(vehicles=0).report
    (line,) = report.lines
    assert (line.outcome, line.missing, line.limit, line.value) == ("not_confirmed", ("motor_vehicles",), None, "0")


def test_no_lines_at_all_is_not_within(home):
    home.lines = ()
    assert home.member().report.conclusion.outcome == "not_confirmed"


def test_the_document_is_canonical_and_reads_back(home):
    report = home.member(financial_assets="1.00").deposit(1, "1234.50", "A1").report
    document = encode(report)

    assert decode(document) == report
    assert b'"balance":"1234.50"' in document
    assert "成员1".encode() in document  # UTF-8, not escapes
    tree = msgspec.json.decode(document)
    assert document == msgspec.json.encode(tree, order="sorted")
    assert not list(_floats(tree))
    assert summary(report).conclusion == report.conclusion.outcome


def test_no_word_of_refusal_anywhere():
    from catalogue.text import _bundle

    for language, words in (
        ("zh", ("拒绝", "驳回", "不予", "取消资格", "不符合")),
        ("en", ("reject", "refuse", "deny", "ineligible")),
    ):
        for key, message in _bundle(language)._messages.items():
            if key.startswith(("finding-", "conclusion-", "outcome-", "report-", "answer-")):
                said = str(message.value).lower()
                assert not any(word in said for word in words), key


def _floats(tree):
    if isinstance(tree, float):
        yield tree
    elif isinstance(tree, dict):
        for value in tree.values():
            yield from _floats(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _floats(value)


@pytest.mark.parametrize(("first", "second"), [("500.00", "500.00"), ("500.00", None), (None, "500.00")])
def test_of_two_records_of_one_account_the_one_that_says_more_counts(home, first, second):
    report = home.member().member().deposit(1, first, "J1").deposit(1, second, "J1", member=2).report
    assert report.totals.financial_assets.value == "500.00"
    assert report.totals.financial_assets.complete


@pytest.mark.parametrize(("earlier", "later"), [("500.00", "400.00"), ("400.00", "500.00")])
def test_of_two_records_of_one_account_the_later_one_holds(home, earlier, later):
    home.member().deposit(1, later, "A1").deposit(1, earlier, "A1", as_of=date(2026, 6, 29))
    report = home.report
    assert (report.totals.financial_assets.value, report.totals.financial_assets.complete) == (later, True)
    assert {record.record_id: record.not_counted for record in report.records} == {
        "bank_01:deposit:1": None, "bank_01:deposit:2": "duplicate",
    }  # fmt: skip


@pytest.mark.parametrize("other", ["400.00", "-1.00"])
def test_two_records_of_one_account_and_day_that_differ_decide_nothing(home, other):
    home.member(financial_assets="0.00").member(financial_assets="0.00").deposit(2, "7.00", "A2")
    home.deposit(1, "500.00", "J1").deposit(1, other, "J1", member=2).deposit(1, "500.00", "J1")
    report = home.report
    total = report.totals.financial_assets
    assert (total.value, total.at_least) == ("7.00", True)
    assert set(total.unclear) == {f"bank_01:deposit:{row}" for row in (1, 2, 3)}
    assert {r.not_counted for r in report.records if r.source == "bank_01"} == {"conflicting"}
    assert report.conclusion.outcome == "cannot_determine"


def test_one_certificate_that_is_home_and_shop_at_once_is_neither(home):
    home.member().record("natural_resources", "real_estate", certificate="C1", use="residential")
    report = home.record("natural_resources", "real_estate", certificate="C1", use="commercial").report
    assert (report.totals.houses.value, report.totals.other_real_estate.value) == (None, None)


def test_what_a_later_record_says_is_gone_is_not_held(home):
    before = date(2026, 6, 1)
    home.member().member()
    for plate, end in (("P1", "scrapped"), ("P2", "transferred")):
        home.record("public_security", "motor_vehicle", plate=plate, kind="car", status="normal", as_of=before)
        home.record("public_security", "motor_vehicle", plate=plate, kind="car", status=end)
    # Transferred to another member: the one record does not undo the other.
    home.record("public_security", "motor_vehicle", 2, plate="P2", kind="car", status="normal", as_of=before)
    assert home.report.totals.vehicles.value == "1"
    assert home.report.totals.vehicles.complete


def monthly(home, month: str, amount: str, employer: str, member: int = 1) -> None:
    home.record(
        "taxation", "personal_income_tax", member, declaration=f"{month}{employer}", employer=employer,
        amount=amount, period_from=f"{month}-01", period_to=f"{month}-30",
    )  # fmt: skip


def income_of(report):
    (compared,) = [one for one in report.declared if one.item == "monthly_income"]
    return compared.month, compared.found, compared.at_least, compared.difference


def test_income_that_has_ended_does_not_bring_back_an_old_month(home):
    home.member(monthly_income="2000.00")
    monthly(home, "2025-04", "5000.00", "E1")
    monthly(home, "2025-04", "1000.00", "E2")
    monthly(home, "2026-06", "1000.00", "E2")
    report = home.report

    # Less than declared was observed, but what became of the other income is not known.
    assert income_of(report) == ("2026-06", "1000.00", True, None)
    assert findings(report) == []


def test_a_second_employer_that_is_not_observed_makes_the_month_a_lower_bound(home):
    home.member(monthly_income="100.00")
    monthly(home, "2026-04", "500.00", "E1")
    monthly(home, "2026-06", "700.00", "E2")
    assert income_of(home.report) == ("2026-06", "700.00", True, "600.00")
    monthly(home, "2026-06", "1.00", "E1")
    assert income_of(home.report) == ("2026-06", "701.00", False, "601.00")


def test_a_second_pension_number_is_an_income_of_its_own(home):
    home.member(monthly_income="100.00")
    for number, month in (("I1", "04"), ("I2", "06")):
        home.record(
            "human_resources", "pension", insurance_number=number, amount="300.00",
            period_from=f"2026-{month}-01", period_to=f"2026-{month}-30",
        )  # fmt: skip
    assert income_of(home.report) == ("2026-06", "300.00", True, "200.00")


def test_where_a_member_declared_nothing_the_sum_is_held_against_nobody(home):
    report = home.member(financial_assets="100.00").member().deposit(1, "900.00", "A1", member=2).report
    compared = report.declared[0]
    assert (compared.declared, compared.difference, compared.found) == (None, None, "900.00")
    assert compared.not_declared == ("H000001-2",)
    assert [one.declared for one in compared.members] == ["100.00", None]
    assert findings(report) == []


def test_a_member_of_whom_nothing_is_asked_need_not_have_declared(home):
    report = home.member(financial_assets="100.00").member(authorised=False).deposit(1, "900.00", "A1").report
    assert (report.declared[0].declared, report.declared[0].difference) == ("100.00", "800.00")
    assert report.declared[0].not_declared == ()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_gaps_are_said_to_whoever_reads_the_report(home, language):
    from rich.console import Console

    from hedui.reports.show import show

    home.member(financial_assets="1.00").member().lost("bank_01", "deposit", 2).deposit(
        2, "5.00", "A1", grade="probable"
    )
    console = Console(width=200, record=True, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    show(home.report, console, language)
    said = console.export_text()
    assert said.count("H000001-2") > 2  # the member, the answer that is missing, the figure that was not declared
    assert "report-" not in said
