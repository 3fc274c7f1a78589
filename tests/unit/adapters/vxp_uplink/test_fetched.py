"""
A message on its way down, in a temporary file.
"""

from __future__ import annotations

import hashlib
import io

import pytest

from adapters.vxp_uplink.fetched import IN_MEMORY, FetchedLetter, fetched, recipients_named
from gateway.client import Retries, VxpClient
from gateway.core.errors import Rejected, Unavailable
from tests.kit.axis_stub import OK, answer, axis_stub
from tests.kit.axis_stub import letter as given
from tests.kit.correspondence import letter
from tests.kit.uplink import ABOVE, ABOVE_TOO, OURS, SECRET, SYSTEM, status_about


async def test_message_can_be_read_any_number_of_times() -> None:
    content = letter(ABOVE, OURS, ABOVE_TOO, size=2 * IN_MEMORY)
    async with (
        axis_stub(given(content)) as stub,
        VxpClient(stub.endpoint, SYSTEM, SECRET) as client,
        fetched(client, "5beb") as told,
    ):
        for _ in range(2):
            assert b"".join([piece async for piece in told.stream()]) == content
        envelope = told.envelope()
    assert told.sha256 == hashlib.sha256(content).hexdigest()
    assert (envelope.sender.code, recipients_named(envelope)) == (ABOVE, (OURS, ABOVE_TOO))


def test_status_names_whom_it_answers() -> None:
    data = status_about(letter(OURS, ABOVE), "03", ABOVE, OURS)
    assert recipients_named(FetchedLetter(io.BytesIO(data), "").envelope()) == (OURS,)


async def test_message_that_breaks_off_is_given_to_nobody() -> None:
    once = Retries(tries=1)
    async with axis_stub(answer(OK)) as stub:
        client = VxpClient(stub.endpoint, SYSTEM, SECRET, retries=once)
        async with client:
            with pytest.raises(Unavailable):
                async with fetched(client, "5beb"):
                    pytest.fail("there is no message")


@pytest.mark.parametrize("rubbish", [b"", b"x", b"<a/>", b"\x00" * 100, b"<edXML>"])
def test_what_is_no_edxml_is_refused(rubbish: bytes) -> None:
    with pytest.raises(Rejected):
        FetchedLetter(io.BytesIO(rubbish), "").envelope()
