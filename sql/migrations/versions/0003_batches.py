"""Batches of sealed reports, what none may be sealed with, and the households whose reports are to be destroyed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

REF = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables. Reports of earlier builds have no batch: their runs stay on record, and open no more."""
    op.create_table(
        "report_batches",
        sa.Column("run_id", REF, nullable=False),
        sa.Column("county", sa.String(6), nullable=False),
        sa.Column("folder", sa.String(255), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("signer", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "county", name="pk_report_batches"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_report_batches_run_id_runs"),
    )
    op.create_table(
        "vault_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vault_state"),
    )
    op.create_table(
        "revoked_signers",
        sa.Column("key_id", sa.LargeBinary(), nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key_id", name="pk_revoked_signers"),
    )
    op.create_table(
        "shreddings",
        sa.Column("household_ref", REF, nullable=False),
        sa.Column("requested_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.PrimaryKeyConstraint("household_ref", name="pk_shreddings"),
    )


def downgrade() -> None:
    """Forget them: what was sealed in batches opens no more."""
    for table in ("shreddings", "revoked_signers", "vault_state", "report_batches"):
        op.drop_table(table)
