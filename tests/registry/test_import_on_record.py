"""What an import leaves on the trail, and whom it may name to whoever imports: on both databases."""

import json
from datetime import datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from hedui.access import audit
from hedui.access.entry import whole
from hedui.access.odd import odd_day, thresholds
from hedui.access.trail import InRegistry
from hedui.access.verify import verify
from hedui.cli import hedui
from hedui.registry import database, imports, people
from hedui.registry.models import Case, Household, Import
from tests.access.world import give

CLERK = "li.na"


@pytest.fixture
def call(settings, engine, keyring, monkeypatch):
    """Import by the command line as a clerk of one county, or of the one that is given."""

    held = set()

    def invoke(path, *options, region="320102", language="en"):
        if region not in held:
            give(engine, CLERK, "caseworker", region)
            held.add(region)
        monkeypatch.setattr(audit, "current_actor", lambda: CLERK)
        environment = {"HEDUI_HOME": str(settings.home), "HEDUI_DATABASE_URL": settings.database_url}
        return CliRunner().invoke(
            hedui, ["household", "import", str(path), *options], env=environment | {"HEDUI_LANGUAGE": language}
        )

    return invoke


@pytest.fixture
def trail(engine):
    """Return the entries that are on record, each checked against its hash, the chain as a whole too."""

    def read():
        with database.session(engine, readonly=True) as session:
            found = [whole(stored) for stored in InRegistry(session).entries()]
            assert verify(InRegistry(session), [], {}).findings == ()
        return found

    return read


def _taken_in(engine, keyring, path):
    with database.session(engine) as session:
        assert people.import_file(session, keyring, path).taken_in


def _count(engine, table):
    with database.session(engine, readonly=True) as session:
        return session.scalar(select(func.count()).select_from(table))


def _asking(rows, number):
    """A household of one's own with somebody's number in it: what a person would try to find somebody."""
    own = {"household": "H999999", "case": "C-9", "authorisation": "", "signed_on": "", "signed": "否", "member": "1"}
    return [rows[0] | own | {"relation": "self", "name": "某某", "resident_id": number}]


