"""Break-glass: asked for by one, approved by another, for hours, for one household; every step on record."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from catalogue.problems import Stop
from hedui.access import actors, audit, breakglass, gate
from hedui.access.entry import whole
from hedui.access.policy import may
from hedui.cli import hedui
from hedui.registry import database, grants
from hedui.registry.models import Case
from tests.access.world import NOW, fill, give

HOUR = timedelta(hours=1)


@pytest.fixture
def be(monkeypatch):
    return lambda name: monkeypatch.setattr(audit, "current_actor", lambda: name)


@pytest.fixture
def office(engine, keyring, be):
    """Li Na works in Kunshan (HE), Wang reviews Nanjing (HA…HD), Zhao reviews Xuzhou's neighbours (HF)."""
    fill(engine)
    for actor, role, region in [
        ("boss", "administrator", "32"),
        ("auditor", "auditor", "32"),
        ("li.na", "caseworker", "320583"),
        ("wang", "reviewer", "3201"),
        ("zhao", "reviewer", "3202"),
        ("clerk", "caseworker", "3201"),
    ]:
        give(engine, actor, role, region)

    def do(who, what, *arguments, **more):
        be(who)
        with database.session(engine) as session:
            return getattr(breakglass, what)(session, keyring, *arguments, **more)

    return do


@pytest.fixture
def ask(office):
    return lambda who="li.na", household="HA", case="C-HA", now=NOW: office(
        who, "request", household, "moved", case, now=now
    )


def _refused(code, call, *arguments, **more):
    with pytest.raises(Stop) as stopped:
        call(*arguments, **more)
    assert stopped.value.code == code
    return stopped.value


def _reads(engine, actor, household="HA", now=NOW):
    with database.session(engine, readonly=True) as session:
        who = actors.named(session, actor, now)
        return may(who, "report.show", gate.household_resource(session, household)).allowed


def _said(entries):
    said = [whole(stored) for stored in entries()]
    return [(one.actor, one.action, one.outcome, one.detail.get("reason", "")) for one in said]


def test_it_opens_when_another_has_approved_and_closes_by_itself(engine, office, ask, entries, keyring):
    assert not _reads(engine, "li.na")
    number = ask()
    assert not _reads(engine, "li.na", now=NOW + HOUR)
    expires = office("wang", "approve", number, now=NOW + HOUR)
    assert expires == NOW + 5 * HOUR
    moments = [NOW + HOUR - timedelta(seconds=1), NOW + HOUR, expires - timedelta(microseconds=1), expires]
    assert [_reads(engine, "li.na", now=moment) for moment in moments] == [False, True, True, False]
    for household in ("HB", "HC", "HD", "HF"):
        assert not _reads(engine, "li.na", household, NOW + 2 * HOUR)
    assert not _reads(engine, "zhao", now=NOW + 2 * HOUR)
    asked, approved = (whole(stored) for stored in entries())
    assert (asked.actor, asked.action, asked.role, asked.purpose) == (
        "li.na",
        "break_glass.request",
        "caseworker",
        "moved",
    )
    assert (approved.actor, approved.action, approved.role) == ("wang", "break_glass.approve", "reviewer")
    for one in (asked, approved):
        assert (one.about, one.subject) == ("household", keyring.pseudonym("HA"))
        assert (one.region, one.case, one.outcome) == ("320102", keyring.pseudonym("C-HA"), "allowed")
    assert approved.detail == {"request": number, "hours": 4}


def test_what_it_opens_is_the_report_and_not_the_list(engine, office, ask):
    office("wang", "approve", ask(), now=NOW)
    with database.session(engine, readonly=True) as session:
        who = actors.named(session, "li.na", NOW)
        resource = gate.household_resource(session, "HA")
    allowed = {action for action in ("report.list", "household.import", "household.shred", "report.show")
               if may(who, action, resource).allowed}  # fmt: skip
    assert allowed == {"report.show"}


def test_nobody_approves_their_own_request(engine, office, entries):
    number = office("wang", "request", "HE", "moved", "C-HE", now=NOW)
    give(engine, "wang", "reviewer", "320583")  # now it would be in scope, too
    _refused("not-by-oneself", office, "wang", "approve", number, now=NOW)
    assert _said(entries)[-1] == ("wang", "break_glass.approve", "refused", "own-request")


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("zhao", "break-glass-no-such-request"),  # a reviewer of elsewhere is not told that there is one
        ("clerk", "not-permitted"),
        ("auditor", "not-permitted"),
        ("boss", "not-permitted"),  # administrators give roles; what lies in a region is for its reviewers
        ("stranger", "not-permitted"),
    ],
)
def test_who_may_not_approve(engine, office, ask, entries, who, code):
    number = ask()
    _refused(code, office, who, "approve", number, now=NOW)
    assert not _reads(engine, "li.na")
    assert _said(entries)[-1][:3] == (who, "break_glass.approve", "refused")
    assert _refused(code, office, who, "approve", 999, now=NOW).code == code  # the same for one that there is not


def test_who_may_not_ask(office, ask, entries):
    for who in ("auditor", "boss", "stranger"):
        _refused("not-permitted", ask, who)
    assert [said[2] for said in _said(entries)] == ["refused"] * 3
    _refused("break-glass-not-needed", ask, "clerk")


