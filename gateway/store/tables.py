"""
Every table of the store, defined once for SQLite and PostgreSQL.

Three columns of `deliveries` exist only so that finding work costs the same among a thousand and among a
million letters: each is NULL unless the row is what its question asks for, and its index holds no NULLs
(see `rows.schedule`, the one place that sets them). Numbers that outlive their row are never given twice
(AUTOINCREMENT): a late `control_sent` must not forget another message.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    DDL,
    Boolean,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    event,
    false,
)

from gateway.store.columns import Moment, Number

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _texts(*names: str) -> list[Column[str]]:
    return [Column(name, Text, nullable=False) for name in names]


def _letter_id(*, primary_key: bool = False) -> Column[str]:
    return Column("letter_id", Text, ForeignKey("letters.letter_id"), nullable=False, primary_key=primary_key)


# --- letters -------------------------------------------------------------------------------------

letters = Table(
    "letters",
    metadata,
    Column("letter_id", Text, primary_key=True),
    *_texts("origin", "kind", "sender"),
    Column("routing", Text, nullable=False),  # routing.json as this release writes it
    Column("size", Number, nullable=False),  # of what crosses a link
    Column("original_size", Number, nullable=False),  # of what an agency fetches
    Column("came_from", Text),
    Column("hops", Integer, nullable=False),
    Column("received_at", Moment, nullable=False),
    # what a mailbox shows and a status finds a document by; empty for letters that only pass through
    Column("document_id", Text, nullable=False),
    Column("document_key", Text),  # as people compare it (rows.search_key); NULL if there is none
    Column("code", Text, nullable=False),
    Column("code_key", Text),
    *_texts("issue_date", "subject", "sender_name"),
    Column("priority", Integer, nullable=False),
    Column("status_code", Text, nullable=False),
    Column("more_facts", Text),  # the facts that have no column of their own, as JSON
)
_found_by_document = Index(
    "ix_letters_document",
    letters.c.document_key,
    letters.c.sender,
    sqlite_where=letters.c.document_key.is_not(None),
    postgresql_where=letters.c.document_key.is_not(None),
)
_found_by_code = Index(
    "ix_letters_code",
    letters.c.code_key,
    letters.c.sender,
    sqlite_where=letters.c.code_key.is_not(None),
    postgresql_where=letters.c.code_key.is_not(None),
)

parts = Table(
    "parts",
    metadata,
    _letter_id(primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("size", Number, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("inline", LargeBinary),  # NULL: the bytes are in the blob of that digest
)

sameness = Table(
    "sameness",
    metadata,
    Column("sameness", Text, primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("letter_id", Text, ForeignKey("letters.letter_id"), primary_key=True, index=True),
    Column("ended", Boolean, nullable=False, server_default=false()),  # for this recipient it came to nothing
)
# Two equal letters taken by two instances at once: the second breaks this, looks again and finds the first.
_one_live = Index(
    "uq_sameness_live",
    sameness.c.sameness,
    sameness.c.recipient,
    unique=True,
    sqlite_where=sameness.c.ended.is_(false()),
    postgresql_where=sameness.c.ended.is_(false()),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    *_texts("sha256", "answer"),
    Column("at", Moment, nullable=False),
)

refused = Table(
    "refused",
    metadata,
    Column("number", Number, primary_key=True),
    *_texts("caller", "code"),
    Column("head", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_refused_caller", "caller", "number"),
    sqlite_autoincrement=True,
)

# --- deliveries ----------------------------------------------------------------------------------

deliveries = Table(
    "deliveries",
    metadata,
    Column("seq", Number, primary_key=True),
    _letter_id(),
    Column("target", Text, nullable=False),
    Column("door", Text, nullable=False),  # `link:H14`, or `local` for all agencies of this node
    Column("agency", Text),
    *_texts("kind", "lane"),
    Column("rank", SmallInteger, nullable=False),
    Column("size", Number, nullable=False),
    Column("state", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("last_code", Text, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("held", Text, nullable=False),
    Column("warned", Boolean, nullable=False),
    Column("claimed_by", Text),  # instance and life, while TRYING
    Column("turn", SmallInteger),  # its rank, if it may be claimed now
    Column("wakes_at", Moment),  # when it may be claimed, if that is later
    Column("window_lane", Text),  # its lane, while it fills the window of its link
    Column("deadline", Moment),  # when time alone makes it somebody's business
    Column("mail_number", Number),  # its place in the mailbox, while it waits there
    UniqueConstraint("letter_id", "target"),
    sqlite_autoincrement=True,
)


def _sparse(name: str, *columns: ColumnElement[Any], holds: Column[Any]) -> Index:
    """An index of only those deliveries for which the column `holds` is not NULL."""
    return Index(name, *columns, sqlite_where=holds.is_not(None), postgresql_where=holds.is_not(None))


_d = deliveries.c
_sparse("ix_deliveries_turn", _d.door, _d.lane, _d.turn.desc(), _d.seq, holds=_d.turn)
_sparse("ix_deliveries_wakes_at", _d.door, _d.lane, _d.wakes_at, holds=_d.wakes_at)
_sparse("ix_deliveries_window", _d.door, _d.window_lane, holds=_d.window_lane)
_sparse("ix_deliveries_claimed_by", _d.claimed_by, holds=_d.claimed_by)
_sparse("ix_deliveries_deadline", _d.deadline, holds=_d.deadline)
_sparse("ix_deliveries_mail", _d.agency, _d.kind, _d.mail_number, holds=_d.mail_number)
_counted = Index("ix_deliveries_counts", _d.target, _d.state)

attempts = Table(
    "attempts",
    metadata,
    Column("delivery", Number, ForeignKey("deliveries.seq"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("claimed_by", Text, nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("outcome", Text),
    Column("code", Text),
)

instances = Table(
    "instances",
    metadata,
    Column("name", Text, primary_key=True),
    Column("life", Integer, nullable=False),
    Column("beat_at", Moment),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Number, nullable=False),
)

# --- arrival and control -------------------------------------------------------------------------

inbox = Table(
    "inbox",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("letter_id", Text, primary_key=True),
    *_texts("neighbour", "state"),
    Column("manifest", LargeBinary),
    *_texts("manifest_sha256", "code"),
    Column("changed_at", Moment, nullable=False),
)
partials = Table(
    "partials",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("letter_id", Text, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("ranges", Text, nullable=False),
)
poison = Table(
    "poison",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("letter_id", Text, primary_key=True),
    Column("frame", Text, primary_key=True),
    Column("times", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
)
quarantine = Table(
    "quarantine",
    metadata,
    Column("number", Number, primary_key=True),
    Column("at", Moment, nullable=False),
    *_texts("neighbour", "lane", "code", "letter_id"),
    Column("data", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
control_out = Table(
    "control_out",
    metadata,
    Column("number", Number, primary_key=True),
    *_texts("neighbour", "body"),
    Column("at", Moment, nullable=False),
    Index("ix_control_out_neighbour", "neighbour", "number"),
    sqlite_autoincrement=True,
)

# --- tracking, mailbox, duties -------------------------------------------------------------------

hops = Table(
    "hops",
    metadata,
    _letter_id(primary_key=True),
    Column("node", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("code", Text, nullable=False),
    Column("next_try_at", Moment),
)
statuses = Table(
    "statuses",
    metadata,
    _letter_id(primary_key=True),  # the document it speaks of
    Column("status_letter_id", Text, primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("code", Text, nullable=False),
    Column("reported_at", Text, nullable=False),  # as the sender wrote it
    Column("arrived_at", Moment, nullable=False),
    *_texts("description", "staff"),
)
fetches = Table(
    "fetches",
    metadata,
    _letter_id(primary_key=True),
    Column("agency", Text, primary_key=True),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("times", Integer, nullable=False),
)
duties = Table(
    "duties",
    metadata,
    Column("number", Number, primary_key=True),
    Column("kind", Text, nullable=False),
    _letter_id(),
    *_texts("target", "code"),
    Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

# --- directory and credentials -------------------------------------------------------------------

directory_versions = Table(
    "directory_versions",
    metadata,
    Column("number", Number, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("set_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)
# Keyed by their place in the file: whether two rows share a code is for `directory.check` to say.
nodes = Table(
    "nodes",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    *_texts("id", "parent", "name", "level", "organ_code", "organ_name", "organ_address"),
)
agencies = Table(
    "agencies",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    *_texts("code", "name", "node", "parent", "tier"),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("successor", Text, nullable=False),
    Column("locked", Boolean, nullable=False),
    Column("sends_arrived", Boolean, nullable=False),
    Column("delivery", Text, nullable=False),
    Column("version", Integer, nullable=False),
)
aliases = Table(
    "aliases",
    metadata,
    Column("agency", Integer, ForeignKey("agencies.position"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("alias", Text, nullable=False),
)
credentials = Table(
    "credentials",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("key_hash", Text, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("locked", Boolean, nullable=False),
    Column("is_operator", Boolean, nullable=False),
    Column("added_at", Moment, nullable=False),
)
credential_agencies = Table(
    "credential_agencies",
    metadata,
    Column("key_id", Text, ForeignKey("credentials.key_id"), primary_key=True),
    Column("agency", Text, primary_key=True),
)

# --- journal -------------------------------------------------------------------------------------

journal = Table(
    "journal",
    metadata,
    Column("writer", Text, primary_key=True),
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    *_texts("event", "letter_id", "target", "code", "detail", "sha256"),
)
# The last row of each chain: what makes a cut tail visible, and what instances that share a chain lock.
journal_heads = Table(
    "journal_heads",
    metadata,
    Column("writer", Text, primary_key=True),
    Column("number", Number, nullable=False),
    Column("sha256", Text, nullable=False),
)

_REFUSAL = "the journal is only appended to"
APPEND_ONLY = {
    "sqlite": (
        f"""CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
        f"""CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    ),
    "postgresql": (
        f"""CREATE FUNCTION journal_no_change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$""",
        """CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
        FOR EACH STATEMENT EXECUTE FUNCTION journal_no_change()""",
    ),
}
for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(journal, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
