"""Edit, delete, insert, reorder, cut, rewrite, fork: each is detected and named, on both databases and in an export."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, insert, text

from catalogue.problems import Stop
from hedui.access.checkpoints import KeySigner, issue, keys_of, sign
from hedui.access.entry import ZERO, Content, Stored, chained, pack, stamp
from hedui.access.trail import HEADER, InFile, InRegistry, line_of
from hedui.access.tree import Tree
from hedui.access.verify import Finding, Verdict, as_dict, verify
from hedui.registry import database
from hedui.registry.models import AuditCheckpoint, AuditEntry

MANY = 12
Rows = list[dict[str, object]]
NAMES = ("seq", "at", "actor", "action", "subject", "prev", "content", "hash")


def _said(row, **changes):
    said = json.loads(row["content"]) | changes
    row["content"] = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    row |= {name: said[name] for name in ("seq", "actor", "action", "subject")}
    return row


def _hashed(row):
    row["hash"] = chained(row["prev"], row["content"])
    return row


def _renumbered(rows):
    for seq, row in enumerate(rows, 1):
        row["seq"] = seq
    return rows


def rechained(rows):
    """Number and hash everything anew, as an administrator without the signing key can."""
    prev = ZERO
    for seq, row in enumerate(rows, 1):
        row["prev"] = prev
        prev = _hashed(_said(row, seq=seq))["hash"]
    return rows


def edit(rows):
    _said(rows[4], actor="nobody")
    return rows


def edit_only_the_column(rows):
    rows[4]["subject"] = rows[5]["subject"]
    return rows


def edit_and_hash(rows):
    _hashed(_said(rows[4], actor="nobody"))
    return rows


def edit_and_hash_some(rows):
    _hashed(_said(rows[4], actor="nobody"))
    for before, row in pairwise(rows[4:8]):
        row["prev"] = before["hash"]
        _hashed(row)
    return rows


def edit_the_first_and_hash(rows):
    _hashed(_said(rows[0], actor="nobody"))
    return rows


def edit_two(rows):
    _said(rows[2], purpose="other")
    return edit(rows)


def remove(rows):
    return rows[:4] + rows[5:]


def remove_and_number(rows):
    return _renumbered(remove(rows))


def remove_the_first(rows):
    return rows[2:]


def remove_some_and_number(rows):
    return _renumbered(rows[:3] + rows[6:])


def remove_two(rows):
    return [row for at, row in enumerate(rows) if at not in {2, 7}]


def remove_and_hash_with_a_gap(rows):
    rows = remove(rows)
    for before, row in pairwise(rows):
        row["prev"] = before["hash"]
        _hashed(row)
    return rows


def put_in(rows, many=1):
    made, prev = [], rows[3]["hash"]
    for at in range(many):
        row = dict(rows[4]) | {"prev": prev}
        made.append(_hashed(_said(row, seq=5 + at, actor="nobody")))
        prev = row["hash"]
    return _renumbered(rows[:4] + made + rows[4:])


def put_in_three(rows):
    return put_in(rows, 3)


def put_in_a_copy(rows):
    return _renumbered([*rows[:5], dict(rows[2]), *rows[5:]])


def put_in_unhashed(rows):
    return _renumbered([*rows[:4], _said(dict(rows[4]), actor="nobody"), *rows[4:]])


def swap(rows, one=4, other=5):
    rows[one], rows[other] = rows[other], rows[one]
    return _renumbered(rows)


def swap_far(rows):
    return swap(rows, 2, 8)


def move_forward(rows):
    return _renumbered([*rows[:3], rows[9], *rows[3:9], *rows[10:]])


CHAIN = [
    (edit, {("edited", 5, 5)}),
    (edit_only_the_column, {("edited", 5, 5)}),
    (edit_and_hash, {("edited", 5, 5)}),
    (edit_and_hash_some, {("edited", 8, 8)}),  # the last one that was hashed anew; a checkpoint says where it began
    (edit_the_first_and_hash, {("edited", 1, 1)}),
    (edit_two, {("edited", 3, 3), ("edited", 5, 5)}),
    (remove, {("deleted", 5, 5)}),
    (remove_and_number, {("deleted", 5, 5)}),
    (remove_and_hash_with_a_gap, {("deleted", 5, 5)}),
    (remove_the_first, {("deleted", 1, 2)}),
    (remove_some_and_number, {("deleted", 4, 6)}),
    (remove_two, {("deleted", 3, 3), ("deleted", 8, 8)}),
    (put_in, {("inserted", 5, 5)}),
    (put_in_three, {("inserted", 5, 7)}),
    (put_in_a_copy, {("inserted", 6, 6)}),
    (put_in_unhashed, {("inserted", 5, 5)}),
    (swap, {("reordered", 5, 6)}),
    (swap_far, {("reordered", 3, 9)}),
    (move_forward, {("reordered", 4, 10)}),
]


@pytest.fixture
def signer(keyring):
    return KeySigner(keyring.audit_key())


@pytest.fixture
def keys(signer):
    return keys_of([signer.public_key])


@pytest.fixture
def signed_at(engine, look, signer) -> Callable[..., list[bytes]]:
    """Write entries up to MANY, signing when there are as many as told; return the checkpoints."""

    def write(*sizes: int) -> list[bytes]:
        made = []
        for at in range(1, MANY + 1):
            look(f"H{at:06}")
            if at in sizes:
                made.append(issue(engine, signer).line)
        return made

    return write


@pytest.fixture
def tamper(administrator) -> Callable[..., None]:
    def change(how: Callable[[Rows], Rows], checkpoints: list[bytes] | None = None) -> None:
        with administrator() as connection:
            table = AuditEntry.__table__
            rows = [dict(zip(NAMES, row, strict=True)) for row in connection.execute(table.select().order_by("seq"))]
            connection.execute(delete(table))
            connection.execute(insert(table), how([dict(row) for row in rows]))
            if checkpoints is not None:
                connection.execute(delete(AuditCheckpoint))
                for line in checkpoints:
                    connection.execute(insert(AuditCheckpoint).values(size=0, line=line))

    return change


@pytest.fixture
def verdict(engine, keys) -> Callable[..., Verdict]:
    def read(*copies: bytes) -> Verdict:
        with database.session(engine, readonly=True) as session:
            return verify(InRegistry(session), copies, keys)

    return read


def _told(verdict):
    return {(one.kind, one.first, one.last) for one in verdict.findings}


def test_a_trail_that_nobody_touched_is_whole(signed_at, verdict, look):
    made = signed_at(1, 5, 8, MANY)
    look()
    found = verdict(*made)
    assert found == Verdict(entries=MANY + 1, checkpoints=4, signed=MANY, findings=())


def test_an_empty_trail_is_whole(verdict, engine, signer, signed_at):
    issue(engine, signer)
    assert verdict() == Verdict(0, 1, 0, ())
    signed_at(3)
    assert verdict() == Verdict(MANY, 2, 3, ())


@pytest.mark.parametrize(("how", "named"), CHAIN, ids=lambda one: getattr(one, "__name__", ""))
def test_what_was_done_is_named_by_the_chain_alone(signed_at, tamper, verdict, how, named):
    signed_at()
    tamper(how)
    assert _told(verdict()) == named


@pytest.mark.parametrize(("how", "named"), CHAIN, ids=lambda one: getattr(one, "__name__", ""))
def test_checkpoints_add_nothing_false(signed_at, tamper, verdict, how, named):
    signed_at(3, 8, MANY)
    tamper(how)
    told = _told(verdict())
    assert told >= named
    # Where several entries were hashed anew, a checkpoint among them says where that began.
    assert told - named == ({("rewritten", 4, 8)} & told if how is edit_and_hash_some else set())


def _file_of(rows):
    return [Stored(row["seq"], row["prev"], row["hash"], row["content"], None) for row in rows]


@pytest.mark.parametrize(("how", "named"), CHAIN, ids=lambda one: getattr(one, "__name__", ""))
def test_what_was_done_to_an_export_is_named_too(tmp_path, keys, how, named):
    if how is edit_only_the_column:
        pytest.skip("an export has no columns")
    rows = []
    for seq in range(1, MANY + 1):
        said = Content(
            about="household", action="report.show", actor="clerk", at=stamp(datetime.now(UTC)), case=None, detail={},
            outcome="allowed", purpose="allowance", region="", role="", seq=seq, sources=(), subject=f"1.{seq:032}",
        )  # fmt: skip
        found = {"seq": seq, "actor": "clerk", "action": "report.show", "subject": said.subject}
        rows.append(found | {"content": pack(said)})
    rechained(rows)
    path = tmp_path / "trail.jsonl"

    def written(stored):
        path.write_bytes(b"".join(line + b"\n" for line in [HEADER, *map(line_of, stored)]))
        return _told(verify(InFile(path), [], keys))

    assert written(_file_of(rows)) == set()
    assert written(_file_of(how([dict(row) for row in rows]))) == named


REWRITES = {"edit": edit, "delete": remove, "insert": put_in, "reorder": swap}


@pytest.mark.parametrize("how", REWRITES)
def test_hashing_everything_anew_does_not_agree_with_what_was_signed(signed_at, tamper, verdict, how):
    made = signed_at(3, 8)
    tamper(lambda rows: rechained(REWRITES[how](rows)))
    assert _told(verdict()) == {("rewritten", 4, 8)}
    tamper(lambda rows: rows, checkpoints=[])
    assert verdict().findings == ()  # nothing is left here that could say so,
    assert _told(verdict(*made)) == {("rewritten", 4, 8)}  # but the copies do
    assert _told(verdict(made[1])) == {("rewritten", 1, 8)}


def test_one_checkpoint_narrows_the_place_by_its_peaks(signed_at, tamper, verdict):
    (made,) = signed_at(11)  # peaks over 1–8, 9–10, 11
    tamper(lambda rows: rechained([*rows[:8], _said(rows[8], actor="nobody"), *rows[9:]]), checkpoints=[])
    assert _told(verdict(made)) == {("rewritten", 9, 10)}


def test_a_tail_that_was_cut_is_missed_by_what_was_signed(signed_at, tamper, verdict):
    made = signed_at(5, MANY)
    tamper(lambda rows: rows[:8])
    assert _told(verdict()) == {("cut", 9, MANY)}
    tamper(lambda rows: rows, checkpoints=made[:1])
    assert verdict() == Verdict(8, 1, 5, ())  # the administrator cut the checkpoints as well:
    assert _told(verdict(made[1])) == {("cut", 9, MANY)}  # only the copy knows


def test_a_tail_that_was_cut_and_went_on_is_rewritten(signed_at, tamper, verdict, look):
    signed_at(5, MANY)
    tamper(lambda rows: rows[:8])
    for _ in range(6):
        look()
    assert _told(verdict()) == {("rewritten", 9, MANY)}


def _signed(rows, size, signer):
    tree = Tree()
    for row in rows[:size]:
        tree.add(row["hash"])
    return sign(signer, tree, rows[size - 1]["hash"], datetime.now(UTC)).line


def test_who_holds_database_and_key_is_shown_by_copies(signed_at, tamper, verdict, signer):
    made = signed_at(3, 8)
    anew = []

    def rewrite(rows):
        rows = rechained(edit(rows))
        anew.extend(_signed(rows, size, signer) for size in (3, 8, MANY))
        return rows

    tamper(rewrite, checkpoints=[])
    tamper(lambda rows: rows, checkpoints=anew)
    assert verdict() == Verdict(MANY, 3, MANY, ())
    assert _told(verdict(*made)) == {("forked", 4, 8)}
    assert _told(verdict(made[0])) == set()  # it says nothing of what came later
    # The two heads alone show it, whichever trail is shown.
    assert _told(verdict(made[1])) == {("forked", 4, 8)}


def test_a_longer_branch_is_a_fork_and_no_cut(signed_at, tamper, verdict, signer):
    made = signed_at(11)
    anew = []

    def rewrite(rows):
        rows = rechained(edit(rows))[:9]
        anew.append(_signed(rows, 9, signer))
        return rows

    tamper(rewrite, checkpoints=[])
    tamper(lambda rows: rows, checkpoints=anew)
    assert _told(verdict(*made)) == {("forked", 1, 8)}


def test_two_heads_of_one_size_are_a_fork_beyond_the_trail_too(signed_at, tamper, verdict, signer):
    made = signed_at(10)
    anew = []

    def look_aside(rows):
        anew.append(_signed(rechained([*rows[:8], _said(rows[8], actor="nobody"), *rows[9:]]), 10, signer))
        return rows[:8]

    tamper(lambda rows: (look_aside([dict(row) for row in rows]), rows[:8])[1])
    assert _told(verdict(*made, *anew)) == {("forked", 9, 10), ("cut", 9, 10)}


def test_a_checkpoint_that_nobody_signed_is_named(signed_at, verdict):
    (good,) = signed_at(5)
    other = KeySigner(Ed25519PrivateKey.generate())
    strange = sign(other, Tree(), ZERO, datetime.now(UTC)).line
    assert verdict(strange).findings == (Finding("forged", 2, 2),)
    assert verdict(good).findings == ()


def test_nothing_can_be_checked_without_a_key(signed_at, engine):
    signed_at(5)
    with pytest.raises(Stop) as stopped, database.session(engine, readonly=True) as session:
        verify(InRegistry(session), [], {})
    assert stopped.value.code == "audit-no-key"


def test_findings_are_told_for_programs(signed_at, tamper, verdict):
    signed_at(8)
    tamper(lambda rows: remove(rows)[:6])
    assert as_dict(verdict()) == {
        "whole": False, "entries": 6, "checkpoints": 1, "signed": 0,
        "findings": [{"kind": "deleted", "first": 5, "last": 5}, {"kind": "cut", "first": 8, "last": 8}],
    }  # fmt: skip
    assert Finding("cut", 8, 8) in verdict().findings


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET at = 'yesterday' WHERE seq = 5",
        "UPDATE audit_entries SET at = x'00ff' WHERE seq = 5",
        "UPDATE audit_entries SET at = 17 WHERE seq = 5",
        "UPDATE audit_entries SET prev = 'abc' WHERE seq = 5",
        "UPDATE audit_entries SET hash = 17 WHERE seq = 5",
        "UPDATE audit_entries SET content = 'words' WHERE seq = 5",
        "UPDATE audit_entries SET actor = x'00ff' WHERE seq = 5",
        "UPDATE audit_checkpoints SET line = 'words'",
    ],
)
def test_what_is_of_no_right_type_is_an_edit_like_any_other(signed_at, administrator, verdict, engine, statement):
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL keeps to the types of its columns")
    signed_at(MANY)
    with administrator() as connection:
        connection.execute(text(statement))
    told = {kind for kind, first, _ in _told(verdict()) if first in {1, 5}}
    assert told & {"edited", "forged"}


def test_a_trail_that_is_gone_is_told_as_such(signed_at, administrator, verdict):
    signed_at()
    with administrator() as connection:
        connection.execute(text("DROP TABLE audit_entries"))
    with pytest.raises(Stop) as stopped:
        verdict()
    assert stopped.value.code == "audit-unreadable"
