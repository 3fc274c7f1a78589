"""
Deliveries, the tries at them, and the instances that try.

Some columns of `deliveries` exist only so that finding work costs the same among a thousand and among a
million letters: each is NULL unless the row is what its question asks for, and its index holds no NULLs
(see `rows.schedule` and `moves.Changes`, the places that set them).
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.store.columns import Moment, Number
from gateway.store.tables.schema import letter_id, metadata, sparse, texts

deliveries = Table(
    "deliveries",
    metadata,
    Column("seq", Number, primary_key=True),
    letter_id(),
    Column("target", Text, nullable=False),
    Column("door", Text, nullable=False),  # `link:H14`, or `local` for all agencies of this node
    Column("agency", Text),
    *texts("kind", "lane"),
    Column("rank", SmallInteger, nullable=False),
    Column("size", Number, nullable=False),
    Column("state", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("last_code", Text, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("held", Text, nullable=False),
    Column("warned", Boolean, nullable=False),
    Column("claimed_by", Text),  # instance and life, while TRYING
    Column("turn", SmallInteger),  # its rank, if it may be claimed now
    Column("wakes_at", Moment),  # when it may be claimed, if that is later
    Column("window_lane", Text),  # its lane, while it fills the window of its link
    Column("deadline", Moment),  # when time alone makes it somebody's business
    Column("mail_number", Number),  # its place in the mailbox, while it is listed there
    Column("offered_number", Number),  # its place in the order in which things came to the agency's door
    Column("offered_at", Moment),
    Column("trouble", Text),  # ports.repairs.Trouble, while a person may want to look at it
    UniqueConstraint("letter_id", "target"),
    sqlite_autoincrement=True,
)
_d = deliveries.c
sparse("ix_deliveries_turn", _d.door, _d.lane, _d.turn.desc(), _d.seq, holds=_d.turn.is_not(None))
sparse("ix_deliveries_wakes_at", _d.door, _d.lane, _d.wakes_at, holds=_d.wakes_at.is_not(None))
sparse("ix_deliveries_window", _d.door, _d.window_lane, holds=_d.window_lane.is_not(None))
sparse("ix_deliveries_claimed_by", _d.claimed_by, holds=_d.claimed_by.is_not(None))
sparse("ix_deliveries_deadline", _d.deadline, holds=_d.deadline.is_not(None))
sparse("ix_deliveries_mail", _d.agency, _d.kind, _d.mail_number, _d.rank, holds=_d.mail_number.is_not(None))
sparse("ix_deliveries_offered", _d.agency, _d.kind, _d.offered_number, holds=_d.offered_number.is_not(None))
sparse(
    "ix_deliveries_offered_at",
    *(_d.agency, _d.offered_at, _d.offered_number, _d.kind),
    holds=_d.offered_at.is_not(None),
)
sparse("ix_deliveries_trouble", _d.trouble, _d.last_code, _d.target, _d.seq, holds=_d.trouble.is_not(None))
_counted = Index("ix_deliveries_counts", _d.target, _d.state, _d.since)

attempts = Table(
    "attempts",
    metadata,
    Column("delivery", Number, ForeignKey("deliveries.seq"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("claimed_by", Text, nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("outcome", Text),
    Column("code", Text),
)

instances = Table(
    "instances",
    metadata,
    Column("name", Text, primary_key=True),
    Column("life", Integer, nullable=False),
    Column("beat_at", Moment),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Number, nullable=False),
)
