"""
Who calls over VXP: a system that signs its headers, and what it says of itself.

Only what was signed is believed: a header set has no end of life, so whoever has seen one on the wire could
otherwise put other parameters beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from gateway.core.catalogue import KEY_LOCKED, UNAUTHENTICATED
from gateway.core.errors import Rejected, find
from gateway.ports import Caller, Credential, Keyring
from gateway.v1.origin import PROXIES, check_certificate, client_address
from gateway.v1.request import CALLER
from gateway.v1.transfer import LIMITS, body
from gateway.vxp.functions import PREFIX, SYSTEM_ID, Body, Function
from gateway.vxp.parameters import Parameters
from gateway.vxp.signature import Doubt, Verified, system_id, verify

LONGEST_ID = 200
"""Characters of a system id that is worth asking the store about; real ones have under 40."""


class Disbelieved(Rejected):
    """Headers that prove nothing; `verified` says which of them is wrong, for whoever writes the client."""

    def __init__(self, verified: Verified) -> None:
        super().__init__(find(UNAUTHENTICATED))
        self.verified = verified


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one function: `parameters` are those that mean something in it, and were signed.

    `body` is what came with it, but for a file: that is still to be read from the request.
    """

    request: web.Request
    function: Function
    caller: Caller
    parameters: Parameters
    body: bytes = b""


async def admit(request: web.Request, function: Function, keyring: Keyring) -> Call:
    """
    The call, once its caller is known.

    Raises: Disbelieved; Rejected (KEY_LOCKED, CERTIFICATE_MISMATCH).
    """
    claimed = system_id(request.headers)
    keys = await keyring.system(claimed) if 0 < len(claimed) <= LONGEST_ID else ()
    verified = verify(request.headers, [key.secret for key in keys])
    if verified.doubt is not None:
        raise Disbelieved(verified)
    if verified.parameters.text(SYSTEM_ID) != claimed:
        raise Disbelieved(Verified(Doubt.DIFFERS, PREFIX + SYSTEM_ID))
    credential = keys[verified.secret].credential
    if credential.locked:
        raise Rejected(find(KEY_LOCKED))
    check_certificate(request, credential.certificate)
    request[CALLER] = credential.caller
    note_use(request, credential, keyring)
    return Call(
        request,
        function,
        credential.caller,
        verified.parameters.heeded_by(function),
        b"" if function.body is Body.FILE else await small_body(request),
    )


def note_use(request: web.Request, credential: Credential, keyring: Keyring) -> None:
    """Somebody was let in by this credential: from where, and by which software."""
    address = client_address(request, request.app.get(PROXIES, ()))
    keyring.used(credential, address, request.headers.get("User-Agent", ""))


async def small_body(request: web.Request) -> bytes:
    """The body of a call that brings no file, read also where nothing is to be said in it.

    What is left unread would be taken for the next request of a client that keeps its connection.

    Raises: Rejected (BODY_TOO_LARGE, BODY_TOO_SLOW, BAD_REQUEST)
    """
    return b"".join([chunk async for chunk in body(request, request.app[LIMITS].json_bytes)])
