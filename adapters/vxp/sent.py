"""
getSentEdocList: what became of messages that an agency sent, a line for each receiver.

Transport only: `sendStatus` says that the axis holds the message, `receiveStatus` how far the system of the
receiver is. What the receiver's clerk does is told by status messages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from adapters.vxp.gate import Call
from adapters.vxp.mail import DONE, FAIL, INITIAL, KINDS, PROCESSING, TYPES
from gateway.core.errors import Rejected
from gateway.core.model import Kind, LetterId
from gateway.core.stages import Stage
from gateway.core.tracking import RecipientTrack, Tracking, trace
from gateway.ports import Wanted, Workplace
from gateway.v1.request import is_letter_id
from gateway.vxp.answers import done
from gateway.vxp.functions import (
    DOC_ID,
    EDOC_SERVICE,
    FROM_DATE,
    MESSAGE_TYPE,
    PAGE_INDEX,
    PAGE_SIZE,
    TO_DATE,
)
from gateway.vxp.parameters import message_type, write_time
from gateway.vxp.shapes import SentLine

LETTERS_AT_MOST = 200
"""Messages of one list, newest first; each costs a look at its tracking."""
LINES_AT_MOST = 5000
"""Lines after which a list takes up no further message: 200 of them to all communes would be 200 MB."""

STATES = {
    Stage.DELIVERED: DONE,
    Stage.RETURNED: FAIL,
    Stage.STOPPED: FAIL,
    Stage.RETRYING: PROCESSING,
    Stage.HELD: PROCESSING,
    Stage.QUARANTINED: PROCESSING,
}
"""`receiveStatus` by stage; all others are `initial`: the receiver's system has not answered yet."""


class Sent:
    """What a caller may know of its own messages."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace, self._office = workplace, workplace.office

    async def list(self, call: Call) -> bytes:
        """
        The message that `docId` names, else the caller's messages, newest first.

        A `docId` of a message that the caller received is left over from an earlier call, and does not count.
        """
        named = call.parameters.text(DOC_ID).lower()
        tracking = await self._tracking(call, named)
        lines: list[SentLine] = []
        if tracking is not None and tracking.sender in call.caller.agencies:
            lines += lines_of(tracking)
        elif not named or tracking is not None:
            async for message in self._latest(call):
                lines += lines_of(message)
                if len(lines) >= LINES_AT_MOST:
                    break
        return done(call.function, lines)

    async def _latest(self, call: Call) -> AsyncIterator[Tracking]:
        parameters = call.parameters
        word = message_type(parameters.text(MESSAGE_TYPE))
        size = min(parameters.number(PAGE_SIZE, 0) or LETTERS_AT_MOST, LETTERS_AT_MOST)
        wanted = Wanted(
            kind=None if word is None else KINDS[word],
            sent=True,
            since=parameters.time(FROM_DATE),
            until=parameters.time(TO_DATE),
        )
        before: LetterId | None = None
        skipped = (max(parameters.number(PAGE_INDEX, 1), 1) - 1) * size
        while skipped:  # in large strides, however small the pages are
            stride = min(skipped, LETTERS_AT_MOST)
            passed = await self._office.find(call.caller, wanted, before=before, limit=stride)
            if len(passed) < stride:
                return
            before, skipped = passed[-1], skipped - stride
        for letter_id in await self._office.find(call.caller, wanted, before=before, limit=size):
            if (tracking := await self._tracking(call, letter_id)) is not None:
                yield tracking

    async def _tracking(self, call: Call, letter_id: str) -> Tracking | None:
        """Where a message is, or None if the caller may not know it."""
        if not is_letter_id(letter_id):
            return None
        try:
            record = await self._office.track(call.caller, LetterId(letter_id))
        except Rejected:
            return None
        return trace(record, here=self._workplace.node, directory=self._office.directory())


def lines_of(message: Tracking) -> Iterator[SentLine]:
    """A line for each receiver; a receiver is named as the sender named it."""
    at = write_time(message.accepted_at)
    for recipient in message.recipients:
        state = STATES.get(recipient.stage, INITIAL)
        yield SentLine(
            service_type=EDOC_SERVICE,
            message_type=TYPES[message.kind],
            sender_doc_id=message.letter_id,
            receiver_doc_id=message.letter_id,
            from_code=message.sender,
            to_code=recipient.named,
            title=message.subject if message.kind is Kind.DOCUMENT else message.status_code,
            notation=message.code,
            sent_time=at,
            received_time=write_time(recipient.since) if state == DONE and recipient.since else "",
            send_status=DONE,
            send_status_desc="",
            receive_status=state,
            receive_status_desc=_described(recipient),
        )


def _described(recipient: RecipientTrack) -> str:
    """Where it is, and the last trouble on its way."""
    told = recipient.stage.vi
    return f"{told} ({recipient.last_code}: {recipient.last_code_vi})" if recipient.last_code else told
