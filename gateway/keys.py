"""
Keys, given out: access keys and the secrets of systems that sign. Shown once, changed without a pause.

An access key is 256 random bits, known here afterwards only by its digest. Nobody can try enough of them, so
a plain SHA-256 keeps it: slow hashes (argon2, scrypt) exist for passwords, which people choose from few, and
would cost 50 ms of CPU on every request. The secret of a system that signs its requests must be used in
clear to check a signature, so it is kept encrypted (gateway/vault).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.core.catalogue import AGENCY_UNKNOWN, BAD_REQUEST, KEY_LOCKED, KEY_REPLACED, UNKNOWN_KEY
from gateway.core.directory import Agency, Directory
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode, NodeId
from gateway.ports import OFFICE, Caller, Clock, Credential, KeyBook, Terms, Vault

PREFIX = "truc_"
"""So that a person, and a scanner for leaked secrets, sees what it is."""

KEY_BYTES = 32
OVERLAP = timedelta(days=7)
"""How long a key lives beside the one that replaces it: time for a vendor's visit."""

LONGEST_SYSTEM_ID = 100


def new_key(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """A new access key: `truc_` and 43 characters of base64url. Show it once; keep only `key_hash` of it."""
    return PREFIX + base64.urlsafe_b64encode(random_bytes(KEY_BYTES)).decode().rstrip("=")


def key_hash(key: str) -> str:
    """The SHA-256 of a key in hexadecimal, under which its credential is kept."""
    return hashlib.sha256(key.encode()).hexdigest()


async def issue_key(
    store: KeyBook, label: str, agencies: Iterable[AgencyCode], now: datetime, *, is_operator: bool = False
) -> str:
    """A new access key for these agencies, kept in the store from now on; returned this once."""
    wanted = Credential(_new_id(), label, frozenset(agencies), is_operator=is_operator)
    return (await issue(store, wanted, now))[1]


async def issue(store: KeyBook, wanted: Credential, now: datetime) -> tuple[Credential, str]:
    """An access key with these rights, under an id of its own; the key is returned this once."""
    key, credential = new_key(), replace(wanted, key_id=_new_id(), system_id="", sealed_secret="")
    await store.add_credential(credential, key_hash(key), now)
    return credential, key


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSystem:
    """
    What a system that signs is given: its id, the agencies it speaks for, what it may do.

    `secret` is the one it has already (a system that moves here from another axis), or "" for a new one.
    """

    system_id: str
    label: str
    agencies: frozenset[AgencyCode]
    may_register: bool = False
    certificate: str = ""
    secret: str = ""
    replaces: str = ""


async def issue_system(
    store: KeyBook, vault: Vault, wanted: NewSystem, now: datetime
) -> tuple[Credential, str]:
    """
    A credential of a system that signs, with its secret, which is returned this once.

    Raises: Rejected (BAD_REQUEST) for an id or a secret that HTTP headers and settings files can't carry.
    """
    for name, text in (("system_id", wanted.system_id), ("secret", wanted.secret or "-")):
        if not (text.isascii() and text.isprintable() and text == text.strip() != ""):
            raise Rejected(find(BAD_REQUEST, element=name, detail=f"{name}: ASCII"))
    if len(wanted.system_id) > LONGEST_SYSTEM_ID:
        raise Rejected(find(BAD_REQUEST, element="system_id", detail=f"system_id: ≤ {LONGEST_SYSTEM_ID}"))
    secret = wanted.secret or secrets.token_urlsafe(KEY_BYTES)
    credential = Credential(
        key_id=_new_id(),
        label=wanted.label,
        agencies=wanted.agencies,
        system_id=wanted.system_id,
        sealed_secret=vault.seal(secret),
        may_register=wanted.may_register,
        certificate=wanted.certificate,
        replaces=wanted.replaces,
    )
    await store.add_credential(credential, f"system:{credential.key_id}", now)  # no key hashes to that
    return credential, secret


async def named(store: KeyBook, key_id: str) -> Credential:
    """The credential with this id. Raises: Rejected (UNKNOWN_KEY)."""
    for credential in await store.credentials():
        if credential.key_id == key_id:
            return credential
    raise Rejected(find(UNKNOWN_KEY, key_id=key_id[:40]))


async def rotate(
    store: KeyBook, vault: Vault, old: Credential, now: datetime, overlap: timedelta = OVERLAP
) -> tuple[Credential, str]:
    """
    A new key or secret with the rights of `old`, which lives on for `overlap`.

    A key is replaced once: whoever has found an old one could else make new ones for ever.

    Raises: Rejected (KEY_REPLACED, KEY_LOCKED)
    """
    if old.ends_at is not None:
        raise Rejected(find(KEY_REPLACED, key_id=old.key_id))
    if old.locked:
        raise Rejected(find(KEY_LOCKED))
    if old.system_id:
        wanted = NewSystem(
            system_id=old.system_id,
            label=old.label,
            agencies=old.agencies,
            may_register=old.may_register,
            certificate=old.certificate,
            replaces=old.key_id,
        )
        made = await issue_system(store, vault, wanted, now)
    else:
        made = await issue(store, replace(old, replaces=old.key_id), now)
    await store.change_credential(replace(old, ends_at=now + overlap), now)
    return made


async def set_locked(store: KeyBook, credential: Credential, locked: bool, now: datetime) -> Credential:
    """Lock a credential and all that were given out in its place, or unlock it alone; counts at once."""
    changed = replace(credential, locked=locked)
    await store.change_credential(changed, now)
    if locked:
        for later in _successors(credential, await store.credentials()):
            await store.change_credential(replace(later, locked=True), now)
    return changed


def _successors(credential: Credential, every: Iterable[Credential]) -> list[Credential]:
    """What was given out in place of a credential, and in place of that."""
    by_former = {later.replaces: later for later in every if later.replaces}
    found: list[Credential] = []
    while (at := by_former.pop(found[-1].key_id if found else credential.key_id, None)) is not None:
        found.append(at)
    return found


def served_here(directory: Directory, node: str, code: str) -> Agency:
    """The agency of this node that has the code. Raises: Rejected (AGENCY_UNKNOWN)."""
    agency = directory.find(code)
    if agency is None or agency.node != node:
        raise Rejected(find(AGENCY_UNKNOWN, organ=code[:64]))
    return agency


class KeyDesk:
    """Where keys are given out and terms agreed while the node runs. Only an operator comes for others."""

    def __init__(self, node: NodeId, book: KeyBook, vault: Vault, clock: Clock) -> None:
        self._node, self._book, self._vault, self._clock = node, book, vault, clock

    async def keys(self, caller: Caller) -> list[Credential]:
        """All credentials for an operator; for anybody else only the caller's own."""
        every = await self._book.credentials()
        return [key for key in every if caller.is_operator or key.key_id == caller.name]

    async def key(self, caller: Caller, key_id: str) -> Credential:
        """One of those. Raises: Rejected (UNKNOWN_KEY)."""
        if not (caller.is_operator or key_id == caller.name):
            raise Rejected(find(UNKNOWN_KEY, key_id=key_id[:40]))
        return await named(self._book, key_id)

    async def issue(self, wanted: Credential) -> tuple[Credential, str]:
        """A new access key with these rights; it is returned this once. Raises: Rejected (AGENCY_UNKNOWN)."""
        agencies = await self._served(wanted.agencies)
        return await issue(self._book, replace(wanted, agencies=agencies), self._clock.now())

    async def issue_system(self, wanted: NewSystem) -> tuple[Credential, str]:
        """A new credential of a system that signs. Raises: Rejected (AGENCY_UNKNOWN, BAD_REQUEST)."""
        agencies = await self._served(wanted.agencies)
        return await issue_system(
            self._book, self._vault, replace(wanted, agencies=agencies), self._clock.now()
        )

    async def rotate(self, caller: Caller, key_id: str, overlap: timedelta) -> tuple[Credential, str]:
        """A new key in the place of one that lives on for `overlap`. Raises: Rejected (UNKNOWN_KEY)."""
        old = await self.key(caller, key_id)
        return await rotate(self._book, self._vault, old, self._clock.now(), overlap)

    async def set_locked(self, caller: Caller, key_id: str, locked: bool) -> Credential:
        """
        Lock a credential, or unlock it. Nobody locks the door behind himself: not the key that is calling.

        Raises: Rejected (UNKNOWN_KEY, BAD_REQUEST)
        """
        key = await self.key(caller, key_id)
        if locked and key_id == caller.name:
            raise Rejected(find(BAD_REQUEST, element="key_id", detail=f"key_id = {key_id}"))
        return await set_locked(self._book, key, locked, self._clock.now())

    async def terms(self, code: str) -> tuple[AgencyCode, Terms]:
        """What was agreed with an agency, by any of its codes. Raises: Rejected (AGENCY_UNKNOWN)."""
        agency = AgencyCode(served_here(await self._book.directory(), self._node, code).code)
        return agency, Terms.of((await self._book.ways()).get(OFFICE, {}).get(agency, {}))

    async def set_terms(self, code: str, terms: Terms) -> AgencyCode:
        """Agree on these terms from now on. Raises: Rejected (AGENCY_UNKNOWN)."""
        agency, _ = await self.terms(code)
        await self._book.set_way(agency, OFFICE, terms.as_row(), self._clock.now())
        return agency

    async def _served(self, codes: Iterable[AgencyCode]) -> frozenset[AgencyCode]:
        directory = await self._book.directory()
        return frozenset(AgencyCode(served_here(directory, self._node, code).code) for code in codes)


def _new_id() -> str:
    return secrets.token_hex(6)
