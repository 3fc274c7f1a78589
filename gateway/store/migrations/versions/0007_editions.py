"""
Signed changes of the directory that come over the axis

Revision: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Written out here, not imported: this file must make the same tables in ten years.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    # Added with a default: the release before goes on writing these rows.
    signer = sa.Column("signer", sa.Text(), nullable=False, server_default=sa.text("''"))
    op.add_column("prepared_directories", signer)
    for name in ("edition", "judged"):
        column = sa.Column(name, NUMBER, nullable=False, server_default=sa.text("0"))
        op.add_column("prepared_directories", column)
    op.create_table(
        "editions",
        sa.Column("signer", sa.Text(), nullable=False),
        sa.Column("edition", NUMBER, nullable=False),
        *_texts("sha256", "came_from", "state", "refused"),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("seal_size", NUMBER, nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("sheet", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("signer", "edition", name="pk_editions"),
    )
    op.create_table(
        "edition_faults",
        sa.Column("neighbour", sa.Text(), nullable=False),
        sa.Column("signer", sa.Text(), nullable=False),
        sa.Column("edition", NUMBER, nullable=False),
        *_texts("sha256", "code", "detail"),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("neighbour", "signer", "edition", name="pk_edition_faults"),
    )


def downgrade() -> None:
    op.drop_table("edition_faults")
    op.drop_table("editions")
    for name in ("judged", "edition", "signer"):
        op.drop_column("prepared_directories", name)
