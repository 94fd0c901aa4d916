"""The tables of the registry, the same on SQLite and PostgreSQL.

Sealed columns hold what `hedui.keys.ring` sealed under `<table>/<column>/<ref>`; no personal value lies in plain text.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """A moment, aware and in UTC on both sides; SQLite itself would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# References sort by bytes on both databases: an order by locale would make reports differ between them.
Ref = String(64).with_variant(String(64, collation="C"), "postgresql")
Code = String(32)
# SQLite numbers rows by itself only in a column declared INTEGER.
Serial = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """Base of every table."""

    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads it from the class
        str: Code,
        datetime: Instant(),
        date: Date(),
        bytes: LargeBinary(),
        dict[str, Any]: JSON().with_variant(JSONB(), "postgresql"),
    }
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Household(Base):
    """Who is verified together. `fingerprint` tells an import whether, and in which part, its rows have changed."""

    __tablename__ = "households"

    ref: Mapped[str] = mapped_column(Ref, primary_key=True)  # H000123
    county: Mapped[str] = mapped_column(String(6), index=True)
    township: Mapped[str | None] = mapped_column(String(64))
    fingerprint: Mapped[bytes]


class Member(Base):
    """One person of a household. Who has left the household stays, not active."""

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("household_ref", "number"),)

    ref: Mapped[str] = mapped_column(Ref, primary_key=True)  # H000123-2
    household_ref: Mapped[str] = mapped_column(Ref, ForeignKey("households.ref"))
    number: Mapped[int]
    relation: Mapped[str]
    name: Mapped[bytes]  # sealed
    resident_id: Mapped[bytes]  # sealed
    id_index: Mapped[bytes] = mapped_column(index=True)  # blind index of the number's one spelling
    declared: Mapped[bytes | None]  # sealed JSON; null where nothing was declared
    active: Mapped[bool] = mapped_column(default=True, server_default=true())


class Authorisation(Base):
    """A signed letter of consent. At most one of a household is in force; earlier ones stay on file."""

    __tablename__ = "authorisations"
    __table_args__ = (
        Index(
            "uq_authorisations_in_force",
            "household_ref",
            unique=True,
            sqlite_where=text("in_force"),
            postgresql_where=text("in_force"),
        ),
    )

    number: Mapped[str] = mapped_column(Ref, primary_key=True)  # S2026-000123
    household_ref: Mapped[str] = mapped_column(Ref, ForeignKey("households.ref"), index=True)
    signed_on: Mapped[date]
    valid_until: Mapped[date | None]  # null: while assistance lasts
    revoked_on: Mapped[date | None]
    in_force: Mapped[bool] = mapped_column(default=True, server_default=true())


class AuthorisationMember(Base):
    """A member who signed a letter, or for whom a guardian signed."""

    __tablename__ = "authorisation_members"

    authorisation: Mapped[str] = mapped_column(Ref, ForeignKey("authorisations.number"), primary_key=True)
    member_ref: Mapped[str] = mapped_column(Ref, ForeignKey("members.ref"), primary_key=True, index=True)
    guardian_ref: Mapped[str | None] = mapped_column(Ref, ForeignKey("members.ref"))


class Case(Base):
    """One request to verify a household: open, closed, or replaced by a later one."""

    __tablename__ = "cases"

    ref: Mapped[str] = mapped_column(Ref, primary_key=True)  # C2026-000123
    household_ref: Mapped[str] = mapped_column(Ref, ForeignKey("households.ref"), index=True)
    kind: Mapped[str]  # new | reverification | monitoring | on_demand
    purpose: Mapped[str]
    state: Mapped[str] = mapped_column(default="open", server_default="open")  # open | closed | replaced


class Import(Base):
    """One file of households that was taken in, by its counts; its name may be personal and is not kept."""

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    sha256: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int]
    new: Mapped[int]
    updated: Mapped[int]
    unchanged: Mapped[int]


class HouseholdChange(Base):
    """What a household was before an import changed it, so that no change of members or consent is ever lost."""

    __tablename__ = "household_changes"

    import_id: Mapped[int] = mapped_column(Serial, ForeignKey("imports.id"), primary_key=True)
    household_ref: Mapped[str] = mapped_column(Ref, ForeignKey("households.ref"), primary_key=True, index=True)
    parts: Mapped[str] = mapped_column(String(100))  # which parts changed: place,case,authorisation,members,declared
    before: Mapped[bytes]  # sealed JSON of the household as it was


