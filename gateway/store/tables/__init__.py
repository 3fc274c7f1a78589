"""
Every table of the store, defined once for SQLite and PostgreSQL.

Numbers that outlive their row are never given twice (AUTOINCREMENT): a late `control_sent` must not forget
another message. A column that is added later has a default or may be NULL, so that the release before can go
on writing while another instance already runs this one.
"""

from gateway.store.tables.alerts import alert_messages, alerts, journal_receivers
from gateway.store.tables.audit import APPEND_ONLY, journal, journal_heads
from gateway.store.tables.console import console_accounts, console_sessions, login_tries
from gateway.store.tables.figures import hourly_figures
from gateway.store.tables.finding import letter_words, repairs, words_owed
from gateway.store.tables.intake import idempotency, letters, marks, parts, refused, sameness
from gateway.store.tables.links import heard, maintenance, seal_certificates
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
    key_uses,
    nodes,
    notices,
    prepared_directories,
    subscriptions,
    used,
    ways,
)
from gateway.store.tables.schema import metadata
from gateway.store.tables.statistics import (
    delivery_times,
    paper_only,
    refusal_counts,
    report_mails,
    statistics,
)

__all__ = [
    "APPEND_ONLY",
    "agencies",
    "alert_messages",
    "alerts",
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
    "delivery_times",
    "directory_versions",
    "duties",
    "edition_faults",
    "editions",
    "fetches",
    "heard",
    "hops",
    "hourly_figures",
    "idempotency",
    "inbox",
    "instances",
    "journal",
    "journal_heads",
    "journal_receivers",
    "key_uses",
    "letter_words",
    "letters",
    "login_tries",
    "maintenance",
    "marks",
    "metadata",
    "nodes",
    "notices",
    "paper_only",
    "partials",
    "parts",
    "poison",
    "prepared_directories",
    "quarantine",
    "refusal_counts",
    "refused",
    "repairs",
    "report_mails",
    "sameness",
    "seal_certificates",
    "statistics",
    "statuses",
    "subscriptions",
    "take_backs",
    "used",
    "ways",
    "words",
    "words_owed",
]
