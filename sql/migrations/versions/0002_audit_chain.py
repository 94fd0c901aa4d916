"""The audit trail becomes a chain with checkpoints; the entries so far are its first ones."""

import hashlib
import json
from datetime import UTC

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FACTS = sa.JSON().with_variant(JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
BLOCK = 5_000
TABLES = ("audit_entries", "audit_checkpoints")

# SQLite. An INSERT OR REPLACE deletes without asking a trigger on DELETE; here it would have to name the next number.
SQLITE_KEEP = (
    "CREATE TRIGGER {table}_keep_{name} BEFORE {event} ON {table} {condition} "
    "BEGIN SELECT RAISE(ABORT, 'audit entries are only ever added'); END"
)
SQLITE_NEXT = {
    "audit_entries": (
        "WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit_entries) "
        "OR NEW.prev IS NOT coalesce((SELECT hash FROM audit_entries ORDER BY seq DESC LIMIT 1), zeroblob(32))"
    ),
    "audit_checkpoints": "WHEN EXISTS (SELECT 1 FROM audit_checkpoints WHERE id = NEW.id)",
}
POSTGRESQL_KEEP = (
    "CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse()"
)
POSTGRESQL_NEXT = """
    CREATE FUNCTION audit_entries_next() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        last record;
    BEGIN
        SELECT seq, hash INTO last FROM audit_entries ORDER BY seq DESC LIMIT 1;
        IF NEW.seq <> coalesce(last.seq, 0) + 1 OR NEW.prev <> coalesce(last.hash, decode(repeat('00', 32), 'hex')) THEN
            RAISE EXCEPTION 'audit entries are only ever added after the last one';
        END IF;
        RETURN NEW;
    END $$
"""


def upgrade() -> None:
    """Chain what is there, in the order in which it was written."""
    _unguard("audit_entries")
    op.drop_index("ix_audit_entries_subject", "audit_entries")
    op.rename_table("audit_entries", "audit_entries_unchained")
    if _postgresql():  # the key keeps its name otherwise, which the new table needs
        op.execute("ALTER INDEX pk_audit_entries RENAME TO pk_audit_entries_unchained")
    op.create_table(
        "audit_entries",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_entries"),
    )
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"])
    op.create_index("ix_audit_entries_subject", "audit_entries", ["subject"])
    op.create_table(
        "audit_checkpoints",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_checkpoints"),
    )
    _carry()
    op.drop_table("audit_entries_unchained")
    _guard()


def downgrade() -> None:
    """Keep what the entries say; chain, checkpoints and the fields that are new are lost."""
    for table in TABLES:
        _unguard(table)
    if _postgresql():
        op.execute("DROP FUNCTION audit_entries_next()")
    op.drop_table("audit_checkpoints")
    for column in ("subject", "at"):
        op.drop_index(f"ix_audit_entries_{column}", "audit_entries")
    op.rename_table("audit_entries", "audit_entries_chained")
    if _postgresql():
        op.execute("ALTER INDEX pk_audit_entries RENAME TO pk_audit_entries_chained")
    op.create_table(
        "audit_entries",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("detail", FACTS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
    )
    op.create_index("ix_audit_entries_subject", "audit_entries", ["subject"])
    _uncarry()
    op.drop_table("audit_entries_chained")
    _guard_unchained()


def _carry() -> None:
    # The canonical bytes and the hash of docs/audit.md, version 1, as they were when this was written.
    old = _table("audit_entries_unchained", "id", "at", "actor", "action", "subject", "purpose", "detail")
    pseudonym = context.config.attributes.get("pseudonym")
    prev, seq = bytes(32), 0
    for rows in _blocks(old, old.c.id):
        entries = []
        for row in rows:
            seq += 1
            of_run = row.action == "report.score"
            at = row.at.replace(tzinfo=row.at.tzinfo or UTC).astimezone(UTC)
            content = {
                "about": "run" if of_run else "household",
                "action": row.action,
                "actor": row.actor,
                "at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "case": None,
                "detail": {**row.detail, "carried": row.id},
                "outcome": "allowed",
                "purpose": row.purpose,
                "region": "",
                "role": "",
                "seq": seq,
                "sources": [],
                "subject": row.subject if of_run else pseudonym(row.subject),
                "v": 1,
            }
            packed = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
            hashed = hashlib.sha256(prev + packed).digest()
            found = {name: content[name] for name in ("seq", "actor", "action", "subject")}
            entries.append({**found, "at": row.at, "prev": prev, "content": packed, "hash": hashed})
            prev = hashed
        op.bulk_insert(_table("audit_entries", *entries[0]), entries)


def _uncarry() -> None:
    chained = _table("audit_entries_chained", "seq", "at", "content")
    for rows in _blocks(chained, chained.c.seq):
        contents = [(row, json.loads(row.content)) for row in rows]
        names = ("actor", "action", "subject", "purpose", "detail")
        entries = [{"id": row.seq, "at": row.at, **{name: said[name] for name in names}} for row, said in contents]
        op.bulk_insert(_table("audit_entries", "id", "at", *names), entries)
    if _postgresql():
        op.execute(
            "SELECT setval(pg_get_serial_sequence('audit_entries', 'id'), max(id)) FROM audit_entries HAVING max(id) > 0"
        )


def _table(name, *columns):
    types = {"at": INSTANT, "detail": FACTS, "id": sa.BigInteger(), "seq": sa.BigInteger()}
    types |= dict.fromkeys(("prev", "content", "hash"), sa.LargeBinary())
    return sa.table(name, *(sa.column(column, types.get(column, sa.String())) for column in columns))


def _blocks(table, key):
    ordered = sa.select(table).order_by(key).limit(BLOCK)
    rows = op.get_bind().execute(ordered).all()
    while rows:
        yield rows
        rows = op.get_bind().execute(ordered.where(key > rows[-1][0])).all()


def _postgresql():
    return op.get_bind().dialect.name == "postgresql"


def _guard() -> None:
    if _postgresql():
        op.execute(POSTGRESQL_NEXT)
        op.execute(
            "CREATE TRIGGER audit_entries_next BEFORE INSERT ON audit_entries "
            "FOR EACH ROW EXECUTE FUNCTION audit_entries_next()"
        )
    for table in TABLES:
        if _postgresql():
            op.execute(POSTGRESQL_KEEP.format(table=table))
            continue
        for event, condition in (("UPDATE", ""), ("DELETE", ""), ("INSERT", SQLITE_NEXT[table])):
            op.execute(SQLITE_KEEP.format(table=table, name=event.lower(), event=event, condition=condition))


def _guard_unchained() -> None:
    if _postgresql():
        op.execute(POSTGRESQL_KEEP.format(table="audit_entries"))
        return
    existing = "WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id)"
    for event, condition in (("UPDATE", ""), ("DELETE", ""), ("INSERT", existing)):
        op.execute(
            SQLITE_KEEP.format(table="audit_entries", name=event.lower(), event=event, condition=condition)
        )


def _unguard(table) -> None:
    if _postgresql():
        op.execute(f"DROP TRIGGER IF EXISTS {table}_next ON {table}")
        op.execute(f"DROP TRIGGER {table}_keep ON {table}")
        return
    for event in ("update", "delete", "insert"):
        op.execute(f"DROP TRIGGER {table}_keep_{event}")
