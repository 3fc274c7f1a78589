"""
The last use of each key, tries to log in by address, and reports that are mailed

Revision: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None

# Written out here, not imported: this file must make the same tables in ten years.
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "key_uses",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("software", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name="pk_key_uses"),
    )
    op.create_table(
        "login_tries",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", MOMENT),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("right_at", MOMENT),
        sa.ForeignKeyConstraint(["account"], ["console_accounts.name"], name="fk_login_tries_account"),
        sa.PrimaryKeyConstraint("account", "place", name="pk_login_tries"),
    )
    op.create_table(
        "report_mails",
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("owed_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("period", "address", name="pk_report_mails"),
    )


def downgrade() -> None:
    op.drop_table("report_mails")
    op.drop_table("login_tries")
    op.drop_table("key_uses")
