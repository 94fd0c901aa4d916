"""`hedui keys`: what it says, for people and for programs, and its exit codes."""

import json

import pytest
from click.testing import CliRunner

from catalogue.problems import Stop
from hedui.cli import hedui
from hedui.custody.batches import Batches
from hedui.keys import installation
from hedui.keys.worker import Worker
from hedui.registry import database
from hedui.registry.models import AuditEntry
from hedui.settings import Settings
from tests.custody.world import DAY, Populated

GONE = "H000003"


@pytest.fixture
def house(tmp_path, rows, write) -> Populated:
    return Populated(Settings(home=tmp_path / "home", database_url=""), write(rows))


@pytest.fixture
def call(house):
    def keys(*arguments, answer=None, code=0):
        env = {"HEDUI_HOME": str(house.settings.home), "HEDUI_DATABASE_URL": "", "HEDUI_LANGUAGE": "en"}
        ended = CliRunner().invoke(hedui, ["keys", *arguments], env=env, input=answer)
        assert ended.exit_code == code, f"{ended.output}\n{ended.exception!r}"
        return ended

    return keys


def test_list_says_what_lies_under_each_generation(call):
    call("rotate", "3201", "signing")
    listed = json.loads(call("list", "--json").stdout)
    keys = {(one["key"], one["generation"]): one for one in listed["keys"]}
    assert (keys["region/3201", 1]["state"], keys["region/3201", 1]["holds"]) == ("retired", 4)
    assert (keys["region/3201", 2]["state"], keys["region/3201", 2]["holds"]) == ("active", 0)
    assert keys["region/32", 1]["holds"] == 6
    assert keys["signing", 1]["holds"] == 6
    assert keys["registry", 1]["holds"] == 13  # six names, six numbers, a declaration
    assert keys["registry", 1] | {"id": "", "created": ""} == {
        "key": "registry",
        "generation": 1,
        "state": "active",
        "dropped": False,
        "algorithm": "aes-256",
        "created": "",
        "days": 0,
        "id": "",
        "holds": keys["registry", 1]["holds"],
    }
    assert [one["epoch"] for one in listed["vault"]] == [1]
    assert {one["holds"] for one in json.loads(call("list", "--no-count", "--json").stdout)["keys"]} == {None}
    shown = call("list").stdout
    assert "region/3201" in shown
    assert "region/320102" not in shown
    assert "region/320102" in call("list", "--all").stdout


def test_rotate_says_what_to_do_next(call):
    shown = call("rotate", "region/3201").stdout
    for step in ("hedui keys worker", "hedui keys rewrap 3201", "hedui keys drop region/3201"):
        assert step in shown
    assert "--step promote" in call("rotate", "32", "--step", "add").stdout
    assert "hint" in call("rotate", "32", "--step", "add", code=4).stderr
    call("rotate", "no-such-key", code=4)
    for name in ("registry", "index", "quarantine", "signing", "audit"):
        assert "Next" in call("rotate", name).stdout


def test_a_whole_rotation(call, house):
    call("rotate", "3201")
    assert json.loads(call("rewrap", "3201", "--dry-run", "--json").stdout)["batches"]["done"] == 4
    call("drop", "3201", "1", code=4)
    assert "Batches under other keys: 4" in call("rewrap", "3201").stdout
    assert json.loads(call("drop", "3201", "1", "--json").stdout) == {"key": "region/3201", "generation": 1, "lost": 0}
    call("drop", "3201", "1", "--anyway")
    call("drop", "3201", "2", code=4)
    assert house.read() == (house.everything(), {})


def test_what_could_not_be_read_ends_in_code_4_and_is_named(call, house):
    place = Batches(house.keeper()).published()[0]
    (house.settings.home / "store" / place.folder / "batch.hdb").write_bytes(b"")
    ended = call("rewrap", "32", code=4)
    assert place.folder in ended.stderr
    found = json.loads(call("rewrap", "32", "--json", code=4).stdout)
    assert [(one["file"], one["code"]) for one in found["broken"]] == [(place.folder, "sealing-broken")]


