"""
Signed headers: how a caller shows that it knows the secret.

`sign-header` is a JSON text of the parameters, `hash-header` its HMAC-SHA256 under the secret. There is no
replay window: an SDK object takes its timestamp once and uses it for hours. A repeated sendEdoc is told by
its content.

Spec: VXP
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.core.calendar import VIETNAM
from gateway.vxp.functions import (
    CONTENT_TYPE,
    HASH_HEADER,
    ORDER,
    PREFIX,
    PROTOCOL_VERSION,
    SIGN_HEADER,
    SIGN_HEADER_KEY,
    SYSTEM_ID,
    TIMESTAMP,
    VERSION,
)
from gateway.vxp.parameters import Parameters

_PLACE = {name: place for place, name in enumerate(ORDER)}


class Doubt(StrEnum):
    """Why a set of headers is not believed."""

    MISSING = "missing"
    WRONG = "wrong"
    NOT_JSON = "not-json"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of a verification: with `doubt` None, the caller knows a secret and `parameters` are its own.

    `parameters` hold only what was signed. `secret` is the place of the one that fitted, -1 if none did.
    `name` is the header that is missing or differs.
    """

    doubt: Doubt | None = None
    name: str = ""
    parameters: Parameters = field(default_factory=Parameters)
    secret: int = -1


def write_timestamp(at: datetime) -> str:
    """`ddMMyyyy'T'HHmmss+SSSS` in Vietnam's time; what looks like a zone are milliseconds."""
    return at.astimezone(VIETNAM).strftime("%d%m%YT%H%M%S+") + f"{at.microsecond // 1000:04}"


def sign(parameters: Mapping[str, str], secret: str) -> dict[str, str]:
    """
    The headers of a call: every parameter with its prefix, and what proves them.

    `parameters` must hold systemid, timestamp and Content-Type. Raises: ValueError for a value that is no
    header text (ASCII without control characters): it would become another header.
    """
    wrong = [name for name, value in parameters.items() if not (value.isascii() and value.isprintable())]
    if wrong or not {SYSTEM_ID, TIMESTAMP, CONTENT_TYPE} <= parameters.keys():
        raise ValueError(f"cannot be signed: {', '.join(wrong) or 'a required parameter is missing'}")
    names = sorted(parameters, key=lambda name: _PLACE.get(name, len(ORDER)))
    named = {PREFIX + name: parameters[name].strip() for name in names}
    text = json.dumps(named, separators=(",", ":"))
    return {
        CONTENT_TYPE: parameters[CONTENT_TYPE],
        **named,
        PREFIX + SIGN_HEADER_KEY: ";".join(names),
        PREFIX + SIGN_HEADER: text,
        PREFIX + HASH_HEADER: hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest(),
        PREFIX + VERSION: PROTOCOL_VERSION,
    }


def system_id(headers: Mapping[str, str]) -> str:
    """The system that says it calls, "" if none is named; to look up its secrets by."""
    return headers.get(PREFIX + SYSTEM_ID, "").strip()


def verify(headers: Mapping[str, str], secrets: Sequence[str]) -> Verified:
    """
    Whether a set of headers was signed with one of the secrets that are good for its system.

    `headers` must not care about case. Linear in their size; every secret is tried, so that the time taken
    does not tell which one fitted. With no secrets at all the work is the same as with a wrong one.
    """
    for name in (SYSTEM_ID, SIGN_HEADER, HASH_HEADER):
        if not headers.get(PREFIX + name, "").strip():
            return Verified(Doubt.MISSING, PREFIX + name)
    text = headers[PREFIX + SIGN_HEADER].strip()
    secret = _fitting(text, headers[PREFIX + HASH_HEADER].strip().lower(), secrets)
    if secret is None:
        return Verified(Doubt.WRONG, PREFIX + HASH_HEADER)
    signed = _signed(text)
    if signed is None:
        return Verified(Doubt.NOT_JSON, PREFIX + SIGN_HEADER)
    if differing := _differing(signed, headers):
        return Verified(Doubt.DIFFERS, differing)
    own = Parameters(
        (name[len(PREFIX) :], value)
        for name, value in signed.items()
        if name.lower().startswith(PREFIX.lower())
    )
    if not own.text(SYSTEM_ID):
        return Verified(Doubt.MISSING, PREFIX + SYSTEM_ID)
    return Verified(parameters=own, secret=secret)


def _fitting(text: str, claimed: str, secrets: Sequence[str]) -> int | None:
    """The place of the secret whose HMAC is the claimed one; the first of several."""
    message, said = _raw(text), _raw(claimed)
    fitting: int | None = None
    for place, secret in enumerate(secrets or [""]):
        right = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest().encode()
        # an empty secret would be known to everybody
        if hmac.compare_digest(right, said) and secret and fitting is None:
            fitting = place
    return fitting


def _raw(text: str) -> bytes:
    """The bytes that were on the wire: servers keep what is not UTF-8 as surrogates."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _signed(text: str) -> dict[str, str] | None:
    """The names and values of a sign-header, or None if it is no flat JSON object."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not all(isinstance(value, str | int | float) for value in told.values()):
        return None
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in told.items()}


def _differing(signed: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The first signed name whose header is not there or says something else; "" if all agree.

    Clients that know a name in two spellings (`docId`, `docid`) have signed two values of one header: each
    is right, whether both are on the line or one of them has taken the place of the other.
    """
    right: dict[str, set[str]] = {}
    for name, value in signed.items():
        right.setdefault(name.lower(), set()).add(value.strip())
    came: dict[str, set[str]] = {}
    for name, value in headers.items():  # of a header that comes twice, both
        if name.lower() in right:
            came.setdefault(name.lower(), set()).add(value.strip())
    names = (name for name in signed if not came.get(name.lower(), {""}) <= right[name.lower()])
    return next(names, "")
