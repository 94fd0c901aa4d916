"""Lines: every mistake named, values inherited and dated, the version blind to the future."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from catalogue.text import LANGUAGES
from hedui.policy.evaluate import Holding, Measured, evaluate
from hedui.policy.force import Policy
from hedui.policy.load import LinesRefused, load, shipped

DAY = date(2026, 6, 30)
STANDARD = """
label = { zh = "标准", en = "Standard" }
unit = "yuan"
period = "month"
"""
ASSETS = """
label = { zh = "金融资产", en = "Assets" }
unit = "times"
[compares]
measure = "financial_assets"
times = "standard"
per_head = true
inclusive = true
"""


def value(region: str, figure: str, since: str, more: str = "") -> str:
    document = 'status = "confirmed"\ndocument = { number = "1号", title = "通知" }'
    return f'[[values]]\nregion = "{region}"\nvalue = {figure}\neffective_from = {since}\n{more or document}\n'


def write(folder: Path, **files: str) -> Path:
    for name, content in files.items():
        (folder / f"{name}.toml").write_text(content, "utf-8")
    return folder


def assets(policy: Policy, county: str, *amounts: str, complete: bool = True, heads: int = 2):
    holdings = [Holding(f"r{n}", Decimal(amount), {}) for n, amount in enumerate(amounts)]
    found = dict.fromkeys(("houses", "vehicles", "companies", "vessels", "machinery"), Measured([], complete))
    (result,) = evaluate(policy, county, heads, found | {"financial_assets": Measured(holdings, complete)})
    return result


@pytest.fixture
def policy(tmp_path) -> Policy:
    standard = (
        STANDARD
        + value("32", "700", "2025-07-01")
        + value("3205", "1095", "2025-07-01")
        + value("320581", "1100.50", "2026-01-01")
    )
    write(tmp_path, standard=standard, assets=ASSETS + value("32", "24", "2025-01-01"))
    return Policy.on(DAY, load(tmp_path))


@pytest.mark.parametrize(
    ("county", "limit", "region"),
    [("320102", "33600.00", "32"), ("320505", "52560.00", "3205"), ("320581", "52824.00", "320581")],
)
def test_a_county_inherits_from_its_city_and_its_province(policy, county, limit, region):
    result = assets(policy, county, "1.00")
    assert (result.limit, result.parameters[0].region, result.outcome) == (limit, region, "within")


@pytest.mark.parametrize(
    ("amounts", "complete", "outcome", "shown"),
    [
        (["33600.00"], True, "within", "true"),
        (["33600.00", "0.01"], True, "exceeded", "false"),
        (["33600.01"], False, "exceeded", "false"),  # more cannot make it less
        (["33600.00"], False, "cannot_determine", "unknown"),
        ([], False, "cannot_determine", None),
        ([], True, "within", "true"),
    ],
)
def test_outcomes(policy, amounts, complete, outcome, shown):
    result = assets(policy, "320102", *amounts, complete=complete)
    assert result.outcome == outcome
    assert [step.result for step in result.steps if step.of == "comparison"] == ([shown] if shown else [])


def test_a_line_that_does_not_include_its_limit(tmp_path):
    strict = ASSETS.replace("inclusive = true", "inclusive = false") + value("32", "24", "2025-01-01")
    write(tmp_path, standard=STANDARD + value("32", "700", "2025-07-01"), assets=strict)
    policy = Policy.on(DAY, load(tmp_path))
    assert assets(policy, "320102", "33600.00").outcome == "exceeded"
    assert assets(policy, "320102", "33599.99").outcome == "within"


def test_limits_are_exact_to_the_last_digit(tmp_path):
    margin = ASSETS.replace("per_head = true", "per_head = false") + value("32", "1.5", "2025-01-01")
    write(tmp_path, standard=STANDARD + value("32", "611.33", "2025-07-01"), assets=margin)
    policy = Policy.on(DAY, load(tmp_path))
    assert assets(policy, "320102", "917.00").limit == "916.995"
    assert assets(policy, "320102", "917.00").outcome == "exceeded"
    assert assets(policy, "320102", "916.99").outcome == "within"


def test_a_standard_raised_in_july_counts_from_its_day(tmp_path):
    standard = STANDARD + value("32", "700", "2025-07-01") + value("32", "750", "2026-07-01")
    write(tmp_path, standard=standard, assets=ASSETS + value("32", "24", "2025-01-01"))
    lines = load(tmp_path)
    before, after = Policy.on(date(2026, 6, 30), lines), Policy.on(date(2026, 7, 1), lines)
    assert (assets(before, "320102", "1").limit, assets(after, "320102", "1").limit) == ("33600.00", "36000.00")


def test_a_line_with_a_future_date_changes_nothing_today(tmp_path):
    now = {"standard": STANDARD + value("32", "700", "2025-07-01"), "assets": ASSETS + value("32", "24", "2025-01-01")}
    write(tmp_path, **now)
    today = Policy.on(DAY, load(tmp_path))
    ending = value("32", "700", "2025-07-01", 'effective_to = 2026-06-30\nstatus = "confirmed"\n'
                   'document = { number = "1号", title = "通知" }')  # fmt: skip
    planned = {
        "standard": STANDARD + ending + value("32", "750", "2026-07-01"),
        "homes": 'label = { zh = "住房", en = "Homes" }\nunit = "count"\n[compares]\nmeasure = "houses"\n'
        "inclusive = true\n" + value("32", "1", "2027-01-01"),
    }
    write(tmp_path, **planned)
    still = Policy.on(DAY, load(tmp_path))
    assert still.version == today.version
    assert assets(still, "320102", "1.00") == assets(today, "320102", "1.00")
    assert Policy.on(date(2026, 7, 1), load(tmp_path)).version != today.version


def test_a_value_that_has_ended_leaves_the_line_missing(tmp_path):
    ended = value("32", "700", "2025-07-01", 'effective_to = 2026-06-29\nstatus = "illustrative"')
    write(tmp_path, standard=STANDARD + ended, assets=ASSETS + value("32", "24", "2025-01-01"))
    result = assets(Policy.on(DAY, load(tmp_path)), "320102", "1.00")
    assert (result.outcome, result.missing, result.limit, result.value) == (
        "not_confirmed",
        ("standard",),
        None,
        "1.00",
    )


def test_an_earlier_value_does_not_come_back_when_a_later_one_has_ended(tmp_path):
    raised = value("32", "900", "2026-01-01", 'effective_to = 2026-06-29\nstatus = "confirmed"\n'
                   'document = { number = "2号", title = "通知" }')  # fmt: skip
    write(
        tmp_path,
        standard=STANDARD + value("32", "700", "2025-07-01") + raised,
        assets=ASSETS + value("32", "24", "2025-01-01"),
    )
    lines = load(tmp_path)
    assert assets(Policy.on(date(2026, 6, 29), lines), "320102", "1.00").limit == "43200.00"
    result = assets(Policy.on(DAY, lines), "320102", "1.00")
    assert (result.outcome, result.missing, result.limit) == ("not_confirmed", ("standard",), None)


def test_an_illustrative_parameter_taints_the_line(tmp_path):
    example = value("32", "700", "2025-07-01", 'status = "illustrative"')
    write(tmp_path, standard=STANDARD + example, assets=ASSETS + value("32", "24", "2025-01-01"))
    result = assets(Policy.on(DAY, load(tmp_path)), "320102", "999999.00")
    assert result.outcome == "not_confirmed"
    assert result.steps[-1].expression == "999999.00 ≤ 33600.00"


BAD = {
    "broken": "label = {",
    "unknown_key": STANDARD + 'colour = "red"\n',
    "no_label": 'unit = "yuan"\n',
    "bad_unit": STANDARD.replace("yuan", "dollar"),
    "bad_value": STANDARD
    + value("32", "-1", "2026-01-01")
    + value("99", "1", "2026-01-01")
    + value("32", '"nan"', "2026-02-01")
    + value("32", "1", '"soon"'),
    "standard": STANDARD
    + value("9999", "1", "2026-01-01")
    + value("32", "1", "2026-01-01", 'status = "confirmed"')
    + value("32", "2", "2026-01-01", 'effective_to = 2025-01-01\nstatus = "illustrative"'),
    "counted": ASSETS.replace('"times"', '"count"', 1).replace(
        "per_head = true", "per_head = true\nexempt = { colour = [] }"
    ),
    "exempting": ASSETS.replace('measure = "financial_assets"', 'measure = "vehicles"').replace(
        "per_head = true", 'exempt = { kind = ["car", "rocket"] }'
    ),
    "measured": ASSETS.replace("financial_assets", "happiness"),
}


def test_every_mistake_in_every_file_is_named(tmp_path):
    with pytest.raises(LinesRefused) as refused:
        load(write(tmp_path, **BAD))
    named = {(mistake.file, mistake.place, mistake.code) for mistake in refused.value.mistakes}
    assert named == {
        ("broken.toml", "", "toml"),
        ("unknown_key.toml", "colour", "extra_forbidden"),
        ("no_label.toml", "label", "missing"),
        ("bad_unit.toml", "unit", "value"),
        ("bad_value.toml", "values.1.value", "value"),
        ("bad_value.toml", "values.3.value", "value"),
        ("bad_value.toml", "values.4.effective_from", "value"),
        ("measured.toml", "compares.measure", "value"),
        ("standard.toml", "values.1.region", "region"),
        ("standard.toml", "values.2.document", "no-document"),
        ("standard.toml", "values.3.effective_to", "ends-before"),
        ("standard.toml", "values", "twice"),
        ("counted.toml", "unit", "unit"),
        ("counted.toml", "compares.exempt.colour", "exempt-item"),
        ("exempting.toml", "compares.times", "parameter"),
        ("exempting.toml", "compares.exempt.kind", "exempt-code"),
    }
    for language in LANGUAGES:
        message = refused.value.message(language)
        assert len(message.splitlines()) == 1 + len(refused.value.mistakes)
        assert refused.value.hint(language)


def test_a_line_that_names_no_parameter_is_refused(tmp_path):
    with pytest.raises(LinesRefused) as refused:
        load(write(tmp_path, assets=ASSETS + value("32", "24", "2025-01-01")))
    assert [(m.place, m.code, m.detail) for m in refused.value.mistakes] == [
        ("compares.times", "parameter", "standard")
    ]


def test_what_is_shipped_is_illustrative_and_complete():
    lines = shipped()
    assert {line.id for line in lines} == {
        "allowance_standard", "financial_assets", "motor_vehicles", "homes", "companies",
    }  # fmt: skip
    assert {value.status for line in lines for value in line.values} == {"illustrative"}
    result = Policy.on(DAY, lines)
    assert all(result.parameter(line, "320102") is not None for line in lines)
    assert len(result.version) == 64


def test_the_version_is_the_same_whatever_the_order_of_files():
    assert Policy.on(DAY, shipped()).version == Policy.on(DAY, reversed(shipped())).version
