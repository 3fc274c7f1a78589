import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.folder.lanes import PATIENCE
from gateway.core.errors import Unavailable
from tests.kit.folders import COMMUNE, FolderHouse, folder_house
from tests.unit.adapters.folder.test_inbox import letter


async def stuck(house: FolderHouse) -> None:
    """Somebody waits at the clock; then his patience is over."""
    while not house.axis.clock.sleepers:
        await asyncio.sleep(0)
    house.axis.clock.advance(PATIENCE)


async def test_share_that_hangs_is_waited_for_once_and_holds_up_nobody_else(tmp_path: Path) -> None:
    hangs = threading.Event()
    async with folder_house(tmp_path) as house:
        first, second, third = [
            await house.send(letter("a.pdf", number=n, to=to))
            for n, to in (("1", "000.00.31.H14"), ("2", "000.00.31.H14"), ("3", COMMUNE))
        ]
        opened = await house.opened(first.letter_id)

        def chunks() -> Iterator[bytes]:
            hangs.wait()
            return opened.chunks()

        hanging = replace(opened, chunks=chunks)
        (result, _) = await asyncio.gather(
            house.adapter.deliver(hanging), stuck(house), return_exceptions=True
        )
        assert isinstance(result, Unavailable)
        assert result.code == "TRUC-720"
        for one in (hanging, await house.opened(second.letter_id)):
            with pytest.raises(Unavailable):
                await house.adapter.deliver(one)
        assert await house.adapter.deliver(await house.opened(third.letter_id, COMMUNE))
        assert len(house.letters(COMMUNE)) == 1
        hangs.set()
        while not house.letters():
            await asyncio.sleep(0)
        while True:  # the thread has ended, its task may not have
            try:
                assert await house.adapter.deliver(hanging)
            except Unavailable:
                await asyncio.sleep(0)
            else:
                break
        assert len(house.letters()) == 1
        assert await house.adapter.deliver(await house.opened(second.letter_id))


async def test_folder_that_cannot_be_used_is_told_once_and_its_return_too(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        root = house.places().root
        root.rmdir()
        await house.poll(3)
        (line,) = house.node.said("folder.failed")
        assert (line["agency"], line["code"]) == ("000.00.31.H14", "TRUC-720")
        root.mkdir()
        await house.poll(3)
        assert len(house.node.said("folder.back")) == 1
        assert house.places().arrived.is_dir()


async def test_folder_that_is_read_only_sends_nothing(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        places = house.places()
        (places.out / "x.edxml").write_bytes(letter("a.pdf"))
        places.sent.rmdir()
        places.sent.write_bytes(b"")  # as good as read-only, also for root
        await house.poll(3)
        assert await house.mailbox() == []
        assert house.node.said("folder.failed")
