"""
The directory and the credentials as rows: changed while the node runs, no restart to add an agency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from gateway.core.directory import Directory, from_rows
from gateway.core.model import AgencyCode
from gateway.ports import Credential
from gateway.store.statements import upsert
from gateway.store.tables import (
    agencies,
    aliases,
    credential_agencies,
    credentials,
    directory_versions,
    nodes,
)
from gateway.store.transaction import Transaction

NO_DIRECTORY = Directory(0, (), ())


class DirectoryShelf:
    """
    The directory last read, kept until the tables hold another one.

    A directory of 111,339 agencies takes seconds to read and is asked for with every letter. Threads may read
    at once: at worst both read the same rows.
    """

    def __init__(self) -> None:
        self._kept: tuple[tuple[int, int, datetime] | None, Directory] = (None, NO_DIRECTORY)

    def read(self, connection: Connection) -> Directory:
        """The directory that this connection sees."""
        row = connection.execute(
            select(directory_versions.c.number, directory_versions.c.version, directory_versions.c.set_at)
            .order_by(directory_versions.c.number.desc())
            .limit(1)
        ).one_or_none()
        edition = None if row is None else (row.number, row.version, row.set_at)
        kept_edition, directory = self._kept
        if edition != kept_edition:
            directory = NO_DIRECTORY if edition is None else _load(connection, edition[1])
            self._kept = (edition, directory)
        return directory


def _load(connection: Connection, version: int) -> Directory:
    named: dict[int, list[str]] = {}
    for row in connection.execute(select(aliases).order_by(aliases.c.agency, aliases.c.position)):
        named.setdefault(row.agency, []).append(row.alias)
    node_rows = connection.execute(select(nodes).order_by(nodes.c.position))
    agency_rows = connection.execute(select(agencies).order_by(agencies.c.position))
    return from_rows(
        version,
        [_without_position(row) for row in node_rows],
        [_without_position(row) | {"aliases": named.get(row.position, [])} for row in agency_rows],
    )


def _without_position(row: Any) -> dict[str, Any]:
    values = dict(row._mapping)
    del values["position"]
    return values


@dataclass(frozen=True, slots=True)
class NewDirectory:
    """A directory that is to replace the present one."""

    directory: Directory
    now: datetime


def set_directory(transaction: Transaction, new: Sequence[NewDirectory]) -> list[None]:
    """Replace all rows; of several that wait the last one stays."""
    for each in new:
        _replace(transaction, each)
    return [None] * len(new)


def _replace(transaction: Transaction, new: NewDirectory) -> None:
    connection, directory = transaction.connection, new.directory
    connection.execute(insert(directory_versions).values(version=directory.version, set_at=new.now))
    for table in (aliases, agencies, nodes):
        connection.execute(delete(table))
    node_rows = [{"position": n, **row.as_row()} for n, row in enumerate(directory.node_rows)]
    agency_rows = [
        {
            **{key: value for key, value in row.as_row().items() if key != "aliases"},
            "position": n,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
        }
        for n, row in enumerate(directory.agency_rows)
    ]
    alias_rows = [
        {"agency": n, "position": place, "alias": alias}
        for n, row in enumerate(directory.agency_rows)
        for place, alias in enumerate(row.aliases)
    ]
    for table, rows in ((nodes, node_rows), (agencies, agency_rows), (aliases, alias_rows)):
        if rows:
            connection.execute(insert(table), rows)
    transaction.note(
        new.now,
        "directory.set",
        version=directory.version,
        nodes=len(node_rows),
        agencies=len(agency_rows),
    )


# --- credentials ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A credential and the hash of its key."""

    credential: Credential
    key_hash: str
    now: datetime


_SET_CREDENTIAL = upsert(credentials, keep=("added_at",))


def add_credentials(transaction: Transaction, new: Sequence[NewCredential]) -> list[None]:
    """Add each; one with a known key id replaces the former (to lock it, to change its agencies)."""
    connection = transaction.connection
    for each in new:
        key_id = each.credential.key_id
        row = {
            "key_id": key_id,
            "key_hash": each.key_hash,
            "label": each.credential.label,
            "locked": each.credential.locked,
            "is_operator": each.credential.is_operator,
            "added_at": each.now,
        }
        connection.execute(_SET_CREDENTIAL.of(connection), row)
        connection.execute(delete(credential_agencies).where(credential_agencies.c.key_id == key_id))
        served = [{"key_id": key_id, "agency": code} for code in sorted(each.credential.agencies)]
        if served:
            connection.execute(insert(credential_agencies), served)
        transaction.note(
            each.now,
            "credential.set",
            target=key_id,
            agencies=sorted(each.credential.agencies),
            locked=int(each.credential.locked),
            operator=int(each.credential.is_operator),
        )
    return [None] * len(new)


def read_credentials(connection: Connection, key_hash: str | None = None) -> list[Credential]:
    """All credentials by label, or the one with this key hash."""
    wanted = select(
        credentials.c.key_id,
        credentials.c.label,
        credentials.c.locked,
        credentials.c.is_operator,
        credential_agencies.c.agency,
    ).outerjoin_from(credentials, credential_agencies)
    if key_hash is not None:
        wanted = wanted.where(credentials.c.key_hash == key_hash)
    served: dict[str, set[AgencyCode]] = {}
    heads: dict[str, Any] = {}
    for row in connection.execute(wanted.order_by(credentials.c.label, credentials.c.key_id)):
        heads.setdefault(row.key_id, row)
        codes = served.setdefault(row.key_id, set())
        if row.agency is not None:
            codes.add(AgencyCode(row.agency))
    return [
        Credential(key_id, row.label, frozenset(served[key_id]), row.locked, row.is_operator)
        for key_id, row in heads.items()
    ]
