"""
Sums for reports by day and month, and which duties they have counted

Revision: 0014
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

# Written out here, not imported: this file must make the same tables in ten years.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
NAMES = (
    "sent",
    "sent_on_paper",
    "sent_urgent",
    "received",
    "received_on_paper",
    "refused",
    "came_back",
    "sent_met",
    "sent_late",
    "sent_no_data",
    "told_met",
    "told_late",
    "told_no_data",
    "presented_met",
    "presented_late",
    "presented_no_data",
    "handled_met",
    "handled_late",
    "handled_no_data",
)


def _table(name: str, *columns: sa.Column[Any], more_key: tuple[str, ...] = ()) -> None:
    key = ("span", "first", "agency", "level", *more_key)
    op.create_table(
        name,
        sa.Column("span", sa.Text(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"),
    )


def upgrade() -> None:
    _table("statistics", *(sa.Column(name, NUMBER, nullable=False) for name in NAMES))
    _table(
        "refusal_counts",
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        more_key=("side", "reason"),
    )
    _table(
        "delivery_times",
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        more_key=("place",),
    )
    op.create_table(
        "paper_only",
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("reported_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("agency", "month", name="pk_paper_only"),
    )
    op.add_column("deadlines", sa.Column("judged", sa.Text()))
    op.create_index(
        "ix_deadlines_unjudged",
        "deadlines",
        ["due_at"],
        sqlite_where=sa.text("judged IS NULL"),
        postgresql_where=sa.text("judged IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_deadlines_unjudged", "deadlines")
    op.drop_column("deadlines", "judged")
    for name in ("paper_only", "delivery_times", "refusal_counts", "statistics"):
        op.drop_table(name)