@pytest.mark.parametrize(("household", "case"), [("HZ", "C-HA"), ("HZ", "C-HZ"), ("HA", "C-HB"), ("HA", "C-HE")])
def test_the_case_is_one_of_the_households_and_no_answer_tells_which_is_wrong(
    engine, office, entries, keyring, household, case
):
    told = _refused("break-glass-unknown", office, "li.na", "request", household, "moved", case, now=NOW)
    assert told.message() == Stop("break-glass-unknown").message()
    assert household not in str(told)
    (tried,) = (whole(stored) for stored in entries())
    assert (tried.actor, tried.action, tried.outcome) == ("li.na", "break_glass.request", "refused")
    assert (tried.subject, tried.case) == (keyring.pseudonym(household), keyring.pseudonym(case))
    assert tried.detail == {"reason": "unknown"}
    with database.session(engine, readonly=True) as session:
        assert grants.requests(session) == []


def test_a_case_that_is_closed_will_do(engine, ask):
    with database.session(engine) as session:
        session.execute(update(Case).values(state="closed"))
    assert ask() == 1


def test_what_nobody_has_approved_in_a_day_has_lapsed(engine, office, ask):
    assert breakglass.PENDING_HOURS == 24
    number, late = ask(), NOW + 24 * HOUR
    with database.session(engine, readonly=True) as session:
        states = [breakglass.listed(session, moment)[0].state for moment in (late - timedelta(seconds=1), late)]
    assert states == ["requested", "lapsed"]
    _refused("break-glass-not-pending", office, "wang", "approve", number, now=late)
    _refused("break-glass-not-pending", office, "li.na", "end", number, now=late)
    assert not _reads(engine, "li.na", now=late)
    assert office("wang", "approve", ask(now=late), now=late) == late + 4 * HOUR
    assert office("wang", "approve", ask(household="HB", case="C-HB"), now=late - timedelta(seconds=1))


def test_it_is_approved_once_and_at_most_for_a_day(engine, office, ask):
    number = ask()
    for hours in (0, -1, 25, 10**6):
        _refused("break-glass-hours", office, "wang", "approve", number, hours, now=NOW)
    assert office("wang", "approve", number, 24, now=NOW) == NOW + 24 * HOUR
    _refused("break-glass-not-pending", office, "wang", "approve", number, 24, now=NOW)


@pytest.mark.parametrize("who", ["li.na", "wang"])
def test_who_asked_and_who_may_approve_can_end_it(engine, office, ask, who, entries):
    number = ask()
    office("wang", "approve", number, now=NOW)
    office(who, "end", number, now=NOW + HOUR)
    assert not _reads(engine, "li.na", now=NOW + HOUR)
    assert _said(entries)[-1][:3] == (who, "break_glass.end", "allowed")
    _refused("break-glass-not-pending", office, who, "end", number, now=NOW + HOUR)
    _refused("break-glass-no-such-request", office, "zhao", "end", number, now=NOW + HOUR)


def test_a_withdrawn_request_is_not_approved(office, ask):
    number = ask()
    office("li.na", "end", number, now=NOW)
    _refused("break-glass-not-pending", office, "wang", "approve", number, now=NOW)


def test_who_has_lost_the_role_reads_nothing(engine, office, ask):
    office("wang", "approve", ask(), now=NOW)
    assert _reads(engine, "li.na")
    with database.session(engine) as session:
        (held,) = grants.of_actor(session, "li.na")
        grants.end(session, held.id, "boss", NOW)
    assert not _reads(engine, "li.na")


@pytest.mark.parametrize(
    ("household", "why", "case", "code"),
    [
        ("HA", "curiosity", "C1", "break-glass-reason"),
        ("11010519491231002X", "moved", "C1", "break-glass-reference"),
        ("HA", "moved", "欧阳示例", "break-glass-reference"),
    ],
)
def test_what_is_no_reason_or_reference_is_refused(office, entries, household, why, case, code):
    assert "1101" not in str(_refused(code, office, "li.na", "request", household, why, case, now=NOW))
    assert entries() == []


def test_without_its_entry_nothing_opens(engine, office, ask, monkeypatch):
    number = ask()
    monkeypatch.setattr(audit, "_append", lambda *_: (_ for _ in ()).throw(database.SQLAlchemyError))
    _refused("audit-unwritable", office, "wang", "approve", number, now=NOW)
    assert not _reads(engine, "li.na", now=NOW + HOUR)
    _refused("audit-unwritable", ask)
    with database.session(engine, readonly=True) as session:
        assert [row.approved_at for row in grants.requests(session)] == [None]


def test_the_commands(engine, office, be, settings):
    def call(*arguments, language="en"):
        env = {"HEDUI_HOME": str(settings.home), "HEDUI_DATABASE_URL": settings.database_url}
        return CliRunner().invoke(hedui, ["access", *arguments], env=env | {"HEDUI_LANGUAGE": language})

    be("li.na")
    asked = call("break-glass", "request", "HA", "--reason", "moved", "--case", "C-HA", "--json")
    assert json.loads(asked.stdout) == {"number": 1}
    be("zhao")
    assert json.loads(call("break-glass", "list", "--json").stdout) == []
    be("wang")
    (waiting,) = json.loads(call("break-glass", "list", "--json").stdout)
    assert (waiting["actor"], waiting["household"], waiting["state"]) == ("li.na", "HA", "requested")
    before = datetime.now(UTC)
    approved = json.loads(call("break-glass", "approve", "1", "--hours", "2", "--json").stdout)
    assert datetime.fromisoformat(approved["expires_at"]) >= before.replace(microsecond=0) + 2 * HOUR
    be("li.na")
    assert json.loads(call("whoami", "--json").stdout)["opened"] == ["HA"]
    assert "HA" in call("whoami").stdout
    assert "开放中" in call("break-glass", "list", language="zh").stdout
    assert call("break-glass", "end", "1").exit_code == 0
    assert json.loads(call("whoami", "--json").stdout)["opened"] == []
