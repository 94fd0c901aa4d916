"""Grants of roles and break-glass; on PostgreSQL row-level security, so that the database itself keeps the scope."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

from catalogue.problems import Stop

revision = "0004"
down_revision = "0003"

REF = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

# What a grant and a request say when they are made stays; only how they end, and an approval, are added, once.
KEPT = {
    "grants": ("id", "actor", "role", "region", "granted_by", "granted_at"),
    "break_glass": ("id", "actor", "household_ref", "reason", "case_ref", "requested_at"),
}
ONCE = {"grants": ("ended_by", "ended_at"), "break_glass": ("approved_by", "approved_at", "expires_at", "ended_by", "ended_at")}

READER = "hedui_reader"
# A household's rows are seen where the household is; what hangs on one, where that household is seen.
# The regions that hold a place are written out, so that a name is compared as a whole; a township of none is no region.
OWN = (
    "ARRAY[left(county, 2), left(county, 4), county::text, county || '/' || township] && (SELECT hedui_regions()) "
    "OR ref = ANY ((SELECT hedui_opened())::text[])"
)
# Not EXISTS, of which PostgreSQL may first gather all households that are seen, to show one row.
OF_HOUSEHOLD = "(SELECT true FROM households AS h WHERE h.ref = household_ref)"
POLICIES = {
    "households": OWN,
    "members": OF_HOUSEHOLD,
    "authorisations": OF_HOUSEHOLD,
    "authorisation_members": "(SELECT true FROM members AS m WHERE m.ref = member_ref)",
    "cases": OF_HOUSEHOLD,
    "household_changes": OF_HOUSEHOLD,
    "report_index": OF_HOUSEHOLD,
    "report_batches": (
        "EXISTS (SELECT 1 FROM report_index AS i WHERE i.run_id = report_batches.run_id "
        "AND i.county = report_batches.county)"
    ),
}
# Nothing about a person: the same for every reader.
OPEN = ("runs", "current_runs", "stage_states", "source_states", "quarantined", "vault_state")

# They run as the owner, so that readers see no grant. Each is called once a statement, not once a row.
FUNCTIONS = (
    """
    CREATE FUNCTION hedui_regions() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {path} AS $$
        SELECT CASE
            WHEN coalesce(current_setting('hedui.actor', true), '') = '' THEN '{{}}'
            WHEN NOT EXISTS (SELECT 1 FROM grants) THEN '{{32}}'  -- the demo: nobody was given anything yet
            ELSE coalesce(
                (
                    SELECT array_agg(region::text) FROM grants
                    WHERE actor = current_setting('hedui.actor', true)
                    AND ended_at IS NULL AND role IN ('reviewer', 'caseworker')
                ),
                '{{}}'
            )
        END::text[]
    $$
    """,
    """
    CREATE FUNCTION hedui_opened() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {path} AS $$
        SELECT CASE
            WHEN hedui_regions() = '{{}}' THEN '{{}}'  -- break-glass is for who reads elsewhere, and still does
            ELSE coalesce(
                (
                    SELECT array_agg(household_ref::text) FROM break_glass
                    WHERE actor = current_setting('hedui.actor', true)
                    AND approved_at <= now() AND expires_at > now() AND ended_at IS NULL
                ),
                '{{}}'
            )
        END::text[]
    $$
    """,
)
FUNCTION_NAMES = ("hedui_opened()", "hedui_regions()")

MAKE_ROLE = f"""
    DO $$ BEGIN
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{READER}') THEN
            BEGIN
                CREATE ROLE {READER} NOLOGIN;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server was faster
            END;
        END IF;
        -- From PostgreSQL 16 on, who makes a role may give it to itself but does not hold it yet.
        IF NOT pg_has_role(
            current_user, '{READER}', CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END
        ) THEN
            EXECUTE 'GRANT {READER} TO ' || quote_ident(current_user);
        END IF;
    END $$
