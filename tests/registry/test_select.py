"""Who is verified on a date: only households under a live authorisation, in the same order everywhere."""

from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from sqlalchemy import select, update

from hedui.keys import installation
from hedui.keys.ring import SealBroken
from hedui.registry import database, people
from hedui.registry.models import Case, Household, Member
from hedui.settings import Settings

DAY = date(2026, 1, 31)


@pytest.fixture
def chosen(engine, keyring, write, tmp_path):
    """Import rows and select; return the counts and both tables as lists of rows."""

    def choose(rows, day=DAY):
        with database.session(engine) as session:
            result = people.import_file(session, keyring, write(rows))
            assert result.taken_in, [mistake.line("en") for mistake in result.mistakes]
        counts = people.select(engine, keyring, day, tmp_path / "work")
        households = pq.read_table(tmp_path / "work" / "households.parquet")
        applicants = pq.read_table(tmp_path / "work" / "applicants.parquet")
        assert households.schema.equals(people.HOUSEHOLDS)
        assert applicants.schema.equals(people.APPLICANTS)
        return counts, households.to_pylist(), applicants.to_pylist()

    return choose


def test_households_under_a_live_authorisation_and_their_signatories(chosen, rows):
    counts, households, applicants = chosen(rows)
    assert (counts.households, counts.members, counts.authorised, counts.not_authorised) == (2, 5, 4, 1)
    assert counts.left_out == {"no-authorisation": 1}
    assert [row["household_ref"] for row in households] == ["H000001", "H000002"]
    family = households[0]
    assert {name: family[name] for name in family if name != "members"} == {
        "household_ref": "H000001",
        "county": "320102",
        "township": "玄武门街道",
        "case_ref": "C2026-000001",
        "case_kind": "new",
        "purpose": "allowance",
        "authorisation": "S2026-000001",
    }
    assert family["members"][0] == {
        "member_ref": "H000001-1",
        "name": "欧阳示例",
        "resident_id": rows[0]["resident_id"],
        "relation": "self",
        "authorised": True,
        "declared_monthly_income": Decimal("1830.50"),
        "declared_financial_assets": Decimal("0.00"),
        "declared_vehicles": None,  # not declared, which is not zero
        "declared_houses": 1,
    }
    assert [member["authorised"] for household in households for member in household["members"]] == [
        True,
        True,
        True,  # the child, for whom a guardian signed
        True,
        False,
    ]
    assert [row["member_ref"] for row in applicants] == ["H000001-1", "H000001-2", "H000001-3", "H000002-1"]
    assert applicants[3] == {
        "member_ref": "H000002-1",
        "household_ref": "H000002",
        "county": "320583",
        "resident_id": rows[3]["resident_id"],
        "id_key": int(rows[3]["resident_id"][:17]),
        "name": "王示例",
    }


@pytest.mark.parametrize(
    ("cells", "day", "reason"),
    [
        ({}, DAY, None),
        ({"signed_on": "2026-01-31"}, DAY, None),
        ({"signed_on": "2026-02-01"}, DAY, "authorisation-not-begun"),
        ({"valid_until": "2026-01-31"}, DAY, None),
        ({"valid_until": "2026-01-30"}, DAY, "authorisation-expired"),
        ({"revoked_on": "2026-02-01"}, DAY, None),
        ({"revoked_on": "2026-01-31"}, DAY, "authorisation-revoked"),
        ({"revoked_on": "2026-01-31"}, date(2026, 1, 30), None),
        ({"signed": "否"}, DAY, "no-signature"),
        ({"authorisation": "", "signed_on": "", "signed": "否"}, DAY, "no-authorisation"),
    ],
)
def test_when_an_authorisation_is_live(chosen, rows, cells, day, reason):
    counts, households, applicants = chosen([row | cells for row in rows[3:4]], day)
    assert counts.left_out == ({} if reason is None else {reason: 1})
    assert len(households) == len(applicants) == counts.households == (reason is None)


@pytest.mark.parametrize(
    ("cells", "today", "reason"),
    [
        ({"revoked_on": "2026-02-03"}, None, None),
        ({"revoked_on": "2026-02-03"}, date(2026, 2, 2), None),
        ({"revoked_on": "2026-02-03"}, date(2026, 2, 3), "authorisation-revoked"),
        ({"revoked_on": "2026-02-03"}, date(2026, 3, 1), "authorisation-revoked"),
        ({"revoked_on": "2026-01-31"}, date(2026, 1, 1), "authorisation-revoked"),
        ({"valid_until": "2026-02-01"}, date(2026, 3, 1), None),  # its term is that of the business date
        ({"signed_on": "2026-02-01"}, date(2026, 3, 1), "authorisation-not-begun"),
    ],
)
def test_nobody_is_asked_about_after_a_revocation(chosen, rows, engine, keyring, tmp_path, cells, today, reason):
    chosen([row | cells for row in rows[3:4]])
    counts = people.select(engine, keyring, DAY, tmp_path / "work", today=today)
    assert counts.left_out == ({} if reason is None else {reason: 1})
    applicants = pq.read_table(tmp_path / "work" / "applicants.parquet")
    assert len(applicants) == counts.households == (reason is None)


