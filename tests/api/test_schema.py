"""
Thousands of calls made from the OpenAPI document alone, against a whole node: none breaks a promise of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import aiohttp
import pytest

from gateway.client import TrucClient
from gateway.core.directory import Directory
from gateway.core.model import NodeId, Organ
from gateway.keys import issue_key
from gateway.letters import DIALECTS, compose
from gateway.sandbox.axis import memory_axis
from tests.api.hooks import IDS
from tests.kit.builders import DEPARTMENT, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.heard import HeardLog
from tests.kit.source_tree import ROOT

SUBSCRIPTIONS = 5  # that calls can remove one after the other
CONFIG = Path(__file__).with_name("schemathesis.toml")


@dataclass(frozen=True, slots=True)
class Target:
    """A node with letters in it, and a key for which no operation is closed.

    `ids`: path parameter → what exists of it.
    """

    url: str
    key: str
    ids: Mapping[str, Sequence[str]]
    log: HeardLog


@asynccontextmanager
async def node_with_letters() -> AsyncIterator[Target]:
    """Two agencies at one node wrote to each other; the key is both of them, and an operator's."""
    axis_of_many, log = small_axis(), HeardLog()
    row = replace(axis_of_many.nodes[PROVINCE], parent=NodeId(""))
    alone = Directory(axis_of_many.version, (row,), tuple(axis_of_many.served_by(PROVINCE)))
    async with memory_axis(alone, log_to=log) as axis:
        node = axis.nodes[PROVINCE]
        agencies, now = {PROVINCE_OFFICE, DEPARTMENT}, node.desk.clock.now()
        key = await issue_key(node.desk.store, "schema", agencies, now, is_operator=True)
        letters = []
        async with TrucClient(node.address, key) as client:
            for number, dialect in enumerate(DIALECTS):
                pair = [Organ(str(code)) for code in sorted(agencies, reverse=bool(number % 2))]
                answer = await client.send(compose(dialect, pair[0], [pair[1]], number, Random(number)))
                letters.append(answer.letter_id)
        for letter_id in letters:
            await log.until("delivery.waiting", letter_id=letter_id)
        yield Target(
            node.address,
            key,
            {"letter_id": letters, "subscription_id": await subscriptions(node.address, key)},
            log,
        )


async def subscriptions(url: str, key: str) -> Sequence[str]:
    """A few subscriptions; where they point no name server knows anybody."""
    ids = []
    async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {key}"}) as http:
        for number in range(SUBSCRIPTIONS):
            wish = {"channel": "webhook", "address": f"https://dms{number}.invalid/", "agency": DEPARTMENT}
            async with http.post("/v1/subscriptions", json=wish) as response:
                assert response.status == 201, await response.text()
                ids.append((await response.json())["subscription"]["id"])
    return ids


@pytest.mark.timeout(3600)
async def test_no_call_made_from_the_document_breaks_a_promise_of_it(
    pytestconfig: pytest.Config, capfd: pytest.CaptureFixture[str]
) -> None:
    examples = pytestconfig.getoption("api_examples")
    async with node_with_letters() as target:
        run = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", "--no-color"),
            *("-H", f"Authorization: Bearer {target.key}", "--max-examples", str(examples)),
            *("--generation-deterministic", f"{target.url}/v1/openapi.json"),
            cwd=ROOT,
            env={
                **os.environ,
                "SCHEMATHESIS_HOOKS": "tests.api.hooks",
                IDS: json.dumps(target.ids),
                "PYTHONPATH": str(ROOT),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await run.communicate()
    with capfd.disabled():
        print("\n" + told.decode())
    assert [line.get("where") for line in target.log.said("internal.error")] == []
    assert run.returncode == 0
