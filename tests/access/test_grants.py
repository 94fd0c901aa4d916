"""Giving roles and ending them: by whom, on record, and never so that nobody could give roles again."""

import json
import threading
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from catalogue.problems import Stop
from catalogue.text import text as words
from hedui.access import actors, audit, granting
from hedui.access.entry import whole
from hedui.access.roles import ROLES, Grant
from hedui.cli import hedui
from hedui.registry import database, grants
from tests.access.world import NOW, fill, give


@pytest.fixture
def be(monkeypatch):
    """Become another account."""
    return lambda name: monkeypatch.setattr(audit, "current_actor", lambda: name)


@pytest.fixture
def office(engine, keyring, be):
    """Return a way to grant and end as someone."""
    fill(engine)

    def do(who, what, *arguments):
        be(who)
        with database.session(engine) as session:
            return getattr(granting, what)(session, keyring, *arguments)

    return do


def _refused(code, call, *arguments):
    with pytest.raises(Stop) as stopped:
        call(*arguments)
    assert stopped.value.code == code
    return stopped.value


def _holds(engine, actor):
    with database.session(engine, readonly=True) as session:
        return actors.named(session, actor, NOW).grants


def test_while_nothing_was_given_everyone_holds_every_role(engine, office):
    with database.session(engine, readonly=True) as session:
        anyone = actors.named(session, "anyone", NOW)
    assert (anyone.demo, anyone.grants) == (True, tuple(Grant(role, "32") for role in ROLES))
    office("boss", "grant", "boss", "administrator", "32")
    with database.session(engine, readonly=True) as session:
        assert actors.named(session, "anyone", NOW).grants == ()
        assert actors.named(session, "anyone", NOW).demo is False


def test_the_demo_does_not_come_back_when_all_has_ended(engine, office):
    give(engine, "boss", "administrator", "32")
    with database.session(engine) as session:
        assert grants.end(session, 1, "boss", datetime.now(UTC))
    assert _holds(engine, "anyone") == ()


@pytest.mark.parametrize(("role", "region"), [("caseworker", "32"), ("administrator", "3201"), ("auditor", "32")])
def test_the_first_role_makes_an_administrator(engine, office, role, region):
    _refused("access-first-administrator", office, "boss", "grant", "boss", role, region)
    assert _holds(engine, "x")[0].role == "reviewer"  # still the demo


def test_a_grant_and_its_end_are_on_record_and_on_file(engine, office, entries):
    office("boss", "grant", "boss", "administrator", "32")
    number = office("boss", "grant", "li.na", "caseworker", "320102/玄武门街道")
    assert _holds(engine, "li.na") == (Grant("caseworker", "320102/玄武门街道"),)
    office("boss", "end", number)
    assert _holds(engine, "li.na") == ()
    with database.session(engine, readonly=True) as session:
        rows = grants.listed(session, ended=True)
    assert [(row.actor, row.granted_by, row.ended_by) for row in rows] == [
        ("boss", "boss", None),
        ("li.na", "boss", "boss"),
    ]
    said = [whole(stored) for stored in entries()]
    assert [(one.action, one.subject, one.region, one.outcome, one.role) for one in said] == [
        ("access.grant", "grant:1", "32", "allowed", "demo"),
        ("access.grant", "grant:2", "320102", "allowed", "administrator"),
        ("access.end", "grant:2", "320102", "allowed", "administrator"),
    ]
    assert said[1].detail == {"grant": 2, "role": "caseworker", "to": "li.na"}
    assert {one.actor for one in said} == {"boss"}


def test_only_administrators_give_roles_and_refusals_are_on_record(engine, office, entries):
    for at, role in enumerate(ROLES):
        give(engine, f"u{at}", role, "32")
    for at, role in enumerate(ROLES):
        if role != "administrator":
            _refused("not-permitted", office, f"u{at}", "grant", "x", "caseworker", "3201")
            _refused("not-permitted", office, f"u{at}", "end", 1)
    _refused("not-permitted", office, "stranger", "grant", "x", "caseworker", "3201")
    said = [whole(stored) for stored in entries()]
    assert len(said) == 9
    assert {(one.action, one.outcome) for one in said} == {("access.grant", "refused")}
    assert _holds(engine, "x") == ()


