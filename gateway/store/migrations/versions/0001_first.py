"""
Everything a node keeps

Revision: 0001
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Written out here, not imported: this file must make the same tables in ten years.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    _letters()
    _intake()
    _deliveries()
    _instances()
    _arrival()
    _tracking()
    _directory()
    _credentials()
    _journal()


def downgrade() -> None:
    for table in (
        *("journal_heads", "journal", "credential_agencies", "credentials", "aliases", "agencies", "nodes"),
        *("directory_versions", "duties", "fetches", "statuses", "hops", "control_out", "quarantine"),
        *("poison", "partials", "inbox", "counters", "instances", "attempts", "deliveries", "refused"),
        *("idempotency", "sameness", "parts", "letters"),
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION journal_no_change()")


def _column(name: str, kind: Any, *constraints: Any, null: bool = False, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, *constraints, nullable=null, **options)


def _text(name: str, *, null: bool = False) -> sa.Column[Any]:
    return _column(name, sa.Text(), null=null)


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [_text(name) for name in names]


def _moment(name: str, *, null: bool = False) -> sa.Column[Any]:
    return _column(name, MOMENT, null=null)


def _flag(name: str) -> sa.Column[Any]:
    return _column(name, sa.Boolean())


def _letter_id(table: str) -> sa.Column[Any]:
    """The column that names a letter of ours."""
    key = sa.ForeignKey("letters.letter_id", name=f"fk_{table}_letter_id")
    return _column("letter_id", sa.Text(), key)


def _table(name: str, *columns: Any, key: str) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key.split(), name=f"pk_{name}"))


def _numbered(name: str, *columns: Any) -> None:
    """A table whose numbers are never given twice."""
    op.create_table(
        name,
        _column("number", NUMBER),
        *columns,
        sa.PrimaryKeyConstraint("number", name=f"pk_{name}"),
        sqlite_autoincrement=True,
    )


def _index(
    name: str, table: str, columns: list[Any], where: str | None = None, *, unique: bool = False
) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _letters() -> None:
    _table(
        "letters",
        *_texts("letter_id", "origin", "kind", "sender", "routing"),
        _column("size", NUMBER),
        _column("original_size", NUMBER),
        _text("came_from", null=True),
        _column("hops", sa.Integer()),
        _moment("received_at"),
        _text("document_id"),
        _text("document_key", null=True),
        _text("code"),
        _text("code_key", null=True),
        *_texts("issue_date", "subject", "sender_name"),
        _column("priority", sa.Integer()),
        _text("status_code"),
        _text("more_facts", null=True),
        key="letter_id",
    )
    _index("ix_letters_document", "letters", ["document_key", "sender"], "document_key IS NOT NULL")
    _index("ix_letters_code", "letters", ["code_key", "sender"], "code_key IS NOT NULL")
    _table(
        "parts",
        _letter_id("parts"),
        _column("position", sa.Integer()),
        _text("name"),
        _column("size", NUMBER),
        _text("sha256"),
        _column("inline", sa.LargeBinary(), null=True),
        key="letter_id position",
    )


def _intake() -> None:
    _table(
        "sameness",
        *_texts("sameness", "recipient"),
        _letter_id("sameness"),
        _column("ended", sa.Boolean(), server_default=sa.false()),
        key="sameness recipient letter_id",
    )
    _index("ix_sameness_letter_id", "sameness", ["letter_id"])
    for dialect, condition in (("sqlite", "ended IS 0"), ("postgresql", "ended IS false")):
        if op.get_bind().dialect.name == dialect:
            _index("uq_sameness_live", "sameness", ["sameness", "recipient"], condition, unique=True)
    _table("idempotency", *_texts("caller", "key", "sha256", "answer"), _moment("at"), key="caller key")
    _numbered("refused", *_texts("caller", "code"), _column("head", sa.LargeBinary()), _moment("at"))
    _index("ix_refused_caller", "refused", ["caller", "number"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        _column("seq", NUMBER),
        _letter_id("deliveries"),
        *_texts("target", "door"),
        _text("agency", null=True),
        *_texts("kind", "lane"),
        _column("rank", sa.SmallInteger()),
        _column("size", NUMBER),
        _text("state"),
        *(_moment(name) for name in ("since", "due_at", "expires_at")),
        _column("attempts", sa.Integer()),
        _column("failures", sa.Integer()),
        _text("last_code"),
        _flag("confirmed"),
        _text("held"),
        _flag("warned"),
        _text("claimed_by", null=True),
        _column("turn", sa.SmallInteger(), null=True),
        _moment("wakes_at", null=True),
        _text("window_lane", null=True),
        _moment("deadline", null=True),
        _column("mail_number", NUMBER, null=True),
        sa.PrimaryKeyConstraint("seq", name="pk_deliveries"),
        sa.UniqueConstraint("letter_id", "target", name="uq_deliveries_letter_id_target"),
        sqlite_autoincrement=True,
    )
    for name, columns in (
        ("turn", ["door", "lane", sa.text("turn DESC"), "seq"]),
        ("wakes_at", ["door", "lane", "wakes_at"]),
        ("claimed_by", ["claimed_by"]),
        ("deadline", ["deadline"]),
    ):
        _index(f"ix_deliveries_{name}", "deliveries", columns, f"{name} IS NOT NULL")
    _index("ix_deliveries_window", "deliveries", ["door", "window_lane"], "window_lane IS NOT NULL")
    _index("ix_deliveries_mail", "deliveries", ["agency", "kind", "mail_number"], "mail_number IS NOT NULL")
    _index("ix_deliveries_counts", "deliveries", ["target", "state"])
    _table(
        "attempts",
        _column("delivery", NUMBER, sa.ForeignKey("deliveries.seq", name="fk_attempts_delivery")),
        _column("number", sa.Integer()),
        _text("claimed_by"),
        _moment("began_at"),
        _moment("ended_at", null=True),
        _text("outcome", null=True),
        _text("code", null=True),
        key="delivery number",
    )


def _instances() -> None:
    _table(
        "instances", _text("name"), _column("life", sa.Integer()), _moment("beat_at", null=True), key="name"
    )
    _table("counters", _text("name"), _column("value", NUMBER), key="name")


def _arrival() -> None:
    _table(
        "inbox",
        *_texts("origin", "letter_id", "neighbour", "state"),
        _column("manifest", sa.LargeBinary(), null=True),
        *_texts("manifest_sha256", "code"),
        _moment("changed_at"),
        key="origin letter_id",
    )
    _table(
        "partials",
        *_texts("origin", "letter_id"),
        _column("part", sa.Integer()),
        _text("ranges"),
        key="origin letter_id part",
    )
    _table(
        "poison",
        *_texts("origin", "letter_id", "frame"),
        _column("times", sa.Integer()),
        _moment("last_at"),
        key="origin letter_id frame",
    )
    _numbered(
        "quarantine",
        _moment("at"),
        *_texts("neighbour", "lane", "code", "letter_id"),
        _column("data", sa.LargeBinary()),
    )
    _numbered("control_out", *_texts("neighbour", "body"), _moment("at"))
    _index("ix_control_out_neighbour", "control_out", ["neighbour", "number"])


def _tracking() -> None:
    _table(
        "hops",
        _letter_id("hops"),
        *_texts("node", "target", "state"),
        _moment("at"),
        _text("code"),
        _moment("next_try_at", null=True),
        key="letter_id node target state at",
    )
    _table(
        "statuses",
        _letter_id("statuses"),
        *_texts("status_letter_id", "recipient", "code", "reported_at"),
        _moment("arrived_at"),
        *_texts("description", "staff"),
        key="letter_id status_letter_id recipient",
    )
    _table(
        "fetches",
        _letter_id("fetches"),
        _text("agency"),
        _moment("first_at"),
        _moment("last_at"),
        _column("times", sa.Integer()),
        key="letter_id agency",
    )
    _numbered("duties", _text("kind"), _letter_id("duties"), *_texts("target", "code"), _moment("at"))


def _directory() -> None:
    _numbered("directory_versions", _column("version", sa.Integer()), _moment("set_at"))
    place = {"autoincrement": False}
    _table(
        "nodes",
        _column("position", sa.Integer(), **place),
        *_texts("id", "parent", "name", "level", "organ_code", "organ_name", "organ_address"),
        key="position",
    )
    _table(
        "agencies",
        _column("position", sa.Integer(), **place),
        *_texts("code", "name", "node", "parent", "tier"),
        _column("valid_from", sa.Date(), null=True),
        _column("valid_to", sa.Date(), null=True),
        _text("successor"),
        _flag("locked"),
        _flag("sends_arrived"),
        _text("delivery"),
        _column("version", sa.Integer()),
        key="position",
    )
    agency = sa.ForeignKey("agencies.position", name="fk_aliases_agency")
    _table(
        "aliases",
        _column("agency", sa.Integer(), agency, **place),
        _column("position", sa.Integer(), **place),
        _text("alias"),
        key="agency position",
    )


def _credentials() -> None:
    _table(
        "credentials",
        *_texts("key_id", "key_hash", "label"),
        _flag("locked"),
        _flag("is_operator"),
        _moment("added_at"),
        sa.UniqueConstraint("key_hash", name="uq_credentials_key_hash"),
        key="key_id",
    )
    key = sa.ForeignKey("credentials.key_id", name="fk_credential_agencies_key_id")
    _table("credential_agencies", _column("key_id", sa.Text(), key), _text("agency"), key="key_id agency")


def _journal() -> None:
    _table(
        "journal",
        _text("writer"),
        _column("number", NUMBER, autoincrement=False),
        _moment("at"),
        *_texts("event", "letter_id", "target", "code", "detail", "sha256"),
        key="writer number",
    )
    _table("journal_heads", _text("writer"), _column("number", NUMBER), _text("sha256"), key="writer")
    refusal = "the journal is only appended to"
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER journal_no_{what.lower()} BEFORE {what} ON journal"
                f" BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION journal_no_change() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{refusal}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON journal"
        " FOR EACH STATEMENT EXECUTE FUNCTION journal_no_change()"
    )
