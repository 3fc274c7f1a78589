"""
The Python client of /v1: what `truc` commands, tests and agencies' own programs use.

    async with TrucClient("http://127.0.0.1:8080", key) as office:
        answer = await office.send(Path("cong-van.edxml"))
        for line in (await office.inbox()).items:
            await office.fetch(line.letter_id, Path("in") / f"{line.letter_id}.edxml")
            await office.ack(line.letter_id)

Errors are those of the house: Rejected with all findings (change something), Unavailable (later). What is
Unavailable is tried again a few times; that is safe, because every try bears the same Idempotency-Key.
"""

from gateway.client.exchange import Retries
from gateway.client.office import Arriving, Fetched, TrucClient
from gateway.client.source import Progress, Source

__all__ = ["Arriving", "Fetched", "Progress", "Retries", "Source", "TrucClient"]
