"""
Letters and their parts, and what intake knows them by again.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, false

from gateway.store.columns import Moment, Number
from gateway.store.tables.schema import later_texts, letter_id, metadata, sparse, texts

letters = Table(
    "letters",
    metadata,
    Column("letter_id", Text, primary_key=True),
    *texts("origin", "kind", "sender"),
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
    *texts("issue_date", "subject", "sender_name"),
    Column("priority", Integer, nullable=False),
    Column("status_code", Text, nullable=False),
    Column("more_facts", Text),  # the facts that have no column of their own, as JSON
    *later_texts("original_sha256"),  # of what an agency handed in; routing.json has it too
    Index("ix_letters_original_sha256", "original_sha256"),
)
_l = letters.c
sparse("ix_letters_document", _l.document_key, _l.sender, holds=_l.document_key.is_not(None))
sparse("ix_letters_code", _l.code_key, _l.sender, holds=_l.code_key.is_not(None))
# Only of what was handed in here. Questions that do not say so can't use it: SQLite, which has no statistics,
# would else prefer it to those above and look at everything that a sender ever sent. The kind only spares a
# look at each letter where documents are counted.
sparse("ix_letters_sent", _l.sender, _l.received_at, _l.kind, holds=_l.came_from.is_(None))


parts = Table(
    "parts",
    metadata,
    letter_id(primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("size", Number, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("inline", LargeBinary),  # NULL: the bytes are in the blob of that digest
)

marks = Table(
    "marks",
    metadata,
    letter_id(primary_key=True),
    Column("kind", Text, primary_key=True),  # core.marks.MarkKind
    Column("key", Text, primary_key=True),  # as people compare it (rows.search_key)
    Index("ix_marks_key", "key", "kind", "letter_id"),
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
    *texts("sha256", "answer"),
    Column("at", Moment, nullable=False),
)

refused = Table(
    "refused",
    metadata,
    Column("number", Number, primary_key=True),
    *texts("caller", "code"),
    Column("head", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_refused_caller", "caller", "number"),
    sqlite_autoincrement=True,
)
