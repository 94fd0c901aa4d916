"""Shred on a populated store: the household is dead in every copy, everybody else is not."""

import shutil
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from catalogue.problems import Stop
from hedui.custody.batches import Batches
from hedui.custody.keeper import Keeper
from hedui.custody.shred import reconcile, shred_households
from hedui.custody.tables import Tables
from hedui.keys import installation
from hedui.registry import batches as registered
from hedui.registry import database
from hedui.registry.models import Shredding
from tests.custody.world import ALL, Populated, copy_of, document

GONE = "H000003"


def others(house: Populated) -> dict[tuple[str, str], bytes]:
    return {key: value for key, value in house.everything().items() if key[1] != GONE}


def test_a_shredded_household_is_dead_and_everybody_else_opens(house):
    reports, heads = house.files(".hdr"), house.files(".hdb")
    done = shred_households(house.keeper(), [GONE], "request")
    assert (done.households, done.reports, done.tables, done.epoch, done.dead) == ([GONE], 2, 6, 2, False)
    seen = house.read()
    assert seen.documents == others(house)
    assert seen.errors == {(run, GONE): "report-shredded" for run in house.runs()}
    assert (house.files(".hdr"), house.files(".hdb")) == (reports, heads)
    vault = installation.vault(house.settings)
    with pytest.raises(Stop, match="vault-epoch-destroyed"):
        vault.opener(1)
    with database.session(database.connect(house.settings), readonly=True) as session:
        assert registered.vault_epoch(session) == 2
        assert [row.finished_at is not None for row in session.scalars(select(Shredding))] == [True]


def test_a_table_at_the_epoch_already_still_loses_the_share(house):
    keeper = house.keeper()
    tables = Tables(keeper, keeper.vault.public())
    done = [tables.bring(place, [GONE]) for place in Batches(keeper).published(("3201",))]
    assert sorted(done) == ["current", "current", "done", "done"]
    assert {key[1]: code for key, code in house.read().errors.items()} == {GONE: "report-shredded"}


class Backup:
    """Everything but the vault, as somebody copied it: home, and what PostgreSQL holds."""

    def __init__(self, house: Populated, folder: Path) -> None:
        self._house = house
        self._home = copy_of(house.settings.home, folder)
        self._tables: dict[str, list[tuple[object, ...]]] = {}
        if house.settings.database_url:
            with psycopg.connect(house.settings.database_url) as connection:
                for table in ("report_batches", "report_index", "vault_state", "shreddings"):
                    self._tables[table] = connection.execute(f"SELECT * FROM {table}").fetchall()

    def restore(self) -> None:
        home = self._house.settings.home
        database.connect(self._house.settings).dispose()
        for path in home.iterdir():
            if path.name.removeprefix(".").startswith("vault.json"):
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in self._home.iterdir():
            if not path.name.removeprefix(".").startswith("vault.json"):
                shutil.copytree(path, home / path.name) if path.is_dir() else shutil.copy2(path, home / path.name)
        if self._tables:
            with psycopg.connect(self._house.settings.database_url) as connection:
                for table, rows in self._tables.items():
                    connection.execute(f"DELETE FROM {table}")
                    for row in rows:
                        connection.execute(f"INSERT INTO {table} VALUES ({','.join(['%s'] * len(row))})", row)


def test_a_restored_backup_of_store_registry_and_keyring_does_not_bring_it_back(house, tmp_path):
    backup = Backup(house, tmp_path / "backup")
    shred_households(house.keeper(), [GONE], "request")
    backup.restore()
    seen = house.read()
    assert {code for key, code in seen.errors.items() if key[1] == GONE} == {"vault-epoch-destroyed"}
    assert not any(key[1] == GONE for key in seen.documents)

    made = reconcile(house.keeper())
    assert (made.tables, made.restored, made.epoch, made.lost) == (6, 6, 2, [])
    seen = house.read()
    assert seen.documents == others(house), "all others open again, from the copies beside the vault"
    assert seen.errors == {(run, GONE): "report-shredded" for run in house.runs()}
    again = reconcile(house.keeper())
    assert (again.tables, again.restored) == (6, 0)


def test_backups_of_any_age_are_made_good_and_none_brings_anybody_back(house, tmp_path):
    first = Backup(house, tmp_path / "first")
    shred_households(house.keeper(), [GONE], "request")
    second = Backup(house, tmp_path / "second")
    shred_households(house.keeper(), ["H000004"], "request")
    shred_households(house.keeper(), ["H000002"], "request")
    gone = {GONE, "H000004", "H000002"}
    for backup in (first, second):
        backup.restore()
        assert not house.read().documents
        assert reconcile(house.keeper()).lost == []
        seen = house.read()
        assert {ref for _, ref in seen.errors} == gone
        assert set(seen.errors.values()) == {"report-shredded"}
        assert {ref for _, ref in seen.documents} == set(ALL) - gone


