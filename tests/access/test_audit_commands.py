"""`hedui audit`: every command on both databases, offline, in both languages, and its exit codes."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from hedui.access.entry import whole
from hedui.access.odd import thresholds
from hedui.cli import hedui
from hedui.registry import database, people


@pytest.fixture
def call(settings, tmp_path):
    def run(*arguments, **environment):
        env = {
            "HEDUI_HOME": str(settings.home),
            "HEDUI_DATABASE_URL": settings.database_url,
            "HEDUI_LANGUAGE": "en",
            "COLUMNS": "250",
        }
        return CliRunner().invoke(hedui, ["audit", *(str(one) for one in arguments)], env=env | environment)

    return run


@pytest.fixture
def families(engine, keyring, rows, write):
    with database.session(engine) as session:
        assert people.import_file(session, keyring, write(rows)).taken_in


def _good(shown):
    assert shown.exit_code == 0, (shown.output, shown.exception)
    return shown.stdout


def test_sign_export_and_verify_elsewhere(call, looks, tmp_path):
    looks(3)
    copy, exported, key = tmp_path / "copy.jsonl", tmp_path / "trail.jsonl", tmp_path / "key.txt"
    assert "Copied to" in _good(call("checkpoint", "--to", copy))
    assert json.loads(_good(call("checkpoint", "--json")))["size"] == 3
    key.write_text(_good(call("key")))
    _good(call("export", exported))
    offline = {"HEDUI_HOME": str(tmp_path / "elsewhere"), "HEDUI_DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    shown = call("verify", "--trail", exported, "--checkpoints", copy, "--key", key, **offline)
    assert "The trail is whole. Signed up to entry 3; entries after it: 1" in _good(shown)
    assert call("verify", "--trail", exported, **offline).exit_code == 4  # no key there
    assert not (tmp_path / "elsewhere").exists()
    assert "完整" in _good(call("verify", HEDUI_LANGUAGE="zh"))


def test_without_a_checkpoint_nothing_is_signed(call, looks, keyring):
    looks(1)
    shown = call("verify")
    assert shown.exit_code == 3
    assert "no checkpoint says so" in shown.stdout
    assert json.loads(call("verify", "--json").stdout) == {
        "whole": True, "entries": 1, "checkpoints": 0, "signed": 0, "findings": [],
    }  # fmt: skip


def test_tampering_is_named_and_ends_with_5(call, looks, administrator, keyring):
    looks(6)
    _good(call("checkpoint"))
    with administrator() as connection:
        connection.execute(text("UPDATE audit_entries SET actor = 'nobody' WHERE seq = 2"))
        connection.execute(text("DELETE FROM audit_entries WHERE seq IN (4, 6)"))
    shown = call("verify")
    assert shown.exit_code == 5
    assert [line for line in shown.stdout.splitlines() if line.startswith(("edited", "deleted", "tail"))] == [
        "edited: entry 2",
        "deleted: entry 4",
        "tail cut: signed, and gone: entry 6",
    ]
    in_chinese = call("verify", HEDUI_LANGUAGE="zh")
    assert in_chinese.exit_code == 5
    assert "被修改：第 2 条" in in_chinese.stdout
    assert call("checkpoint").exit_code == 4  # it is not signed


@pytest.mark.usefixtures("families")
def test_who_looked_at_this_person_when_and_why(call, look, entries):
    before = datetime.now(UTC).isoformat()[:16]
    look("H000001", role="caseworker", case="C2026-000001", sources=("*",), region="320102")
    look("H000002", case="C2026-000002")
    look("H000001-2", about="member", outcome="refused")
    look("C2026-000001", about="case", actor="other")
    found = json.loads(_good(call("subject", "H000001", "--purpose", "complaint", "--json")))
    assert [(one["seq"], one["actor"], one["subject"], one["outcome"]) for one in found] == [
        (1, "clerk", "H000001", "allowed"),
        (3, "clerk", "H000001-2", "refused"),
        (4, "other", "C2026-000001", "allowed"),
    ]
    assert found[0] | {"at": found[0]["at"][:16]} == {
        "seq": 1, "at": before, "actor": "clerk", "role": "caseworker", "action": "report.show", "subject": "H000001",
        "region": "320102", "purpose": "allowance", "case": "C2026-000001", "sources": ["*"], "outcome": "allowed",
        "detail": {},
    }  # fmt: skip
    asked = whole(entries()[4])
    assert (asked.action, asked.subject, asked.purpose) == ("audit.subject", whole(entries()[0]).subject, "complaint")
    for same in ("H000001-3", "C2026-000001"):
        again = json.loads(_good(call("subject", same, "--json")))
        assert [one["seq"] for one in again[:3]] == [1, 3, 4]
        assert again[-1]["action"] == "audit.subject"
    shown = _good(call("subject", "H000001"))
    assert "clerk (caseworker)" in shown
    assert "C2026-000001" in shown
    assert "Look-ups: 6" in shown


def test_a_household_that_is_gone_is_still_found(call, look, keyring):
    look("H777777", case="C2020-1")
    (found,) = json.loads(_good(call("subject", "H777777", "--json")))
    assert (found["subject"], found["case"]) == ("H777777", keyring.pseudonym("C2020-1"))


def test_an_id_number_is_no_reference(call, id_number, keyring, entries):
    number = id_number(19800315, 104)  # which is refused on any command line
    for wrong, code in ((number, 2), (f"H{number}", 2), ("张三", 4), ("H 1", 4), ("", 4)):
        shown = call("subject", wrong)
        assert (shown.exit_code, shown.stdout) == (code, "")
        assert not wrong or wrong not in shown.stderr.replace("H000123", "")
    assert entries() == []


def test_a_purpose_is_a_code(call, keyring, entries):
    shown = call("subject", "H000001", "--purpose", "张三 asked")
    assert (shown.exit_code, shown.stdout) == (4, "")
    assert entries() == []


def test_a_changed_entry_is_not_shown_as_if_it_were_true(call, look, administrator):
    look("H000001")
    with administrator() as connection:
        connection.execute(text("UPDATE audit_entries SET actor = 'nobody'"))
    shown = call("subject", "H000001")
    assert (shown.exit_code, shown.stdout) == (4, "")


@pytest.mark.usefixtures("families")
def test_odd_look_ups(call, look, settings):
    look("H000002", case=None)
    today = datetime.now(thresholds().zone).date().isoformat()
    (settings.home / "actors.toml").write_text('[clerk]\nsurname = "王"\n')
    found = json.loads(_good(call("odd", "--date", today, "--json")))
    rules = {one["rule"]: one["household"] for one in found["odd"]}
    assert {"no-open-case": "H000002", "own-surname": "H000002"}.items() <= rules.items()
    assert (found["day"], found["entries"], found["unknown_address"]) == (today, 1, ["clerk"])
    shown = _good(call("odd", "--date", today))
    assert "own surname" in shown
    assert "Not checked for the actor's own address, which is not in the file of actors: clerk" in shown
    assert "王示例" not in shown
    other = settings.home / "others.toml"
    other.write_text("[clerk]\nsurnam = 'x'\n")
    refused = call("odd", HEDUI_ACTORS=str(other))
    assert (refused.exit_code, refused.stdout) == (4, "")


@pytest.mark.usefixtures("families")
@pytest.mark.parametrize("command", [("subject", "H000001"), ("odd",), ("export", "trail.jsonl")])
def test_what_cannot_be_put_on_record_is_not_shown(call, look, engine, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    look("H000001")
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            refuse = "CREATE TRIGGER full BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            connection.execute(text(refuse))
        else:
            connection.execute(text("ALTER TABLE audit_entries ADD CONSTRAINT full_ CHECK (seq < 2)"))
    shown = call(*command)
    assert (shown.exit_code, shown.stdout) == (4, "")
    assert "nothing is shown" in shown.stderr
    assert not (tmp_path / "trail.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("verify", "--trail", "none"), "cannot be read"),
        (("verify", "--checkpoints", "none"), "cannot be read"),
        (("verify", "--checkpoints", "empty"), "holds no checkpoint"),
        (("verify", "--key", "nonsense"), "not a public key"),
        (("verify", "--trail", "empty"), "not an exported audit trail"),
        (("export", "none/file"), "cannot be written"),
        (("export", "empty"), "cannot be written"),
        (("checkpoint", "--to", "none/file"), "cannot be written"),
    ],
)
def test_every_refusal_says_what_to_do(call, keyring, engine, arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").write_text("")
    shown = call(*arguments)
    assert (shown.exit_code, shown.stdout) == (4, "")
    error, hint = shown.stderr.splitlines()
    assert says in error
    assert hint.startswith("hint: ")
