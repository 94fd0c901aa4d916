"""One entry of the audit trail: its fields, its canonical bytes, and the hash that chains it to the one before.

The format is that of `docs/audit.md`, version 1. What is written is checked to be codes and references: neither an ID
number nor a sentence gets in, whoever calls.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from catalogue.problems import Stop

About = Literal["household", "member", "case", "run", "trail", "access"]
Outcome = Literal["allowed", "refused", "failed"]

OF_PEOPLE: Final = frozenset({"household", "member", "case"})  # their references are written as pseudonyms
ALL_SOURCES: Final = ("*",)  # every source of the run that `detail` names
ZERO: Final = bytes(32)  # stands before the first entry
LONGEST: Final = 16_384  # bytes of a content, which the bounds below keep to

_CODE = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}")
_REGION = re.compile(r"[0-9]{0,12}")
_LONGEST_TEXT = 128
_LARGEST = 10**12  # an ID number of 15 digits is above it
_SOURCES = 64
_DETAILS = 16
# Any 15 digits in a row, and 18 that have a date in the right place however they are spaced.
_DIGITS = re.compile(r"\d{15}")
_NUMBER = re.compile(r"\d{6}(18|19|20)\d\d(0[1-9]|1[0-2])([0-2][1-9]|[123]0|31)\d{3}[\dXx]")
_SPACING = re.compile(r"[\W_]+")


class Content(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an entry says. Every field is there; encoding sorts them."""

    about: About  # what the subject is
    action: str
    actor: str
    at: str  # UTC, 2026-06-30T08:15:00.000000Z
    case: str | None  # pseudonym of the household's open case at that moment; null: there was none
    detail: dict[str, str | int]
    outcome: str
    purpose: str
    region: str  # of the subject: up to twelve digits
    role: str  # in which the actor acted
    seq: Annotated[int, msgspec.Meta(ge=1)]
    sources: tuple[str, ...]  # whose data was shown
    subject: str  # a pseudonym, or the reference of what is not a person
    v: Literal[1] = 1


class Stored(NamedTuple):
    """One entry as it lies in a table or a file; nothing of it has been checked."""

    seq: int
    prev: bytes
    hash: bytes
    content: bytes
    found_by: tuple[str, str, str, str] | None  # at, actor, action, subject of the table's own columns


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Content)


def pack(content: Content) -> bytes:
    """Return the canonical bytes: UTF-8 JSON, keys sorted, no spaces."""
    return _encoder.encode(content)


def unpack(packed: bytes) -> Content | None:
    """Return what canonical bytes say; None where they are not exactly what `pack` writes."""
    try:
        content = _decoder.decode(packed)
        return content if _encoder.encode(content) == packed else None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def chained(prev: bytes, packed: bytes) -> bytes:
    """Return the hash of an entry: SHA-256 of the hash before it and its canonical bytes."""
    return hashlib.sha256(prev + packed).digest()


def whole(stored: Stored) -> Content | None:
    """Return what an entry says; None where it is not what it was when it was hashed.

    Whether it stands where it should is for its neighbours to say.
    """
    content = unpack(stored.content)
    if content is None or chained(stored.prev, stored.content) != stored.hash:
        return None
    found_by = (content.at, content.actor, content.action, content.subject)
    return content if stored.found_by is None or stored.found_by == found_by else None


def with_place(said: Content, seq: int, moment: datetime) -> Content:
    """Return the same content with its number and time."""
    return msgspec.structs.replace(said, seq=seq, at=stamp(moment))


def stamp(moment: datetime) -> str:
    """Write a moment as entries do: UTC, to the microsecond."""
    return f"{moment.astimezone(UTC).isoformat(timespec='microseconds')[:26]}Z"


def check_codes(fields: Mapping[str, str]) -> None:
    """Raise Stop `audit-not-plain` where a field is no code: lower case, digits, `_`, `.`, `-`."""
    for name, value in fields.items():
        if not _CODE.fullmatch(value) or holds_number(value):
            raise Stop("audit-not-plain", field=name)


def check_plain(actor: str, role: str, region: str, subject: str, about: str) -> None:
    """Raise Stop `audit-not-plain` where one of these may hold more than a name of login, a code or a reference."""
    if not _text(actor):
        raise Stop("audit-not-plain", field="actor")
    if role:
        check_codes({"role": role})
    if not _REGION.fullmatch(region):
        raise Stop("audit-not-plain", field="region")
    if about not in OF_PEOPLE and (not _PLAIN.fullmatch(subject) or holds_number(subject)):
        raise Stop("audit-not-plain", field="subject")


def check_sources(sources: Sequence[str]) -> None:
    """Raise Stop `audit-not-plain` where a source is no code, or there are more than there can be."""
    if len(sources) > _SOURCES:
        raise Stop("audit-not-plain", field="sources")
    if tuple(sources) != ALL_SOURCES:
        for source in sources:
            check_codes({"sources": source})


def check_detail(detail: Mapping[str, str | int]) -> None:
    """Raise Stop `audit-not-plain` where a detail is not named by a code, or may be more than a code or a count."""
    if len(detail) > _DETAILS:
        raise Stop("audit-not-plain", field="detail")
    for name, value in detail.items():
        check_codes({"detail": name})
        plain = abs(value) < _LARGEST if isinstance(value, int) else bool(_PLAIN.fullmatch(value))
        if not plain or holds_number(str(value)):
            raise Stop("audit-not-plain", field="detail")


def holds_number(text: str) -> bool:
    """Whether a text may hold an ID number, however it is spaced or wide its digits are."""
    plain = unicodedata.normalize("NFKC", text)
    return bool(_DIGITS.search(plain) or _NUMBER.search(_SPACING.sub("", plain)))


def _text(value: str) -> bool:
    printable = value.isprintable() and not any(character.isspace() for character in value)
    return 0 < len(value) <= _LONGEST_TEXT and printable and not holds_number(value)
