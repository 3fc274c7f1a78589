"""
The directory as rows, who may speak for its agencies, what was agreed with them, and what they are told.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
    literal_column,
    text,
)

from gateway.store.columns import Moment, Number
from gateway.store.tables.schema import later_texts, letter_id, metadata, sparse, texts

directory_versions = Table(
    "directory_versions",
    metadata,
    Column("number", Number, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("set_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)
prepared_directories = Table(
    "prepared_directories",
    metadata,
    Column("number", Number, primary_key=True),
    Column("in_force_on", Date, nullable=False),
    Column("change", Text, nullable=False),  # JSON
    Column("added_at", Moment, nullable=False),
    Column("refused", Text, nullable=False),  # why it could not be put in force on its day
    *later_texts("signer"),  # of the edition that it came with; empty: an operator's own hand
    Column("edition", Number, nullable=False, server_default=text("0")),
    # the number of the directory that an edition was refused by: judged again by another one
    Column("judged", Number, nullable=False, server_default=text("0")),
    sqlite_autoincrement=True,
)
editions = Table(
    "editions",
    metadata,
    Column("signer", Text, primary_key=True),
    Column("edition", Number, primary_key=True, autoincrement=False),
    *texts("sha256", "came_from", "state", "refused"),
    Column("published_at", Moment, nullable=False),
    Column("valid_from", Moment, nullable=False),
    Column("taken_at", Moment, nullable=False),
    Column("seal_size", Number, nullable=False),
    Column("size", Number, nullable=False),
    Column("sheet", LargeBinary, nullable=False),  # the seal, then what it seals; last, being large
)
edition_faults = Table(  # the last refusal of each edition that a neighbour offered
    "edition_faults",
    metadata,
    Column("neighbour", Text, primary_key=True),
    Column("signer", Text, primary_key=True),
    Column("edition", Number, primary_key=True, autoincrement=False),
    *texts("sha256", "code", "detail"),
    Column("at", Moment, nullable=False),
)
# Keyed by their place in the file, with gaps: whether two rows share a code is for `directory.check` to say.
nodes = Table(
    "nodes",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    *texts("id", "parent", "name", "level", "organ_code", "organ_name", "organ_address"),
)
agencies = Table(
    "agencies",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    *texts("code", "name", "node", "parent", "tier"),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("successor", Text, nullable=False),
    Column("locked", Boolean, nullable=False),
    Column("sends_arrived", Boolean, nullable=False),
    Column("delivery", Text, nullable=False),
    Column("version", Integer, nullable=False),
    *later_texts("mail", "telephone", "fax"),
    Column("max_size", Number, nullable=False, server_default=text("0")),
    *later_texts("types", "certificates"),  # with spaces between
)
aliases = Table(
    "aliases",
    metadata,
    Column("agency", Integer, ForeignKey("agencies.position"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("alias", Text, nullable=False),
)
# --- credentials, and what was agreed ------------------------------------------------------------

credentials = Table(
    "credentials",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("key_hash", Text, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("locked", Boolean, nullable=False),
    Column("is_operator", Boolean, nullable=False),
    Column("added_at", Moment, nullable=False),
    *later_texts("system_id", "sealed_secret", "certificate", "replaces"),
    Column("ends_at", Moment),
    Column("may_register", Boolean, nullable=False, server_default=false()),
    Index("ix_credentials_system_id", "system_id"),
)
key_uses = Table(  # the last of each key
    "key_uses",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    *texts("address", "software"),
)
credential_agencies = Table(
    "credential_agencies",
    metadata,
    Column("key_id", Text, ForeignKey("credentials.key_id"), primary_key=True),
    Column("agency", Text, primary_key=True),
)
ways = Table(
    "ways",
    metadata,
    Column("way", Text, primary_key=True),  # the name of an adapter, or `office`
    Column("agency", Text, primary_key=True),
    Column("settings", Text, nullable=False),  # JSON
    Column("set_at", Moment, nullable=False),
)
used = Table(
    "used",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("day", Date, primary_key=True),  # of Vietnam
    Column("letters", Number, nullable=False),
    Column("bytes", Number, nullable=False),
)

# --- notices -------------------------------------------------------------------------------------

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("number", Number, primary_key=True),  # the order in which they were added
    Column("id", Text, nullable=False, unique=True),
    *texts("agency", "channel", "address", "occasions", "label"),
    Column("is_active", Boolean, nullable=False),
    Column("shows_subject", Boolean, nullable=False),
    *texts("sealed_secret", "sealed_former"),
    Column("former_ends_at", Moment),
    Column("is_removed", Boolean, nullable=False),  # kept for what its notices show
    Index("ix_subscriptions_agency", "agency"),
    sqlite_autoincrement=True,
)
notices = Table(
    "notices",
    metadata,
    Column("number", Number, primary_key=True),
    Column("subscription", Number, ForeignKey("subscriptions.number"), nullable=False),
    *texts("agency", "channel", "occasion"),
    letter_id(nullable=True),  # NULL: a ping
    Column("at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", Moment),  # NULL unless it is due
    Column("attempts", Integer, nullable=False),
    *texts("code", "detail"),
    UniqueConstraint("subscription", "letter_id", "occasion"),  # however often the letter is offered
    Index("ix_notices_agency", "agency", "number"),
    sqlite_autoincrement=True,
)
sparse("ix_notices_due", notices.c.channel, notices.c.due_at, holds=notices.c.due_at.is_not(None))
sparse("ix_notices_dead", notices.c.number, holds=notices.c.state == literal_column("'dead'"))
