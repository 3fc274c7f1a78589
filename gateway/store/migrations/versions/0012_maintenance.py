"""
Links that are held for maintenance, when neighbours were last heard, and the certificates of their seals

Revision: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Written out here, not imported: this file must make the same tables in ten years.
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "maintenance",
        sa.Column("neighbour", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("neighbour", name="pk_maintenance"),
    )
    op.create_table(
        "heard",
        sa.Column("neighbour", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("protocols", sa.Text(), nullable=False),
        sa.Column("hello_at", MOMENT),
        sa.PrimaryKeyConstraint("neighbour", name="pk_heard"),
    )
    op.create_table(
        "seal_certificates",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("node", name="pk_seal_certificates"),
    )
    op.create_index("ix_fetches_agency", "fetches", ["agency", "last_at"])


def downgrade() -> None:
    op.drop_index("ix_fetches_agency", "fetches")
    op.drop_table("seal_certificates")
    op.drop_table("heard")
    op.drop_table("maintenance")
