"""The keyring: what is sealed under any generation opens, no damage and no mix-up gets past, writers do not collide."""

import base64
import json
import multiprocessing
import pickle
import stat
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from catalogue.problems import Stop
from hedui.keys import changes, model
from hedui.keys.providers import FileProvider
from hedui.keys.ring import Ring, SealBroken
from hedui.sealing.keys import HYBRID

REF = "members/name/H000001-1"
FORK = multiprocessing.get_context("fork")


def code(call, *arguments, **named):
    with pytest.raises(Stop) as stopped:
        call(*arguments, **named)
    assert stopped.value.message("zh")
    assert stopped.value.hint("en")
    return stopped.value.code


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ring")
    Ring.open(folder / "keyring.json", FileProvider(folder / "master.key"))
    return folder


@pytest.fixture(scope="module")
def ring(home):
    return Ring.existing(home / "keyring.json", FileProvider(home / "master.key"))


@pytest.fixture
def copy(home, tmp_path):
    """Return a copy of a fresh keyring, with its master key: making one takes a while."""
    for name in ("keyring.json", "master.key"):
        (tmp_path / name).write_bytes((home / name).read_bytes())
        (tmp_path / name).chmod(0o600)
    return Ring.existing(tmp_path / "keyring.json", FileProvider(tmp_path / "master.key"))


def again(ring):
    return Ring.existing(ring._path, FileProvider(ring._path.with_name("master.key")))


def test_made_at_first_start_with_every_key(provider, tmp_path):
    path = tmp_path / "new" / "keyring.json"
    first = Ring.open(path, provider)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(entry.name for entry in path.parent.iterdir()) == [".keyring.json.lock", "keyring.json"]
    second = Ring.open(path, provider)
    assert second.unseal(REF, first.seal(REF, b"secret")) == b"secret"
    assert second.blind_index("x") == first.blind_index("x")
    assert first.names() == sorted(model.names())
    assert len({first.recipient(name[7:]).raw for name in first.names() if name.startswith("region/")}) == 109
    assert first.recipient("320102").kem == HYBRID
    assert first.openers("320102")[first.recipient("320102").key_id].public == first.recipient("320102")
    first.add("signing")
    first.promote("signing")
    assert Ring.existing(path, provider).signing_key().public_key() == first.signing_key().public_key()


def test_no_secret_and_no_master_key_lies_in_the_file(ring):
    content = ring._path.read_bytes()
    document = json.loads(content)
    assert set(document) == {"format", "provider", "keys", "check"}
    secret = ring.signing_key().private_bytes_raw()
    for form in (secret, secret.hex().encode(), base64.b64encode(secret)):
        assert form not in content
    assert document["keys"]["region/32"][0]["public"]
    created = date.fromisoformat(document["keys"]["registry"][0]["created"])
    assert abs(created - datetime.now(UTC).date()) <= timedelta(days=1)


def test_a_missing_keyring_is_not_made_where_one_must_be_there(tmp_path):
    assert code(Ring.existing, tmp_path / "keyring.json", FileProvider(tmp_path / "master.key")) == "key-file-missing"
    assert list(tmp_path.iterdir()) == []


def test_without_its_master_key_or_with_another_it_says_which(copy, tmp_path):
    master = tmp_path / "master.key"
    assert code(Ring.existing, copy._path, FileProvider(tmp_path / "none")) == "key-file-missing"
    assert not (tmp_path / "none").exists()
    master.unlink()
    FileProvider(master).prepare()
    assert code(again, copy) == "key-provider-other"


def _edit(copy, change):
    document = json.loads(copy._path.read_bytes())
    change(document)
    copy._path.write_text(json.dumps(document))


def _key(name, field, value):
    def change(document):
        document["keys"][name][0][field] = value

    return change


def _swap(field, one, other):
    def change(document):
        held = document["keys"]
        held[one][0][field], held[other][0][field] = held[other][0][field], held[one][0][field]

    return change


@pytest.mark.parametrize(
    "change",
    [
        _swap("sealed", "region/320102", "region/320583"),
        _swap("public", "region/320102", "region/320583"),
        _swap("sealed", "registry", "index"),
        _key("registry", "state", "retired"),
        _key("signing", "created", "2020-01-01"),
        _key("signing", "generation", 2),
        _key("quarantine", "sealed", None),
        _key("audit", "algorithm", "aes-256"),
        _key("registry", "id", "0" * 32),
        lambda d: d["keys"].pop("index"),
        lambda d: d["keys"].update(more=d["keys"]["index"]),
        lambda d: d["keys"]["index"].append(d["keys"]["index"][0]),
        lambda d: d["keys"].update(index=[]),
        lambda d: d.update(format="hedui-keyring/3"),
        lambda d: d.update(more=1),
        lambda d: d.update(check=""),
        lambda d: d.pop("provider"),
        lambda d: d.update(keys=[]),
    ],
)
def test_every_edit_stops_before_anything_is_used(copy, change):
    _edit(copy, change)
    assert code(again, copy) == "key-file-unreadable"


