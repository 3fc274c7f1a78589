"""
Letters that lie at our doors for agencies on the axis above: from before they went there, or before there was
an uplink. Nobody comes for them here, so they go up.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.vxp_uplink.axis import Axis
from adapters.vxp_uplink.sending import Sending
from gateway.core.errors import Rejected, Unavailable
from gateway.core.model import AgencyCode
from gateway.ports import Caller, MailItem, Word, Workplace
from gateway.ports.moving import Served

ASKED_AT_ONCE = 500  # agencies; the axis above may name a hundred thousand
LISTED = 100


class Kept:
    """Looks behind the doors of this node."""

    def __init__(self, workplace: Workplace, axis: Axis, sending: Sending) -> None:
        self._place, self._axis, self._sending = workplace, axis, sending

    def everybody(self) -> list[AgencyCode]:
        """All agencies of the axis above; looked at once, when the node starts."""
        served = self._place.office.directory().served_by(self._place.node)
        return [agency.code for agency in served if self._axis.is_above(agency)]

    def moved(self) -> list[AgencyCode]:
        """Those that an operator has sent (back) there: an agency that was here may have left mail here."""
        directory, houses = self._place.office.directory(), self._axis.houses()
        there = [directory.find(code) for code, house in houses.items() if house.served is Served.UPLINK]
        return [agency.code for agency in there if agency is not None and self._axis.is_above(agency)]

    async def round(self, agencies: Sequence[AgencyCode]) -> int:
        """Send up what lies there for these agencies; how many letters that were. Raises: Unavailable"""
        sent = 0
        for start in range(0, len(agencies), ASKED_AT_ONCE):
            after, caller = 0, _caller(*agencies[start : start + ASKED_AT_ONCE])
            while items := await self._place.office.list(caller, after=after, limit=LISTED):
                for item in items:
                    sent += await self._send(item)
                after = items[-1].number
        return sent

    async def _send(self, item: MailItem) -> bool:
        if self._axis.system_for(item.sender) is None:
            return False  # it came down from there, in the moment of a move: it waits for its agency here
        caller = _caller(item.agency)
        letter = await self._place.office.open(caller, item.letter_id)
        try:
            if not await self._sending.deliver(letter):
                return False
        except Rejected as refused:  # it was accepted long ago; its sender is told that nobody fetches it
            await self._place.office.word(caller, item.letter_id, Word.FAILED, refused.first.vi)
            return False
        except Unavailable:
            return False
        await self._place.office.ack(caller, item.letter_id)
        return True


def _caller(*agencies: AgencyCode) -> Caller:
    return Caller("uplink", frozenset(agencies))