def test_an_administrator_of_a_city_gives_roles_in_it(engine, office):
    give(engine, "boss", "administrator", "32")
    give(engine, "city", "administrator", "3201")
    office("city", "grant", "li.na", "caseworker", "320102")
    _refused("not-permitted", office, "city", "grant", "li.na", "caseworker", "3202")
    _refused("not-permitted", office, "city", "grant", "li.na", "administrator", "32")
    _refused("access-no-such-grant", office, "city", "end", 1)  # the administrator of the province
    assert _holds(engine, "boss") == (Grant("administrator", "32"),)


def test_nobody_gives_a_role_to_themselves(engine, office, entries):
    give(engine, "boss", "administrator", "32")
    _refused("not-by-oneself", office, "boss", "grant", "boss", "caseworker", "32")
    (said,) = (whole(stored) for stored in entries())
    assert (said.outcome, said.detail) == ("refused", {"reason": "own-request"})
    assert _holds(engine, "boss") == (Grant("administrator", "32"),)


def test_the_last_administrator_stays(engine, office):
    give(engine, "boss", "administrator", "32")
    give(engine, "city", "administrator", "3201")  # can give roles in one city only
    _refused("access-last-administrator", office, "boss", "end", 1)
    second = office("boss", "grant", "second", "administrator", "32")
    office("boss", "end", 1)
    _refused("access-last-administrator", office, "second", "end", second)


def test_two_administrators_cannot_end_each_other_at_once(engine, keyring, monkeypatch):
    give(engine, "one", "administrator", "32")
    give(engine, "two", "administrator", "32")
    monkeypatch.setattr(audit, "current_actor", lambda: threading.current_thread().name)
    barrier, codes = threading.Barrier(2), []

    def end(number):
        barrier.wait()
        try:
            with database.session(engine) as session:
                granting.end(session, keyring, number)
            codes.append("ended")
        except Stop as stop:
            codes.append(stop.code)

    threads = [threading.Thread(target=end, args=(2,), name="one"), threading.Thread(target=end, args=(1,), name="two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["ended", "not-permitted"]  # whoever came second holds nothing any more
    with database.session(engine, readonly=True) as session:
        assert len(grants.holders(session, "administrator", "32")) == 1


@pytest.mark.parametrize(
    ("to", "role", "region", "code"),
    [
        ("li.na", "root", "32", "access-unknown-role"),
        ("li.na", "caseworker", "", "access-unknown-region"),
        ("li.na", "caseworker", "320199", "access-unknown-region"),
        ("li.na", "caseworker", "33", "access-unknown-region"),
        ("li.na", "caseworker", "32/玄武门街道", "access-unknown-region"),
        ("li.na", "caseworker", "320102/玄武", "access-unknown-region"),
        ("li.na", "caseworker", "320104/玄武门", "access-unknown-region"),
        ("", "caseworker", "32", "access-bad-actor"),
        ("li na", "caseworker", "32", "access-bad-actor"),
        ("110105194912310021", "caseworker", "32", "access-bad-actor"),
        ("held", "caseworker", "3201", "access-held-already"),
    ],
)
def test_what_is_no_role_region_or_account_is_refused(engine, office, entries, to, role, region, code):
    give(engine, "boss", "administrator", "32")
    give(engine, "held", "caseworker", "3201")
    stop = _refused(code, office, "boss", "grant", to, role, region)
    assert "110105" not in str(stop)
    assert entries() == []
    assert _holds(engine, "li.na") == ()


def test_without_its_entry_no_role_is_given(engine, office):
    give(engine, "boss", "administrator", "32")
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE audit_entries"))
    _refused("audit-unwritable", office, "boss", "grant", "li.na", "caseworker", "32")
    assert _holds(engine, "li.na") == ()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM grants",
        "UPDATE grants SET actor = 'me'",
        "UPDATE grants SET region = '32'",
        "UPDATE grants SET ended_at = NULL, ended_by = NULL",
        "DELETE FROM break_glass",
        "UPDATE break_glass SET household_ref = 'HB'",
        "UPDATE break_glass SET expires_at = '2099-01-01'",
    ],
)
def test_what_was_given_cannot_be_rewritten(engine, office, statement):
    give(engine, "li.na", "caseworker", "3201")
    with database.session(engine) as session:
        grants.end(session, 1, "boss", NOW)
        number = grants.request(session, "li.na", "HA", "moved", "C1", NOW)
        assert grants.approve(session, number, "wang", NOW, NOW.replace(hour=12))
    with pytest.raises(DBAPIError, match="stays on file"), engine.begin() as connection:
        connection.execute(text(statement))


