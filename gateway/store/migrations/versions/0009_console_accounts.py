"""
Accounts and sessions of the console, and who opened the content of an agency's letters

Revision: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

# Written out here, not imported: this file must make the same tables in ten years.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "console_accounts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text()),
        sa.Column("reads_content", sa.Boolean(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sealed_totp", sa.Text(), nullable=False),
        sa.Column("sealed_new_totp", sa.Text(), nullable=False),
        sa.Column("totp_step", NUMBER, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", MOMENT),
        sa.Column("last_login_at", MOMENT),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_console_accounts"),
    )
    op.create_index(
        "uq_console_accounts_subject",
        "console_accounts",
        ["subject"],
        unique=True,
        sqlite_where=sa.text("subject != ''"),
        postgresql_where=sa.text("subject != ''"),
    )
    op.create_table(
        "console_sessions",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("needs_code", sa.Boolean(), nullable=False),
        sa.Column("is_strong", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_console_sessions"),
        sa.ForeignKeyConstraint(["account"], ["console_accounts.name"], name="fk_console_sessions_account"),
    )
    op.create_index("ix_console_sessions_account", "console_sessions", ["account"])
    op.create_index(
        "ix_journal_opened",
        "journal",
        ["writer", "target", "number"],
        sqlite_where=sa.text("event = 'console.content_opened'"),
        postgresql_where=sa.text("event = 'console.content_opened'"),
    )


def downgrade() -> None:
    op.drop_index("ix_journal_opened", "journal")
    op.drop_table("console_sessions")
    op.drop_table("console_accounts")
