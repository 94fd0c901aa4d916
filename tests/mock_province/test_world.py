"""The world: the same again from the same seed, people who could exist, and a truth that ties to every record."""

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest
from stdnum.cn import ric

from catalogue.categories import categories, record_id
from mock_province.world import strangers
from mock_province.world.build import BANKS, DEPARTMENTS, WEALTH_BANKS, World, build
from mock_province.world.rates import DEFECTS, is_gbk
from mock_province.world.streams import pick, spread, stream

DAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return build(tmp_path_factory.mktemp("world"), business_date=DAY, households=1500)


@pytest.fixture(scope="module")
def people(world) -> list[dict]:
    return pq.read_table(world.home / "people.parquet").to_pylist()


def files(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_world(tmp_path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        build(tmp_path / name, business_date=DAY, seed=seed, households=40)
    one, again, other = (files(tmp_path / name) for name in ("one", "again", "other"))
    assert one == again
    assert set(one) == set(other)
    same = {name for name in one if one[name] == other[name]}
    assert not same


def test_building_again_replaces_the_old_world(tmp_path) -> None:
    build(tmp_path / "fresh", business_date=DAY, households=30)
    (tmp_path / "used" / "world.building").mkdir(parents=True)
    (tmp_path / "used" / "world.building" / "left").write_text("by a build that was killed")
    build(tmp_path / "used", business_date=DAY, seed=5, households=50)
    build(tmp_path / "used", business_date=DAY, households=30)
    assert files(tmp_path / "used") == files(tmp_path / "fresh")


def test_more_strangers_leave_the_applicants_as_they_are(tmp_path) -> None:
    few = build(tmp_path / "few", business_date=DAY, households=40, population_factor=1)
    many = build(tmp_path / "many", business_date=DAY, households=40, population_factor=4)
    assert few.applicants == many.applicants
    ours = [
        [(p["resident_id"], p["name"]) for p in pq.read_table(home / "people.parquet").to_pylist() if p["member_ref"]]
        for home in (tmp_path / "few", tmp_path / "many")
    ]
    assert ours[0] == ours[1]


def test_streams_do_not_depend_on_each_other() -> None:
    first = stream(7, "a", "b").integers(0, 1000, size=5).tolist()
    stream(7, "something", "new").random(100)
    assert stream(7, "a", "b").integers(0, 1000, size=5).tolist() == first
    assert stream(7, "a", "c").integers(0, 1000, size=5).tolist() != first
    assert stream(8, "a", "b").integers(0, 1000, size=5).tolist() != first


def test_draws_follow_their_weights() -> None:
    counts = np.bincount(pick(stream(1, "x"), 100_000, [1, 2, 7]), minlength=3)
    assert np.allclose(counts / 100_000, [0.1, 0.2, 0.7], atol=0.01)
    assert np.bincount(spread(stream(1, "x"), 10, [1, 2, 7]), minlength=3).tolist() == [1, 2, 7]


def test_every_number_is_valid_and_says_who_its_holder_is(people) -> None:
    for person in people:
        number = person["resident_id"]
        assert ric.calc_check_digit(number) == number[-1]
        assert number[6:14] == person["birth_date"].strftime("%Y%m%d")
        assert (int(number[16]) % 2 == 1) == person["male"]
        assert date(1900, 1, 1) < person["birth_date"] < DAY


def test_nobody_shares_a_number(people) -> None:
    assert len({p["resident_id"] for p in people}) == len(people)
    assert {p["member_ref"] is None for p in people} == {True, False}


def test_likenesses_are_like_an_applicant(people) -> None:
    ours = [p for p in people if p["member_ref"]]
    names = {p["name"] for p in ours}
    numbers = {p["resident_id"] for p in ours}
    characters = np.array([list(number.encode()) for number in sorted(numbers)], dtype=np.uint8)
    born = {(p["resident_id"][:6], p["birth_date"]) for p in ours}
    named_and_born = {(p["name"], p["birth_date"]) for p in ours}
    kinds: dict[str, int] = {}
    for person in people:
        kind = person["hard_negative"]
        kinds[kind] = kinds.get(kind, 0) + 1
        number = person["resident_id"]
        if kind == "same_name":
            assert person["name"] in names
        elif kind == "same_name_and_birth":
            assert (person["name"], person["birth_date"]) in named_and_born
        elif kind == "twin":
            assert (number[:6], person["birth_date"]) in born
            assert any(near in numbers for near in neighbours(number))
        elif kind in {"near_number", "near_number_same_check"}:
            wanted = 1 if kind == "near_number" else 2
            differ = characters != np.frombuffer(number.encode(), dtype=np.uint8)
            near = differ[differ[:, :17].sum(axis=1) == wanted]
            assert (near[:, 17] == (wanted == 1)).any()  # one digit always changes the check character
    assert set(kinds) == {
        None,
        "same_name",
        "near_number",
        "near_number_same_check",
        "twin",
        "father_or_son",
        "same_name_and_birth",
        "spouse_outside",
    }
    assert min(kinds.values()) > 50


def neighbours(number: str) -> list[str]:
    bodies = [f"{int(number[:17]) + step:017d}" for step in (-2, -1, 1, 2)]
    return [body + ric.calc_check_digit(body + "0") for body in bodies]


def test_names_have_the_lengths_and_kinds_of_real_ones(people) -> None:
    plain = [p["name"] for p in people if "·" not in p["name"]]
    shares = {n: sum(len(name) == n for name in plain) / len(plain) for n in (2, 3, 4)}
    assert 0.12 < shares[2] < 0.22
    assert shares[3] > 0.75
    assert 0 < shares[4] < 0.01  # compound surnames
    assert 0.005 < 1 - len(plain) / len(people) < 0.03
    assert any(set(name) & set("䶮𠮷㛃") for name in plain)
    assert 0.05 < sum(name.startswith("王") for name in plain) / len(plain) < 0.09


def test_all_55_sources_deliver_and_banks_deliver_a_few_hundred_rows(world) -> None:
    expected = {(source, category) for source, draws in DEPARTMENTS.items() for category in draws}
    expected |= {(bank, "deposit") for bank in BANKS} | {(bank, "wealth_product") for bank in WEALTH_BANKS}
    assert set(world.records) == expected
    assert len({source for source, _ in expected}) == 55
    assert {category for _, category in expected} == set(categories())
    assert min(rows for (_, category), rows in world.records.items() if category == "deposit") > 200


def test_records_are_canonical_and_tied_to_the_truth_one_to_one(world) -> None:
    tied = pq.read_table(world.truth)
    places = {}
    for row in tied.select(["source", "category", "row", "record_id", "row_error"]).to_pylist():
        places.setdefault((row["source"], row["category"]), []).append(row)
    assert set(places) == set(world.records)
    for (source, category), rows in places.items():
        table = pq.read_table(world.records_file(source, category))
        items = {item.id: item.arrow_type for item in categories()[category].items}
        assert table.column_names == ["row", "as_of", "resident_id", "name", *items, "defect"]
        assert {name: table.schema.field(name).type for name in items} == items
        assert table["row"].to_pylist() == [row["row"] for row in rows] == list(range(1, len(rows) + 1))
        assert [r["record_id"] for r in rows] == [record_id(source, category, r["row"]) for r in rows]
        defects = [row["row_error"] if row["row_error"] in DEFECTS else None for row in rows]
        assert table["defect"].to_pylist() == defects
        missing = [row["row_error"] == "missing_id" for row in rows]
        assert [number is None for number in table["resident_id"].to_pylist()] == missing
        assert table["name"].null_count == table["as_of"].null_count == 0
        assert max(table["as_of"].to_pylist()) <= DAY


def test_keys_are_never_null_and_no_date_lies_in_the_future(world) -> None:
    for source, category in world.records:
        kind = categories()[category]
        table = pq.read_table(world.records_file(source, category))
        assert all(table[key].null_count == 0 for key in kind.key)
        for item in kind.items:
            if item.type == "date":
                held = [day for day in table[item.id].to_pylist() if day]
                assert date(1900, 1, 1) < min(held) <= max(held) <= DAY, (source, category, item.id)
            if item.codes:
                assert set(table[item.id].to_pylist()) <= set(item.codes)


def test_duplicates_repeat_an_earlier_row(world) -> None:
    tied = pq.read_table(world.truth).to_pylist()
    found = 0
    for source, category in (("public_security", "household_registration"), ("human_resources", "pension")):
        table = pq.read_table(world.records_file(source, category)).drop(["row"]).to_pylist()
        seen: set[tuple] = set()
        truth = [t for t in tied if (t["source"], t["category"]) == (source, category)]
        for row, told in zip(table, truth, strict=True):
            values = tuple(row.values())
            assert (values in seen) == (told["row_error"] == "duplicate")
            seen.add(values)
            found += told["row_error"] == "duplicate"
    assert found > 50


def test_what_gbk_banks_hold_can_be_written_in_gbk(world) -> None:
    written: set[str] = set()
    for source, category in world.records:
        if not source.startswith("bank"):
            continue
        encoding = "gbk" if is_gbk(source) else "gb18030"
        table = pq.read_table(world.records_file(source, category))
        for column in ("resident_id", "name", *(i.id for i in categories()[category].items if i.type == "text")):
            for value in table[column].to_pylist():
                if value is not None:
                    assert value.encode(encoding).decode(encoding) == value
                    assert not set(value) & set(',|"\x01\r\n')
                    written.add(value)
    assert any(set(name) & set("䶮𠮷㛃") for name in written)  # elsewhere they are written as they are
    assert [is_gbk(f"bank_{n:02d}") for n in (1, 2, 31, 32, 33, 34)] == [False, True, False, True, False, False]


def test_true_worth_is_what_the_records_add_up_to(world) -> None:
    home = world.home
    sums = duckdb.sql(f"""
        SELECT h.member_ref, h.true_financial_assets AS told, coalesce(sum(t.amount), 0) AS added
        FROM '{home}/households.parquet' h LEFT JOIN '{world.truth}' t
          ON t.person_id = h.person_id AND t.category IN ('deposit', 'wealth_product', 'housing_fund')
         AND t.row_error <> 'duplicate'
        GROUP BY ALL HAVING told <> added""").fetchall()
    assert sums == []
    wrong = duckdb.sql(f"SELECT count(*) FROM '{world.truth}' WHERE row_error = 'wrong_unit'").fetchall()[0]
    assert wrong[0] > 0


def test_income_comes_in_whole_past_months_some_of_them_missing(world) -> None:
    for source, category in (("human_resources", "pension"), ("taxation", "personal_income_tax")):
        rows = pq.read_table(world.records_file(source, category)).to_pylist()
        months: dict[str, set] = {}
        for row in rows:
            assert row["period_from"].day == 1
            assert (row["period_to"] - row["period_from"]).days in {27, 28, 29, 30}
            assert row["as_of"] == row["period_to"] < DAY
            months.setdefault(row["resident_id"], set()).add(row["period_from"])
        held = [len(found) for found in months.values()]
        assert max(held) == 6
        assert sum(count < 6 for count in held) > 20


def test_a_likeness_is_given_up_where_it_would_take_a_number_that_is_taken() -> None:
    taken = np.array([320102198001011234, 320102198001011250])
    body = np.array([320102198001011234, 320102198001011238, 320102198001011238, 320102198001011250])
    kinds = strangers._without_clashes(np.array([1, 1, 3, -1]), body, np.array([True, True, True, False]), taken)
    assert kinds.tolist() == [-1, 1, -1, -1]
    male = body % 2 == 1
    finished = strangers._finish(stream(1, "x"), body, male, kinds != -1, taken)
    assert finished[1] == body[1]
    assert len({*finished.tolist(), *taken.tolist()}) == 6
    assert (finished // 1000 == body // 1000).all()
    assert (finished % 2 == body % 2).all()
