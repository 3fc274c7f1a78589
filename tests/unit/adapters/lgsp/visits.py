"""
Calls of the provincial facade as its clients make them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.kit.vxp_door import Door, Heard, heard


async def facade(
    door: Door,
    method: str,
    function: str,
    *,
    system: str = "",
    headers: Mapping[str, str] | None = None,
    prefix: str = "/apithunghiem",
    **more: Any,
) -> Heard:
    """Call a function, as a system (by its secret) or with these headers."""
    own = dict(headers or {})
    if system:
        own |= {"X-SystemId": system, "X-SecretKey": secret_of(door, system)}
    async with door.http.request(method, f"{prefix}/v1/{function}", headers=own, **more) as response:
        answer = await heard(response)
    assert isinstance(answer.told["success"], bool)
    assert isinstance(answer.told["message"], str)
    return answer


def secret_of(door: Door, system: str) -> str:
    """The newest secret of a system."""
    return door.keyring.systems[system][0].secret


async def logged_in(door: Door, system: str) -> str:
    """A token for a system."""
    given = {
        "username": system,
        "password": secret_of(door, system),
        "applicationCode": "x",
        "otp": None,
        "twoFactorProvider": None,
        "typeObjs": [0, 1],
    }
    answer = await facade(door, "POST", "auth/login?allow_anonymous=true", json=given)
    assert answer.status == 200
    token: str = answer.told["data"]["token"]
    return token
