"""
What passed in each hour, counted by the transactions in which it passed.
"""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from gateway.store.columns import Moment, Number
from gateway.store.tables.schema import metadata

# The key begins with what a question names, so that a month of one figure lies together.
hourly_figures = Table(
    "hourly_figures",
    metadata,
    Column("link", Text, primary_key=True),  # a neighbour, or "" for the whole node
    Column("figure", Text, primary_key=True),  # ports.figures.Figure
    Column("hour", Moment, primary_key=True),
    Column("number", Number, nullable=False),
    Column("last_at", Moment, nullable=False),  # when it was last counted
    Column("last_code", Text, nullable=False),  # of the last failure or refusal
)