def test_revoke_without_a_number_goes_on_with_what_was_begun(call, house):
    assert json.loads(call("revoke", "3201", "--keep", "--json").stdout)["renewed"] == 8
    again = json.loads(call("revoke", "3201", "--json").stdout)
    assert (again["generation"], again["active"], again["renewed"], again["dropped"]) == (1, 2, 0, True)
    assert json.loads(call("revoke", "3201", "--json").stdout)["generation"] == 2
    assert "generation 1 is revoked" in call("revoke", "audit").stdout.replace("Generation", "generation")
    assert house.read() == (house.everything(), {})


def test_a_run_under_way_is_named_and_keeps_the_revoked_key_until_it_is_published(call, house):
    run, rows, places = house.seal(DAY.replace(month=7, day=9))
    ended = json.loads(call("revoke", "32", "--json").stdout)
    assert (ended["renewed"], ended["dropped"], ended["open_runs"]) == (12, False, [run])
    house.put_on_record(run, rows, places)
    ended = json.loads(call("revoke", "32", "1", "--json").stdout)
    assert (ended["renewed"], ended["dropped"], ended["open_runs"]) == (6, True, [])
    assert house.read() == (house.everything(), {})


def test_a_run_under_way_is_named_and_is_not_published_after_a_shred(call, house):
    run, rows, places = house.seal(DAY.replace(month=7, day=9))
    assert run in call("shred", GONE, "--reason", "request", "--yes").stdout
    with pytest.raises(Stop, match="batch-epoch-old"):
        house.put_on_record(run, rows, places)


def test_shred_asks_for_the_reference_again(call, house):
    call("shred", GONE, "--reason", "request", answer="H000001\n", code=4)
    assert house.read() == (house.everything(), {})
    ended = call("shred", GONE, "--reason", "request", answer=f"{GONE}\n")
    assert "2 reports of 1 households" in ended.stdout
    assert "overwritten" in ended.stdout
    assert "hedui keys worker" in ended.stdout
    assert json.loads(call("shred", GONE, "--reason", "request", "--yes", "--json").stdout)["dead"] is False
    call("shred", "H999999", "--reason", "request", "--yes", code=4)
    call("shred", GONE, "--yes", code=2)
    call("shred", GONE, "--reason", "Because of 12345", "--yes", code=2)
    assert json.loads(call("reconcile", "--json").stdout) == {"tables": 6, "restored": 0, "epoch": 3, "lost": []}


def test_the_workers_file_is_what_seals_today(call, house, tmp_path):
    call("rotate", "32")
    path = tmp_path / "worker.json"
    assert json.loads(call("worker", str(path), "--json").stdout)["epoch"] == 1
    assert Worker.existing(path).recipient("32").key_id == installation.ring(house.settings).recipient("32").key_id
    assert path.stat().st_mode & 0o777 == 0o600


def test_each_change_is_on_record_and_a_question_is_not(call, house, tmp_path):
    def actions():
        with database.session(database.connect(house.settings), readonly=True) as session:
            return [entry.action for entry in session.query(AuditEntry).order_by(AuditEntry.seq)]

    before = actions()
    call("list")
    call("rewrap", "--dry-run")
    assert actions() == before
    call("rotate", "32")
    call("rewrap")
    call("drop", "32", "1")
    call("revoke", "32")
    call("worker", str(tmp_path / "worker.json"))
    call("reconcile")
    said = ["keys.rotate", "keys.rewrap", "keys.drop", "keys.revoke", "keys.drop", "keys.worker", "keys.reconcile"]
    assert actions()[len(before) :] == said


def test_somebody_else_at_work_is_told(call, house):
    with house.keeper().alone():
        assert "another process" in call("rewrap", code=4).stderr
        call("list")
