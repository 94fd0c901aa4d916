"""Households, authorisations, cases, runs, source states, the report index and the audit trail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

REF = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
CODE = sa.String(32)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FACTS = sa.JSON().with_variant(JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)

# The audit trail is only ever added to, whoever asks.
# An INSERT OR REPLACE of SQLite deletes without asking a trigger on DELETE: hence the one on INSERT.
SQLITE_GUARDS = tuple(
    f"CREATE TRIGGER audit_entries_keep_{event.lower()} BEFORE {event} ON audit_entries {condition} "
    "BEGIN SELECT RAISE(ABORT, 'audit entries are only ever added'); END"
    for event, condition in (
        ("UPDATE", ""),
        ("DELETE", ""),
        ("INSERT", "WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id)"),
    )
)
POSTGRESQL_REFUSE = (
    "CREATE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'audit entries are only ever added'; END $$"
)
POSTGRESQL_GUARD = (
    "CREATE TRIGGER audit_entries_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse()"
)


def upgrade() -> None:
    """Make every table."""
    _people()
    _runs()
    _audit()


def downgrade() -> None:
    """Drop every table, and with them their triggers."""
    for table in (
        "audit_entries",
        "report_index",
        "quarantined",
        "source_states",
        "stage_states",
        "current_runs",
        "runs",
        "household_changes",
        "imports",
        "cases",
        "authorisation_members",
        "authorisations",
        "members",
        "households",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_entries_refuse()")


def _people() -> None:
    op.create_table(
        "households",
        sa.Column("ref", REF, nullable=False),
        sa.Column("county", sa.String(6), nullable=False),
        sa.Column("township", sa.String(64)),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("ref", name="pk_households"),
    )
    op.create_index("ix_households_county", "households", ["county"])
    op.create_table(
        "members",
        sa.Column("ref", REF, nullable=False),
        sa.Column("household_ref", REF, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("relation", CODE, nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("resident_id", sa.LargeBinary(), nullable=False),
        sa.Column("id_index", sa.LargeBinary(), nullable=False),
        sa.Column("declared", sa.LargeBinary()),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("ref", name="pk_members"),
        sa.UniqueConstraint("household_ref", "number", name="uq_members_household_ref"),
        _key("members", "household_ref", "households.ref"),
    )
    op.create_index("ix_members_id_index", "members", ["id_index"])
    op.create_table(
        "authorisations",
        sa.Column("number", REF, nullable=False),
        sa.Column("household_ref", REF, nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("revoked_on", sa.Date()),
        sa.Column("in_force", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_authorisations"),
        _key("authorisations", "household_ref", "households.ref"),
    )
    op.create_index("ix_authorisations_household_ref", "authorisations", ["household_ref"])
    _unique_where("uq_authorisations_in_force", "authorisations", "household_ref", "in_force")
    op.create_table(
        "authorisation_members",
        sa.Column("authorisation", REF, nullable=False),
        sa.Column("member_ref", REF, nullable=False),
        sa.Column("guardian_ref", REF),
        sa.PrimaryKeyConstraint("authorisation", "member_ref", name="pk_authorisation_members"),
        _key("authorisation_members", "authorisation", "authorisations.number"),
        _key("authorisation_members", "member_ref", "members.ref"),
        _key("authorisation_members", "guardian_ref", "members.ref"),
    )
    op.create_index("ix_authorisation_members_member_ref", "authorisation_members", ["member_ref"])
    op.create_table(
        "cases",
        sa.Column("ref", REF, nullable=False),
        sa.Column("household_ref", REF, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("purpose", CODE, nullable=False),
        sa.Column("state", CODE, server_default="open", nullable=False),
        sa.PrimaryKeyConstraint("ref", name="pk_cases"),
        _key("cases", "household_ref", "households.ref"),
    )
    op.create_index("ix_cases_household_ref", "cases", ["household_ref"])
    op.create_table(
        "imports",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
    op.create_table(
        "household_changes",
        sa.Column("import_id", SERIAL, nullable=False),
        sa.Column("household_ref", REF, nullable=False),
        sa.Column("parts", sa.String(100), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "household_ref", name="pk_household_changes"),
        _key("household_changes", "import_id", "imports.id"),
        _key("household_changes", "household_ref", "households.ref"),
    )
    op.create_index("ix_household_changes_household_ref", "household_changes", ["household_ref"])


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", REF, nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("degraded", sa.Boolean()),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("published_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.UniqueConstraint("business_date", "edition", name="uq_runs_business_date"),
    )
    _unique_where("uq_runs_open", "runs", "business_date", "state = 'open'")
    op.create_table(
        "current_runs",
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("run_id", REF, nullable=False),
        sa.PrimaryKeyConstraint("business_date", name="pk_current_runs"),
        _key("current_runs", "run_id", "runs.id"),
    )
    op.create_table(
        "stage_states",
        sa.Column("run_id", REF, nullable=False),
        sa.Column("stage", REF, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.Column("detail", FACTS, server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("run_id", "stage", name="pk_stage_states"),
        _key("stage_states", "run_id", "runs.id"),
    )
    op.create_table(
        "source_states",
        sa.Column("run_id", REF, nullable=False),
        sa.Column("source", REF, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("problem", sa.String(64)),
        sa.Column("where", FACTS, server_default="{}", nullable=False),
        sa.Column("rows", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rejected", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("as_of", sa.Date()),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.PrimaryKeyConstraint("run_id", "source", name="pk_source_states"),
        _key("source_states", "run_id", "runs.id"),
    )
    op.create_table(
        "quarantined",
        sa.Column("run_id", REF, nullable=False),
        sa.Column("source", REF, nullable=False),
        sa.Column("reason", REF, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "source", "reason", name="pk_quarantined"),
        _key("quarantined", "run_id", "runs.id"),
    )
    op.create_table(
        "report_index",
        sa.Column("run_id", REF, nullable=False),
        sa.Column("household_ref", REF, nullable=False),
        sa.Column("county", sa.String(6), nullable=False),
        sa.Column("case_ref", REF, nullable=False),
        sa.Column("shard", sa.String(255), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("conclusion", CODE, nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("none", sa.Integer(), nullable=False),
        sa.Column("no_answer", sa.Integer(), nullable=False),
        sa.Column("not_authorised", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "household_ref", name="pk_report_index"),
        _key("report_index", "run_id", "runs.id"),
    )
    op.create_index("ix_report_index_household_ref", "report_index", ["household_ref"])


def _audit() -> None:
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
    if op.get_bind().dialect.name == "sqlite":
        for guard in SQLITE_GUARDS:
            op.execute(guard)
    else:
        op.execute(POSTGRESQL_REFUSE)
        op.execute(POSTGRESQL_GUARD)


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}_{target.partition('.')[0]}")


def _unique_where(name: str, table: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, [column], unique=True, sqlite_where=where, postgresql_where=where)
