"""The demo itself, as a visitor runs it."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import aiohttp
import pytest

from gateway.core.errors import Misconfigured
from gateway.sandbox import Options
from gateway.sandbox.demo import run

TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
VARIABLE = re.compile(r"export (\w+)='?([^'\n]*)")


async def test_every_letter_of_the_demo_arrives_sealed_unchanged_and_reported(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert await run(Options(once=True, count=4, as_json=True)) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["sent"], told["byte_equal"], told["sealed"], told["doubled"]) == (4, 4, 4, 0)
    assert told["statuses_back"] == told["statuses_expected"] == 12


async def test_a_cut_province_is_named_as_where_letters_are_stuck(capsys: pytest.CaptureFixture[str]) -> None:
    options = Options(once=True, count=2, faults=("cut:H21",), deadline=6, as_json=True)
    assert await run(options) == 1
    told = json.loads(capsys.readouterr().out)
    assert len(told["stuck"]) == 2
    assert all("H21" in stuck["where"] for stuck in told["stuck"])


@pytest.mark.external
async def test_the_demo_runs_on_processes_and_rabbitmq_as_in_one_process(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = tmp_path / "axis.log"
    options = Options(once=True, count=2, broker="rabbitmq", directory="three-tier", as_json=True, log=log)
    assert await run(options) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["sent"], told["byte_equal"], told["sealed"]) == (2, 2, 2)
    stopped = [line for line in log.read_text().splitlines() if '"node.stopped"' in line]
    assert len(stopped) >= 5


@pytest.mark.parametrize("fault", ["cut:H99", "burn:H21"])
async def test_a_fault_that_cannot_be_is_the_visitors_mistake(fault: str) -> None:
    with pytest.raises(Misconfigured):
        await run(Options(once=True, faults=(fault,)))


async def test_consoles_of_a_demo_that_stays_up_can_be_entered_as_it_printed(tmp_path: Path) -> None:
    env = tmp_path / "demo.env"
    staying = asyncio.create_task(run(Options(count=1, directory="three-tier", env=env)))
    try:
        async with asyncio.timeout(60):
            while not env.exists():
                assert not staying.done()
                await asyncio.sleep(0.1)
        told = dict(VARIABLE.findall(env.read_text("utf-8")))
        for address in (told["CONSOLE_URL"], told["CONSOLE_URL_2"], told["CONSOLE_URL_3"]):
            for name in (told["CONSOLE_NAME"], told["CONSOLE_CLERK"]):
                assert "Hôm nay" in await entered(address, name, told["CONSOLE_PASSWORD"])
    finally:
        staying.cancel()
        assert await staying == 0
    assert not env.exists()


async def entered(address: str, name: str, password: str) -> str:
    """The first page of a console, as somebody sees it who logs in."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(address) as page:
            token = TOKEN.search(await page.text())
        assert token is not None
        filled = {"name": name, "password": password, "csrf": token[1]}
        origin = {"Origin": address.removesuffix("/console/")}
        async with browser.post(page.url, data=filled, headers=origin) as first:
            assert first.status == 200
            return await first.text()
