"""`hedui report`: who is let in, who is told that there is nothing, what goes on record, and what is withheld."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, text, update

from hedui.access import audit, breakglass, gate
from hedui.access.entry import whole
from hedui.access.roles import Decision
from hedui.access.trail import InRegistry
from hedui.cli import hedui
from hedui.keys import installation
from hedui.pipeline import published
from hedui.registry import database
from hedui.registry.models import Authorisation, AuthorisationMember, Case, Household, HouseholdChange, Import, Member
from hedui.reports.model import decode, encode
from tests.access.world import give
from tests.reports import populated
from tests.reports.conftest import Home

HERE, THERE, DAY = "H0000012", "H0000013", date(2026, 6, 30)


@pytest.fixture(scope="module")
def sealed() -> bytes:
    """One real document; of a couple with an account each."""
    home = Home().member(financial_assets=0).member()
    return encode(home.deposit(1, "1234.56", "A-ONE").deposit(2, "777.77", "A-TWO", member=2).report)


@pytest.fixture
def registry(settings, sealed, monkeypatch):
    """Two counties, four households each, published; HERE lies in 320102 and both of its people have signed."""
    monkeypatch.setattr(populated, "document", lambda *_: sealed)
    made = populated.Populated.at(settings)
    made.publish(DAY)
    ring = installation.ring(settings)
    with database.session(made.registry) as session:
        session.execute(update(Household).where(Household.ref == HERE).values(township="玄武门街道"))
        letter = {"number": "S1", "household_ref": HERE, "signed_on": date(2026, 1, 5)}
        session.execute(insert(Authorisation).values(letter))
        request = {"ref": f"C-{HERE}", "household_ref": HERE, "kind": "new", "purpose": "allowance"}
        session.execute(insert(Case).values(request))
        for number in (1, 2):
            member = {"ref": f"H000001-{number}", "household_ref": HERE, "number": number, "relation": "self"}
            name = ring.seal(f"members/name/{member['ref']}", b"name")
            session.execute(insert(Member).values(member | {"name": name, "resident_id": b"", "id_index": b""}))
            session.execute(insert(AuthorisationMember).values(authorisation="S1", member_ref=member["ref"]))
    yield made.registry
    made.registry.dispose()


@pytest.fixture
def call(settings, registry, monkeypatch):
    """Call `hedui report` as an account."""

    def invoke(who, *arguments):
        monkeypatch.setattr(audit, "current_actor", lambda: who)
        env = {"HEDUI_HOME": str(settings.home), "HEDUI_DATABASE_URL": settings.database_url, "HEDUI_LANGUAGE": "en"}
        return CliRunner().invoke(hedui, ["report", *arguments], env=env)

    return invoke


@pytest.fixture
def said(registry):
    def read():
        with database.session(registry, readonly=True) as session:
            return [whole(stored) for stored in InRegistry(session).entries()]

    return read


@pytest.fixture
def staffed(registry):
    """Li Na: HERE's township; Wang: reviewer of its city; Zhao: THERE's county; an auditor; an administrator."""
    for actor, role, region in [
        ("boss", "administrator", "32"),
        ("auditor", "auditor", "32"),
        ("engineer", "data_engineer", "32"),
        ("li.na", "caseworker", "320102/玄武门街道"),
        ("wang", "reviewer", "3201"),
        ("zhao", "caseworker", "320583"),
    ]:
        give(registry, actor, role, region)


def test_in_the_demo_anyone_reads_the_very_bytes_and_is_told(call, sealed, said):
    shown = call("anyone", "show", HERE, "--json")
    assert (shown.exit_code, shown.stdout_bytes) == (0, sealed)
    assert shown.stderr.startswith("note: ")
    assert len(shown.stderr.splitlines()) == 1
    (one,) = said()
    assert (one.actor, one.role, one.outcome, one.region) == ("anyone", "demo", "allowed", "320102")


def test_who_has_the_region_reads_and_lists_it(call, sealed, said, staffed):
    for who, role in (("li.na", "caseworker"), ("wang", "reviewer")):
        shown = call(who, "show", HERE, "--json", "--purpose", "allowance")
        assert (shown.exit_code, shown.stdout_bytes, shown.stderr) == (0, sealed, "")
        assert (said()[-1].actor, said()[-1].role, said()[-1].purpose) == (who, role, "allowance")
    listed = {
        who: [row["household"] for row in json.loads(call(who, "list", "--json").stdout)]
        for who in ("li.na", "wang", "zhao")
    }
    assert listed == {
        "li.na": [HERE],
        "wang": ["H0000012", "H0000022", "H0000032", "H0000042"],
        "zhao": ["H0000013", "H0000023", "H0000033", "H0000043"],
    }


def test_what_lies_elsewhere_is_told_as_what_does_not_exist_and_is_on_record(call, said, staffed, registry):
    elsewhere, nowhere = call("zhao", "show", HERE), call("zhao", "show", "H9999999")
    assert (elsewhere.exit_code, elsewhere.stdout) == (4, "")
    assert elsewhere.output == nowhere.output
    assert elsewhere.stderr.startswith("error: there is no report of such a household\n")
    dated = [call("zhao", "show", one, "--date", "2026-06-30").output for one in (HERE, "H9999999")]
    assert dated[0] == dated[1] == elsewhere.output
    tried = said()
    assert [(one.action, one.outcome, one.detail["reason"]) for one in tried] == [
        ("report.show", "refused", "out-of-scope")
    ] * 4
    assert (tried[0].region, tried[1].region) == ("320102", "")


@pytest.mark.parametrize("who", ["auditor", "boss", "engineer", "stranger"])
def test_who_has_no_role_for_reports_learns_nothing(call, said, staffed, who):
    told = [call(who, "show", one).output for one in (HERE, "H9999999")]
    assert told[0] == told[1]
    assert told[0].startswith(f"error: {who} holds no role that allows this: report.show\n")
    assert call(who, "list").exit_code == 4
    assert {(one.actor, one.outcome, one.detail["reason"]) for one in said()} == {(who, "refused", "no-role")}


@pytest.mark.parametrize(
    "change",
    ["revoked_on = '2026-07-02'", "in_force = false", "valid_until = '2026-06-30'", "signed_on = '2999-01-01'"],
)
def test_a_letter_that_is_not_live_on_the_day_of_reading_withholds(call, registry, sealed, change):
    with registry.begin() as connection:
        connection.execute(text(f"UPDATE authorisations SET {change}"))
    shown = call("anyone", "show", HERE, "--json")
    assert (shown.exit_code, shown.stdout_bytes != sealed) == (0, True)
    for gone in ("1234.56", "777.77", "A-ONE", "A-TWO"):
        assert gone not in shown.stdout
    report = decode(shown.stdout_bytes)
    assert [one.member for one in report.withheld if one.why == "consent"] == ["H000001-1", "H000001-2"]
    assert "Not everything is shown" in call("anyone", "show", HERE).stdout


def test_each_member_by_their_own_signature(call, registry):
    with registry.begin() as connection:
        connection.execute(text("DELETE FROM authorisation_members WHERE member_ref = 'H000001-2'"))
    shown = call("anyone", "show", HERE, "--json").stdout
    assert "1234.56" in shown
    assert "777.77" not in shown
    with registry.begin() as connection:
        connection.execute(text("UPDATE members SET active = false"))
    assert "1234.56" not in call("anyone", "show", HERE, "--json").stdout


def test_a_listing_is_on_record_before_it_is_printed(call, staffed, said, registry):
    assert call("wang", "list", "--json").exit_code == 0
    (one,) = said()
    assert (one.action, one.about, one.subject, one.actor) == ("report.list", "run", f"{DAY}.1", "wang")
    assert (one.purpose, one.role, one.outcome, one.detail) == ("operations", "reviewer", "allowed", {"households": 4})
    with registry.begin() as connection:
        connection.execute(text("DROP TABLE audit_entries"))
    for form in ((), ("--json",)):
        told = call("wang", "list", *form)
        assert (told.exit_code, told.stdout) == (4, "")
        assert "nothing is shown" in told.stderr


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (None, True),
        ("UPDATE households SET fingerprint = ''", True),
        ("UPDATE authorisations SET revoked_on = '2026-07-02'", False),
        ("UPDATE authorisations SET in_force = false", False),
        ("UPDATE authorisations SET valid_until = '2026-06-30'", False),
        ("DELETE FROM authorisation_members WHERE member_ref = 'H000001-2'", False),
        ("UPDATE cases SET purpose = 'legal_aid'", False),
        ("members", False),
    ],
)
def test_a_listing_shows_no_more_than_the_report(call, registry, sealed, staffed, change, shown):
    if change == "members":  # who was authorised has left
        with database.session(registry) as session:
            now = datetime.now(UTC)
            session.execute(insert(Import).values(id=1, at=now, sha256="", rows=1, new=0, updated=1, unchanged=0))
            session.execute(insert(HouseholdChange).values(import_id=1, household_ref=HERE, parts=change, before=b""))
            session.execute(update(Member).where(Member.ref == "H000001-2").values(active=False))
    elif change:
        with registry.begin() as connection:
            connection.execute(text(change))
    (row,) = json.loads(call("li.na", "list", "--json").stdout)
    said_ = {name: row[name] for name in ("conclusion", "found", "none", "no_answer", "not_authorised", "findings")}
    numbers = {"found": 1, "none": 54, "no_answer": 0, "not_authorised": 0, "findings": 0}
    assert said_ == ({"conclusion": "within"} | numbers if shown else dict.fromkeys(said_))
    assert ("withheld" in call("li.na", "list").stdout) is not shown
    whole_ = call("li.na", "show", HERE, "--json").stdout_bytes == sealed
    assert whole_ or not shown


def test_policy_withholds_by_the_purpose_that_the_report_was_made_for(call, monkeypatch, settings, sealed):
    narrow = decode(sealed)
    monkeypatch.setattr(published, "decode", lambda _: _with_purpose(narrow, "legal_aid"))
    report = decode(call("anyone", "show", HERE, "--json", "--purpose", "allowance").stdout_bytes)
    hidden = {one.category for one in report.withheld if one.why == "policy"}
    assert {"disability", "school_enrolment", "medical_enrolment", "social_insurance"} <= hidden
    answers = {entry.source: entry.answer for entry in report.answers}
    assert (answers["disabled_federation"], answers["bank_01"]) == ("not_authorised", "found")


def _with_purpose(report, purpose):
    import msgspec

    return msgspec.structs.replace(report, case=msgspec.structs.replace(report.case, purpose=purpose))


def test_broken_glass_opens_one_report_until_it_expires(call, staffed, registry, settings, sealed, said, monkeypatch):
    now = datetime.now(UTC)
    keyring = installation.ring(settings)
    for who, what, arguments in (
        ("zhao", breakglass.request, (HERE, "moved", f"C-{HERE}", now - timedelta(hours=2))),
        ("wang", breakglass.approve, (1, 3, now - timedelta(hours=2))),
    ):
        monkeypatch.setattr(audit, "current_actor", lambda name=who: name)
        with database.session(registry) as session:
            what(session, keyring, *arguments)
    assert call("zhao", "show", HERE, "--json").stdout_bytes == sealed
    assert (said()[-1].actor, said()[-1].role, said()[-1].outcome) == ("zhao", "caseworker", "allowed")
    assert said()[-1].detail == {"run": f"{DAY}.1", "by": "break-glass", "request": 1}
    call("wang", "show", HERE)
    assert said()[-1].detail == {"run": f"{DAY}.1"}
    assert HERE not in call("zhao", "list", "--json").stdout
    assert call("zhao", "show", "H0000022").exit_code == 4
    with registry.begin() as connection:  # what was approved cannot be made longer or shorter, only ended
        connection.execute(text("UPDATE break_glass SET ended_at = expires_at, ended_by = 'zhao'"))
    assert call("zhao", "show", HERE).exit_code == 4


def test_with_the_rule_made_to_allow_everything_postgresql_still_opens_nothing(call, staffed, registry, monkeypatch):
    opened = []
    monkeypatch.setattr(published.Reader, "document", lambda *_: opened.append("opened") or b"")
    monkeypatch.setattr(gate, "may", lambda *_: Decision(allowed=True, role="caseworker", reason="in-scope"))
    walled = registry.dialect.name == "postgresql"
    for who in ("zhao", "auditor", "boss", "engineer", "stranger"):
        shown = call(who, "show", HERE, "--json")
        assert ("there is no report of such a household" in shown.stderr) is walled
        listed = {row["household"] for row in json.loads(call(who, "list", "--json").stdout)}
        assert (HERE in listed) is not walled
        assert (THERE in listed) is (who == "zhao" or not walled)
    assert bool(opened) is not walled  # on SQLite there is no second wall


def test_scoring_takes_a_reviewer_of_the_whole_province(settings, staffed, registry, monkeypatch, said):
    monkeypatch.setenv("HEDUI_HOME", str(settings.home))
    monkeypatch.setenv("HEDUI_DATABASE_URL", settings.database_url)
    give(registry, "all", "reviewer", "32")
    for who in ("wang", "boss", "stranger"):
        monkeypatch.setattr(audit, "current_actor", lambda name=who: name)
        with pytest.raises(gate.Stop, match="not-permitted"):
            published.matches(DAY)
        assert (said()[-1].action, said()[-1].outcome) == ("report.score", "refused")
    monkeypatch.setattr(audit, "current_actor", lambda: "all")
    assert len(published.matches(DAY).matches) == 16
    assert (said()[-1].role, said()[-1].outcome) == ("reviewer", "allowed")


def test_households_come_in_only_from_ones_own_region(settings, staffed, registry, rows, write, monkeypatch):
    def take_in(who, some):
        monkeypatch.setattr(audit, "current_actor", lambda: who)
        env = {"HEDUI_HOME": str(settings.home), "HEDUI_DATABASE_URL": settings.database_url, "HEDUI_LANGUAGE": "en"}
        return CliRunner().invoke(hedui, ["household", "import", str(write(some))], env=env).exit_code

    family = rows[:3]  # 320102/玄武门街道
    assert [take_in(who, family) for who in ("zhao", "auditor", "boss", "stranger")] == [4] * 4
    with registry.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM households WHERE ref = 'H000001'")) == 0
    assert take_in("wang", rows) == 4  # one of them lives in another city
    assert take_in("li.na", family) == 0
    moved = [row | {"county": "320583", "township": ""} for row in family]
    assert take_in("zhao", moved) == 4  # a household that is another's cannot be taken over by saying that it moved
    assert take_in("li.na", moved) == 4


def test_questions_to_the_trail_take_an_auditor(settings, staffed, registry, monkeypatch, tmp_path, said):
    env = {"HEDUI_HOME": str(settings.home), "HEDUI_DATABASE_URL": settings.database_url, "HEDUI_LANGUAGE": "en"}
    commands = [("subject", HERE), ("odd",), ("export", str(tmp_path / "trail.jsonl")), ("checkpoint",)]
    for who, allowed in (("wang", 0), ("boss", 1), ("auditor", 4)):
        monkeypatch.setattr(audit, "current_actor", lambda name=who: name)
        codes = [CliRunner().invoke(hedui, ["audit", *command], env=env).exit_code for command in commands]
        assert codes.count(0) == allowed, (who, codes)
        assert (tmp_path / "trail.jsonl").exists() is (who == "auditor")
    refused = [(one.actor, one.action) for one in said() if one.outcome == "refused"]
    assert len(refused) == 7
    assert {one.role for one in said() if one.outcome == "allowed"} == {"auditor"}