def test_an_edit_of_the_providers_name_stops(copy):
    _edit(copy, lambda d: d["provider"].update(key="0" * 16))
    assert code(again, copy) == "key-provider-other"


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[]", b"null", b'"text"', b"{}", b"[" * 100_000])
def test_what_is_no_keyring_stops_and_is_never_written_over(copy, content):
    copy._path.write_bytes(content)
    assert code(again, copy) == "key-file-unreadable"
    assert code(Ring.open, copy._path, copy._provider) == "key-file-unreadable"
    assert code(copy.add, "signing") == "key-file-unreadable"
    assert copy._path.read_bytes() == content


@given(st.data())
def test_every_flipped_or_missing_byte_is_one_typed_error(home, tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp() / "flipped"
    folder.mkdir(exist_ok=True)
    content = bytearray((home / "keyring.json").read_bytes())
    at = data.draw(st.integers(0, len(content) - 3))  # what follows is a bracket and the end of the line
    if data.draw(st.booleans()):
        content[at] ^= data.draw(st.integers(1, 255))
    else:
        del content[at:]
    path = folder / "keyring.json"
    path.write_bytes(content)
    path.chmod(0o600)
    provider = FileProvider(home / "master.key")
    try:
        read = Ring.existing(path, provider)._document
    except Stop as stopped:
        assert stopped.code in {"key-file-unreadable", "key-provider-other"}  # noqa: PT017
    else:  # another way to write the same: a space for a line's end
        assert read == Ring.existing(home / "keyring.json", provider)._document


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_keyring_that_others_can_read_is_refused(copy, mode):
    copy._path.chmod(mode)
    assert code(again, copy) == "key-file-open-to-others"


# --- values ---


def test_a_value_opens_only_in_its_place_for_its_purpose_under_its_keyring(ring, tmp_path):
    for purpose, other in (("registry", "quarantine"), ("quarantine", "registry")):
        sealed = ring.seal(REF, b"secret", purpose=purpose)
        assert ring.unseal(REF, sealed, purpose=purpose) == b"secret"
        assert ring.seal(REF, b"secret", purpose=purpose) != sealed
        for ref, opened_as in ((REF + "2", purpose), (REF, other)):
            with pytest.raises(SealBroken):
                ring.unseal(ref, sealed, purpose=opened_as)
    foreign = Ring.open(tmp_path / "keyring.json", FileProvider(tmp_path / "master.key"))
    with pytest.raises(SealBroken):
        foreign.unseal(REF, ring.seal(REF, b"secret"))


@given(st.data())
def test_every_change_of_a_sealed_value_is_one_typed_error(ring, data):
    purpose = data.draw(st.sampled_from(["registry", "quarantine"]))
    sealed = bytearray(ring.seal(REF, data.draw(st.binary(max_size=40)), purpose=purpose))
    if data.draw(st.booleans()):
        sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    else:
        del sealed[data.draw(st.integers(0, len(sealed) - 1)) :]
    with pytest.raises(SealBroken):
        ring.unseal(REF, bytes(sealed), purpose=purpose)


@given(st.lists(st.none() | st.text()))
def test_columns_open_as_they_were(ring, values):
    rows = [f"H{at}" for at in range(len(values))]
    sealed = ring.seal_column("members/name", rows, values)
    assert ring.unseal_column("members/name", rows, sealed) == values
    present = [box for box in sealed if box is not None]
    assert len({box[1:13] for box in present}) == len(present)  # no nonce twice
    for row, value, box in zip(rows, values, sealed, strict=True):
        assert value is None or ring.unseal(f"members/name/{row}", box).decode() == value


def test_neither_a_pickle_nor_a_print_holds_a_key(ring):
    with pytest.raises(TypeError):
        pickle.dumps(ring)
    assert repr(ring).startswith("Ring('")


# --- rotation ---


def states(ring, name):
    return [one.state for one in ring.generations(name)]


def test_a_key_is_added_then_promoted_and_the_former_retires(copy):
    for name in ("registry", "index", "quarantine", "signing", "audit", "region/320102"):
        before = copy.active(name)
        fresh = copy.add(name)
        assert (states(copy, name), copy.active(name)) == (["active", "added"], before)
        assert copy.promote(name) == copy.active(name)
        assert copy.active(name).id == fresh.id != before.id
        assert states(again(copy), name) == ["retired", "active"]
    assert len(copy.generations("region/320583")) == 1


def test_what_was_sealed_under_every_generation_opens(copy):
    kept = []
    for _ in range(3):
        for purpose in ("registry", "quarantine"):
            kept.append((purpose, copy.seal(REF, b"secret", purpose=purpose)))
            copy.add(purpose)
            copy.promote(purpose)
    assert [sealed[0] for _, sealed in kept] == [1, 1, 2, 2, 3, 3]
    for purpose, sealed in kept:
        assert again(copy).unseal(REF, sealed, purpose=purpose) == b"secret"
    copy.revoke("registry", 1)
    assert copy.unseal(REF, kept[0][1]) == b"secret"  # until it is sealed anew
    copy.drop("registry", 1)
    with pytest.raises(SealBroken):
        again(copy).unseal(REF, kept[0][1])
    assert again(copy).unseal(REF, kept[2][1]) == b"secret"


def test_columns_are_sealed_under_the_active_generation(copy):
    old = copy.seal_column("c", ["r"], ["v"])
    copy.add("registry")
    assert copy.seal_column("c", ["r"], ["v"])[0][0] == 1  # an added one seals nothing yet
    copy.promote("registry")
    assert copy.seal_column("c", ["r"], ["v"])[0][0] == 2
    assert copy.unseal_column("c", ["r"], old) == ["v"]


def test_who_stood_under_an_older_index_is_still_found(copy):
    first, subject = copy.blind_index("n"), copy.pseudonym("H1")
    assert subject.startswith("1.")
    copy.add("index")
    assert (copy.blind_indexes("n"), copy.pseudonyms("H1")) == ([first], [subject])
    copy.promote("index")
    assert copy.blind_index("n") != first
    assert copy.blind_indexes("n") == [copy.blind_index("n"), first]
    assert copy.pseudonyms("H1") == [copy.pseudonym("H1"), subject]
    assert copy.pseudonym("H1").startswith("2.")
    copy.drop("index", 1)
    assert copy.blind_indexes("n") == [copy.blind_index("n")]


def test_a_revoked_signature_is_not_trusted_and_a_retired_one_is(copy):
    first = copy.active("signing")
    assert [key.hex() for key in copy.signers()] == [first.id]
    copy.add("signing")
    copy.promote("signing")
    assert {key.hex() for key in copy.signers()} == {first.id, copy.active("signing").id}
    copy.revoke("signing", 1)
    assert {key.hex() for key in copy.signers()} == {copy.active("signing").id}
    copy.signers()[bytes.fromhex(copy.active("signing").id)].verify(copy.signing_key().sign(b"head"), b"head")
    assert set(copy.audit_signers()) == {bytes.fromhex(copy.active("audit").id)}
    copy.audit_signers()[bytes.fromhex(copy.active("audit").id)].verify(copy.audit_key().sign(b"x"), b"x")


def test_revoking_the_active_one_puts_a_newer_in_its_place_at_once(copy):
    copy.revoke("region/320102", 1)
    assert states(copy, "region/320102") == ["revoked", "active"]
    copy.add("region/320102")
    copy.revoke("region/320102", 2)
    assert states(copy, "region/320102") == ["revoked", "revoked", "active"]  # the one that was added, and no more
    assert len(copy.openers("320102")) == 3
    copy.drop("region/320102", 1)
    assert len(again(copy).openers("320102")) == 2
    assert again(copy).generations("region/320102")[0].public


def test_private_keys_open_what_was_sealed_to_their_public_half(copy):
    first = copy.recipient("320102")
    sealed = first.seal(b"batch key", b"info")
    copy.add("region/320102")
    copy.promote("region/320102")
    openers = again(copy).openers("320102")
    assert set(openers) == {first.key_id, copy.recipient("320102").key_id}
    assert openers[first.key_id].open(sealed, b"info") == b"batch key"
    with pytest.raises(InvalidTag):
        openers[copy.recipient("320102").key_id].open(sealed, b"info")


def test_what_cannot_be_done_says_so_and_changes_nothing(copy):
    copy.add("signing")
    before = copy._path.read_bytes()
    assert code(copy.add, "signing") == "key-already-added"
    assert code(copy.promote, "registry") == "key-none-added"
    assert code(copy.revoke, "registry", 2) == "key-no-such-generation"
    assert code(copy.drop, "registry", 7) == "key-no-such-generation"
    assert code(copy.drop, "registry", 1) == "key-in-use"
    assert code(copy.drop, "signing", 2) == "key-in-use"
    assert code(copy.recipient, "999999") == "key-unknown"
    for change in (copy.add, copy.promote):
        assert code(change, "region/999999") == "key-unknown"
    assert copy._path.read_bytes() == before


def test_generations_end_at_the_byte_that_names_them(ring):
    made = [model.generated(ring._provider, "registry", 1, "active", date(2026, 1, 1))] * model.MOST
    assert code(changes.added, "registry", tuple(made), None) == "key-generations-spent"


def test_a_dropped_secret_is_overwritten_where_it_lay(copy, tmp_path):
    copy.add("registry")
    copy.promote("registry")
    (tmp_path / "old").hardlink_to(copy._path)
    copy.drop("registry", 1)
    assert b"registry" not in (tmp_path / "old").read_bytes()


def test_a_region_that_is_new_to_the_keyring_gets_its_first_generation(copy):
    provider = copy._provider
    document = model.parsed(copy._path.read_bytes(), provider, copy._path)
    document.keys.pop("region/320102")
    copy._path.write_bytes(model.written(document, provider))
    ring = again(copy)
    assert code(ring.recipient, "320102") == "key-unknown"
    ring.add("region/320102")
    assert states(ring, "region/320102") == ["active"]
    assert ring.recipient("320102")


# --- processes ---


def _opened(path, master, barrier, results):
    barrier.wait()
    results.put(Ring.open(path, FileProvider(master)).blind_index("x"))


def test_processes_that_race_to_make_it_get_the_same_keys(tmp_path):
    path, many = tmp_path / "keyring.json", 4
    barrier, results = FORK.Barrier(many), FORK.Queue()
    arguments = (path, tmp_path / "master.key", barrier, results)
    workers = [FORK.Process(target=_opened, args=arguments) for _ in range(many)]
    for worker in workers:
        worker.start()
    assert len({results.get(timeout=60) for _ in workers}) == 1
    for worker in workers:
        worker.join()


def _rotated(ring, names, barrier):
    barrier.wait()
    for name in names:
        ring.add(name)
        ring.promote(name)


def test_two_writers_lose_nothing_of_each_other(copy):
    barrier = FORK.Barrier(2)
    halves = (["registry", "signing", "region/32"], ["index", "audit", "region/3201"])
    writers = [FORK.Process(target=_rotated, args=(copy, half, barrier)) for half in halves]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    for name in (*halves[0], *halves[1]):
        assert states(again(copy), name) == ["retired", "active"]


class Rotation(RuleBasedStateMachine):
    """Any order of changes: one generation is active, and whatever is not dropped opens what it sealed."""

    home = None

    @initialize()
    def start(self):
        self.held, self.secrets = (), {}
        self.held = changes.added("registry", (), self._make)

    def _make(self, number, state):
        return model.Generation(
            generation=number,
            id=f"{number:032x}",
            algorithm="aes-256",
            state=state,
            created=date(2026, 1, 1),
            public=None,
            sealed=bytes([number]),
        )

    def _try(self, change, *arguments):
        before = self.held
        try:
            self.held = change("registry", self.held, *arguments)
        except Stop:
            self.held = before

    @rule()
    def add(self):
        self._try(changes.added, self._make)

    @rule()
    def promote(self):
        self._try(changes.promoted)

    @rule(number=st.integers(1, 6))
    def revoke(self, number):
        self._try(changes.revoked, number, self._make)

    @rule(number=st.integers(1, 6))
    def drop(self, number):
        self._try(changes.dropped, number)

    @invariant()
    def whole(self):
        document = model.Document(
            provider=model.Held(kind="file", key=""),
            keys=dict.fromkeys(["registry", "index", "quarantine", "signing", "audit"], self.held),
        )
        assert list(model.faults(document)) == []
        for one in self.held:
            assert one.sealed is not None or one.state in {"retired", "revoked"}
        assert [one.generation for one in self.held if one.state == "added"] in ([], [len(self.held)])


TestRotation = Rotation.TestCase


def test_a_secret_opens_under_its_own_name_and_generation_only(copy):
    copy.add("registry")
    sealed = copy.generations("registry")[1].sealed
    assert len(copy._provider.unwrap(model.binding("registry", 2), sealed)) == model.SECRET
    for other in (("registry", 1), ("index", 2), ("registry/2", 2)):
        with pytest.raises(InvalidTag):
            copy._provider.unwrap(model.binding(*other), sealed)
