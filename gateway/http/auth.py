"""
Access keys of agencies: made here, shown once, known afterwards only by their digest.

A key is 256 random bits. Nobody can try enough of them, so a plain SHA-256 keeps it: slow hashes (argon2,
scrypt) exist for passwords, which people choose from few, and would cost 50 ms of CPU on every request.
The store is asked for the digest. How long that look-up takes says something about digests only, and nobody
can choose a key whose digest has a wanted beginning, so there is nothing to learn by timing it.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from aiohttp import web

from gateway.core.catalogue import KEY_LOCKED, UNAUTHENTICATED
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode
from gateway.ports import Caller, Credential, Store

PREFIX = "truc_"
"""So that a person, and a scanner for leaked secrets, sees what it is."""

KEY_BYTES = 32

_KEY = re.compile(r"truc_[A-Za-z0-9_-]{43}")

CredentialLookup = Callable[[str], Awaitable[Credential | None]]
"""The credential with this key digest (`Store.credential`)."""


def new_key(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """A new key: `truc_` and 43 characters of base64url. Show it once; keep only `key_hash` of it."""
    return PREFIX + base64.urlsafe_b64encode(random_bytes(KEY_BYTES)).decode().rstrip("=")


def key_hash(key: str) -> str:
    """The SHA-256 of a key in hexadecimal, under which its credential is kept."""
    return hashlib.sha256(key.encode()).hexdigest()


async def issue_key(
    store: Store, label: str, agencies: Iterable[AgencyCode], now: datetime, *, is_operator: bool = False
) -> str:
    """A new key for these agencies, kept in the store from now on; returned this once."""
    key = new_key()
    credential = Credential(secrets.token_hex(6), label, frozenset(agencies), is_operator=is_operator)
    await store.add_credential(credential, key_hash(key), now)
    return key


def key_in(request: web.BaseRequest) -> str | None:
    """The key that a request bears: `Authorization: Bearer …`, else `X-Truc-Key`; None if malformed."""
    authorization = request.headers.get("Authorization")
    if authorization is not None:
        scheme, _, key = authorization.partition(" ")
        key = key.strip() if scheme.lower() == "bearer" else ""
    else:
        key = request.headers.get("X-Truc-Key", "").strip()
    return key if _KEY.fullmatch(key) else None


async def caller_with(request: web.BaseRequest, lookup: CredentialLookup) -> Caller:
    """
    Who sent this request.

    Nothing is cached: locking a key takes effect with the next request, and the look-up is one row by its
    primary key.

    Raises: Rejected (UNAUTHENTICATED, KEY_LOCKED).
    """
    key = key_in(request)
    credential = None if key is None else await lookup(key_hash(key))
    if credential is None:
        raise Rejected(find(UNAUTHENTICATED))
    if credential.locked:
        raise Rejected(find(KEY_LOCKED))
    return Caller(credential.key_id, credential.agencies, credential.is_operator)
