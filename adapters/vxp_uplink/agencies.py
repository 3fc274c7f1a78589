"""
Who can be reached over the axis above: its list of agencies becomes rows of our directory.

Rows are only added. An agency that is known here by any of its codes is left as it is, whether it is ours or
behind the axis: what an operator has set must not be undone by a list of somebody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from adapters.vxp_uplink.axis import Axis
from gateway.client import VxpClient
from gateway.core.codes import normal, shape_ok
from gateway.core.directory import Agency, Directory
from gateway.core.directory_lists import one_per_agency
from gateway.core.errors import Rejected
from gateway.core.model import AgencyCode, NodeId
from gateway.ports import Workplace
from gateway.ports.moving import UPLINK
from gateway.vxp.shapes import AgencyLine, AgencyLineQD20


class Agencies:
    """The agencies of the axis above."""

    def __init__(self, workplace: Workplace, axis: Axis) -> None:
        self._place, self._axis = workplace, axis
        self._listed: Mapping[str, Agency] = {}

    async def sync(self) -> int:
        """Read the lists and add whom the directory does not know; how many. Raises: Rejected, Unavailable"""
        if self._axis.own is None:
            return 0
        async with self._axis.client(self._axis.own) as client:
            lines, qd20 = await client.agencies(), await _qd20(client)
        rows = await asyncio.to_thread(rows_of, lines, qd20, self._place.node)
        self._listed = {code: row for row in rows for code in row.codes}
        newcomers = strangers(rows, self._place.office.directory())
        added = await self._place.office.enrol(newcomers) if newcomers else 0
        self._place.log.info("uplink.agencies", listed=len(rows), added=added)
        return added

    async def enrol(self, code: str, name: str) -> Agency | None:
        """
        The row of a sender that the directory does not know, added now; None for a code that cannot be one.

        It is named as the axis' list names it, else as the message does.
        """
        row = self._listed.get(normal(code)) or behind(code, name or code, self._place.node)
        if not shape_ok(code):
            return None
        for newcomer in (row, behind(code, row.name, self._place.node)):
            await self._place.office.enrol([newcomer])
            if found := self._place.office.directory().find(code):
                return found
        return None


def behind(code: str, name: str, node: NodeId, *, aliases: Iterable[str] = (), mail: str = "") -> Agency:
    """The row of an agency that lives on the axis above. Its own system sends status 01."""
    return Agency(
        code=AgencyCode(code.strip()),
        name=name.strip() or code.strip(),
        node=node,
        aliases=tuple(aliases),
        delivery=UPLINK,
        sends_arrived=True,
        mail=mail.strip(),
    )


def rows_of(lines: Sequence[AgencyLine], qd20: Sequence[AgencyLineQD20], node: NodeId) -> tuple[Agency, ...]:
    """
    One row for each agency of both lists, under the code that edXML bears, its other codes as aliases.

    Lines that share a code are one agency; what is no code is passed over.
    """
    told = [((line.code, line.old_code), line.name, line.mail) for line in lines]
    told += [((line.code102, line.code), line.name, line.mail) for line in qd20]
    return tuple(
        behind(codes[0], name, node, aliases=codes[1:], mail=mail)
        for codes, name, mail in one_per_agency(told)
    )


def strangers(rows: Iterable[Agency], directory: Directory) -> list[Agency]:
    """Those of whom the directory knows no code at all."""
    return [row for row in rows if not any(directory.find(code) for code in row.codes)]


async def _qd20(client: VxpClient) -> tuple[AgencyLineQD20, ...]:
    """The list by QĐ 20/2020, which axes of before 2022 do not have."""
    try:
        return await client.agencies_qd20()
    except Rejected:
        return ()
