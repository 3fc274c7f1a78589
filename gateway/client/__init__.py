"""
The Python clients of /v1 and of VXP: what `truc` commands, tests and agencies' own programs use.

    async with TrucClient("http://127.0.0.1:8080", key) as office:
        answer = await office.send(Path("cong-van.edxml"))
        for line in (await office.inbox()).items:
            await office.fetch(line.letter_id, Path("in") / f"{line.letter_id}.edxml")
            await office.ack(line.letter_id)

`VxpClient` speaks the protocol of the national axis' SDK, to that axis or to Trục; `TrucClientSync` and
`VxpClientSync` are the same two for programs without asyncio.

Errors are those of the house: Rejected with all findings (change something), Unavailable (later). What is
Unavailable is tried again a few times; that is safe over /v1, because every try bears the same
Idempotency-Key; over VXP, which has none, a letter is repeated only where that cannot send it twice.
"""

from gateway.client.arriving import Arriving, Fetched
from gateway.client.blocking import TrucClientSync, VxpClientSync
from gateway.client.edoc import Announced, EdocSource
from gateway.client.exchange import Retries
from gateway.client.office import TrucClient
from gateway.client.source import Progress, Source
from gateway.client.uploads import UploadNote
from gateway.client.vxp import VxpClient

__all__ = [
    "Announced",
    "Arriving",
    "EdocSource",
    "Fetched",
    "Progress",
    "Retries",
    "Source",
    "TrucClient",
    "TrucClientSync",
    "UploadNote",
    "VxpClient",
    "VxpClientSync",
]
