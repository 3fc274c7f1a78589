"""
Words that must never leave a letter: planted everywhere in letters, statuses and requests, then looked for in
all logs, metrics and journals of an axis.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from prometheus_client import generate_latest

from gateway.client import TrucClient
from gateway.core.errors import Rejected
from gateway.core.model import AgencyCode
from gateway.sandbox.axis import memory_axis
from tests.kit.correspondence import agency, letter, tree
from tests.kit.heard import HeardLog

WRITER, READER = AgencyCode("000.00.H14"), AgencyCode("000.00.G22")
AXIS = tree({"G22": "", "H14": "G22"}, [agency(WRITER, "H14"), agency(READER, "G22")])
CANARY = "Chimhoangyen"
"""No code, id or name of ours has it in it."""

_TEXT = re.compile(rb">([^<>]*[^\s<>][^<>]*)<")
_KEPT = (b"OrganId", b"ContentId", b"ContentTransferEncoded", b"CodeNumber", b"StatusCode", b"Priority")


def planted(content: bytes) -> bytes:
    """The letter with the canary in every text that no machine needs: names, subject, addresses, files."""

    def plant(found: re.Match[bytes]) -> bytes:
        tag = content[: found.start()].rpartition(b"<")[2]
        return found[0] if any(name in tag for name in _KEPT) else b">" + found[1] + CANARY.encode() + b"<"

    return _TEXT.sub(plant, content)


async def test_no_word_of_a_letter_stands_in_logs_metrics_or_journal(tmp_path: Path) -> None:
    log = HeardLog()
    document = planted(letter(WRITER, READER, "000.99.H99"))
    secret = planted(letter(WRITER, READER, number=2, subject="Công điện TUYỆT MẬT"))
    broken = planted(letter(WRITER, READER, number=3))[:-200]
    async with memory_axis(AXIS, folder=tmp_path, log_to=log) as axis:
        one, other = axis.desks[WRITER], axis.desks[READER]
        async with TrucClient(one.url, one.key) as writer, TrucClient(other.url, other.key) as reader:
            letter_id = (await writer.send(document)).letter_id
            for refused in (secret, broken, CANARY.encode()):
                with suppress(Rejected):
                    await writer.send(refused, idempotency_key=f"{CANARY}-{len(refused)}")
            await log.until("delivery.waiting", letter_id=letter_id, target=f"agency:{READER}")
            received = await reader.read(letter_id)
            await reader.ack(letter_id)
            await reader.report(letter_id, "02", description=f"Sai {CANARY}", staff=f"Bà {CANARY}")
            await log.until("delivery.waiting", count=3, target=f"agency:{WRITER}")
            await writer.find(CANARY)
            await writer.agencies(CANARY)
            for path in (CANARY, f"x-{CANARY}"):
                with suppress(Rejected):
                    await writer.track(path)
            (line,) = (await writer.track(letter_id)).recipients
        metrics = b"".join(generate_latest(node.desk.metrics.registry) for node in axis.nodes.values())
        journals = [str(row) for n in axis.nodes.values() for row in await n.desk.store.journal(0, 10_000)]

    assert received == document
    assert document.count(CANARY.encode()) > 25, "it was hardly planted"
    assert any(CANARY in status.description for status in line.statuses), "the letter itself must say it"
    for told in (log.getvalue(), metrics.decode(), "\n".join(journals)):
        assert len(told) > 1000
        assert re.findall(rf".*{CANARY}.*", told, re.IGNORECASE) == []
