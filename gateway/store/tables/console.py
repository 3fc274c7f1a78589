"""
Accounts of people at the console, and their sessions.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, literal_column

from gateway.store.columns import Moment, Number
from gateway.store.tables.audit import journal
from gateway.store.tables.schema import metadata, sparse, texts

console_accounts = Table(
    "console_accounts",
    metadata,
    Column("name", Text, primary_key=True),
    *texts("role", "full_name"),
    Column("agency", Text),
    Column("reads_content", Boolean, nullable=False),
    Column("password", Text, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("locked", Boolean, nullable=False),
    *texts("subject", "sealed_totp", "sealed_new_totp"),
    Column("totp_step", Number, nullable=False),  # of the last one-time code: none is good twice
    Column("failures", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("last_login_at", Moment),
    Column("added_at", Moment, nullable=False),
)
_subject = console_accounts.c.subject
_one_account = Index(
    "uq_console_accounts_subject",
    _subject,
    unique=True,
    sqlite_where=_subject != literal_column("''"),
    postgresql_where=_subject != literal_column("''"),
)

console_sessions = Table(
    "console_sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("account", Text, ForeignKey("console_accounts.name"), nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    *texts("address", "agent"),
    Column("needs_code", Boolean, nullable=False),
    Column("is_strong", Boolean, nullable=False),
    Index("ix_console_sessions_account", "account"),
)

login_tries = Table(  # of each account, where somebody has tried to log in to it
    "login_tries",
    metadata,
    Column("account", Text, ForeignKey("console_accounts.name"), primary_key=True),
    Column("place", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("last_at", Moment, nullable=False),
    Column("right_at", Moment),  # of the last login there; NULL: never
)

# What an agency may read of the journal: who opened the content of its letters.
sparse(
    "ix_journal_opened",
    *(journal.c.writer, journal.c.target, journal.c.number),
    holds=journal.c.event == literal_column("'console.content_opened'"),
)
