"""
What the directory says of an agency's system, and changes of it that wait for their day

Revision: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Written out here, not imported: this file must make the same tables in ten years.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

# Added with a default: the release before goes on writing these rows.
LATER_TEXTS = ("types", "certificates")


def upgrade() -> None:
    size = sa.Column("max_size", NUMBER, nullable=False, server_default=sa.text("0"))
    op.add_column("agencies", size)
    for name in LATER_TEXTS:
        op.add_column("agencies", sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_table(
        "prepared_directories",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("in_force_on", sa.Date(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("refused", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_prepared_directories"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("prepared_directories")
    for name in ("max_size", *LATER_TEXTS):
        op.drop_column("agencies", name)
