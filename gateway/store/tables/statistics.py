"""
Sums for reports: of each day and of each month, by agency and the level it had then.

Months are kept beside their days, so that a year is read as twelve rows of an agency and not as 366.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, Integer, Table, Text

from gateway.core.statistics import NAMES
from gateway.store.columns import Moment, Number
from gateway.store.tables.schema import metadata


def _key() -> list[Column[object]]:
    """`span` is `day` or `month`, `first` the first day of it."""
    return [
        Column("span", Text, primary_key=True),
        Column("first", Date, primary_key=True),
        Column("agency", Text, primary_key=True),
        Column("level", Text, primary_key=True),
    ]


statistics = Table(
    "statistics",
    metadata,
    *_key(),
    *(Column(name, Number, nullable=False) for name in NAMES),
)
refusal_counts = Table(
    "refusal_counts",
    metadata,
    *_key(),
    Column("side", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("number", Number, nullable=False),
)
delivery_times = Table(
    "delivery_times",
    metadata,
    *_key(),
    Column("place", Integer, primary_key=True, autoincrement=False),  # a class of core.statistics
    Column("number", Number, nullable=False),
)
report_mails = Table(
    "report_mails",
    metadata,
    Column("period", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("owed_at", Moment, nullable=False),
    Column("due_at", Moment),  # NULL: sent, given up, or being sent
    Column("attempts", Integer, nullable=False),
    Column("sent_at", Moment),
    Column("code", Text, nullable=False),
)
paper_only = Table(
    "paper_only",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("number", Number, nullable=False),
    Column("reported_by", Text, nullable=False),
    Column("reported_at", Moment, nullable=False),
)