@pytest.fixture
def call(settings, keyring):
    def invoke(*arguments, **more):
        env = {"HEDUI_HOME": str(settings.home), "HEDUI_DATABASE_URL": settings.database_url, "HEDUI_LANGUAGE": "en"}
        return CliRunner().invoke(hedui, ["access", *arguments], env=env | {"COLUMNS": "200"} | more)

    return invoke


def test_the_commands(engine, office, call, be):
    be("boss")
    told = call("whoami")
    assert told.exit_code == 0
    assert (told.stdout.splitlines()[0], told.stderr.strip()) == ("You are boss.", words("access-demo", "en"))
    assert json.loads(call("whoami", "--json").stdout)["demo"] is True
    assert call("grant", "boss", "administrator").stdout == "Grant 1: boss holds administrator over 32.\n"
    given = call("grant", "li.na", "caseworker", "--region", "320102/玄武门街道", "--json")
    assert json.loads(given.stdout) == {
        "number": 2, "actor": "li.na", "role": "caseworker", "region": "320102/玄武门街道",
    }  # fmt: skip
    listed = call("list")
    assert (listed.exit_code, listed.stderr) == (0, "")
    assert "Xuanwu 玄武门街道" in listed.stdout
    assert "管理员" in call("list", HEDUI_LANGUAGE="zh").stdout
    assert call("end", "2").exit_code == 0
    assert [row["number"] for row in json.loads(call("list", "--json").stdout)] == [1]
    past = json.loads(call("list", "--all", "--json").stdout)
    assert [(row["number"], row["ended_by"]) for row in past] == [(1, None), (2, "boss")]
    be("li.na")
    assert json.loads(call("whoami", "--json").stdout) == {"actor": "li.na", "demo": False, "grants": [], "opened": []}
    refused = call("list")
    assert (refused.exit_code, refused.stdout) == (4, "")
    assert refused.stderr.startswith("error: li.na holds no role that allows this: access.list\nhint: ")


def test_an_administrator_of_a_city_lists_the_grants_in_it(engine, office, call, be):
    give(engine, "boss", "administrator", "32")
    give(engine, "city", "administrator", "3201")
    give(engine, "li.na", "caseworker", "320102")
    give(engine, "wang", "caseworker", "3202")
    be("city")
    assert [row["actor"] for row in json.loads(call("list", "--json").stdout)] == ["city", "li.na"]


def test_the_first_grant_may_come_before_any_key(call, settings, engine, be):
    be("boss")
    settings.keyring.unlink(missing_ok=True)
    settings.vault.unlink(missing_ok=True)
    assert call("grant", "boss", "administrator").exit_code == 0
    assert settings.keyring.exists()


def test_every_command_says_how_with_an_example(call):
    def shown(*command):  # in the language in which the command was first loaded
        return " ".join(call(*command, "--help").stdout.split()).replace("示例：", "Example: ")

    for command in ([], ["whoami"], ["list"], ["grant"], ["end"], ["break-glass"]):
        assert "Example: hedui access" in shown(*command)
    for command in ("request", "approve", "list", "end"):
        assert "Example: hedui access break-glass" in shown("break-glass", command)
