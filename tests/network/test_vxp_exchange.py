"""
Agencies at two nodes that speak nothing but VXP: letters, statuses, and what becomes of bad input.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from gateway.core.edxml import write_status
from gateway.core.lifecycle import status
from gateway.core.model import LetterFacts, NodeId, Organ
from tests.kit.correspondence import agency, letter, tree
from tests.kit.nodes import SmallAxis, open_axis
from tests.kit.vxp_door import Door, SmallKeyring, vxp_door

WRITER, READER, OTHER = "000.00.01.H14", "000.00.00.G22", "000.00.02.G22"
AXIS = tree(
    {"central": "", "province": "central"},
    [agency(WRITER, "province"), agency(READER, "central"), agency(OTHER, "central")],
)


@asynccontextmanager
async def doors(folder: Path) -> AsyncIterator[tuple[SmallAxis, Door, Door]]:
    """The axis, the writer's door and the readers'."""
    keyring = SmallKeyring()
    keyring.add("sys.writer", "c2VjcmV0IHc=", WRITER)
    keyring.add("sys.reader", "c2VjcmV0IHI=", READER)
    keyring.add("sys.other", "c2VjcmV0IG8=", OTHER)
    async with open_axis(AXIS, folder) as axis:
        province, central = axis.nodes[NodeId("province")], axis.nodes[NodeId("central")]
        async with (
            vxp_door(province.office, keyring=keyring, node=province.name, clock=axis.clock) as writers,
            vxp_door(central.office, keyring=keyring, node=central.name, clock=axis.clock) as readers,
        ):
            yield axis, writers, readers


async def fetched(door: Door, system: str, doc_id: str) -> bytes:
    answer = await door.call("getEdoc", system, docId=doc_id)
    assert answer.code == "0", answer.told
    return base64.b64decode(answer.told["data"], validate=True)


async def test_letter_goes_over_and_its_status_comes_back(tmp_path: Path) -> None:
    content = letter(WRITER, READER, document_id="DOC-1")
    async with doors(tmp_path) as (axis, writers, readers):
        sent = await writers.send("sys.writer", content, sender=WRITER)
        doc_id = sent.told["DocId"]
        await axis.settle()
        (line,) = await readers.listed("sys.reader")
        assert (line["docId"], line["from"], line["to"]) == (doc_id, WRITER, READER)
        assert await fetched(readers, "sys.reader", doc_id) == content
        assert (await readers.call("updateStatus", "sys.reader", docId=doc_id, status="done")).code == "0"
        await axis.settle()
        assert await readers.listed("sys.reader") == []

        facts = LetterFacts(document_id="DOC-1")
        said = status("03", sender=Organ(READER), to=WRITER, facts=facts, at=axis.clock.now())
        assert (await readers.send("sys.reader", write_status(said), kind="status")).code == "0"
        await axis.settle()
        statuses = await writers.listed("sys.writer", "status")
        told = [await fetched(writers, "sys.writer", line["docId"]) for line in statuses]
        (about,) = (await writers.call("getSentEdocList", "sys.writer", b"", docId=doc_id)).told["data"]

    assert any(b"StatusCode>03" in data for data in told)
    assert (about["toCode"], about["sendStatus"], about["receiveStatus"]) == (READER, "done", "done")
    assert about["receivedTime"]


async def test_letter_that_cannot_go_on_is_told_as_failed_with_the_reason(tmp_path: Path) -> None:
    async with doors(tmp_path) as (axis, writers, _):
        axis.post.cut(NodeId("province"), NodeId("central"))
        sent = await writers.send("sys.writer", letter(WRITER, READER))
        await axis.settle()
        before = await state_of(writers, sent.told["DocId"])
        for _ in range(15):
            await axis.wait(timedelta(days=1))
        after = await state_of(writers, sent.told["DocId"])
    assert before["receiveStatus"] != "fail"
    assert after["receiveStatus"] == "fail"
    assert "TRUC-503" in after["receiveStatusDesc"]


async def state_of(door: Door, doc_id: str) -> dict[str, Any]:
    (line,) = (await door.call("getSentEdocList", "sys.writer", b"", docId=doc_id)).told["data"]
    found: dict[str, Any] = line
    return found


async def test_letter_of_another_agency_at_the_same_node_looks_unknown(tmp_path: Path) -> None:
    async with doors(tmp_path) as (axis, writers, readers):
        doc_id = (await writers.send("sys.writer", letter(WRITER, READER))).told["DocId"]
        await axis.settle()
        assert (await readers.call("getEdoc", "sys.other", docId=doc_id)).code == "10"
        assert (await readers.call("updateStatus", "sys.other", docId=doc_id, status="done")).code == "10"
        assert len(await readers.listed("sys.reader")) == 1


async def test_wrong_digest_leaves_nothing_behind_and_the_right_one_is_a_new_letter(tmp_path: Path) -> None:
    content = letter(WRITER, READER, size=300_000)
    async with doors(tmp_path) as (axis, writers, readers):
        refused = await writers.send("sys.writer", content, hash_file="ab" * 32)
        await axis.settle()
        assert refused.code == "21"
        assert await readers.listed("sys.reader") == []
        blobs = [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size > 100_000]
        assert blobs == []
        sent = await writers.send("sys.writer", content)
        await axis.settle()
        assert await fetched(readers, "sys.reader", sent.told["DocId"]) == content


async def test_two_hundred_fetches_at_once_change_nothing(tmp_path: Path) -> None:
    content = letter(WRITER, READER, size=200_000)
    async with doors(tmp_path) as (axis, writers, readers):
        doc_id = (await writers.send("sys.writer", content)).told["DocId"]
        await axis.settle()
        whole = await asyncio.gather(*(fetched(readers, "sys.reader", doc_id) for _ in range(200)))
        assert set(whole) == {content}
        assert len(await readers.listed("sys.reader")) == 1


async def test_rubbish_of_every_kind_is_refused_in_words_and_nothing_is_lost(tmp_path: Path) -> None:
    content, chance = letter(WRITER, READER), Random(7)
    async with doors(tmp_path) as (axis, writers, readers):
        sent = await writers.send("sys.writer", content)
        for _ in range(60):
            start, end = sorted(chance.randrange(len(content)) for _ in range(2))
            cut = content[:start] + chance.randbytes(chance.randrange(9)) + content[end:]
            answer = await writers.send("sys.writer", cut)
            assert answer.code in ("0", "10", "18", "19", "21", "22")
        await axis.settle()
        doc_ids = [line["docId"] for line in await readers.listed("sys.reader")]
        assert writers.log("internal.error") == []
        assert await fetched(readers, "sys.reader", sent.told["DocId"]) == content
    assert sent.told["DocId"] in doc_ids
