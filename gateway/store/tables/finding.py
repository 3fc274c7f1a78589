"""
By which words letters are found, and what people at the console asked to be done with many of them.
"""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from gateway.store.columns import Moment, Number
from gateway.store.tables.schema import letter_id, metadata, sparse, texts

# One row for each word of a letter (core.finding). Nearly all of it is its key: in SQLite it is kept once.
letter_words = Table(
    "letter_words",
    metadata,
    Column("word", Text, primary_key=True),
    letter_id(primary_key=True),
    sqlite_with_rowid=False,
)
# Letters whose words are not written yet. They are written a little later and many at once: a dozen rows in
# as many places of an index would make every letter wait.
words_owed = Table("words_owed", metadata, letter_id(primary_key=True))

repairs = Table(
    "repairs",
    metadata,
    Column("number", Number, primary_key=True),
    *texts("action", "trouble", "code", "target"),
    *texts("asked_by", "reason", "state"),
    Column("asked_at", Moment, nullable=False),
    Column("runs_at", Moment),  # when it begins, or goes on; NULL once it has ended
    Column("last_seq", Number, nullable=False),  # what joined the group later is not meant
    Column("reached", Number, nullable=False),  # up to which delivery it has come
    Column("wanted", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    sqlite_autoincrement=True,
)
sparse("ix_repairs_runs_at", repairs.c.runs_at, holds=repairs.c.runs_at.is_not(None))
