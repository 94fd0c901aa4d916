"""Whoever holds the master key: what it wraps opens under its name only, and what is erased is dead."""

import os
import pickle
import stat
import sys

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from catalogue.problems import Stop
from hedui.keys.providers import FileProvider


@pytest.fixture(scope="module")
def master(tmp_path_factory):
    made = FileProvider(tmp_path_factory.mktemp("master") / "master.key")
    made.prepare()
    return made


def test_what_is_wrapped_opens_under_its_name_and_no_other(provider):
    provider.prepare()
    for alone in (False, True):
        wrapped = provider.wrap("vault/1", b"s" * 32, alone=alone)
        assert b"s" * 8 not in wrapped
        assert provider.wrap("vault/1", b"s" * 32, alone=alone) != wrapped
        assert provider.unwrap("vault/1", wrapped) == b"s" * 32
        provider.wrap("vault/2", b"t", alone=alone)  # so that the other name has a key too
        with pytest.raises(InvalidTag):
            provider.unwrap("vault/2", wrapped)


def test_every_damage_of_what_is_wrapped_is_noticed(provider):
    provider.prepare()
    wrapped = provider.wrap("a", b"secret")
    for at in range(len(wrapped)):
        with pytest.raises(InvalidTag):
            provider.unwrap("a", wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :])
        with pytest.raises(InvalidTag):
            provider.unwrap("a", wrapped[:at])
    with pytest.raises(InvalidTag):
        provider.unwrap("a", wrapped + b"\0")


@given(st.text(st.characters(codec="utf-8"), max_size=30), st.binary(max_size=4096))
def test_any_small_secret_under_any_name(master, name, secret):
    assert master.unwrap(name, master.wrap(name, secret)) == secret


def test_what_it_says_of_itself_holds(provider):
    provider.prepare()
    about = provider.about()
    provider.prepare()
    assert provider.about() == about  # the second time makes no other key
    wrapped = provider.wrap("vault/1", b"secret", alone=True)
    copy = bytes(wrapped)  # as in a backup
    assert provider.erase("vault/1") is about.erases
    if about.erases:
        with pytest.raises(InvalidTag):
            provider.unwrap("vault/1", copy)
        assert provider.erase("vault/1")  # once more does no harm
        again = provider.wrap("vault/1", b"other", alone=True)
        assert provider.unwrap("vault/1", again) == b"other"
        with pytest.raises(InvalidTag):
            provider.unwrap("vault/1", copy)
    else:
        assert provider.unwrap("vault/1", copy) == b"secret"


def test_erasing_one_name_leaves_the_others_and_the_master_key(provider):
    provider.prepare()
    kept, plain = provider.wrap("vault/2", b"kept", alone=True), provider.wrap("vault/1", b"plain")
    provider.wrap("vault/1", b"secret", alone=True)
    provider.erase("vault/1")
    assert provider.unwrap("vault/2", kept) == b"kept"
    assert provider.unwrap("vault/1", plain) == b"plain"


def test_no_pickle_and_no_print_holds_the_key(provider, tmp_path):
    provider.prepare()
    with pytest.raises(TypeError):
        pickle.dumps(provider)
    assert len(repr(provider)) < 300


# --- the file ---


def test_the_file_is_made_once_for_its_owner_only(tmp_path):
    path = tmp_path / "new" / "master.key"
    first = FileProvider(path)
    first.prepare()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = FileProvider(path)
    again.prepare()
    assert again.unwrap("a", first.wrap("a", b"x")) == b"x"
    other = FileProvider(tmp_path / "other.key")
    other.prepare()
    assert other.about().key != first.about().key


def test_no_master_key_is_made_where_one_is_asked_for(tmp_path):
    provider = FileProvider(tmp_path / "master.key")
    for ask in (provider.about, lambda: provider.wrap("a", b"x"), lambda: provider.unwrap("a", bytes(40))):
        with pytest.raises(Stop) as stopped:
            ask()
        assert (stopped.value.code, stopped.value.where["file"]) == ("key-file-missing", "master")
    assert list(tmp_path.iterdir()) == []


