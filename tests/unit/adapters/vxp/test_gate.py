"""
Who may come in: systems that know their secret, and nobody else; only what was signed is believed.
"""

from __future__ import annotations

import json

import pytest

from gateway.vxp.functions import FUNCTIONS, PREFIX, Function
from tests.kit.office import DISTRICT, PROVINCE, document
from tests.kit.vxp_door import PREFIX as PATH
from tests.kit.vxp_door import Door, Heard, heard, vxp_door

LIST = f"{PATH}/getReceivedEdocList"


async def asked(door: Door, headers: dict[str, str]) -> Heard:
    async with door.http.post(LIST, headers=headers) as response:
        return await heard(response)


async def test_system_with_its_secret_comes_in() -> None:
    async with vxp_door() as door:
        assert (await asked(door, door.signed("sys.district", {"messagetype": "edoc"}))).code == "0"
        assert door.log("http.request")[-1]["caller"] == "sys.district#1"


async def test_wrong_secret_is_401_with_code_15() -> None:
    async with vxp_door() as door:
        headers = door.signed("sys.district", {}) | {f"{PREFIX}hash-header": "0" * 64}
        answer = await asked(door, headers)
        assert (answer.status, answer.code, answer.told["data"]) == (401, "15", [])
        assert answer.told["ErrorDesc"].startswith("Sai SystemId hoac SecretKey")


async def test_unknown_system_cannot_be_told_from_a_wrong_secret() -> None:
    async with vxp_door() as door:
        door.keyring.add("sys.gone", "x", DISTRICT)
        headers = door.signed("sys.gone", {})
        wrong = await asked(door, door.signed("sys.district", {}) | {f"{PREFIX}hash-header": "0" * 64})
        door.keyring.systems.clear()
        unknown = await asked(door, headers)
        assert (unknown.status, unknown.told) == (wrong.status, wrong.told)


async def test_locked_system_stays_outside() -> None:
    async with vxp_door() as door:
        answer = await asked(door, door.signed("sys.locked", {}))
        assert (answer.status, answer.code) == (401, "15")


async def test_both_secrets_are_good_while_they_are_changed() -> None:
    async with vxp_door() as door:
        before = door.signed("sys.district", {})
        door.keyring.add("sys.district", "another", DISTRICT)
        after = door.signed("sys.district", {})
        assert before != after
        assert {(await asked(door, headers)).code for headers in (before, after)} == {"0"}


async def test_system_that_is_bound_to_a_certificate_needs_it() -> None:
    async with vxp_door() as door:
        door.keyring.add("sys.bound", "x", DISTRICT, certificate="ab" * 32)
        answer = await asked(door, door.signed("sys.bound", {}))
        assert (answer.status, answer.code) == (401, "15")


@pytest.mark.parametrize("name", ["systemid", "sign-header", "hash-header"])
async def test_missing_header_is_named(name: str) -> None:
    async with vxp_door() as door:
        headers = door.signed("sys.district", {})
        del headers[PREFIX + name]
        answer = await asked(door, headers)
        assert (answer.status, answer.code) == (401, "15")
        assert f"thieu {PREFIX}{name}" in answer.told["ErrorDesc"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"XroadVnpt-systemid": null}', '"x"', "{}" * 9])
async def test_broken_sign_header_is_refused(text: str) -> None:
    async with vxp_door() as door:
        headers = door.signed("sys.district", {}) | {f"{PREFIX}sign-header": text}
        answer = await asked(door, headers)
        assert (answer.status, answer.code) == (401, "15")


async def test_parameter_beside_the_signed_ones_is_not_believed() -> None:
    async with vxp_door() as door:
        sent = await send_one(door)
        headers = door.signed("sys.district", {"status": "done"}) | {f"{PREFIX}docId": sent}
        async with door.http.post(f"{PATH}/updateStatus", headers=headers, data=b"{}") as response:
            assert (await heard(response)).code == "10"
        assert len(await door.listed("sys.district")) == 1


async def test_one_signed_header_cannot_be_exchanged() -> None:
    async with vxp_door() as door:
        headers = door.signed("sys.district", {"messagetype": "edoc"}) | {f"{PREFIX}messagetype": "status"}
        answer = await asked(door, headers)
        assert (answer.status, answer.code) == (401, "15")
        assert "messagetype" in answer.told["ErrorDesc"]


async def test_huge_system_id_is_not_looked_up() -> None:
    async with vxp_door() as door:
        door.keyring.add("x" * 5000, "y", DISTRICT)
        assert (await asked(door, door.signed("x" * 5000, {}))).status == 401


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda f: f.name)
async def test_every_function_is_closed_to_strangers(function: Function) -> None:
    async with vxp_door() as door, door.http.request(function.verb, f"/{function.name}") as response:
        answer = await heard(response)
        assert (answer.status, answer.code) == (401, "15")
        assert not function.key or function.key in answer.told


async def test_old_timestamp_is_as_good_as_new() -> None:
    """An SDK object takes its timestamp once and uses it for hours."""
    async with vxp_door() as door:
        headers = door.signed("sys.district", {})
        for _ in range(3):
            door.clock.advance(86_400.0)
            assert (await asked(door, headers)).code == "0"


async def test_secrets_and_signatures_are_not_logged() -> None:
    async with vxp_door() as door:
        headers = door.signed("sys.district", {})
        await asked(door, headers)
        await asked(door, headers | {f"{PREFIX}hash-header": "f" * 64})
        text = door.stream.getvalue()
        assert door.keyring.systems["sys.district"][0].secret not in text
        assert headers[f"{PREFIX}hash-header"] not in text
        assert json.loads(text.splitlines()[-1])["status"] == 401


async def send_one(door: Door) -> str:
    sent = await door.send("sys.province", document(PROVINCE, DISTRICT))
    doc_id: str = sent.told["DocId"]
    return doc_id


async def test_use_of_a_secret_is_noted_with_address_and_software_and_a_wrong_one_is_not() -> None:
    async with vxp_door() as door:
        software = {"User-Agent": "VXP-SDK/3.0"}
        await asked(door, door.signed("sys.district", {}) | {f"{PREFIX}hash-header": "0" * 64} | software)
        await asked(door, door.signed("sys.locked", {}) | software)
        assert door.keyring.uses == []
        await asked(door, door.signed("sys.district", {"messagetype": "edoc"}) | software)
        assert door.keyring.uses == [("sys.district#1", "127.0.0.1", "VXP-SDK/3.0")]
