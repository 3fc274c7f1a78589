"""
Who calls the provincial facade: a system by its id and secret, or by a token that it got for them.

Systems in use send both, or never log in at all and send X-SystemId and X-SecretKey with every call.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime

from aiohttp import web

from adapters.lgsp.tokens import key_behind, system_named
from adapters.vxp.gate import LONGEST_ID, note_use
from gateway.core.catalogue import KEY_LOCKED, UNAUTHENTICATED
from gateway.core.errors import Rejected, find
from gateway.ports import Caller, Keyring, SystemKey
from gateway.v1.origin import check_certificate
from gateway.v1.request import CALLER

SYSTEM_ID, SECRET_KEY = "X-SystemId", "X-SecretKey"


async def visitor(request: web.Request, keyring: Keyring, now: datetime) -> Caller:
    """
    Who calls. What is said twice must agree: a token of one system beside the secret of another is refused.

    Raises: Rejected (UNAUTHENTICATED, KEY_LOCKED, CERTIFICATE_MISMATCH).
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    named, secret = (request.headers.get(name, "").strip() for name in (SYSTEM_ID, SECRET_KEY))
    system = system_named(token) if token else named
    if named not in ("", system):
        raise Rejected(find(UNAUTHENTICATED))
    keys = await keys_of(system, keyring)
    key = key_behind(token, keys, now) if token else key_with(secret, keys)
    if key is None or (token and secret and key_with(secret, keys) is None):
        raise Rejected(find(UNAUTHENTICATED))
    return admitted(request, key, keyring)


async def keys_of(system: str, keyring: Keyring) -> Sequence[SystemKey]:
    """The keys of a system that somebody claims to be."""
    return await keyring.system(system) if 0 < len(system) <= LONGEST_ID else ()


def key_with(secret: str, keys: Sequence[SystemKey]) -> SystemKey | None:
    """The key with this secret; the time taken does not tell which one fitted, or how nearly."""
    told = secret.encode("utf-8", "surrogateescape")
    fitting = [key for key in keys if key.secret and hmac.compare_digest(key.secret.encode(), told)]
    return fitting[0] if fitting else None


def admitted(request: web.Request, key: SystemKey, keyring: Keyring) -> Caller:
    """The caller of a key, if it may come in with this request.

    Raises: Rejected (KEY_LOCKED, CERTIFICATE_MISMATCH).
    """
    if key.credential.locked:
        raise Rejected(find(KEY_LOCKED))
    check_certificate(request, key.credential.certificate)
    request[CALLER] = key.credential.caller
    note_use(request, key.credential, keyring)
    return key.credential.caller