@pytest.mark.parametrize("options", [[], ["--dry-run"]], ids=["import", "dry run"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_number_tells_no_household_of_elsewhere(call, engine, keyring, rows, write, options, language):
    _taken_in(engine, keyring, write(rows))
    path = write(_asking(rows, rows[3]["resident_id"]))  # of H000002, in 320583
    said = call(path, *options, "--json", language=language)
    assert said.exit_code == 0, said.output
    assert "H000002" not in said.output
    (warning,) = json.loads(said.stdout)["warnings"]
    assert (warning["row"], warning["code"]) == (2, "in-a-household-elsewhere")
    words = {"en": "this person is also a member of a household elsewhere", "zh": "此人同时是您辖区以外某户的成员"}
    assert warning["message"] == words[language]


@pytest.mark.parametrize("region", ["32", "320583", "320583/玄武门街道"])
def test_a_household_within_reach_is_named(call, engine, keyring, rows, write, region):
    _taken_in(engine, keyring, write(rows))
    give(engine, CLERK, "caseworker", "320102")
    said = call(write(_asking(rows, rows[3]["resident_id"])), "--json", region=region)
    assert [one["code"] for one in json.loads(said.stdout)["warnings"]] == ["in-another-household"]
    assert "H000002" in said.stdout


def test_of_several_households_only_one_within_reach_is_named(call, engine, keyring, rows, write):
    shared = rows[3]["resident_id"]
    rows[5] |= {"resident_id": shared}  # H000003, in 320102, beside H000002, which comes before it
    _taken_in(engine, keyring, write(rows))
    said = call(write(_asking(rows, shared)), "--json")
    assert "H000003" in said.stdout
    assert "H000002" not in said.stdout


def test_a_case_or_letter_of_elsewhere_names_no_household(call, engine, keyring, rows, write, trail):
    _taken_in(engine, keyring, write(rows))
    refused = call(write(_asking(rows, rows[0]["resident_id"])[:1]), "--json")  # own, and so named
    assert "H000001" in refused.stdout
    taken = [_asking(rows, rows[0]["resident_id"])[0] | {"case": "C2026-000002"}]
    refused = call(write(taken), "--dry-run", "--json", region="320102/玄武门街道")
    assert refused.exit_code == 4
    assert "another-household" in refused.stdout
    assert "H000002" not in refused.output
    last = trail()[-1]
    assert (last.action, last.outcome, last.detail["mistakes"]) == ("household.import", "failed", 1)


def test_an_import_is_on_record_with_its_counts(call, engine, rows, write, trail):
    rows[5] |= {"resident_id": rows[0]["resident_id"]}
    assert call(write(rows), region="32").exit_code == 0
    (said,) = trail()  # of new households no entry each
    assert (said.action, said.actor, said.role, said.about, said.subject) == (
        "household.import", CLERK, "caseworker", "trail", "households",
    )  # fmt: skip
    assert (said.purpose, said.region, said.outcome) == ("import", "", "allowed")
    assert said.detail == {
        "rows": 6,
        "new": 3,
        "updated": 0,
        "unchanged": 0,
        "households": 2,  # that it named
        "elsewhere": 0,
        "mistakes": 0,
        "dry_run": 0,
        "import": 1,
    }
    assert _count(engine, Import) == 1


def test_an_import_of_one_county_is_on_record_with_it(call, rows, write, trail):
    assert call(write(rows[:3])).exit_code == 0
    assert [(one.action, one.region) for one in trail()] == [("household.import", "320102")]


def test_a_dry_run_is_on_record_before_it_is_shown(call, engine, keyring, rows, write, trail):
    _taken_in(engine, keyring, write(rows))
    path = write(_asking(rows, rows[3]["resident_id"]))
    assert call(path, "--dry-run").exit_code == 0
    (said,) = trail()
    assert (said.action, said.detail["dry_run"], said.detail["elsewhere"]) == ("household.import", 1, 1)
    assert "import" not in said.detail  # there is none
    assert _count(engine, Household) == 3


@pytest.mark.parametrize("options", [[], ["--dry-run"]], ids=["import", "dry run"])
def test_what_cannot_go_on_record_is_neither_taken_in_nor_shown(call, engine, rows, write, monkeypatch, options):
    def unwritable(*_, **__):
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(audit, "_append", unwritable)
    refused = call(write(rows), *options, region="32")
    assert (refused.exit_code, refused.stdout) == (4, "")
    assert _count(engine, Household) == _count(engine, Import) == 0


def test_a_file_with_mistakes_of_its_own_asks_the_registry_nothing(call, rows, write, trail):
    rows[0]["county"] = "999999"
    assert call(write(rows)).exit_code == 4
    assert trail() == []


def test_whoever_may_not_is_on_record_as_refused_alone(call, engine, rows, write, trail):
    refused = call(write(rows))  # also of 320583
    assert refused.exit_code == 4
    assert [(one.action, one.outcome) for one in trail()] == [("household.import", "refused")]
    assert _count(engine, Household) == 0


def test_a_change_of_an_authorisation_is_on_record_about_its_household(
    call, engine, keyring, rows, write, trail, monkeypatch
):
    monkeypatch.setattr(imports, "BLOCK", 1)
    _taken_in(engine, keyring, write(rows))
    with database.session(engine) as session:
        session.execute(update(Case).where(Case.ref == "C2026-000002").values(state="closed"))
    for row in rows:
        if row["household"] != "H000003":
            row["revoked_on"] = "2026-07-01"
    rows[5]["declared_houses"] = "2"  # changed, too, but not its authorisation
    assert call(write(rows), region="32").exit_code == 0
    first, *changed = trail()
    assert first.detail["updated"] == 3
    assert [(one.action, one.about, one.actor, one.role, one.purpose) for one in changed] == [
        ("authorisation.changed", "household", CLERK, "caseworker", "import")
    ] * 2
    pseudonym = keyring.pseudonym
    assert [(one.subject, one.region, one.case, one.detail) for one in changed] == [
        (pseudonym("H000001"), "320102", pseudonym("C2026-000001"), {"import": 2}),
        (pseudonym("H000002"), "320583", None, {"import": 2}),  # closed by a person
    ]
    assert call(write(rows), "--dry-run", region="3201").exit_code == 0
    assert [one.action for one in trail()[3:]] == ["household.import"]


def test_an_authorisation_in_a_dry_run_did_not_change(call, engine, keyring, rows, write, trail):
    _taken_in(engine, keyring, write(rows))
    changed = [row | {"revoked_on": "2026-07-01"} for row in rows[:3]]
    assert call(write(changed), "--dry-run").exit_code == 0
    assert [one.action for one in trail()] == ["household.import"]


def _many(rows, count, **cells):
    return [
        rows[0] | {"household": f"H{at:06}", "case": f"C-{at}", "authorisation": f"S-{at}", "resident_id": f"E{at:08}"}
        | cells
        for at in range(1, count + 1)
    ]  # fmt: skip


def test_changes_by_an_import_are_no_look_ups_in_bulk_but_households_that_it_names_are(
    call, engine, keyring, rows, write, trail
):
    bulk = thresholds().bulk.households

    def told():
        found = odd_day(engine, keyring, {}, datetime.now(thresholds().zone).date())
        return [(one.rule, one.count) for one in found.odd if one.rule != "off-hours"]

    assert call(write(_many(rows, bulk + 5))).exit_code == 0
    assert call(write(_many(rows, bulk + 5, revoked_on="2026-07-01"))).exit_code == 0
    assert len(trail()) == 2 + bulk + 5
    assert told() == []
    asked = [row | {"household": f"A{row['household']}", "case": f"A{row['case']}", "authorisation": f"A{row['case']}"}
             for row in _many(rows, bulk + 1)]  # fmt: skip
    assert call(write(asked), "--dry-run").exit_code == 0
    assert told() == [("bulk", bulk + 1)]
