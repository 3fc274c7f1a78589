"""
Credentials: who may speak for which agencies. Of an access key only the hash is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from gateway.core.model import AgencyCode
from gateway.ports import Credential
from gateway.store.statements import count_up, upsert
from gateway.store.tables import counters, credential_agencies, credentials
from gateway.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A credential and the hash of its key."""

    credential: Credential
    key_hash: str
    now: datetime


_SET_CREDENTIAL = upsert(credentials, keep=("added_at",))


def add_credentials(transaction: Transaction, new: Sequence[NewCredential]) -> list[None]:
    """Add each; one with a known key id replaces the former, its key too."""
    connection = transaction.connection
    for each in new:
        row = _row(each.credential) | {"key_hash": each.key_hash, "added_at": each.now}
        connection.execute(_SET_CREDENTIAL.of(connection), row)
        _follow(transaction, each.credential, each.now)
    return [None] * len(new)


@dataclass(frozen=True, slots=True)
class ChangedCredential:
    """A credential that is to be otherwise from now on."""

    credential: Credential
    now: datetime


def change_credentials(transaction: Transaction, changed: Sequence[ChangedCredential]) -> list[None]:
    """Replace all but the key of each; one that is not there stays unknown."""
    for each in changed:
        of_key = credentials.c.key_id == each.credential.key_id
        if transaction.connection.execute(
            update(credentials).where(of_key).values(_row(each.credential))
        ).rowcount:
            _follow(transaction, each.credential, each.now)
    return [None] * len(changed)


def _row(credential: Credential) -> dict[str, Any]:
    return {
        "key_id": credential.key_id,
        "label": credential.label,
        "locked": credential.locked,
        "is_operator": credential.is_operator,
        "system_id": credential.system_id,
        "sealed_secret": credential.sealed_secret,
        "ends_at": credential.ends_at,
        "may_register": credential.may_register,
        "certificate": credential.certificate,
        "replaces": credential.replaces,
    }


def _follow(transaction: Transaction, credential: Credential, now: datetime) -> None:
    """Write its agencies and its line in the journal: neither secrets nor what people call it."""
    connection, key_id = transaction.connection, credential.key_id
    connection.execute(delete(credential_agencies).where(credential_agencies.c.key_id == key_id))
    served = sorted(credential.agencies)
    if served:
        connection.execute(
            insert(credential_agencies), [{"key_id": key_id, "agency": code} for code in served]
        )
    connection.execute(_COUNT.of(connection), {"name": "keys", "value": 1})
    transaction.note(
        now,
        "credential.set",
        target=key_id,
        agencies=[str(code) for code in served],
        locked=int(credential.locked),
        operator=int(credential.is_operator),
        registers=int(credential.may_register),
        system=credential.system_id,
        certificate=credential.certificate,
        replaces=credential.replaces,
        ends_at="" if credential.ends_at is None else credential.ends_at.isoformat(),
    )


_COUNT = count_up(counters, "value")
_VERSION = select(counters.c.value).where(counters.c.name == "keys")


def version(connection: Connection) -> int:
    """How often a credential was added or changed."""
    return connection.execute(_VERSION).scalar() or 0


_CREDENTIALS = select(
    credentials.c.key_id,
    credentials.c.label,
    credentials.c.locked,
    credentials.c.is_operator,
    credentials.c.system_id,
    credentials.c.sealed_secret,
    credentials.c.ends_at,
    credentials.c.may_register,
    credentials.c.certificate,
    credentials.c.replaces,
    credential_agencies.c.agency,
).outerjoin_from(credentials, credential_agencies)
_BY_LABEL = _CREDENTIALS.order_by(credentials.c.label, credentials.c.key_id)
_WITH_HASH = _BY_LABEL.where(credentials.c.key_hash == bindparam("hash"))
_OF_SYSTEM = _CREDENTIALS.where(credentials.c.system_id == bindparam("system")).order_by(
    credentials.c.added_at.desc(), credentials.c.key_id
)


def everybody(connection: Connection) -> list[Credential]:
    """All credentials, by label."""
    return _read(connection.execute(_BY_LABEL))


def with_hash(connection: Connection, key_hash: str) -> Credential | None:
    """The credential whose key has this hash."""
    return next(iter(_read(connection.execute(_WITH_HASH, {"hash": key_hash}))), None)


def of_system(connection: Connection, system_id: str) -> list[Credential]:
    """The credentials of a system that signs, newest first; none for "", which all others have."""
    if not system_id:
        return []
    return _read(connection.execute(_OF_SYSTEM, {"system": system_id}))


def _read(rows: Any) -> list[Credential]:
    """Credentials in the order of the rows, of which each has one for every agency."""
    served: dict[str, set[AgencyCode]] = {}
    heads: dict[str, Any] = {}
    for row in rows:
        heads.setdefault(row.key_id, row)
        codes = served.setdefault(row.key_id, set())
        if row.agency is not None:
            codes.add(AgencyCode(row.agency))
    return [
        Credential(
            key_id=key_id,
            label=row.label,
            agencies=frozenset(served[key_id]),
            locked=row.locked,
            is_operator=row.is_operator,
            system_id=row.system_id,
            sealed_secret=row.sealed_secret,
            ends_at=row.ends_at,
            may_register=row.may_register,
            certificate=row.certificate,
            replaces=row.replaces,
        )
        for key_id, row in heads.items()
    ]