class Run(Base):
    """One execution of the pipeline for a business date. At most one edition of a date is open at any time."""

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("business_date", "edition"),
        Index(
            "uq_runs_open",
            "business_date",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[str] = mapped_column(Ref, primary_key=True)  # 2026-01-31.1
    business_date: Mapped[date]
    edition: Mapped[int]
    state: Mapped[str]  # open | published
    degraded: Mapped[bool | None]  # null until published
    opened_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


class CurrentRun(Base):
    """The pointer that publication swaps: the one edition of a business date that readers use."""

    __tablename__ = "current_runs"

    business_date: Mapped[date] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(Ref, ForeignKey("runs.id"))


class StageState(Base):
    """When a stage of a run started and finished; a finished one is not run again."""

    __tablename__ = "stage_states"

    run_id: Mapped[str] = mapped_column(Ref, ForeignKey("runs.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(Ref, primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")


class SourceState(Base):
    """How one source answered in one run; `attempt` is the one whose output counts."""

    __tablename__ = "source_states"

    run_id: Mapped[str] = mapped_column(Ref, ForeignKey("runs.id"), primary_key=True)
    source: Mapped[str] = mapped_column(Ref, primary_key=True)
    attempt: Mapped[int]
    state: Mapped[str]  # running | accepted | not_delivered | unreachable | refused
    problem: Mapped[str | None] = mapped_column(String(64))  # code; its parameters in `where`
    where: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    rows: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    rejected: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    as_of: Mapped[date | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Quarantined(Base):
    """How many rows of a source were set aside in a run, by reason."""

    __tablename__ = "quarantined"

    run_id: Mapped[str] = mapped_column(Ref, ForeignKey("runs.id"), primary_key=True)
    source: Mapped[str] = mapped_column(Ref, primary_key=True)
    reason: Mapped[str] = mapped_column(Ref, primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


class ReportIndex(Base):
    """Where the sealed report of a household lies: a byte range of one shard in the report store."""

    __tablename__ = "report_index"
    __table_args__ = (Index("ix_report_index_run_id_county", "run_id", "county"),)

    run_id: Mapped[str] = mapped_column(Ref, ForeignKey("runs.id"), primary_key=True)
    household_ref: Mapped[str] = mapped_column(Ref, primary_key=True, index=True)
    county: Mapped[str] = mapped_column(String(6))
    case_ref: Mapped[str] = mapped_column(Ref)
    shard: Mapped[str] = mapped_column(String(255))
    offset: Mapped[int] = mapped_column(BigInteger)
    length: Mapped[int] = mapped_column(BigInteger)
    conclusion: Mapped[str]
    found: Mapped[int]  # sources by their answer for the household
    none: Mapped[int]
    no_answer: Mapped[int]
    not_authorised: Mapped[int]
    findings: Mapped[int]


class ReportBatch(Base):
    """Where the files of one batch lie: the reports of one county in one run, sealed together."""

    __tablename__ = "report_batches"

    run_id: Mapped[str] = mapped_column(Ref, ForeignKey("runs.id"), primary_key=True)
    county: Mapped[str] = mapped_column(String(6), primary_key=True)
    folder: Mapped[str] = mapped_column(String(255))  # in the report store: batch.hdb, shares.hds, shard-00000.hdr, …
    count: Mapped[int]
    head_hash: Mapped[bytes]  # of the signed head: no other batch file is opened in its place
    epoch: Mapped[int] = mapped_column(BigInteger)  # of the vault's key that the share table is sealed to
    signer: Mapped[bytes]  # id of the key that signed it


class RevokedSigner(Base):
    """A signing key that was revoked, by its id: nothing that it signed is published any more."""

    __tablename__ = "revoked_signers"

    key_id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    revoked_at: Mapped[datetime]


class VaultState(Base):
    """The one row that says which epoch of the vault's key is current. No row: the first."""

    __tablename__ = "vault_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 1
    epoch: Mapped[int] = mapped_column(BigInteger)


class Shredding(Base):
    """A household whose reports are to be dead; open until they are, in every copy."""

    __tablename__ = "shreddings"

    household_ref: Mapped[str] = mapped_column(Ref, primary_key=True)
    requested_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class AuditEntry(Base):
    """One entry of the audit trail; `content` is what it says, `docs/audit.md` how it is chained.

    Rows are only ever added, each after the last one: triggers refuse the rest. `at`, `actor`, `action` and `subject`
    repeat the content, so that entries can be found.
    """

    __tablename__ = "audit_entries"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # 1, 2, 3, … without a gap
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(128))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(128), index=True)  # a pseudonym where it stands for people
    prev: Mapped[bytes]  # the hash of the entry before; of the first one 32 zero bytes
    content: Mapped[bytes]
    hash: Mapped[bytes]


class AuditCheckpoint(Base):
    """A signed statement of what the audit trail was; rows are only ever added, too."""

    __tablename__ = "audit_checkpoints"

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    size: Mapped[int] = mapped_column(BigInteger)
    line: Mapped[bytes]  # one line of JSON, as in docs/audit.md
