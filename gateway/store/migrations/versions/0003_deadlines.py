"""
What is due when at the agencies of this node, and which word of it is told next

Revision: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Written out here, not imported: this file must make the same tables in ten years.
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "deadlines",
        sa.Column(
            "letter_id",
            sa.Text(),
            sa.ForeignKey("letters.letter_id", name="fk_deadlines_letter_id"),
            nullable=False,
        ),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("next_word", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("letter_id", "agency", "what", name="pk_deadlines"),
    )
    waits = sa.text("next_word IS NOT NULL")
    op.create_index(
        "ix_deadlines_next_word",
        "deadlines",
        ["next_word", "due_at"],
        sqlite_where=waits,
        postgresql_where=waits,
    )


def downgrade() -> None:
    op.drop_table("deadlines")
