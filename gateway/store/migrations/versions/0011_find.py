"""
Words by which letters are found, deliveries in trouble by their cause, and what is done with a group of them

Revision: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Written out here, not imported: this file must make the same tables in ten years.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "letter_words",
        sa.Column("word", sa.Text(), nullable=False),
        _letter("letter_words"),
        sa.PrimaryKeyConstraint("word", "letter_id", name="pk_letter_words"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "words_owed",
        _letter("words_owed"),
        sa.PrimaryKeyConstraint("letter_id", name="pk_words_owed"),
    )
    op.create_table(
        "repairs",
        sa.Column("number", NUMBER, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("action", "trouble", "code", "target")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("asked_by", "reason", "state")),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("runs_at", MOMENT),
        sa.Column("last_seq", NUMBER, nullable=False),
        sa.Column("reached", NUMBER, nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_repairs"),
        sqlite_autoincrement=True,
    )
    _sparse("ix_repairs_runs_at", "repairs", ["runs_at"], "runs_at IS NOT NULL")
    # the release before goes on writing deliveries without it
    op.add_column("deliveries", sa.Column("trouble", sa.Text()))
    op.execute("UPDATE deliveries SET trouble = state WHERE state IN ('held', 'quarantined')")
    op.execute(
        "UPDATE deliveries SET trouble = 'retrying'"
        " WHERE state IN ('queued', 'trying', 'sent') AND last_code <> ''"
    )
    _sparse(
        "ix_deliveries_trouble",
        "deliveries",
        ["trouble", "last_code", "target", "seq"],
        "trouble IS NOT NULL",
    )
    op.execute("INSERT INTO words_owed (letter_id) SELECT letter_id FROM letters")


def downgrade() -> None:
    op.drop_index("ix_deliveries_trouble", "deliveries")
    op.drop_column("deliveries", "trouble")
    op.drop_table("repairs")
    op.drop_table("words_owed")
    op.drop_table("letter_words")


def _letter(table: str) -> sa.Column[str]:
    key = sa.ForeignKey("letters.letter_id", name=f"fk_{table}_letter_id")
    return sa.Column("letter_id", sa.Text(), key, nullable=False)


def _sparse(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
