"""Checkpoints: signed only where the trail goes on from the last one, kept, copied, and proof against every change."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, text

from catalogue.problems import Stop
from hedui.access.checkpoints import KeySigner, checked, issue, issue_with, keys_of, read_file, read_key, sign
from hedui.access.entry import ZERO, Content, Stored, chained, pack, whole
from hedui.access.trail import HEADER, InFile, InRegistry, export, line_of, parsed
from hedui.access.tree import Tree
from hedui.access.verify import verify
from hedui.keys import installation
from hedui.registry import database
from hedui.registry.models import AuditCheckpoint
from hedui.settings import Settings

GOLDEN = Path(__file__).parent / "golden"
SIGNER = KeySigner(Ed25519PrivateKey.generate())
KEYS = keys_of([SIGNER.public_key])


def _line(size=5):
    tree = Tree()
    for at in range(size):
        tree.add(bytes([at]) * 32)
    return sign(SIGNER, tree, bytes([max(size - 1, 0)]) * 32, datetime(2026, 6, 30, 18, 0, tzinfo=UTC)).line


def test_the_format_is_frozen():
    """These files were written once; whoever reads version 1 must be able to read them for ever."""
    path, keys = GOLDEN / "trail-1.jsonl", keys_of([read_key(str(GOLDEN / "key-1.txt"))])
    verdict = verify(InFile(path), [], keys)
    assert (verdict.entries, verdict.checkpoints, verdict.signed, verdict.findings) == (3, 1, 3, ())
    said = [whole(stored) for stored in InFile(path).entries()]
    assert [one.actor for one in said] == ["li.na", "王芳", "root"]
    assert [pack(one) for one in said] == [stored.content for stored in InFile(path).entries()]


def test_the_golden_file_follows_from_the_documentation_alone():
    """Nothing of ours reads it here: JSON, SHA-256 and Ed25519 as docs/audit.md puts them together."""
    lines = [json.loads(line) for line in (GOLDEN / "trail-1.jsonl").read_bytes().splitlines()[1:]]
    *entries, checkpoint = lines
    prev, hashes = bytes(32), []
    for entry in entries:
        packed = json.dumps(entry["content"], sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        assert bytes.fromhex(entry["prev"]) == prev
        prev = hashlib.sha256(prev + packed).digest()
        assert bytes.fromhex(entry["hash"]) == prev
        hashes.append(hashlib.sha256(b"\x00" + prev).digest())
    root = hashlib.sha256(b"\x01" + hashlib.sha256(b"\x01" + hashes[0] + hashes[1]).digest() + hashes[2]).hexdigest()
    public = bytes.fromhex((GOLDEN / "key-1.txt").read_text())
    name = hashlib.sha256(public).hexdigest()[:16]
    assert (checkpoint["root"], checkpoint["head"], checkpoint["key"]) == (root, prev.hex(), name)
    signed = f"hedui audit checkpoint 1\n3\n{root}\n{prev.hex()}\n2026-07-01T02:00:00.000000Z\n{name}\n".encode()
    Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(checkpoint["signature"]), signed)


@pytest.mark.parametrize("size", [0, 1, 5, 8])
def test_what_was_signed_is_read(size):
    found = checked(_line(size), KEYS)
    assert found is not None
    assert found.size == size


def test_every_byte_counts():
    line = _line()
    for at in range(len(line)):
        for change in (1, 32):
            assert checked(line[:at] + bytes([line[at] ^ change]) + line[at + 1 :], KEYS) is None, at
        assert checked(line[:at], KEYS) is None


def test_a_checkpoint_has_one_spelling():
    line = _line()
    said = json.loads(line)
    for other in (line + b" ", line.replace(b",", b", "), json.dumps(dict(reversed(said.items()))).encode()):
        assert json.loads(other) == said
        assert checked(other, KEYS) is None


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_raise(line):
    assert checked(line, KEYS) is None
    assert parsed(line) == parsed(b"")


@pytest.mark.parametrize("line", [b"[" * 100_000, b'{"checkpoint":' * 5_000, b'{"size":' + b"9" * 100_000, b"\xff"])
def test_hostile_lines_are_refused(line):
    assert checked(line, KEYS) is None


def test_another_key_signs_for_nobody():
    other = KeySigner(Ed25519PrivateKey.generate())
    assert checked(_line(), keys_of([other.public_key])) is None
    both = keys_of([other.public_key, SIGNER.public_key])
    assert checked(_line(), both) is not None


def test_keys_are_read_from_text_and_files(tmp_path):
    digits = SIGNER.public_key.hex()
    path = tmp_path / "key.txt"
    path.write_text(f"{digits}\n")
    assert read_key(digits) == read_key(str(path)) == SIGNER.public_key
    path.write_bytes(b"\xff" * 64)
    for wrong in ("", digits[:-2], digits + "00", str(path), str(tmp_path), "a\0b", "x" * 5000):
        with pytest.raises(Stop) as stopped:
            read_key(wrong)
        assert stopped.value.code == "audit-not-a-key"


def test_signing_goes_on_from_the_last_checkpoint_and_copies_it(engine, keyring, looks, look, tmp_path):
    signer = KeySigner(keyring.audit_key())
    copy = tmp_path / "copy.jsonl"
    looks(3)
    first = issue(engine, signer, copy)
    looks(6)
    second, again = issue(engine, signer, copy), issue(engine, signer, copy)
    assert (first.size, second.size, again.size) == (3, 9, 9)
    assert (second.root, second.at) != (again.root, again.at)
    assert second.root == again.root
    assert read_file(copy) == [first.line, second.line, again.line]
    with database.session(engine, readonly=True) as session:
        assert list(InRegistry(session).checkpoints()) == read_file(copy)
        verdict = verify(InRegistry(session), read_file(copy), keys_of([signer.public_key]))
    assert (verdict.signed, verdict.checkpoints, verdict.findings) == (9, 3, ())


def _stops(engine, signer, to=None):
    with pytest.raises(Stop) as stopped:
        issue(engine, signer, to)
    return stopped.value.code, stopped.value.where.get("seq")


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE audit_entries SET actor = 'nobody' WHERE seq = 5", 5),
        ("DELETE FROM audit_entries WHERE seq = 5", 5),
        ("DELETE FROM audit_entries WHERE seq >= 3", 3),
        ("UPDATE audit_entries SET hash = prev WHERE seq = 3", 3),
        ("UPDATE audit_entries SET prev = hash WHERE seq = 4", 4),
        ("UPDATE audit_checkpoints SET line = 'x'", 0),
    ],
)
def test_what_does_not_go_on_is_not_signed(engine, keyring, looks, administrator, statement, seq):
    signer = KeySigner(keyring.audit_key())
    looks(3)
    issue(engine, signer)
    looks(3)
    with administrator() as connection:
        connection.execute(
            text(statement.replace("'x'", "'x'::bytea") if engine.dialect.name != "sqlite" else statement)
        )
    assert _stops(engine, signer) == ("audit-broken", seq)


def test_a_copy_that_knows_more_than_the_registry_stops(engine, keyring, looks, tmp_path, administrator):
    signer, copy = KeySigner(keyring.audit_key()), tmp_path / "copy.jsonl"
    looks(3)
    issue(engine, signer, copy)
    with administrator() as connection:
        connection.execute(text("DELETE FROM audit_checkpoints"))
    before = copy.read_bytes()
    assert _stops(engine, signer, copy) == ("audit-copy-differs", None)
    assert copy.read_bytes() == before
    with database.session(engine, readonly=True) as session:
        assert list(InRegistry(session).checkpoints()) == []


def test_a_copy_that_cannot_be_written_is_named(engine, keyring, looks, tmp_path):
    looks(1)
    signer = KeySigner(keyring.audit_key())
    assert _stops(engine, signer, tmp_path)[0] == "audit-file-unwritable"
    assert _stops(engine, signer, tmp_path / "none" / "copy")[0] == "audit-file-unwritable"


def test_a_retired_key_still_vouches(engine, looks):
    looks(2)
    old, new = SIGNER, KeySigner(Ed25519PrivateKey.generate())
    issue(engine, old)
    assert _stops(engine, new) == ("audit-broken", 0)
    assert issue(engine, new, retired=[old.public_key]).size == 2


def test_an_export_verifies_without_the_registry(engine, keyring, looks, tmp_path, entries):
    signer, path = KeySigner(keyring.audit_key()), tmp_path / "trail.jsonl"
    looks(4)
    issue(engine, signer)
    assert export(engine, keyring, path, "oversight") == 5
    keys = keys_of([signer.public_key])
    verdict = verify(InFile(path), [], keys)
    assert (verdict.entries, verdict.signed, verdict.findings) == (5, 4, ())
    lines = path.read_bytes().splitlines()
    assert lines[0] == HEADER
    assert lines[1:6] == [line_of(stored) for stored in entries()]
    assert json.loads(lines[5])["content"]["action"] == "audit.export"
    assert all(json.loads(line) for line in lines)  # JSON lines, whoever reads them
    assert not any(name in path.read_bytes() for name in (b"H0000", b"C2026"))
    with pytest.raises(Stop) as stopped:
        export(engine, keyring, path, "oversight")
    assert stopped.value.code == "audit-file-unwritable"
    assert path.read_bytes().splitlines() == lines


def test_an_export_that_cannot_be_recorded_is_not_made(engine, keyring, looks, tmp_path):
    with database.session(engine) as session:
        session.execute(text("DROP TABLE audit_entries"))
    with pytest.raises(Stop):
        export(engine, keyring, tmp_path / "trail.jsonl", "oversight")
    assert list(tmp_path.glob("*.jsonl")) == []


def test_every_byte_of_an_export_counts(tmp_path, keyring):
    tree, prev, lines = Tree(), ZERO, [HEADER]
    for seq in (1, 2):
        packed = pack(
            Content(
                about="household", action="report.show", actor="李", at="2026-06-30T18:00:00.000000Z", case=None,
                detail={"run": "r"}, outcome="allowed", purpose="allowance", region="", role="", seq=seq,
                sources=("*",), subject="1.0",
            )
        )  # fmt: skip
        stored = Stored(seq, prev, chained(prev, packed), packed, None)
        prev = stored.hash
        tree.add(prev)
        lines.append(line_of(stored))
    copy = sign(SIGNER, tree, prev, datetime.now(UTC)).line
    exported = b"".join(line + b"\n" for line in lines)
    path = tmp_path / "trail.jsonl"

    def found(content):
        path.write_bytes(content)
        try:
            return bool(verify(InFile(path), [copy], KEYS).findings)
        except Stop as stop:
            return stop.code == "audit-not-a-trail"

    assert not found(exported)
    for at in range(len(exported)):
        assert found(exported[:at] + bytes([exported[at] ^ 1]) + exported[at + 1 :]), at
        if at < len(exported) - 1:  # the last newline alone may be missing
            assert found(exported[:at]), at
    assert not found(exported[:-1])


@pytest.mark.parametrize("content", [b"", b"{}", b"\n", HEADER[:-1]])
def test_what_is_no_export_is_named(tmp_path, content):
    path = tmp_path / "trail.jsonl"
    path.write_bytes(content)
    for wrong, code in ((path, "audit-not-a-trail"), (tmp_path / "none", "audit-no-file"), (tmp_path, "audit-no-file")):
        with pytest.raises(Stop) as stopped:
            verify(InFile(wrong), [], KEYS)
        assert stopped.value.code == code


def test_pseudonyms_are_of_one_keyring(tmp_path):
    homes = [Settings(home=tmp_path / name) for name in ("one", "other")]
    one, other = (installation.begin(home) for home in homes)
    assert one.pseudonym("H000001") == one.pseudonyms("H000001")[0] == installation.ring(homes[0]).pseudonym("H000001")
    assert len({one.pseudonym("H000001"), one.pseudonym("H000002"), other.pseudonym("H000001")}) == 3
    assert "H000001" not in one.pseudonym("H000001")


def test_what_a_revoked_key_signed_is_not_built_on(engine, keyring, looks, administrator):
    looks(3)
    issue_with(engine, keyring)
    stolen = KeySigner(keyring.audit_key())
    keyring.add("audit")
    keyring.promote("audit")
    looks(1)
    retired = issue_with(engine, keyring)  # what a retired key signed is gone on from
    assert retired.size == 4
    keyring.revoke("audit", 1)
    looks(1)
    assert issue_with(engine, keyring).size == 5

    with administrator() as connection:  # with the stolen key: a checkpoint over what never was
        connection.execute(text("DELETE FROM audit_checkpoints"))
        forged = sign(stolen, Tree(), ZERO, datetime(2026, 6, 30, tzinfo=UTC))
        connection.execute(insert(AuditCheckpoint).values(size=forged.size, line=forged.line))
    assert issue_with(engine, keyring).size == 5  # from the beginning: every entry is there
    with administrator() as connection:
        connection.execute(text("UPDATE audit_entries SET content = content || content WHERE seq = 2"))
        connection.execute(text("DELETE FROM audit_checkpoints"))
        connection.execute(insert(AuditCheckpoint).values(size=forged.size, line=forged.line))
    with pytest.raises(Stop) as stopped:
        issue_with(engine, keyring)
    assert (stopped.value.code, stopped.value.where["seq"]) == ("audit-broken", 2)
