"""
What passed in each hour, so that figures of a day or a month need no look at the letters

Revision: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Written out here, not imported: this file must make the same tables in ten years.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "hourly_figures",
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("hour", MOMENT, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("last_code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("link", "figure", "hour", name="pk_hourly_figures"),
    )


def downgrade() -> None:
    op.drop_table("hourly_figures")
