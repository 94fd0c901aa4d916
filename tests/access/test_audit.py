"""The trail: written before anything is shown, only ever added to, one chain, and nothing personal in it."""

import json
import multiprocessing
import os
import pwd
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from catalogue.problems import Stop
from hedui.access import audit
from hedui.access.entry import ZERO, chained, unpack, whole
from hedui.access.trail import InRegistry
from hedui.access.verify import verify
from hedui.registry import database


def test_an_entry_says_who_what_whom_when_and_why(look, entries, keyring):
    before = datetime.now(UTC)
    assert look(
        detail={"run": "2026-01-31.1", "pages": 3},
        role="caseworker",
        region="320102",
        case="C2026-000001",
        sources=("bank_01", "civil_affairs"),
        outcome="refused",
    ) == 1  # fmt: skip
    (stored,) = entries()
    said = whole(stored)
    assert (said.actor, said.role, said.region, said.action) == ("clerk", "caseworker", "320102", "report.show")
    assert (said.about, said.subject) == ("household", keyring.pseudonym("H000001"))
    assert (said.purpose, said.case) == ("allowance", keyring.pseudonym("C2026-000001"))
    assert (said.sources, said.outcome) == (("bank_01", "civil_affairs"), "refused")
    assert said.detail == {"run": "2026-01-31.1", "pages": 3}
    moment = datetime.strptime(said.at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert before <= moment <= datetime.now(UTC) + timedelta(seconds=1)


def test_entries_are_chained_over_their_canonical_bytes(looks, entries):
    looks(3)
    prev = ZERO
    for seq, stored in enumerate(entries(), 1):
        assert stored.seq == seq
        assert stored.prev == prev
        said = json.loads(stored.content)
        canonical = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        assert stored.content == canonical
        assert said["seq"] == seq
        prev = chained(stored.prev, stored.content)
        assert stored.hash == prev


def test_neither_households_nor_cases_are_named(looks, entries):
    looks(2)
    written = b"".join(stored.content + repr(stored.found_by).encode() for stored in entries())
    assert b"H0000" not in written
    assert b"C2026" not in written
    assert b"bank_01" in written


def test_what_is_no_person_keeps_its_name(look, entries):
    look("2026-01-31.1", about="run")
    assert whole(entries()[0]).subject == "2026-01-31.1"


def test_an_entry_is_there_for_others_before_the_block_ends(engine, keyring, entries):
    with database.session(engine) as session:
        audit.record(session, keyring, "clerk", "report.show", "H000001", "allowance")
        assert len(entries()) == 1


_COPY = "SELECT {seq}, at, {actor}, action, subject, {prev}, content, hash FROM audit_entries WHERE seq = 2"
_REPLACE = "REPLACE INTO audit_entries " + _COPY.format(seq=2, actor="'nobody'", prev="prev")
_ADD = "INSERT INTO audit_entries " + _COPY.format(seq="{seq}", actor="actor", prev="{prev}")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET actor = 'nobody'",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_entries WHERE seq = 2",
        _REPLACE,
        "TRUNCATE audit_entries",
        _ADD.format(seq=4, prev="hash"),  # leaves a gap
        _ADD.format(seq=2, prev="hash"),  # repeats a number
        _ADD.format(seq=3, prev="prev"),  # follows something else than the last entry
        "UPDATE audit_checkpoints SET size = 1",
        "DELETE FROM audit_checkpoints",
        "TRUNCATE audit_checkpoints",
        "REPLACE INTO audit_checkpoints SELECT id, 1, line FROM audit_checkpoints",
    ],
)
def test_an_entry_cannot_be_changed_or_removed(engine, looks, entries, statement):
    only = {"REPLACE": "sqlite", "TRUNCATE": "postgresql"}.get(statement.split()[0])
    if only not in {None, engine.dialect.name}:
        pytest.skip(f"{only} has this statement")
    looks(2)
    with database.session(engine) as session:
        session.execute(text("INSERT INTO audit_checkpoints (id, size, line) VALUES (1, 2, 'x')"))
    before = entries()
    with pytest.raises(DBAPIError), database.session(engine) as session:
        session.execute(text(statement))
    assert entries() == before
    with database.session(engine, readonly=True) as session:
        assert session.execute(text("SELECT id, size FROM audit_checkpoints")).all() == [(1, 2)]


def test_what_follows_the_last_entry_is_let_in(engine, looks):
    looks(2)
    with database.session(engine) as session:
        session.execute(text(_ADD.format(seq=3, prev="hash")))


def test_where_it_cannot_be_written_the_caller_is_stopped(engine, look):
    with database.session(engine) as session:
        session.execute(text("DROP TABLE audit_entries"))
    with pytest.raises(Stop) as stopped:
        look()
    assert stopped.value.code == "audit-unwritable"
    assert "H000001" not in str(stopped.value)
    assert stopped.value.__suppress_context__


FIELDS = ("actor", "action", "purpose", "role", "region", "source", "detail", "detail name", "run", "count", "outcome")


