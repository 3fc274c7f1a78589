"""
What is known of the neighbours beside their letters: whether a link is held, when they were last heard.
"""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from gateway.store.columns import Moment
from gateway.store.tables.schema import metadata, texts

maintenance = Table(
    "maintenance",
    metadata,
    Column("neighbour", Text, primary_key=True),
    *texts("mode", "reason", "set_by"),
    Column("since", Moment, nullable=False),
)
heard = Table(
    "heard",
    metadata,
    Column("neighbour", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    *texts("release", "protocols"),  # of its last hello; numbers with spaces between
    Column("hello_at", Moment),
)
seal_certificates = Table(  # the last that was seen in a seal of each node
    "seal_certificates",
    metadata,
    Column("node", Text, primary_key=True),
    *texts("fingerprint", "subject"),
    Column("ends_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)