def test_a_closed_case_asks_for_nothing(chosen, rows, engine, keyring, tmp_path):
    chosen(rows)
    with database.session(engine) as session:
        session.execute(update(Case).where(Case.ref == "C2026-000002").values(state="closed"))
    counts = people.select(engine, keyring, DAY, tmp_path / "work")
    assert (counts.households, counts.left_out) == (1, {"no-authorisation": 1, "no-open-case": 1})


def test_of_several_open_cases_the_last_is_taken(chosen, rows, engine, keyring, tmp_path):
    chosen(rows)
    with database.session(engine) as session:
        later = Case(ref="C2026-000900", household_ref="H000002", kind="on_demand", purpose="medical", state="open")
        session.add(later)
    assert people.select(engine, keyring, DAY, tmp_path / "work").households == 2
    household = pq.read_table(tmp_path / "work" / "households.parquet").to_pylist()[1]
    assert (household["case_ref"], household["case_kind"]) == ("C2026-000900", "on_demand")


def test_who_has_left_the_household_is_not_selected(chosen, rows):
    chosen(rows)
    counts, households, applicants = chosen([rows[0], *rows[2:]])
    assert counts.members == 4
    assert [member["member_ref"] for member in households[0]["members"]] == ["H000001-1", "H000001-3"]
    assert "H000001-2" not in {row["member_ref"] for row in applicants}


def test_the_signature_of_who_has_left_opens_nothing(chosen, rows, engine, keyring, tmp_path):
    chosen(rows)
    with database.session(engine) as session:
        session.execute(update(Member).where(Member.ref == "H000002-1").values(active=False))
    counts = people.select(engine, keyring, DAY, tmp_path / "work")
    assert (counts.households, counts.left_out) == (1, {"no-authorisation": 1, "no-signature": 1})


def test_neither_blocks_nor_the_order_of_the_file_change_a_byte(chosen, rows, engine, keyring, tmp_path, monkeypatch):
    many = [
        row | {"household": f"{prefix}{at}", "case": f"C-{prefix}{at}", "authorisation": f"S-{prefix}{at}"}
        for prefix in ("H-", "HA", "H0", "HZ-")
        for at in (9, 10, 1)
        for row in rows[:2]
    ]
    _, households, applicants = chosen(many)
    order = [row["household_ref"] for row in households]
    assert order == sorted(order)  # by bytes, whatever the database's locale
    first = {name: (tmp_path / "work" / name).read_bytes() for name in ("households.parquet", "applicants.parquet")}
    again = people.select(engine, keyring, DAY, tmp_path / "again")
    assert {name: (tmp_path / "again" / name).read_bytes() for name in first} == first
    monkeypatch.setattr(people, "_BLOCK", 2)
    assert people.select(engine, keyring, DAY, tmp_path / "blocks") == again
    assert pq.read_table(tmp_path / "blocks" / "households.parquet").to_pylist() == households
    assert pq.read_table(tmp_path / "blocks" / "applicants.parquet").to_pylist() == applicants


def test_a_number_that_is_not_valid_has_no_key(chosen, rows):
    rows[3] |= {"resident_id": "320102********0010"}
    _, _, applicants = chosen(rows)
    assert (applicants[3]["resident_id"], applicants[3]["id_key"]) == ("320102********0010", None)


def test_an_empty_registry_gives_empty_files(engine, keyring, tmp_path):
    counts = people.select(engine, keyring, DAY, tmp_path)
    assert (counts.households, counts.members, counts.left_out) == (0, 0, {})
    assert pq.read_table(tmp_path / "households.parquet").num_rows == 0
    assert pq.read_table(tmp_path / "applicants.parquet").schema.equals(people.APPLICANTS)


def test_under_another_keyring_nothing_is_written(chosen, rows, engine, tmp_path):
    chosen(rows)
    with pytest.raises(SealBroken):
        people.select(engine, installation.begin(Settings(home=tmp_path / "keys")), DAY, tmp_path / "other")
    assert not (tmp_path / "other" / "households.parquet").exists()
    with database.session(engine, readonly=True) as session:
        assert len(session.scalars(select(Household)).all()) == 3
