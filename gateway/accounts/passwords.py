"""
Passwords, kept as argon2id: what a person chooses is guessed from few, so each guess must cost.

Spec: RFC9106/4 (the second recommended setting: 64 MiB, three passes, four lanes)
"""

from __future__ import annotations

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from gateway.core.catalogue import PASSWORD_WEAK
from gateway.core.errors import Rejected, find

SHORTEST, LONGEST = 12, 256
"""Characters. Length makes guessing hard; rules about signs and digits only make people write it down."""

FEWEST_DIFFERENT = 5
"""Different characters: aaaaaaaaaaaa is long and the first that is tried."""

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is taken for something else on paper
_GROUPS, _GROUP = 4, 4  # 16 signs of 31: 79 bits

_HASHER = PasswordHasher()
_NOBODYS = _HASHER.hash(secrets.token_urlsafe(16))


def new_password() -> str:
    """A password to be given out, in groups that can be read aloud."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def check_strength(password: str, name: str) -> None:
    """Raises: Rejected (PASSWORD_WEAK) for one that would be guessed."""
    if len(password) < SHORTEST or len(password) > LONGEST:
        raise _weak(f"{SHORTEST}–{LONGEST} ký tự · characters")
    if len(set(password.lower())) < FEWEST_DIFFERENT:
        raise _weak("aaaa…")
    if name and name in password.lower():
        raise _weak(name)


def _weak(detail: str) -> Rejected:
    return Rejected(find(PASSWORD_WEAK, element="password", detail=detail))


def hash_of(password: str) -> str:
    """What is kept of a password. Takes some 50 ms of a CPU and 64 MiB: not for an event loop."""
    return _HASHER.hash(_as_typed_anywhere(password))


def is_right(password: str, kept: str) -> bool:
    """Whether it is the password that `kept` was made of; costs the same if `kept` is "" and it can't be."""
    try:
        return _HASHER.verify(kept or _NOBODYS, _as_typed_anywhere(password)) and bool(kept)
    except (Argon2Error, InvalidHashError):
        return False


def _as_typed_anywhere(password: str) -> str:
    """Vietnamese letters are composed on one keyboard and decomposed on another; both are one password."""
    return unicodedata.normalize("NFKC", password)
