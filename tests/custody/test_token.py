"""With a token, not even a restored copy of the vault's file brings a shredded household back."""

import runpy
import shutil
from pathlib import Path

import pytest

from hedui.custody.shred import shred_households
from hedui.settings import Settings
from tests.custody.world import Populated

softhsm = runpy.run_path(str(Path(__file__).parents[1] / "keys" / "conftest.py"))["softhsm"]
GONE = "H000003"


@pytest.fixture
def house(softhsm, tmp_path, rows, write) -> Populated:
    held = softhsm()
    settings = Settings(
        home=tmp_path / "home",
        database_url="",
        key_provider="pkcs11",
        pkcs11_module=held._module,
        pkcs11_token=held._token,
        pkcs11_pin_file=held._pin_file,
    )
    return Populated(settings, write(rows))


def test_a_restored_copy_of_everything_is_dead(house, tmp_path):
    home = house.settings.home
    shutil.copytree(home, tmp_path / "backup")
    done = shred_households(house.keeper(), [GONE], "request")
    assert done.dead
    shutil.rmtree(home)
    shutil.copytree(tmp_path / "backup", home)
    seen = house.read()
    assert not seen.documents
    assert {code for (_, ref), code in seen.errors.items() if ref == GONE} == {"key-file-unreadable"}


def test_with_a_file_a_copy_of_the_vault_would_open_and_that_is_what_is_said(tmp_path, rows, write):
    """The limit that docs/keys.md states; the command says it each time."""
    house = Populated(Settings(home=tmp_path / "home", database_url=""), write(rows))
    home = house.settings.home
    shutil.copytree(home, tmp_path / "backup")
    assert not shred_households(house.keeper(), [GONE], "request").dead
    shutil.rmtree(home)
    shutil.copytree(tmp_path / "backup", home)
    assert house.read().documents == house.everything()