def test_to_shred_before_a_restored_backup_was_reconciled_makes_it_good_first(house, tmp_path):
    backup = Backup(house, tmp_path / "backup")
    shred_households(house.keeper(), [GONE], "request")
    backup.restore()
    done = shred_households(house.keeper(), ["H000001"], "request")
    assert (done.epoch, done.lost) == (3, [])
    seen = house.read()
    assert {ref for _, ref in seen.errors} == {GONE, "H000001"}
    assert set(seen.errors.values()) == {"report-shredded"}


def test_without_its_copy_a_dead_table_stops_the_next_shred_before_a_key_is_destroyed(house, tmp_path):
    backup = Backup(house, tmp_path / "backup")
    shred_households(house.keeper(), [GONE], "request")
    backup.restore()
    shutil.rmtree(house.settings.home / "vault.json.tables")
    assert len(reconcile(house.keeper()).lost) == 6
    with pytest.raises(Stop) as stopped:
        shred_households(house.keeper(), ["H000001"], "request")
    assert (stopped.value.code, stopped.value.where["count"]) == ("shred-tables-left", 6)
    assert installation.vault(house.settings).opener(2)
    done = shred_households(house.keeper(), ["H000001"], "request", anyway=True)
    assert (len(done.lost), done.tables) == (6, 0)


def test_several_at_once_and_again(house):
    done = shred_households(house.keeper(), [GONE, "H000006"], "request")
    assert (done.households, done.reports) == ([GONE, "H000006"], 4)
    again = shred_households(house.keeper(), [GONE], "request")
    assert (again.households, again.epoch) == ([GONE], 3)
    assert {ref for _, ref in house.read().errors} == {GONE, "H000006"}


def test_nobody_on_record_is_an_error_and_changes_nothing(house):
    with pytest.raises(Stop) as stopped:
        shred_households(house.keeper(), [GONE, "H999999"], "request")
    assert stopped.value.code == "shred-unknown"
    assert "H999999" not in str(stopped.value)
    assert house.read() == (house.everything(), {})
    assert installation.vault(house.settings).public().epoch == 1


def test_what_was_sealed_to_the_former_epoch_is_not_published_any_more(house, monkeypatch):
    from hedui.keys.worker import Worker

    keeper = house.keeper()
    outdated = Worker.of(keeper.ring, keeper.vault)
    shred_households(house.keeper(), [GONE], "request")
    monkeypatch.setattr(installation, "worker", lambda _: outdated)
    from tests.custody.world import DAY

    with pytest.raises(Stop, match="batch-epoch-old"):
        house.publish(DAY.replace(month=7, day=20))
    monkeypatch.undo()
    run = house.publish(DAY.replace(month=7, day=20))
    assert house.read().documents[run, GONE] == document(run, GONE), "a later report is another one"


def test_two_at_once_are_excluded(house):
    one, other = house.keeper(), house.keeper()
    with one.alone(), pytest.raises(Stop, match="custody-busy"), other.alone():
        pass
    with other.alone():
        pass


def test_it_is_on_record_before_and_after_and_names_nobody(house):
    from hedui.registry.models import AuditEntry

    keeper: Keeper = house.keeper()
    shred_households(keeper, [GONE], "request")
    with database.session(keeper.registry, readonly=True) as session:
        entries = list(session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))
    assert [entry.action for entry in entries][-2:] == ["household.shred", "household.shredded"]
    assert {entry.subject for entry in entries[-2:]} == {keeper.ring.pseudonym(GONE)}
    assert GONE.encode() not in b"".join(entry.content for entry in entries)


def test_with_an_older_vault_nothing_is_destroyed_and_nothing_reconciled(house, tmp_path):
    vault = house.keeper().settings.vault
    older, newest = tmp_path / "older.json", tmp_path / "newest.json"
    shutil.copy2(vault, older)
    shred_households(house.keeper(), [GONE], "request")
    shutil.copy2(vault, newest)
    shutil.copy2(older, vault)
    for what in (
        lambda: reconcile(house.keeper()),
        lambda: shred_households(house.keeper(), ["H000004"], "request", anyway=True),
    ):
        with pytest.raises(Stop) as stopped:
            what()
        assert (stopped.value.code, stopped.value.where) == ("vault-older", {"epoch": 1, "known": 2})
    shutil.copy2(newest, vault)
    assert house.read().documents == others(house)
