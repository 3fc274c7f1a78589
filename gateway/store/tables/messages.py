"""
What arrives piece by piece, what is to be said to the links, and what is known of letters on their way.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, literal_column

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
)
sparse("ix_hops_returned", hops.c.at, hops.c.letter_id, holds=hops.c.state == literal_column("'returned'"))
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
)
words = Table(
    "words",
    metadata,
    letter_id(primary_key=True),
    Column("agency", Text, primary_key=True),
    *texts("word", "detail"),
    Column("at", Moment, nullable=False),
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
