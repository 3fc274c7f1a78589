"""
sendEdoc: a file comes in as a stream, and is ours or refused before the SDK has its answer.

The SDK puts CRLF after the file. It is not part of it, is not hashed, and goes no further than this room.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

from adapters.vxp.gate import Call
from gateway.core.catalogue import HASH_MISMATCH, SENDER_NOT_CALLER
from gateway.core.codes import normal
from gateway.core.directory import Directory
from gateway.core.errors import Rejected, find
from gateway.ports import Caller, Office
from gateway.v1.transfer import body
from gateway.vxp.answers import done
from gateway.vxp.functions import AFTER_FILE, FROM, HASH_FILE, TO
from gateway.vxp.hashes import agrees

LONGEST_HASH = 64  # hexadecimal digits of a SHA-256


class Sending:
    """The way in."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def send(self, call: Call) -> bytes:
        """
        Take a message, and answer with its DocId; the same content for the same recipients gets it again.

        Recipients that the header `to` names go before those in the message: a status may have no other.
        `messagetype` is not heeded, since the message itself says what it is.
        """
        parameters = call.parameters
        check_sender(parameters.text(FROM), call.caller, self._office.directory())
        accepted = await self._office.accept(
            file_within(body(call.request), parameters.text(HASH_FILE)),
            call.caller,
            to=parameters.codes(TO),
        )
        return done(call.function, accepted.letter_id)


def check_sender(named: str, caller: Caller, directory: Directory) -> None:
    """Refuse a `from` that is not one of the caller's codes; none is named in the message alone.

    Raises: Rejected (SENDER_NOT_CALLER)
    """
    if not named:
        return
    agency = directory.find(named)
    code = normal(named) if agency is None else agency.code
    if code not in caller.agencies:
        raise Rejected(find(SENDER_NOT_CALLER, organ=named, element=FROM))


async def file_within(chunks: AsyncIterator[bytes], claimed: str) -> AsyncIterator[bytes]:
    """
    The file within a body, without the one CRLF after it, as `claimed` (hash-file) says it is.

    Its last bytes are given out only once the digest agrees, so that whoever reads to the end has the file.
    Without a digest nothing would bind the body to the signed headers: then it is no file of the caller's.

    Raises: Rejected (HASH_MISMATCH), at the end
    """
    digest, held = hashlib.sha256(), b""
    async for chunk in chunks:
        data = held + chunk
        ready, held = data[: -len(AFTER_FILE)], data[-len(AFTER_FILE) :]
        if ready:
            digest.update(ready)
            yield ready
    for ending in (b"", held) if held == AFTER_FILE else (held,):
        whole = digest.copy()
        whole.update(ending)
        if agrees(claimed, whole.digest()):
            if ending:
                yield ending
            return
    raise Rejected(find(HASH_MISMATCH, claimed=claimed[:LONGEST_HASH] or "-", found=digest.hexdigest()))
