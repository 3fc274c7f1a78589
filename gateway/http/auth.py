"""
Who calls: the access key that a request bears, and whose it is.

The store is asked for the digest of the key. How long that look-up takes says something about digests only,
and nobody can choose a key whose digest has a wanted beginning, so there is nothing to learn by timing it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from gateway.core.catalogue import KEY_LOCKED, UNAUTHENTICATED
from gateway.core.errors import Rejected, find
from gateway.keys import key_hash
from gateway.ports import Caller, Credential
from gateway.v1.origin import check_certificate

_KEY = re.compile(r"truc_[A-Za-z0-9_-]{43}")

CredentialLookup = Callable[[str], Awaitable[Credential | None]]
"""The credential with this key digest (`Store.credential`)."""


def key_in(request: web.BaseRequest) -> str | None:
    """The key that a request bears: `Authorization: Bearer …`, else `X-Truc-Key`; None if malformed."""
    authorization = request.headers.get("Authorization")
    if authorization is not None:
        scheme, _, key = authorization.partition(" ")
        key = key.strip() if scheme.lower() == "bearer" else ""
    else:
        key = request.headers.get("X-Truc-Key", "").strip()
    return key if _KEY.fullmatch(key) else None


async def caller_with(request: web.BaseRequest, lookup: CredentialLookup, now: datetime) -> Caller:
    """
    Who sent this request.

    Nothing is cached: locking a key takes effect with the next request, and the look-up is one row by its
    primary key.

    Raises: Rejected (UNAUTHENTICATED, KEY_LOCKED, CERTIFICATE_MISMATCH).
    """
    key = key_in(request)
    credential = None if key is None else await lookup(key_hash(key))
    if credential is None or credential.has_ended(now):
        raise Rejected(find(UNAUTHENTICATED))
    if credential.locked:
        raise Rejected(find(KEY_LOCKED))
    check_certificate(request, credential.certificate)
    return credential.caller
