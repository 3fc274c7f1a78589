"""
What the agencies' doors ask for: who may come how, what came when, who is told

Revision: 0002
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Written out here, not imported: this file must make the same tables in ten years.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

# What later releases know is added with a default or as NULL: the release before goes on writing these rows.
LATER_TEXTS = {
    "letters": ("original_sha256",),
    "agencies": ("mail", "telephone", "fax"),
    "credentials": ("system_id", "sealed_secret", "certificate", "replaces"),
}


def upgrade() -> None:
    for table, names in LATER_TEXTS.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))
    _credentials()
    _agreed()
    _letters()
    _deliveries()
    _tracking()
    _notices()


def downgrade() -> None:
    for table in ("notices", "subscriptions", "words", "used", "ways"):
        op.drop_table(table)
    for index, table in (
        ("ix_hops_returned", "hops"),
        ("ix_deliveries_offered", "deliveries"),
        ("ix_deliveries_offered_at", "deliveries"),
        ("ix_deliveries_counts", "deliveries"),
        ("ix_letters_sent", "letters"),
        ("ix_letters_original_sha256", "letters"),
        ("ix_credentials_system_id", "credentials"),
    ):
        op.drop_index(index, table)
    op.create_index("ix_deliveries_counts", "deliveries", ["target", "state"])
    for table, names in LATER_TEXTS.items():
        for name in names:
            op.drop_column(table, name)
    for table, name in (
        ("deliveries", "offered_at"),
        ("deliveries", "offered_number"),
        ("credentials", "may_register"),
        ("credentials", "ends_at"),
    ):
        op.drop_column(table, name)


def _column(name: str, kind: Any, *constraints: Any, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, *constraints, nullable=null)


def _text(name: str) -> sa.Column[Any]:
    return _column(name, sa.Text())


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [_text(name) for name in names]


def _moment(name: str, *, null: bool = False) -> sa.Column[Any]:
    return _column(name, MOMENT, null=null)


def _letter_id(table: str, *, null: bool = False) -> sa.Column[Any]:
    """The column that names a letter of ours."""
    key = sa.ForeignKey("letters.letter_id", name=f"fk_{table}_letter_id")
    return _column("letter_id", sa.Text(), key, null=null)


def _table(name: str, *columns: Any, key: str) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key.split(), name=f"pk_{name}"))


def _numbered(name: str, *columns: Any) -> None:
    """A table whose numbers are never given twice."""
    key = sa.PrimaryKeyConstraint("number", name=f"pk_{name}")
    op.create_table(name, _column("number", NUMBER), *columns, key, sqlite_autoincrement=True)


def _index(name: str, table: str, columns: list[str], where: str | None = None) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def _credentials() -> None:
    op.add_column("credentials", _moment("ends_at", null=True))
    op.add_column(
        "credentials", sa.Column("may_register", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    _index("ix_credentials_system_id", "credentials", ["system_id"])


def _agreed() -> None:
    _table("ways", *_texts("way", "agency", "settings"), _moment("set_at"), key="way agency")
    _table(
        "used",
        _text("agency"),
        _column("day", sa.Date()),
        _column("letters", NUMBER),
        _column("bytes", NUMBER),
        key="agency day",
    )


def _letters() -> None:
    label, key = sa.column("routing", sa.Text()), "original_sha256"
    if op.get_bind().dialect.name == "sqlite":
        digest = sa.func.json_extract(label, f"$.{key}")
    else:
        digest = sa.func.json_extract_path_text(sa.cast(label, sa.JSON()), key)
    letters = sa.table("letters", sa.column(key, sa.Text()))
    op.execute(letters.update().values({key: sa.func.coalesce(digest, "")}))
    _index("ix_letters_original_sha256", "letters", ["original_sha256"])
    _index("ix_letters_sent", "letters", ["sender", "received_at"], "came_from IS NULL")


def _deliveries() -> None:
    op.add_column("deliveries", _column("offered_number", NUMBER, null=True))
    op.add_column("deliveries", _moment("offered_at", null=True))
    _number_what_was_offered()
    offered, moment = "offered_number IS NOT NULL", "offered_at IS NOT NULL"
    _index("ix_deliveries_offered", "deliveries", ["agency", "kind", "offered_number"], offered)
    _index("ix_deliveries_offered_at", "deliveries", ["agency", "offered_at", "offered_number"], moment)
    op.drop_index("ix_deliveries_counts", "deliveries")
    _index("ix_deliveries_counts", "deliveries", ["target", "state", "since"])


def _number_what_was_offered() -> None:
    """
    Give what ever lay at an agency's door its place, in the order in which the deliveries were made.

    The numbers under which they were listed are forgotten once they are acknowledged; when they were offered
    is known from the attempts. New places come after these: the counter of the mailboxes is moved on.
    """
    op.execute(
        """
        UPDATE deliveries SET offered_number = found.place, offered_at = found.at
        FROM (
            SELECT d.seq AS seq, coalesce(tried.at, d.since) AS at,
                row_number() OVER (ORDER BY d.seq) AS place
            FROM deliveries AS d LEFT JOIN (
                SELECT delivery, min(ended_at) AS at FROM attempts
                WHERE outcome IN ('offered', 'acknowledged') GROUP BY delivery
            ) AS tried ON tried.delivery = d.seq
            WHERE d.agency IS NOT NULL AND (d.state IN ('waiting', 'delivered') OR tried.at IS NOT NULL)
        ) AS found
        WHERE deliveries.seq = found.seq
        """
    )
    bind = op.get_bind()
    last = bind.execute(sa.text("SELECT max(offered_number) FROM deliveries")).scalar()
    if last is None:
        return
    given = bind.execute(sa.text("SELECT value FROM counters WHERE name = 'mail'")).scalar()
    if given is None:
        bind.execute(sa.text("INSERT INTO counters (name, value) VALUES ('mail', :last)"), {"last": last})
    elif given < last:
        bind.execute(sa.text("UPDATE counters SET value = :last WHERE name = 'mail'"), {"last": last})


def _tracking() -> None:
    _index("ix_hops_returned", "hops", ["at", "letter_id"], "state = 'returned'")
    _table(
        "words",
        _letter_id("words"),
        *_texts("agency", "word", "detail"),
        _moment("at"),
        key="letter_id agency",
    )


def _notices() -> None:
    _numbered(
        "subscriptions",
        *_texts("id", "agency", "channel", "address", "occasions", "label"),
        _column("is_active", sa.Boolean()),
        _column("shows_subject", sa.Boolean()),
        *_texts("sealed_secret", "sealed_former"),
        _moment("former_ends_at", null=True),
        _column("is_removed", sa.Boolean()),
        sa.UniqueConstraint("id", name="uq_subscriptions_id"),
    )
    _index("ix_subscriptions_agency", "subscriptions", ["agency"])
    key = sa.ForeignKey("subscriptions.number", name="fk_notices_subscription")
    once = ("subscription", "letter_id", "occasion")
    _numbered(
        "notices",
        _column("subscription", NUMBER, key),
        *_texts("agency", "channel", "occasion"),
        _letter_id("notices", null=True),
        _moment("at"),
        _text("state"),
        _moment("due_at", null=True),
        _column("attempts", sa.Integer()),
        *_texts("code", "detail"),
        sa.UniqueConstraint(*once, name="uq_notices_subscription_letter_id_occasion"),
    )
    _index("ix_notices_agency", "notices", ["agency", "number"])
    _index("ix_notices_due", "notices", ["channel", "due_at"], "due_at IS NOT NULL")
    _index("ix_notices_dead", "notices", ["number"], "state = 'dead'")