def _with(field, value):
    more = {
        "role": {"role": value},
        "region": {"region": value},
        "source": {"sources": (value,)},
        "detail": {"detail": {"note": value}},
        "detail name": {"detail": {value: 1}},
        "run": {"about": "run"},
        "count": {"detail": {"count": int("".join(c for c in value if c.isdecimal()) or 10**12)}},
        "outcome": {"outcome": value},
    }.get(field, {})
    plain = {"actor": "clerk", "action": "report.show", "purpose": "allowance", "subject": "H000001"}
    said = plain | {field: value} if field in plain else plain | ({"subject": value} if field == "run" else {})
    return [said[name] for name in ("actor", "action", "subject", "purpose")], more


SPELLINGS = {
    "plain": lambda number: number,
    "lower": lambda number: number.lower(),
    "embedded": lambda number: f"a{number}",
    "hyphens": lambda number: f"{number[:6]}-{number[6:14]}-{number[14:]}",
    "spaces": lambda number: f"{number[:6]} {number[6:14]} {number[14:]}",
    "15 digits": lambda number: number[:6] + number[8:17],
    "wide": lambda number: number.translate({ord("0") + at: ord("０") + at for at in range(10)}),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_id_number_gets_in_nowhere(engine, keyring, id_number, entries, spelling):
    planted = SPELLINGS[spelling](id_number(19800315, 104))
    for field in FIELDS:
        arguments, more = _with(field, planted)
        with pytest.raises(Stop) as stopped, database.session(engine) as session:
            audit.record(session, keyring, *arguments, **more)
        assert stopped.value.code == "audit-not-plain", field
        assert planted not in str(stopped.value)
    assert entries() == []


def test_an_id_number_in_the_place_of_a_reference_becomes_a_pseudonym(look, entries, id_number):
    number = id_number(19800315, 104)
    look(number, case=number)
    assert number[:17].encode() not in entries()[0].content
    assert whole(entries()[0])


@pytest.mark.parametrize("name", ["li.na@example.org", "李娜", "550e8400-e29b-41d4-a716-446655440000", "DOMAIN\\li"])
def test_names_of_login_are_taken(look, entries, name):
    look(actor=name)
    assert whole(entries()[0]).actor == name


@pytest.mark.parametrize("name", ["", "a b", "a\n", "a\u202eb", "\ud800", "x" * 129])
def test_what_is_no_name_of_login_is_not(look, entries, name):
    with pytest.raises(Stop):
        look(actor=name)
    assert entries() == []


@pytest.mark.parametrize(
    "packed",
    [b"", b"{", b"[]", b"\xff", b'{"seq":1}', b"[" * 10_000],
)
def test_bytes_that_are_not_canonical_say_nothing(packed, look, entries):
    assert unpack(packed) is None
    look()
    content = entries()[0].content
    assert unpack(content)
    for changed in (content + b" ", content.replace(b'"v":1', b'"v": 1'), content.replace(b'"v":1', b'"v":1,"w":1')):
        assert unpack(changed) is None
    assert unpack(content.replace(b'"seq":1', b'"seq":1,"seq":1')) is None


def _writer(settings, keyring, barrier, results, name, count):
    try:
        engine = database.connect(settings)
        barrier.wait()
        for at in range(count):
            with database.session(engine) as session:
                audit.record(session, keyring, name, "report.show", f"H{at:06}", "allowance")
        results.put(None)
    except BaseException as error:  # noqa: BLE001  whatever it is, the test is to see it
        results.put(repr(error))


def test_writers_at_once_make_one_chain_without_a_gap(engine, settings, keyring, entries):
    context = multiprocessing.get_context("fork")
    many, each = 6, 40
    engine.dispose()
    barrier, results = context.Barrier(many), context.Queue()
    workers = [
        context.Process(target=_writer, args=(settings, keyring, barrier, results, f"clerk{at}", each))
        for at in range(many)
    ]
    for worker in workers:
        worker.start()
    assert [results.get(timeout=300) for _ in workers] == [None] * many
    for worker in workers:
        worker.join()
    written = entries()
    assert [stored.seq for stored in written] == list(range(1, many * each + 1))
    assert {said.actor for said in map(whole, written)} == {f"clerk{at}" for at in range(many)}
    assert len({said.actor for said in map(whole, written[: 3 * each])}) > 1, "they did not write at once"
    moments = [whole(stored).at for stored in written]
    assert moments == sorted(moments)
    with database.session(engine, readonly=True) as session:
        assert verify(InRegistry(session), [], {}).findings == ()


@pytest.mark.parametrize(
    ("logged_in", "named"),
    [
        ("0", 0),
        ("4294967295", os.getuid()),
        ("4000000000", os.getuid()),
        ("nonsense", os.getuid()),
        (None, os.getuid()),
    ],
)
def test_the_actor_is_who_logged_in_and_for_a_service_its_account(tmp_path, monkeypatch, logged_in, named):
    path = tmp_path / "loginuid"
    if logged_in is not None:
        path.write_text(logged_in)
    monkeypatch.setattr(audit, "_LOGIN_UID", path)
    monkeypatch.setenv("USER", "somebody-else")
    monkeypatch.setenv("SUDO_USER", "somebody-else")
    assert audit.current_actor() == pwd.getpwuid(named).pw_name
