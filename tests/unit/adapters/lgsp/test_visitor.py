"""
Who may use the facade: whoever shows the secret, or a token got for it; what is said twice must agree.
"""

from __future__ import annotations

import pytest

from tests.kit.office import DISTRICT
from tests.kit.vxp_door import Door, vxp_door
from tests.unit.adapters.lgsp.visits import facade, logged_in, secret_of

LIST = "syncReceivedEdocList"


async def status_of(door: Door, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return (await facade(door, "GET", LIST, headers=named)).status


async def test_token_alone_and_secret_alone_will_do() -> None:
    async with vxp_door() as door:
        token = await logged_in(door, "sys.district")
        assert await status_of(door, Authorization=f"Bearer {token}") == 200
        assert (
            await status_of(door, X_SystemId="sys.district", X_SecretKey=secret_of(door, "sys.district"))
            == 200
        )


async def test_both_together_must_agree() -> None:
    async with vxp_door() as door:
        token, secret = await logged_in(door, "sys.district"), secret_of(door, "sys.district")
        bearer = f"Bearer {token}"
        assert (
            await status_of(door, Authorization=bearer, X_SystemId="sys.district", X_SecretKey=secret) == 200
        )
        assert await status_of(door, Authorization=bearer, X_SystemId="sys.commune") == 401
        assert await status_of(door, Authorization=bearer, X_SystemId="sys.district", X_SecretKey="x") == 401
        assert await status_of(door, Authorization=bearer, X_SecretKey=secret_of(door, "sys.commune")) == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer x.y.z"},
        {"Authorization": "Basic c3lzOng="},
        {"X_SystemId": "sys.district"},
        {"X_SystemId": "sys.district", "X_SecretKey": ""},
        {"X_SystemId": "sys.nobody", "X_SecretKey": "x"},
        {"X_SecretKey": "c2VjcmV0IGRpc3RyaWN0"},
        {"X_SystemId": "x" * 5000, "X_SecretKey": "x"},
    ],
)
async def test_anybody_else_is_401(headers: dict[str, str]) -> None:
    async with vxp_door() as door:
        assert await status_of(door, **headers) == 401


async def test_token_is_over_after_half_an_hour() -> None:
    async with vxp_door() as door:
        bearer = f"Bearer {await logged_in(door, 'sys.district')}"
        door.clock.advance(1799.0)
        assert await status_of(door, Authorization=bearer) == 200
        door.clock.advance(1.0)
        assert await status_of(door, Authorization=bearer) == 401


async def test_system_that_was_locked_after_its_login_is_out_at_once() -> None:
    async with vxp_door() as door:
        bearer = f"Bearer {await logged_in(door, 'sys.district')}"
        door.keyring.lock("sys.district")
        assert await status_of(door, Authorization=bearer) == 401


async def test_system_that_is_bound_to_a_certificate_needs_it_here_too() -> None:
    async with vxp_door() as door:
        door.keyring.add("sys.bound", "x", DISTRICT, certificate="ab" * 32)
        assert await status_of(door, X_SystemId="sys.bound", X_SecretKey="x") == 401
