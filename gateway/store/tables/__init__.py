"""
Every table of the store, defined once for SQLite and PostgreSQL.

Numbers that outlive their row are never given twice (AUTOINCREMENT): a late `control_sent` must not forget
another message. A column that is added later has a default or may be NULL, so that the release before can go
on writing while another instance already runs this one.
"""

from gateway.store.tables.audit import APPEND_ONLY, journal, journal_heads
from gateway.store.tables.console import console_accounts, console_sessions
from gateway.store.tables.intake import idempotency, letters, marks, parts, refused, sameness
from gateway.store.tables.messages import (
    control_out,
    deadlines,
    duties,
    fetches,
    hops,
    inbox,
    partials,
    poison,
    quarantine,
    statuses,
    take_backs,
    words,
)
from gateway.store.tables.moving import attempts, counters, deliveries, instances
from gateway.store.tables.partners import (
    agencies,
    aliases,
    credential_agencies,
    credentials,
    directory_versions,
    edition_faults,
    editions,
    nodes,
    notices,
    prepared_directories,
    subscriptions,
    used,
    ways,
)
from gateway.store.tables.schema import metadata

__all__ = [
    "APPEND_ONLY",
    "agencies",
    "aliases",
    "attempts",
    "console_accounts",
    "console_sessions",
    "control_out",
    "counters",
    "credential_agencies",
    "credentials",
    "deadlines",
    "deliveries",
    "directory_versions",
    "duties",
    "edition_faults",
    "editions",
    "fetches",
    "hops",
    "idempotency",
    "inbox",
    "instances",
    "journal",
    "journal_heads",
    "letters",
    "marks",
    "metadata",
    "nodes",
    "notices",
    "partials",
    "parts",
    "poison",
    "prepared_directories",
    "quarantine",
    "refused",
    "sameness",
    "statuses",
    "subscriptions",
    "take_backs",
    "used",
    "ways",
    "words",
]
