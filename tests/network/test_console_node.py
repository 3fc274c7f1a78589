"""
The console of a running node: over HTTPS, with its real store, office and links.
"""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import aiohttp

from gateway.accounts.desk import AccountDesk
from gateway.broker.memory import MemoryPost
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.node import Node
from gateway.ports import Account, Act, LockOut, Role
from gateway.sandbox.axis import node_in_process
from gateway.sandbox.pki import make_pki
from gateway.vault import FileVault
from tests.kit.builders import CENTRAL, PROVINCE, small_axis
from tests.kit.certificates import Certificates

TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@asynccontextmanager
async def node_with_a_console(folder: Path, known: Certificates) -> AsyncIterator[tuple[Node, str]]:
    """The province's node, and the password of a clerk of its office."""
    server, clock, directory = str(known.server()), SystemClock(), small_axis()
    config = Config.model_validate(
        {
            "node": {"id": PROVINCE, "data_dir": str(folder / "node")},
            "http": {"port": 0},
            "console": {"enabled": True, "port": 0, "tls_cert": server, "tls_key": server},
            "seal": make_pki(folder / "pki", directory, clock.now())[PROVINCE],
        }
    )
    post = MemoryPost(clock=clock, rng=Random(0))
    async with node_in_process(config, directory, post, clock, io.StringIO()) as node:
        vault, lock_out = FileVault(config.secrets_key), LockOut(5, config.console.lock_for)
        desk = AccountDesk(PROVINCE, node.desk.store, vault, clock, lock_out)
        act = Act(event="console.account_add", by="test", at=clock.now())
        wanted = Account(name="lan", role=Role.VIEWER)
        yield node, await desk.add(wanted, act, directory)


async def test_people_log_in_over_https_and_see_this_node_and_its_links(tmp_path: Path) -> None:
    known = Certificates(tmp_path)
    trusting = known.trusting()
    async with node_with_a_console(tmp_path, known) as (node, password):
        url = node.addresses["console"]
        assert url.startswith("https://")
        jar = aiohttp.CookieJar(unsafe=True)
        connector = aiohttp.TCPConnector(ssl=trusting)
        async with aiohttp.ClientSession(cookie_jar=jar, connector=connector) as browser:
            async with browser.get(f"{url}/console/login") as page:
                assert page.headers["Strict-Transport-Security"]
                assert page.headers["Set-Cookie"].startswith(f"__Host-truc-{PROVINCE}-visit=")
                token = TOKEN.search(await page.text())
            assert token is not None
            filled = {"name": "lan", "password": password, "csrf": token[1]}
            async with browser.post(
                f"{url}/console/login", data=filled, headers={"Origin": url}, allow_redirects=False
            ) as answer:
                assert (answer.status, "Secure" in answer.headers["Set-Cookie"]) == (303, True)
            await node.desk.store.change_account(
                "lan",
                {"must_change": False},
                Act(event="console.test", by="", at=node.desk.clock.now()),
            )
            async with browser.get(f"{url}/console/") as page:
                text = await page.text()
            assert f"Trục <strong>{PROVINCE}</strong>" in text
            assert str(CENTRAL) in text
            async with browser.get(f"{url}/console/events?live=overview.links") as stream:
                async with asyncio.timeout(10):
                    assert await stream.content.readuntil(b"\n\n") == b"retry: 5000\n\n"
                    assert b"event: overview.links" in await stream.content.readuntil(b"\n\n")


async def test_node_without_a_console_opens_no_further_door(tmp_path: Path) -> None:
    clock, directory = SystemClock(), small_axis()
    config = Config.model_validate(
        {
            "node": {"id": PROVINCE, "data_dir": str(tmp_path / "node")},
            "http": {"port": 0},
            "seal": make_pki(tmp_path / "pki", directory, clock.now())[PROVINCE],
        }
    )
    post = MemoryPost(clock=clock, rng=Random(0))
    async with node_in_process(config, directory, post, clock, io.StringIO()) as node:
        assert set(node.addresses) == {"v1"}
