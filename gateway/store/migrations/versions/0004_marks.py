"""
What letters belong to (tasks, dossiers, answered documents), and how often a hop was tried

Revision: 0004
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

AT_ONCE = 1000  # letters read at a time: a node may hold millions


def upgrade() -> None:
    # the release before goes on writing hops without it
    op.add_column("hops", sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")))
    taken = sa.text("state = 'taken'")
    op.create_index(
        "ix_hops_taken", "hops", ["node", "target", "at"], sqlite_where=taken, postgresql_where=taken
    )
    op.create_table(
        "marks",
        sa.Column(
            "letter_id",
            sa.Text(),
            sa.ForeignKey("letters.letter_id", name="fk_marks_letter_id"),
            nullable=False,
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("letter_id", "kind", "key", name="pk_marks"),
    )
    op.create_index("ix_marks_key", "marks", ["key", "kind", "letter_id"])
    _mark_what_answers()


def downgrade() -> None:
    op.drop_table("marks")
    op.drop_index("ix_hops_taken", "hops")
    op.drop_column("hops", "attempts")


def _mark_what_answers() -> None:
    """Of letters that are here already only what they answer was kept beside their bytes."""
    bind = op.get_bind()
    letters = _named("letters", "letter_id", "kind", "more_facts")
    marks = _named("marks", "letter_id", "kind", "key")
    last = ""
    while True:
        found = bind.execute(
            sa.select(letters.c.letter_id, letters.c.more_facts)
            .where(
                letters.c.kind == "document",
                letters.c.more_facts.is_not(None),
                letters.c.letter_id > last,
            )
            .order_by(letters.c.letter_id)
            .limit(AT_ONCE)
        ).all()
        if not found:
            return
        last = found[-1].letter_id
        rows = [row for letter_id, facts in found for row in _rows(letter_id, json.loads(facts))]
        if rows:
            bind.execute(marks.insert(), rows)


def _named(table: str, *columns: str) -> sa.TableClause:
    return sa.table(table, *(sa.column(name, sa.Text()) for name in columns))


def _rows(letter_id: str, facts: dict[str, Any]) -> Iterator[dict[str, str]]:
    texts = [text for _, code, document_id, _ in facts.get("in_reply_to", ()) for text in (code, document_id)]
    for key in sorted({_key(text) for text in texts if len(text) <= 200} - {""}):
        yield {"letter_id": letter_id, "kind": "reply", "key": key}


def _key(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split()).casefold()
