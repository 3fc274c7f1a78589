"""
Which letters their senders want back, so that one that comes after its 13 is stopped

Revision: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Written out here, not imported: this file must make the same tables in ten years.
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "take_backs",
        sa.Column("letter_id", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("status_letter_id", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("letter_id", "recipient", name="pk_take_backs"),
    )
    op.create_index("ix_take_backs_expires_at", "take_backs", ["expires_at"])


def downgrade() -> None:
    op.drop_table("take_backs")
