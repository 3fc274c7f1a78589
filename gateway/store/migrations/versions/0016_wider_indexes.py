"""
Kind and urgency in indexes: documents of a period, and of a mailbox, are counted without a look at each

Revision: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SENT = ("ix_letters_sent", "letters", ["sender", "received_at"], "came_from IS NULL")
OFFERED = (
    "ix_deliveries_offered_at",
    "deliveries",
    ["agency", "offered_at", "offered_number"],
    "offered_at IS NOT NULL",
)
MAIL = ("ix_deliveries_mail", "deliveries", ["agency", "kind", "mail_number"], "mail_number IS NOT NULL")
ADDED = ((SENT, "kind"), (OFFERED, "kind"), (MAIL, "rank"))


def upgrade() -> None:
    for index, column in ADDED:
        _make_anew(*index, column)


def downgrade() -> None:
    for index, _ in ADDED:
        _make_anew(*index)


def _make_anew(name: str, table: str, columns: list[str], condition: str, *further: str) -> None:
    where = sa.text(condition)
    op.drop_index(name, table)
    op.create_index(name, table, [*columns, *further], sqlite_where=where, postgresql_where=where)
