"""
Tokens of the provincial facade: JWTs that live for half an hour.

Nothing is kept. A token is signed with a key derived from the system's own secret, and ends with it:
no list of revoked tokens is needed.

Spec: RFC7519
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

import jwt
from jwt.types import Options

from gateway.ports import SystemKey

LIFE = timedelta(minutes=30)
_ALGORITHM = "HS256"
_PURPOSE = (
    b"truc lgsp token "  # so that a token's signature is of no use as one of VXP, and the other way round
)


def issue(key: SystemKey, now: datetime) -> str:
    """A token for the system of this key, from `now` on."""
    claims = {
        "sub": key.credential.system_id,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFE).timestamp()),
    }
    return jwt.encode(claims, _signing_key(key), _ALGORITHM, headers={"kid": key.credential.key_id})


def system_named(token: str) -> str:
    """The system that a token says it belongs to, to look up its keys by; "" if it is no token."""
    try:
        claims = jwt.decode(token, options={**_OURS, "verify_signature": False})
    except jwt.PyJWTError:
        return ""
    return str(claims["sub"])


def key_behind(token: str, keys: Sequence[SystemKey], now: datetime) -> SystemKey | None:
    """The key with which a token was made, None if it was made with none of these or its time is over."""
    for key in keys:
        try:
            claims = jwt.decode(token, _signing_key(key), [_ALGORITHM], options=_OURS)
        except jwt.PyJWTError:
            continue
        if claims["sub"] == key.credential.system_id and _lives(claims["exp"], now):
            return key
    return None


# The node's clock decides, not the one that the library reads.
_OURS: Options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["sub", "exp"]}


def _lives(ends_at: object, now: datetime) -> bool:
    return isinstance(ends_at, int) and now.timestamp() < ends_at


def _signing_key(key: SystemKey) -> bytes:
    purpose = _PURPOSE + key.credential.key_id.encode()
    return hmac.new(key.secret.encode(), purpose, hashlib.sha256).digest()
