"""The households as they apply: complete, plausible, and importable as a county office would send them."""

from datetime import date

import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from mock_province.world import import_file
from mock_province.world.build import World, build

DAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return build(tmp_path_factory.mktemp("world"), business_date=DAY, households=1200, seed=9, population_factor=0.5)


@pytest.fixture(scope="module")
def members(world) -> list[dict]:
    return pq.read_table(world.home / "households.parquet").to_pylist()


@pytest.fixture(scope="module")
def households(members) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for row in members:
        found.setdefault(row["household"], []).append(row)
    return found


def born(row: dict) -> date:
    return date(int(row["resident_id"][6:10]), int(row["resident_id"][10:12]), int(row["resident_id"][12:14]))


def age(row: dict, day: date) -> int:
    birth = born(row)
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def test_every_household_is_there_with_its_members_in_order(world, households) -> None:
    assert list(households) == [f"H{n:06d}" for n in range(1, world.households + 1)]
    for name, rows in households.items():
        assert [row["member"] for row in rows] == list(range(1, len(rows) + 1))
        assert [row["member_ref"] for row in rows] == [f"{name}-{row['member']}" for row in rows]
        assert [row["relation"] for row in rows].count("self") == 1
        assert rows[0]["relation"] == "self"
        for shared in list(import_file.HEADINGS)[1:10]:
            assert len({row[shared] for row in rows}) == 1
    assert 2.2 < world.applicants / world.households < 2.6


def test_households_live_in_every_county(members) -> None:
    assert len({row["county"] for row in members}) == 95


def test_generations_keep_their_distance(households) -> None:
    for rows in households.values():
        head = rows[0]
        for row in rows[1:]:
            years = (born(row) - born(head)).days / 365.25
            if row["relation"] == "child":
                assert years > 18 or age(row, DAY) <= 2
            elif row["relation"] == "parent":
                assert years < -18
            elif row["relation"] == "spouse":
                assert abs(years) < 25
                assert int(row["resident_id"][16]) % 2 != int(head["resident_id"][16]) % 2
        assert age(head, DAY) >= 18


def test_who_is_authorised_follows_from_the_letter(world, members) -> None:
    for row in members:
        begun = row["signed_on"] is not None and row["signed_on"] <= DAY
        ended = row["valid_until"] is not None and row["valid_until"] < DAY
        revoked = row["revoked_on"] is not None and row["revoked_on"] <= DAY
        live = row["authorisation"] is not None and begun and not ended and not revoked
        assert row["authorised"] == (live and row["signed"])
    assert {row["consent"] for row in members} == {"live", "partly", "expired", "revoked", "not_started", "missing"}
    live = {row["household"] for row in members if row["authorised"]}
    assert world.authorised_households == len(live)
    assert 0.93 < len(live) / world.households < 0.98
    assert any(row["consent"] == "partly" and not row["signed"] for row in members)


def test_letters_are_whole_and_guardians_can_sign(households) -> None:
    guarded = 0
    for rows in households.values():
        for row in rows:
            if row["authorisation"] is None:
                assert not row["signed"]
                assert row["guardian"] is row["signed_on"] is row["valid_until"] is row["revoked_on"] is None
                continue
            assert all(end is None or end >= row["signed_on"] for end in (row["valid_until"], row["revoked_on"]))
            assert born(row) < row["signed_on"]
            if row["signed"] and age(row, row["signed_on"]) < 18:
                assert row["guardian"] is not None
            if row["guardian"] is not None:
                guarded += 1
                guardian = rows[row["guardian"] - 1]
                assert guardian is not row
                assert guardian["signed"]
                assert age(guardian, row["signed_on"]) >= 18
    assert guarded > 300


def test_declarations_lie_below_at_and_above_the_truth_or_are_blank(members) -> None:
    for what in ("monthly_income", "financial_assets", "vehicles", "houses"):
        told = [(row[f"declared_{what}"], row[f"true_{what}"]) for row in members]
        assert any(declared is None for declared, _ in told)
        assert any(declared is not None and declared > true for declared, true in told)
        assert any(declared is not None and declared < true * 7 / 10 for declared, true in told)
        assert sum(declared is not None and abs(declared - true) <= 100 for declared, true in told) > len(told) / 3
        assert all(declared is None or declared >= 0 for declared, _ in told)


def test_the_sheet_holds_what_the_table_holds(world, members) -> None:
    rows = CalamineWorkbook.from_path(world.import_file).get_sheet_by_index(0).to_python()
    assert rows[0] == list(import_file.HEADINGS.values())
    assert len(rows) == len(members) + 1
    for cells, row in zip(rows[1:], members, strict=True):
        for cell, (column, value) in zip(cells, ((c, row[c]) for c in import_file.HEADINGS), strict=True):
            expected = {"signed": "是" if row["signed"] else "否"} | {
                c: import_file.WORDS[c][row[c]] for c in import_file.WORDS
            }
            wanted = expected.get(column, "" if value is None else value)
            assert cell == (float(wanted) if not isinstance(wanted, str | date) else wanted), column


def test_a_province_too_large_for_a_sheet_comes_as_csv(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(import_file, "SHEET_ROWS", 10)
    world = build(tmp_path, business_date=DAY, households=20)
    assert world.import_file == tmp_path / "households.csv"
    assert not (tmp_path / "households.xlsx").exists()
    lines = world.import_file.read_text("utf-8-sig").splitlines()
    assert lines[0].replace('"', "") == ",".join(import_file.HEADINGS.values())
    assert len(lines) == world.applicants + 1
