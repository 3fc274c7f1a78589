"""
What arrives piece by piece, what is to be said to the links, and what is known of letters on their way.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, literal_column, text

from gateway.store.columns import Moment, Number
from gateway.store.tables.schema import letter_id, metadata, sparse, texts

# --- arrival and control -------------------------------------------------------------------------

inbox = Table(
    "inbox",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("letter_id", Text, primary_key=True),
    *texts("neighbour", "state"),
    Column("manifest", LargeBinary),
    *texts("manifest_sha256", "code"),
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
    *texts("neighbour", "lane", "code", "letter_id"),
    Column("data", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
control_out = Table(
    "control_out",
    metadata,
    Column("number", Number, primary_key=True),
    *texts("neighbour", "body"),
    Column("at", Moment, nullable=False),
    Index("ix_control_out_neighbour", "neighbour", "number"),
    sqlite_autoincrement=True,
)

# --- tracking, mailbox, duties -------------------------------------------------------------------

hops = Table(
    "hops",
    metadata,
    letter_id(primary_key=True),
    Column("node", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("code", Text, nullable=False),
    Column("next_try_at", Moment),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
)
sparse("ix_hops_returned", hops.c.at, hops.c.letter_id, holds=hops.c.state == literal_column("'returned'"))
sparse(
    "ix_hops_taken",
    *(hops.c.node, hops.c.target, hops.c.at),
    holds=hops.c.state == literal_column("'taken'"),
)
statuses = Table(
    "statuses",
    metadata,
    letter_id(primary_key=True),  # the document it speaks of
    Column("status_letter_id", Text, primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("code", Text, nullable=False),
    Column("reported_at", Text, nullable=False),  # as the sender wrote it
    Column("arrived_at", Moment, nullable=False),
    *texts("description", "staff"),
)
fetches = Table(
    "fetches",
    metadata,
    letter_id(primary_key=True),
    Column("agency", Text, primary_key=True),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("times", Integer, nullable=False),
    Index("ix_fetches_agency", "agency", "last_at"),
)
words = Table(
    "words",
    metadata,
    letter_id(primary_key=True),
    Column("agency", Text, primary_key=True),
    *texts("word", "detail"),
    Column("at", Moment, nullable=False),
)
deadlines = Table(
    "deadlines",
    metadata,
    letter_id(primary_key=True),
    Column("agency", Text, primary_key=True),
    Column("what", Text, primary_key=True),  # name of a rule of core.deadlines
    Column("due_at", Moment, nullable=False),
    Column("next_word", Text),  # what is told next, `soon` or `overdue`; NULL: nothing more
    Column("judged", Text),  # what became of it, once statistics have counted it; NULL: not yet
)
sparse(
    "ix_deadlines_next_word",
    *(deadlines.c.next_word, deadlines.c.due_at),
    holds=deadlines.c.next_word.is_not(None),
)
sparse("ix_deadlines_unjudged", deadlines.c.due_at, holds=deadlines.c.judged.is_(None))
# Which letters their senders want back from whom: a letter that comes after its 13 is stopped by this.
take_backs = Table(
    "take_backs",
    metadata,
    Column("letter_id", Text, primary_key=True),  # of the letter, which may never come
    Column("recipient", Text, primary_key=True),
    *texts("origin", "sender", "status_letter_id"),
    Column("expires_at", Moment, nullable=False, index=True),
)
duties = Table(
    "duties",
    metadata,
    Column("number", Number, primary_key=True),
    Column("kind", Text, nullable=False),
    letter_id(),
    *texts("target", "code"),
    Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)
