"""
The axis above: a second node with the door of VXP, where the agencies live that our node reaches only so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.core.directory import Agency
from gateway.core.model import AgencyCode, LetterId, NodeId
from gateway.sandbox.partner import Ability, Received
from gateway.sandbox.trial import FIRST, LATER, NEIGHBOUR, REFUSER, SECOND, WRITER
from gateway.sandbox.trial_node import HurriedClock, TrialNode
from tests.contract.partners.vxp import DOOR, VxpPartner

ABOVE = NodeId("CP")


class UplinkPartner(VxpPartner):
    """Agencies that speak VXP to another node; to ours, that node is a VXP axis above it.

    The ids there are not ours, so none is told.
    """

    way = "uplink"
    can = frozenset({Ability.SENDS, Ability.REPORTS, Ability.BREAKS, Ability.REFUSES})

    async def begin(self, folder: Path, clock: HurriedClock) -> Mapping[str, Any]:
        everybody = (WRITER, NEIGHBOUR, FIRST, SECOND, REFUSER, LATER)
        rows = [Agency(code=code, name=f"Cơ quan {code}", node=ABOVE, delivery="vxp") for code in everybody]
        (folder / "above").mkdir()
        self._above = TrialNode(folder / "above", ABOVE, rows, DOOR, clock)
        await self._above.start()
        for agency in (FIRST, SECOND, REFUSER, LATER):
            await super().admit(agency, self._above)
        keys = await self._above.keys(WRITER, NEIGHBOUR)
        secret = folder / "secret"
        secret.touch(0o600)
        secret.write_text(keys.secret, "utf-8")
        endpoint = self._above.node.addresses["vxp"]
        port = int(endpoint.rpartition(":")[2])  # it comes back where it was
        self._above.sections = {"vxp": {"enabled": True, "port": port}}
        return {
            "uplink": {
                "endpoint": endpoint,
                "system_id": keys.system_id,
                "secret": f"file:{secret}",
                "poll_every": "1s",
            }
        }

    async def admit(self, agency: AgencyCode, at: TrialNode) -> Mapping[str, Any]:
        return {}

    async def end(self) -> None:
        await self._above.stop()

    async def send(self, agency: AgencyCode, content: bytes) -> str:
        await super().send(agency, content)
        return ""

    async def received(self, agency: AgencyCode) -> Sequence[Received]:
        return [Received(LetterId(""), each.content) for each in await super().received(agency)]

    async def break_down(self, agency: AgencyCode) -> None:
        await self._above.stop()

    async def mend(self, agency: AgencyCode) -> None:
        await self._above.start()

    async def refuse(self, agency: AgencyCode) -> None:
        known = self._above.node.office.directory().find(agency)
        assert known is not None
        await self._above.add(replace(known, locked=True))
