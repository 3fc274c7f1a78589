"""
The journal: rows that are only appended, each with the digest of the one before it.
"""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from gateway.store.columns import Moment, Number
from gateway.store.tables.schema import after_create, metadata, texts

journal = Table(
    "journal",
    metadata,
    Column("writer", Text, primary_key=True),
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    *texts("event", "letter_id", "target", "code", "detail", "sha256"),
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
after_create(journal, APPEND_ONLY)
