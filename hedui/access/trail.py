"""The trail as it lies in the registry, and as a file that verifies without it. Format: `docs/audit.md`."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import Engine, select, type_coerce
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from catalogue.problems import Stop
from hedui.access import audit, gate
from hedui.access.audit import Pseudonyms
from hedui.access.entry import LONGEST, Stored, stamp
from hedui.registry import database
from hedui.registry.models import AuditCheckpoint, AuditEntry

HEADER: Final = b'{"format":"hedui-audit/1"}'
_LINE = re.compile(rb'\{"seq":([0-9]{1,18}),"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})","content":(\{.*\})\}')
_CHECKPOINT = b'{"checkpoint":'
_LONGEST_LINE = LONGEST + 1024
_BLOCK = 5_000
_ENTRIES = AuditEntry.__table__.c  # the table's columns and not the class's: without the ORM rows cost half
_COLUMNS = [
    type_coerce(_ENTRIES[name], NullType())
    for name in ("seq", "prev", "hash", "content", "at", "actor", "action", "subject")
]
_UNREADABLE = Stored(0, b"", b"", b"", None)  # stands for a line that is no entry: never whole


class Trail(Protocol):
    """Somewhere a trail lies. Both can be read again and again."""

    def entries(self) -> Iterator[Stored]:
        """Yield the entries in their order."""
        ...

    def checkpoints(self) -> Iterator[bytes]:
        """Yield the checkpoints that lie with the trail, a line each."""
        ...


class InRegistry:
    """The trail in the registry, within one transaction that sees one state."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def entries(
        self,
        after: int = 0,
        *,
        subjects: Iterable[str] | None = None,
        between: tuple[datetime, datetime] | None = None,
    ) -> Iterator[Stored]:
        """Yield the entries by their number, or some: after a number, about subjects, from one moment to another."""
        wanted = select(*_COLUMNS).where(_ENTRIES.seq > after).order_by(_ENTRIES.seq)
        if subjects is not None:
            wanted = wanted.where(_ENTRIES.subject.in_(list(subjects)))
        if between is not None:
            wanted = wanted.where(_ENTRIES.at >= between[0], _ENTRIES.at < between[1])
        with _readable():
            for row in self._session.execute(wanted, execution_options={"yield_per": _BLOCK}):
                yield _stored(*row)

    def checkpoints(self) -> Iterator[bytes]:
        """Yield the checkpoints in the order in which they were made."""
        with _readable():
            for line in self._session.scalars(select(AuditCheckpoint.line).order_by(AuditCheckpoint.id)):
                yield _bytes(line)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        kind = type(error).__name__
    else:
        return
    raise Stop("audit-unreadable", kind=kind)


def _stored(*row: Any) -> Stored:
    # As they lie there: whoever edits a table can put a word where a number or a moment was, and that is to be found.
    seq, prev, hashed, content, at, actor, action, subject = row
    number = seq if isinstance(seq, int) else 0
    return Stored(number, _bytes(prev), _bytes(hashed), _bytes(content), (_moment(at), actor, action, subject))


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")


def _moment(at: Any) -> str:
    try:
        # SQLite has text without a zone, which is UTC.
        return stamp(at if isinstance(at, datetime) else datetime.fromisoformat(at).replace(tzinfo=UTC))
    except (TypeError, ValueError, OverflowError):
        return ""


class InFile:
    """An exported trail. Raises Stop `audit-no-file`, `audit-not-a-trail` (not a file that `export` wrote)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def entries(self) -> Iterator[Stored]:
        """Yield the entries in the order of their lines."""
        for line in self._lines():
            if not line.startswith(_CHECKPOINT):
                yield parsed(line)

    def checkpoints(self) -> Iterator[bytes]:
        """Yield the checkpoints among the lines."""
        return (line for line in self._lines() if line.startswith(_CHECKPOINT))

    def _lines(self) -> Iterator[bytes]:
        try:
            with self._path.open("rb") as file:
                if file.readline(_LONGEST_LINE).rstrip(b"\n") != HEADER:
                    raise Stop("audit-not-a-trail", path=str(self._path))
                while line := file.readline(_LONGEST_LINE):
                    yield line.removesuffix(b"\n")
        except OSError as error:
            raise Stop("audit-no-file", path=str(self._path), kind=type(error).__name__) from None


def parsed(line: bytes) -> Stored:
    """Read one line of an export; a line that is no entry gives one that is never whole."""
    found = _LINE.fullmatch(line)
    if found is None:
        return _UNREADABLE
    seq, prev, hashed, content = found.groups()
    return Stored(int(seq), bytes.fromhex(prev.decode()), bytes.fromhex(hashed.decode()), content, None)


def line_of(stored: Stored) -> bytes:
    """Write one entry as a line of an export, the newline left off."""
    place = f'{{"seq":{stored.seq},"prev":"{stored.prev.hex()}","hash":"{stored.hash.hex()}","content":'
    return place.encode() + stored.content + b"}"


def export(engine: Engine, pseudonyms: Pseudonyms, path: Path, purpose: str) -> int:
    """Put the export on record, then write the whole trail and its checkpoints to a new file; return how many entries.

    The entry of the export itself is the last one in the file, unless others came in meanwhile. Nothing is checked:
    what is exported is what lies there. Raises Stop: those of `audit.record`, `audit-file-unwritable`.
    """
    with database.session(engine) as session:
        admitted = gate.require(session, pseudonyms, "audit.export", purpose=purpose, about="trail", subject="trail")
        who = admitted.actor.name
        audit.record(session, pseudonyms, who, "audit.export", "trail", purpose, about="trail", role=admitted.role)
    try:
        return _write(engine, path)
    except OSError as error:
        raise Stop("audit-file-unwritable", path=str(path), kind=type(error).__name__) from None


def _write(engine: Engine, path: Path) -> int:
    count = 0
    with path.open("xb") as file:  # what is there already is never written over
        try:
            file.write(HEADER + b"\n")
            with database.session(engine, readonly=True) as session:
                trail = InRegistry(session)
                for stored in trail.entries():
                    file.write(line_of(stored) + b"\n")
                    count += 1
                for line in trail.checkpoints():
                    file.write(line + b"\n")
        except BaseException:
            with suppress(OSError):
                path.unlink()
            raise
    return count
