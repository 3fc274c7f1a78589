"""
A system of a provincial axis: logs in, sends forms, gets JSON.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from gateway.core.model import AgencyCode, LetterId
from gateway.sandbox.partner import Ability, Partner, Received, Refused
from gateway.sandbox.trial_node import HurriedClock, TrialNode
from tests.contract.partners.vxp import DOOR


class LgspPartner(Partner):
    """Speaks the five functions of the facade; what it gets is JSON, so a byte order mark is lost on it."""

    way = "lgsp"
    can = frozenset({Ability.SENDS, Ability.FETCHES, Ability.REPORTS})

    def __init__(self) -> None:
        self._at: dict[AgencyCode, TrialNode] = {}
        self._tokens: dict[AgencyCode, str] = {}

    async def begin(self, folder: Path, clock: HurriedClock) -> Mapping[str, Any]:
        return DOOR

    async def admit(self, agency: AgencyCode, at: TrialNode) -> Mapping[str, Any]:
        self._at[agency] = at
        keys = await at.keys(agency)
        given = {"username": keys.system_id, "password": keys.secret}
        self._tokens[agency] = (await self._call("", "POST", "auth/login", at, json=given))["data"]["token"]
        return {}

    async def _ask(self, agency: AgencyCode, method: str, function: str, **more: Any) -> dict[str, Any]:
        return await self._call(self._tokens[agency], method, function, self._at[agency], **more)

    @staticmethod
    async def _call(token: str, method: str, function: str, at: TrialNode, **more: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{at.node.addresses['vxp']}/apithunghiem/v1/{function}"
        async with aiohttp.request(method, url, headers=headers, **more) as response:
            told: dict[str, Any] = await response.json()
        if not told["success"]:
            raise Refused(f"{told['data']['errorCode']} {told['message']}")
        return told

    async def send(self, agency: AgencyCode, content: bytes) -> str:
        form = aiohttp.FormData()
        file = io.BytesIO(content)  # aiohttp warns of large bytes
        form.add_field("edocFile", file, filename="van-ban.edxml", content_type="application/octet-stream")
        letter_id: str = (await self._ask(agency, "POST", "sendEdoc", data=form))["docId"]
        return letter_id

    async def received(self, agency: AgencyCode) -> Sequence[Received]:
        lines = (await self._ask(agency, "GET", "syncReceivedEdocList"))["data"]
        return [
            Received(LetterId(line["docId"]), await self.fetch(agency, LetterId(line["docId"])))
            for line in lines
        ]

    async def fetch(self, agency: AgencyCode, letter_id: LetterId) -> bytes:
        told = await self._ask(agency, "GET", "getEdoc", params={"docId": letter_id})
        edxml: str = told["data"]["edxml"]
        return edxml.encode()

    async def acknowledge(self, agency: AgencyCode, letter_id: LetterId) -> None:
        await self._ask(agency, "POST", "updateStatus", json={"docId": letter_id, "status": "done"})

    async def report(self, agency: AgencyCode, letter: Received, code: str) -> None:
        await self._ask(agency, "POST", "updateStatus", json={"docId": letter.letter_id, "status": code})
