"""The vault: a destroyed epoch opens nothing any more, in this file and, with a token, in no copy."""

import json
import multiprocessing
import pickle
import stat

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from catalogue.problems import Stop
from hedui.keys.providers import FileProvider
from hedui.keys.vault import VaultFile

FORK = multiprocessing.get_context("fork")


def code(call, *arguments):
    with pytest.raises(Stop) as stopped:
        call(*arguments)
    assert stopped.value.message("zh")
    assert stopped.value.hint("en")
    return stopped.value.code


@pytest.fixture
def vault(provider, tmp_path):
    provider.prepare()
    return VaultFile.create(tmp_path / "vault" / "vault.json", provider)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vault")
    provider = FileProvider(folder / "master.key")
    provider.prepare()
    vault = VaultFile.create(folder / "vault.json", provider)
    vault.next_epoch()
    vault.destroy(1)
    vault.next_epoch()
    return folder


def again(vault):
    return VaultFile.existing(vault._path, vault._provider)


def test_it_is_made_once_for_its_owner_only(vault):
    assert stat.S_IMODE(vault._path.stat().st_mode) == 0o600
    assert VaultFile.create(vault._path, vault._provider).public() == vault.public() == again(vault).public()
    assert vault.public().epoch == 1


def test_a_lost_vault_is_not_made_anew_by_itself(vault):
    vault._path.unlink()
    assert code(VaultFile.existing, vault._path, vault._provider) == "key-file-missing"
    assert not vault._path.exists()


def test_no_vault_is_made_without_the_master_key(tmp_path):
    provider = FileProvider(tmp_path / "master.key")
    assert code(VaultFile.create, tmp_path / "vault.json", provider) == "key-file-missing"
    assert not (tmp_path / "vault.json").exists()


def test_earlier_epochs_open_until_they_are_destroyed(vault):
    first = vault.public()
    sealed = first.public.seal(b"table key", b"info")
    second = vault.next_epoch()
    assert (second.epoch, again(vault).public()) == (2, second)
    assert second.public.key_id != first.public.key_id
    assert again(vault).opener(1).open(sealed, b"info") == b"table key"
    assert again(vault).opener(2).open(second.public.seal(b"x", b""), b"") == b"x"
    with pytest.raises(InvalidTag):
        vault.opener(2).open(sealed, b"info")
    vault.destroy(1)
    for opened in (vault, again(vault)):
        assert code(opened.opener, 1) == "vault-epoch-destroyed"
        assert opened.opener(2).public == second.public
        assert opened.epochs[0].public == first.public.raw  # what was sealed to it can still be told


def test_a_copy_of_the_file_is_dead_if_the_provider_says_so(vault, tmp_path):
    """The restored backup: the whole promise with a token, and with a file the reason why there must be none."""
    sealed = vault.public().public.seal(b"table key", b"info")
    vault.next_epoch()
    backup = vault._path.read_bytes()
    dead = vault.destroy(1)
    assert dead is vault._provider.about().erases
    vault._path.write_bytes(backup)
    restored = again(vault)
    if dead:
        assert code(restored.opener, 1) == "key-file-unreadable"
        assert restored.opener(2)
    else:
        assert restored.opener(1).open(sealed, b"info") == b"table key"


def test_what_lay_in_the_file_before_is_overwritten_at_every_change(vault, tmp_path):
    for at, change in enumerate((vault.next_epoch, lambda: vault.destroy(1))):
        old = tmp_path / f"old{at}"
        old.hardlink_to(vault._path)
        before = old.read_bytes()
        change()
        after = old.read_bytes()
        assert len(after) == len(before)
        assert b"epoch" not in after
    assert sorted(entry.name for entry in vault._path.parent.iterdir()) == [".vault.json.lock", "vault.json"]


def test_what_cannot_be_destroyed_says_so(vault):
    assert code(vault.destroy, 1) == "vault-epoch-current"
    assert code(vault.destroy, 2) == "vault-no-such-epoch"
    assert code(vault.opener, 2) == "vault-no-such-epoch"
    assert vault.opener(1)


def test_destroying_twice_is_destroying_once(vault):
    vault.next_epoch()
    assert vault.destroy(1) is vault.destroy(1)
    assert [one.sealed is None for one in again(vault).epochs] == [True, False]


def test_a_crash_between_file_and_token_is_mended_by_repeating(vault, monkeypatch):
    if not vault._provider.about().erases:
        return

    def interrupted(_):
        raise KeyboardInterrupt

    vault.next_epoch()
    backup = vault._path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(vault._provider, "erase", interrupted)
        with pytest.raises(KeyboardInterrupt):
            vault.destroy(1)
    assert again(vault).destroy(1)
    vault._path.write_bytes(backup)
    assert code(again(vault).opener, 1) == "key-file-unreadable"


def test_under_another_master_key_it_says_so(home, tmp_path):
    other = FileProvider(tmp_path / "master.key")
    other.prepare()
    assert code(VaultFile.existing, home / "vault.json", other) == "key-provider-other"


def _epoch(field, value):
    return lambda d: d["epochs"][1].update({field: value})


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["epochs"].reverse(),
        lambda d: d["epochs"].pop(),
        lambda d: d.update(epochs=[]),
        lambda d: d["epochs"][1].update(sealed=d["epochs"][2]["sealed"]),
        lambda d: d["epochs"][1].update(public=d["epochs"][2]["public"]),
        _epoch("epoch", 9),
        _epoch("destroyed", "2026-01-01"),
        _epoch("sealed", None),
        _epoch("kem", 32),
        lambda d: d.update(check="AAAA"),
        lambda d: d.update(format="hedui-vault/2"),
    ],
)
def test_every_edit_stops(home, tmp_path, change):
    document = json.loads((home / "vault.json").read_bytes())
    change(document)
    path = tmp_path / "vault.json"
    path.write_text(json.dumps(document))
    path.chmod(0o600)
    assert code(VaultFile.existing, path, FileProvider(home / "master.key")) == "key-file-unreadable"
    path.chmod(0o644)
    assert code(VaultFile.existing, path, FileProvider(home / "master.key")) == "key-file-open-to-others"


@given(st.data())
def test_every_flipped_or_missing_byte_is_one_typed_error(home, tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "flipped-vault.json"
    content = bytearray((home / "vault.json").read_bytes())
    at = data.draw(st.integers(0, len(content) - 3))
    if data.draw(st.booleans()):
        content[at] ^= data.draw(st.integers(1, 255))
    else:
        del content[at:]
    path.write_bytes(content)
    path.chmod(0o600)
    provider = FileProvider(home / "master.key")
    try:
        read = VaultFile.existing(path, provider).epochs
    except Stop as stopped:
        assert stopped.code in {"key-file-unreadable", "key-provider-other"}  # noqa: PT017
    else:
        assert read == VaultFile.existing(home / "vault.json", provider).epochs


def _begun(vault, barrier):
    barrier.wait()
    for _ in range(3):
        vault.next_epoch()


def test_two_writers_give_no_epoch_twice(tmp_path):
    provider = FileProvider(tmp_path / "master.key")
    provider.prepare()
    vault = VaultFile.create(tmp_path / "vault.json", provider)
    barrier = FORK.Barrier(2)
    writers = [FORK.Process(target=_begun, args=(vault, barrier)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert [one.epoch for one in again(vault).epochs] == list(range(1, 8))
    assert all(again(vault).opener(epoch) for epoch in range(1, 8))


def test_no_pickle_and_no_print_holds_a_key(vault):
    with pytest.raises(TypeError):
        pickle.dumps(vault)
    assert repr(vault) == f"VaultFile({str(vault._path)!r})"
