"""
A running node tells by itself of a link that is cut, and hands its journal on.
"""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.broker.memory import MemoryPost
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.core.model import NodeId
from gateway.sandbox.axis import node_in_process
from gateway.sandbox.pki import make_pki
from tests.kit.correspondence import four_level
from tests.kit.heard import HeardLog

NODE = NodeId("H14")


async def test_node_whose_links_are_cut_tells_who_is_on_duty_and_the_security_officer(tmp_path: Path) -> None:
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    handed_on: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def called(request: web.Request) -> web.Response:
        told.put_nowait(await request.json())
        return web.Response()

    async def heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                message = await reader.readexactly(int(await reader.readuntil(b" ")))
                handed_on.put_nowait(json.loads(message[message.index(b"{") :]))
        except asyncio.IncompleteReadError:
            writer.close()

    app = web.Application()
    app.router.add_post("/alerts", called)
    clock, directory, log = SystemClock(), four_level(), HeardLog()
    post = MemoryPost(clock=clock, rng=random.Random(0))
    post.cut_node(NODE)
    server = await asyncio.start_server(heard, "127.0.0.1", 0)
    async with TestServer(app, host="127.0.0.1") as hook, server as siem:
        address = tmp_path / "duty.url"
        address.write_text(f"json://127.0.0.1:{hook.port}/alerts\n", "utf-8")
        address.chmod(0o600)
        config = Config.model_validate(
            {
                "node": {"id": NODE, "data_dir": str(tmp_path / NODE)},
                "http": {"port": 0},
                "vxp": {"port": 0},
                "console": {"url": "https://truc.example"},
                "alerts": {"link_down_after": "0s", "ways": {"duty": {"url": f"file:{address}"}}},
                "syslog": {
                    "host": "127.0.0.1",
                    "port": siem.sockets[0].getsockname()[1],
                    "transport": "tcp",
                },
                "seal": make_pki(tmp_path / "pki", directory, clock.now())[NODE],
            }
        )
        async with node_in_process(config, directory, post, clock, log) as node, asyncio.timeout(60):
            message = await told.get()
            while (line := await handed_on.get())["event"] != "alert.raised":
                pass
            standing = await node.desk.store.alerts_standing()
    assert message["title"].startswith(f"[Trục {NODE}] CẢNH BÁO: mất kết nối tới")
    assert "https://truc.example/console/alerts" in message["message"]
    assert len(message["message"].split("mất kết nối tới")) - 1 == len(standing)
    assert line["node"] == NODE
    assert line["detail"]["kind"] == "link-down"
