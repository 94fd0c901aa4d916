"""JSON pages: exact numbers, nesting, envelopes that must agree, and pages that were cut."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.problems import Skip
from connectors.formats.json_pages import at, parse


def record(account: str, name: str = "张三", balance: object = "1.00", kind: object = "1") -> dict:
    return {
        "CERT": "11010519491231002X",
        "NAME": name,
        "ACCT": account,
        "TYPE": kind,
        "BAL": balance,
        "OPEN": "20200131",
    }


def page(
    records: list, *, count: object = 2, date: str = "2026-01-31", total: object = "2.00", **more: object
) -> bytes:
    data = {"date": date, "count": count, "sum": total, "records": records, **more}
    return json.dumps({"data": data}, ensure_ascii=False).encode()


GOOD = {"page-000001.json": page([record("1")]), "page-000002.json": page([record("2")])}
BOTH = {"page-000001.json": page([record("1"), record("2")])}


def test_rows_are_numbered_across_pages(make, read) -> None:
    result = read(make("json"), GOOD)
    assert [(r["row"], r["account"]) for r in result.records] == [(1, "1"), (2, "2")]


def test_numbers_stay_exact(make, read) -> None:
    text = page([record("1", balance=0), record("2", kind=2)], total=0).decode()
    text = text.replace('"BAL": 0,', '"BAL": 1234567890123456.78,').replace('"sum": 0', '"sum": 1234567890123457.78')
    records = read(make("json"), {"page-000001.json": text.encode()}).records
    assert [(r["balance"], r["kind"]) for r in records] == [
        (Decimal("1234567890123456.78"), "demand"),
        (Decimal("1.00"), "fixed"),
    ]


def test_one_row_for_each_element_of_an_inner_array(make, read, verdict) -> None:
    manifest = make(
        "json",
        ('records = "/data/records"', 'records = "/data/records", each = "/accounts"'),
        ('"/ACCT"', '"/accounts/no"'), ('"/BAL"', '"/accounts/money/0"'),
    )  # fmt: skip
    base = {k: v for k, v in record("").items() if k not in {"ACCT", "BAL"}}
    people = [
        {**base, "accounts": [{"no": "1", "money": ["1.00"]}, {"no": "2", "money": ["2.00"]}]},
        {**base, "accounts": []},
        {**base, "accounts": [{"no": "3", "money": [3]}]},
    ]
    result = read(manifest, {"page-000001.json": page(people, count=3, total="6.00")})
    assert [(r["row"], r["account"], str(r["balance"])) for r in result.records] == [
        (1, "1", "1.00"),
        (2, "2", "2.00"),
        (3, "3", "3.00"),
    ]
    assert verdict(manifest, {"page-000001.json": page(people, count=3, total="6.01")}) == "sum-mismatch"
    broken = read(manifest, {"page-000001.json": page([*people, {**base}], count=4, total="6.00")})
    assert broken.reasons == {4: "not-a-value"}


def test_a_value_that_is_none_rejects_its_row(make, read) -> None:
    rows = [
        record("1"),
        record("2", balance={"a": 1}),
        ["x"],
        "y",
        record("5", balance=True),
        {**record("6"), "BAL": None},
    ]
    result = read(make("json"), {"page-000001.json": page(rows, count=6, total="1.00")})
    assert result.reasons == {2: "not-a-value", 3: "not-a-value", 4: "not-a-value", 5: "bad-money"}
    assert [(r["row"], r["balance"]) for r in result.records] == [(1, Decimal("1.00")), (6, None)]


@pytest.mark.parametrize(
    ("code", "delivery"),
    [
        ("sound", GOOD),
        ("sound", BOTH),
        ("sound", {"page-000001.json": b"\xef\xbb\xbf" + BOTH["page-000001.json"]}),
        ("empty-delivery", {"page-000001.json": b""}),
        ("empty-delivery", {"page-000001.json": page([])}),
        ("truncated-delivery", {**GOOD, "page-000002.json": page([record("2")])[:-40]}),
        ("truncated-delivery", {"page-000001.json": page([record("1")])}),
        ("wrong-encoding", {"page-000001.json": BOTH["page-000001.json"].decode().encode("gb18030")}),
        ("wrong-encoding", {"page-000001.json": page([record(a, "张三".encode().decode("gb18030")) for a in "12"])}),
        ("stale-delivery", {"page-000001.json": page([record("1"), record("2")], date="2026-01-30")}),
        ("count-mismatch", {"page-000001.json": page([record("1"), record("2")], count="1")}),
        ("sum-mismatch", {"page-000001.json": page([record("1"), record("2")], total="2.01")}),
        ("missing-column", {"page-000001.json": page([{"a": 1}, {"a": 2}])}),
        ("missing-column", {"page-000001.json": page([{**record("1"), "NAME": "a"}]).replace(b"records", b"record")}),
        ("missing-column", {"page-000001.json": BOTH["page-000001.json"].replace(b'"ACCT"', b'"KONTO"')}),
        ("pages-disagree", {**GOOD, "page-000002.json": page([record("2")], count=3)}),
        ("control-unreadable", {"page-000001.json": BOTH["page-000001.json"].replace(b'"count"', b'"n"')}),
        ("control-unreadable", {"page-000001.json": BOTH["page-000001.json"].replace(b'"2.00"', b"null")}),
        ("unreadable-delivery", {"page-000001.json": b"<html>503</html>"}),
        ("unreadable-delivery", {"page-000001.json": b'{"data": NaN}'}),
        ("unreadable-delivery", {"page-000001.json": b"[" * 100_000 + b"]" * 100_000}),
    ],
)  # fmt: skip
def test_faults_of_a_whole_delivery_are_told_apart(make, verdict, code, delivery) -> None:
    assert verdict(make("json"), delivery) == code


@given(st.integers(min_value=1))
def test_a_page_cut_anywhere_is_a_cut_page(place: int) -> None:
    whole = page([record("1", balance=-1.5e3), record("2", name='a"b\\'), {"x": [True, None, False]}]).decode()
    cut = whole[: place % len(whole)].encode()
    if not cut.strip():
        return
    with pytest.raises(Skip) as caught:
        parse(cut)
    assert caught.value.code == "truncated-delivery"


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5), lambda c: st.lists(c) | st.dictionaries(st.text(max_size=3), c)
    )
)
def test_pointers_find_what_is_there(document) -> None:
    def walk(here, path):
        assert at(document, path) == here
        if isinstance(here, dict):
            for key, value in here.items():
                walk(value, f"{path}/{key.replace('~', '~0').replace('/', '~1')}")
        elif isinstance(here, list):
            for place, value in enumerate(here):
                walk(value, f"{path}/{place}")

    walk(document, "")
    assert at({"a": [1]}, "/a/1") is None
    assert at("text", "/a") is None
