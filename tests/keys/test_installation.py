"""Where an installation's keys are made and found, by its settings."""

import json

import pytest

from catalogue.problems import Stop
from hedui.keys import files, installation
from hedui.keys.worker import Worker
from hedui.settings import Settings
from tests.keys.conftest import old_secrets, write_old


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home")


def test_the_first_start_makes_keyring_vault_and_master_key(settings):
    ring = installation.begin(settings)
    assert sorted(path.name for path in settings.home.iterdir() if not path.name.startswith(".")) == [
        "keyring.json",
        "master.key",
        "vault.json",
    ]
    assert installation.ring(settings).blind_index("x") == ring.blind_index("x")
    assert [one.epoch for one in installation.vault(settings).epochs] == [1]


def test_a_lost_vault_is_missed_and_not_made_anew(settings):
    installation.begin(settings)
    settings.vault.unlink()
    installation.begin(settings)
    with pytest.raises(Stop) as stopped:
        installation.vault(settings)
    assert (stopped.value.code, stopped.value.where["file"]) == ("key-file-missing", "vault")
    assert not settings.vault.exists()


def test_a_crash_between_vault_and_keyring_is_made_good(settings):
    installation.begin(settings)
    before = installation.vault(settings).public()
    settings.keyring.unlink()
    installation.begin(settings)
    assert installation.vault(settings).public() == before


def test_an_older_keyring_gets_its_vault_when_it_is_opened(settings):
    settings.home.mkdir()
    write_old(settings.keyring, old_secrets())
    ring = installation.ring(settings)
    assert json.loads(settings.keyring.read_bytes())["format"] == "hedui-keyring/2"
    assert installation.vault(settings).public().epoch == 1
    assert ring.generations("signing")[0].state == "active"


def test_a_worker_is_the_file_where_there_is_one(settings, tmp_path):
    installation.begin(settings)
    path = tmp_path / "worker.json"
    installation.worker(settings).export(path)
    elsewhere = Settings(home=tmp_path / "elsewhere", worker_keys=path)
    worker = installation.worker(elsewhere)
    assert isinstance(worker, Worker)
    assert worker.recipient("32").key_id == installation.ring(settings).recipient("32").key_id
    assert not elsewhere.home.exists()


def test_the_master_key_can_lie_in_a_token(softhsm, tmp_path):
    token = softhsm()
    settings = Settings(
        home=tmp_path / "home",
        key_provider="pkcs11",
        pkcs11_module=token._module,
        pkcs11_token=token._token,
        pkcs11_pin_file=token._pin_file,
    )
    index = installation.begin(settings).blind_index("x")
    assert not settings.master_key.exists()
    assert installation.ring(settings).blind_index("x") == index
    assert installation.vault(settings).epochs[0].epoch == 1


def test_a_token_without_its_settings_is_named(tmp_path):
    with pytest.raises(Stop) as stopped:
        installation.begin(Settings(home=tmp_path / "home", key_provider="pkcs11"))
    assert stopped.value.code == "key-provider-settings"


def test_a_damaged_keyring_is_not_taken_for_a_first_start(settings):
    installation.begin(settings)
    with files.locked(settings.keyring, "keyring"):
        files.write(settings.keyring, "keyring", b"{}")
    with pytest.raises(Stop) as stopped:
        installation.begin(settings)
    assert stopped.value.code == "key-file-unreadable"
    assert settings.keyring.read_bytes() == b"{}"