def test_every_damage_of_the_master_file_stops(master, tmp_path):
    content = master._path.read_bytes()
    path = tmp_path / "master.key"
    spoilt = [content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :] for at in range(len(content))]
    spoilt += [content[:at] for at in range(len(content))] + [content + b"\n", b"\xff" * len(content), content.upper()]
    for damaged in spoilt:
        path.write_bytes(damaged)
        path.chmod(0o600)
        with pytest.raises(Stop) as stopped:
            FileProvider(path).about()
        assert (stopped.value.code, stopped.value.where["file"]) == ("key-file-unreadable", "master")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_master_key_that_others_reach_is_refused(tmp_path, mode):
    path = tmp_path / "master.key"
    FileProvider(path).prepare()
    path.chmod(mode)
    with pytest.raises(Stop) as stopped:
        FileProvider(path).about()
    assert stopped.value.code == "key-file-open-to-others"


# --- the token ---


def test_the_token_gives_no_key_away(softhsm):
    from pkcs11 import Attribute
    from pkcs11.exceptions import AttributeSensitive

    provider = softhsm()
    provider.prepare()
    provider.wrap("vault/1", b"x", alone=True)
    with provider._opened() as session:
        for label in (provider._label, f"{provider._label}/vault/1"):
            key = provider._key(session, label)
            assert not key[Attribute.EXTRACTABLE]
            with pytest.raises(AttributeSensitive):
                key[Attribute.VALUE]
    provider.erase("vault/1")


def test_an_empty_token_stops_and_gets_no_key_by_asking(softhsm):
    provider = softhsm()
    for ask in (provider.about, lambda: provider.wrap("a", b"x")):
        with pytest.raises(Stop) as stopped:
            ask()
        assert stopped.value.code == "token-lacks-key"


def test_two_keys_of_one_name_are_not_chosen_between(softhsm):
    from hedui.keys.token import _made

    provider = softhsm()
    for _ in range(2):
        provider.prepare()
    with provider._opened() as session:
        assert len(provider._keys(session, provider._label)) == 1
        _made(session, provider._label)
    with pytest.raises(Stop) as stopped:
        provider.wrap("a", b"x")
    assert stopped.value.code == "token-unusable"
    with provider._opened() as session:
        for key in provider._keys(session, provider._label):
            key.destroy()


def test_a_token_that_cannot_be_used_says_so(softhsm, tmp_path):
    for provider in (softhsm(token="another"), softhsm(module=tmp_path / "none.so")):
        with pytest.raises(Stop) as stopped:
            provider.about()
        assert stopped.value.code == "token-unusable"
    with pytest.raises(Stop) as stopped:
        softhsm(pin_file=tmp_path / "none").about()
    assert (stopped.value.code, stopped.value.where["file"]) == ("key-file-missing", "pin")


def test_a_child_process_opens_the_token_anew(softhsm):
    provider = softhsm()
    provider.prepare()
    wrapped = provider.wrap("a", b"secret")
    child = os.fork()
    if child == 0:
        os._exit(0 if provider.unwrap("a", wrapped) == b"secret" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert provider.unwrap("a", wrapped) == b"secret"  # and the parent's login stands


def test_two_providers_in_one_process_share_the_login(softhsm):
    first, second = softhsm(label="shared"), softhsm(label="shared")
    first.prepare()
    second.prepare()
    assert second.unwrap("a", first.wrap("a", b"x")) == b"x"
    assert first.about() == second.about()


def test_a_wrong_pin_says_so(softhsm, tmp_path):
    pin = tmp_path / "pin"
    pin.write_text("000000")
    pin.chmod(0o600)
    provider = softhsm(pin_file=pin)
    child = os.fork()  # a login holds for a whole process: only a new one is asked
    if child == 0:
        provider._process = -1
        try:
            provider.about()
        except Stop as stopped:
            os._exit(0 if (stopped.code, stopped.where["error"]) == ("token-unusable", "PinIncorrect") else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_without_the_extra_it_says_what_is_missing(softhsm, monkeypatch):
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(Stop) as stopped:
        softhsm().about()
    assert (stopped.value.code, stopped.value.where["error"]) == ("token-unusable", "python-pkcs11")
