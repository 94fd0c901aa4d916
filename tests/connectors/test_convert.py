"""Dates, money, numbers and codes: exact against Python's own decimal and date, for anything that can be written."""

import datetime as dt
from decimal import Decimal, InvalidOperation

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.categories import categories
from connectors.convert import as_of, convert, dates, identity
from connectors.grammar import FieldMap

BALANCE = categories()["deposit"].item("balance")
KIND = categories()["deposit"].item("kind")
LEVEL = categories()["disability"].item("level")
SHARE = categories()["real_estate"].item("share")
ACCOUNT = categories()["deposit"].item("account")
YUAN = {"fen": Decimal("0.01"), "yuan": Decimal(1), "wan_yuan": Decimal(10_000)}


def field(**more: object) -> FieldMap:
    return FieldMap(item="x", column="x", **more)


def cells(*texts: str | None) -> pa.StringArray:
    return pa.array(texts, pa.string())


@given(
    st.lists(st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31)), max_size=50),
    st.sampled_from(["%Y%m%d", "%Y-%m-%d", "%d.%m.%Y", "%Y年%m月%d日"]),
)
def test_every_day_is_read_back(days, pattern) -> None:
    texts = [
        pattern.replace("%Y", f"{d.year:04}").replace("%m", f"{d.month:02}").replace("%d", f"{d.day:02}") for d in days
    ]
    found = dates(cells(*texts), pattern)
    assert found.values.to_pylist() == days
    assert not found.bad.any()


@given(st.dates(dt.date(1000, 1, 1), dt.date(9999, 12, 31)))
def test_one_digit_will_do_where_something_parts_the_figures(day) -> None:
    assert dates(cells(f"{day.year}/{day.month}/{day.day}"), "%Y/%m/%d").values.to_pylist() == [day]


@pytest.mark.parametrize(
    "text",
    [
        "20260230",
        "20261301",
        "20260100",
        "00000101",
        "2026013",
        "202601311",
        "2026-01-31",
        "２０２６０１３１",
        "20260131 ",
        "x",
    ],
)
def test_what_is_no_day_is_bad(text) -> None:
    found = dates(cells(text, "20240229"), "%Y%m%d")
    assert found.values.to_pylist() == [None, dt.date(2024, 2, 29)]
    assert found.bad.tolist() == [True, False]


def test_a_time_of_day_is_read_over() -> None:
    assert dates(cells("2026-01-31 23:59:59"), "%Y-%m-%d %H:%M:%S").values.to_pylist() == [dt.date(2026, 1, 31)]


@given(
    st.lists(st.decimals(-(10**12), 10**12, places=2), min_size=1),
    st.sampled_from(["fen", "yuan", "wan_yuan"]),
    st.booleans(),
)
def test_money_is_exact_in_every_unit(amounts, unit, thousands) -> None:
    written = [
        a if unit == "yuan" else (a * 100).to_integral_value() if unit == "fen" else a.scaleb(-4) for a in amounts
    ]
    texts = [f"{w:,f}" if thousands else f"{w:f}" for w in written]
    found = convert(cells(*texts), field(unit=unit, thousands=thousands), BALANCE)
    assert not found.bad.any()
    assert found.values.to_pylist() == [Decimal(a) for a in amounts]
    assert found.values.type == pa.decimal128(18, 2)


@given(st.text(st.sampled_from("0123456789.,+-eE 　x１"), max_size=20), st.sampled_from(["fen", "yuan", "wan_yuan"]))
def test_no_other_text_becomes_money_by_accident(text, unit) -> None:
    found = convert(cells(text), field(unit=unit), BALANCE)
    value = found.values.to_pylist()[0]
    plain = text.strip(" \u3000")
    try:
        wanted = Decimal(plain) * YUAN[unit] if plain.isascii() and not set(plain) & set("eE") else None
    except InvalidOperation:
        wanted = None
    if value is not None:
        assert value == wanted
        assert not found.bad[0]
    else:
        assert found.bad[0] == (plain != "")
        cents = wanted is not None and wanted == wanted.quantize(Decimal("0.01")) and abs(wanted) < 10**16
        assert not cents or plain.startswith((".", "+.", "-.")), "an exact amount was refused"


@pytest.mark.parametrize(
    ("text", "unit", "bad"),
    [
        ("1.005", "yuan", True), ("1.0050", "yuan", True), ("1.5000", "yuan", False), ("1.5", "fen", True),
        ("0.000001", "wan_yuan", False), ("0.0000001", "wan_yuan", True),
        ("9" * 16, "yuan", False), ("9" * 17, "yuan", True), ("9" * 16, "wan_yuan", True),
        ("0" * 30 + "1", "fen", False),
        ("1,234.50", "yuan", True), ("1E3", "yuan", True), ("NaN", "yuan", True), ("--1", "yuan", True),
    ],
)  # fmt: skip
def test_money_is_never_rounded_and_never_guessed(text, unit, bad) -> None:
    assert convert(cells(text), field(unit=unit), BALANCE).bad.tolist() == [bad]


def test_thousands_only_where_they_are_thousands() -> None:
    found = convert(cells("1,234.50", "12,34", "1234", "1,234,567.8"), field(unit="yuan", thousands=True), BALANCE)
    assert found.values.to_pylist() == [Decimal("1234.50"), None, Decimal(1234), Decimal("1234567.80")]


def test_blank_is_null_and_zero_is_zero() -> None:
    found = convert(cells("", None, "  ", "\u3000", "无", "0", "0.00"), field(unit="yuan", missing=("无",)), BALANCE)
    assert found.values.to_pylist() == [None] * 5 + [Decimal(0), Decimal(0)]
    assert not found.bad.any()


def test_codes_become_ours_or_are_unknown() -> None:
    found = convert(cells("1", " 2", "3", ""), field(codes={"1": "demand", "2": "fixed"}), KIND)
    assert (found.values.to_pylist(), found.bad.tolist()) == (
        ["demand", "fixed", None, None],
        [False, False, True, False],
    )
    assert convert(cells("demand", "活期"), field(), KIND).values.to_pylist() == ["demand", None]


def test_integers_and_decimals() -> None:
    assert convert(cells("04", "1.0", "x", "9" * 19), field(), LEVEL).values.to_pylist() == [4, None, None, None]
    shares = convert(cells("33.33333333333", "100", "1e2"), field(), SHARE)
    assert shares.values.to_pylist() == [Decimal("33.3333"), Decimal(100), None]
    assert convert(cells("0.5", "1"), field(unit="fraction"), SHARE).values.to_pylist() == [Decimal(50), Decimal(100)]


def test_text_loses_its_padding_and_an_identity_nothing() -> None:
    assert convert(cells(" 62 00\u3000"), field(), ACCOUNT).values.to_pylist() == ["62 00"]
    assert identity(cells(" 3201\t", "\u3000 ", ""), field()).values.to_pylist() == [" 3201\t", None, None]


def test_every_row_needs_its_as_of_date() -> None:
    found = as_of(cells("20260131", "", "x"), field(date="%Y%m%d"))
    assert found.bad.tolist() == [False, True, True]
