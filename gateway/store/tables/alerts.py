"""
Alerts, the messages that tell of them, and how far the journal was handed on.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, Table, Text

from gateway.store.columns import Moment, Number
from gateway.store.tables.schema import metadata, sparse, texts

alerts = Table(
    "alerts",
    metadata,
    Column("number", Number, primary_key=True),
    *texts("kind", "place"),
    Column("began_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("raised_at", Moment),
    Column("told_at", Moment),
    Column("ended_at", Moment),
    Column("value", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("acknowledged_by", Text, nullable=False),
    Column("acknowledged_at", Moment),
    sqlite_autoincrement=True,
)
_open = Index(
    "uq_alerts_open",
    *(alerts.c.kind, alerts.c.place),
    unique=True,
    sqlite_where=alerts.c.ended_at.is_(None),
    postgresql_where=alerts.c.ended_at.is_(None),
)

alert_messages = Table(
    "alert_messages",
    metadata,
    Column("number", Number, primary_key=True),
    *texts("way", "news"),  # the numbers of the alerts it tells of, as JSON
    Column("at", Moment, nullable=False),
    Column("due_at", Moment),  # NULL: nothing more is tried
    Column("attempts", Integer, nullable=False),
    Column("sent_at", Moment),
    Column("given_up", Boolean, nullable=False),
    Column("code", Text, nullable=False),
    sqlite_autoincrement=True,
)
sparse("ix_alert_messages_due", alert_messages.c.due_at, holds=alert_messages.c.due_at.is_not(None))

journal_receivers = Table(
    "journal_receivers",
    metadata,
    Column("receiver", Text, primary_key=True),
    Column("number", Number, nullable=False),
)