"""
BECOME = f"SET LOCAL ROLE {READER}"


def upgrade() -> None:
    """Make the tables; on PostgreSQL the role, its rights and the policies."""
    op.create_table(
        "grants",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("region", sa.String(80), nullable=False),
        sa.Column("granted_by", sa.String(128), nullable=False),
        sa.Column("granted_at", INSTANT, nullable=False),
        sa.Column("ended_by", sa.String(128)),
        sa.Column("ended_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
    )
    held = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_grants_live", "grants", ["actor", "role", "region"], unique=True, sqlite_where=held, postgresql_where=held
    )
    op.create_table(
        "break_glass",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("household_ref", REF, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("case_ref", REF, nullable=False),
        sa.Column("requested_at", INSTANT, nullable=False),
        sa.Column("approved_by", sa.String(128)),
        sa.Column("approved_at", INSTANT),
        sa.Column("expires_at", INSTANT),
        sa.Column("ended_by", sa.String(128)),
        sa.Column("ended_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_break_glass"),
    )
    op.create_index("ix_break_glass_actor", "break_glass", ["actor"])
    op.create_index("ix_report_index_run_id_county", "report_index", ["run_id", "county"])
    if _postgresql():
        _keep_on_postgresql()
        _wall()
    else:
        _keep_on_sqlite()


def downgrade() -> None:
    """Forget who held what. The role stays: other databases of the server may use it."""
    if _postgresql():
        for table in POLICIES:
            op.execute(f"DROP POLICY hedui_reads ON {table}")
            op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        for function in FUNCTION_NAMES:
            op.execute(f"DROP FUNCTION {function}")
        for table in (*POLICIES, *OPEN):
            op.execute(f"REVOKE ALL ON {table} FROM {READER}")
        op.execute(f"REVOKE ALL ON SCHEMA {_schema()} FROM {READER}")
    op.drop_index("ix_report_index_run_id_county", "report_index")
    op.drop_table("break_glass")
    op.drop_table("grants")
    if _postgresql():
        op.execute("DROP FUNCTION hedui_access_keep()")


def _wall() -> None:
    _make_role()
    schema = _schema()
    for function in FUNCTIONS:
        op.execute(function.format(path=f"pg_catalog, {schema}, pg_temp"))
    for function in FUNCTION_NAMES:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {READER}")
    op.execute(f"GRANT USAGE ON SCHEMA {schema} TO {READER}")
    for table in (*POLICIES, *OPEN):
        op.execute(f"GRANT SELECT ON {table} TO {READER}")
    for table, rule in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY hedui_reads ON {table} FOR SELECT TO {READER} USING ({rule})")


def _make_role() -> None:
    # The role belongs to the whole server: another database may have made it. Without it there is no second wall, and
    # nothing goes on as if there were.
    connection = op.get_bind()
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(MAKE_ROLE)
            connection.exec_driver_sql(BECOME)
            connection.exec_driver_sql("RESET ROLE")
    except DBAPIError as error:
        owner = connection.scalar(sa.text("SELECT current_user"))
        raise Stop("registry-no-reader", role=READER, owner=owner, kind=type(error.orig).__name__) from None


def _keep_on_sqlite() -> None:
    for table, kept in KEPT.items():
        changed = [f"NEW.{column} IS NOT OLD.{column}" for column in kept]
        changed += [f"(OLD.{c} IS NOT NULL AND NEW.{c} IS NOT OLD.{c})" for c in ONCE[table]]
        for event, when in (("DELETE", ""), ("UPDATE", f"WHEN {' OR '.join(changed)}")):
            op.execute(
                f"CREATE TRIGGER {table}_keep_{event.lower()} BEFORE {event} ON {table} {when} "
                "BEGIN SELECT RAISE(ABORT, 'what was granted stays on file'); END"
            )


def _keep_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION hedui_access_keep() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'what was granted stays on file'; END $$"
    )
    for table, kept in KEPT.items():
        changed = [f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in kept]
        changed += [f"(OLD.{c} IS NOT NULL AND NEW.{c} IS DISTINCT FROM OLD.{c})" for c in ONCE[table]]
        op.execute(
            f"CREATE TRIGGER {table}_keep_update BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({' OR '.join(changed)}) "
            "EXECUTE FUNCTION hedui_access_keep()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_keep BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION hedui_access_keep()"
        )


def _schema():
    return op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))


def _postgresql():
    return op.get_bind().dialect.name == "postgresql"
