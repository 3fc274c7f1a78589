from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.core.catalogue import STORE_BUSY
from gateway.core.errors import Unavailable, find
from gateway.doors.last_heard import LastHeard
from gateway.ports import Heard
from tests.kit.builders import CENTRAL, CENTRAL_OFFICE, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.clock import START
from tests.kit.correspondence import letter
from tests.kit.nodes import open_axis

LATER = START + timedelta(minutes=1)


async def written(heard: LastHeard) -> list[Heard]:
    told: list[Heard] = []

    async def note(each: Iterable[Heard]) -> None:
        told.extend(each)

    await heard.write(note)
    return told


async def test_what_was_heard_is_written_once() -> None:
    heard = LastHeard()
    heard.greet(CENTRAL, "0.4.0", (1,), START)
    heard.note(CENTRAL, LATER)
    assert await written(heard) == [Heard(CENTRAL, LATER, "0.4.0", (1,), START)]
    assert await written(heard) == []


async def test_what_a_busy_store_did_not_take_is_written_the_next_time() -> None:
    heard = LastHeard()
    heard.note(CENTRAL, START)

    async def busy(_each: Iterable[Heard]) -> None:
        heard.note(CENTRAL, LATER)  # heard meanwhile
        raise Unavailable(find(STORE_BUSY))

    with pytest.raises(Unavailable):
        await heard.write(busy)
    assert await written(heard) == [Heard(CENTRAL, LATER)]


async def test_neighbour_is_heard_by_its_letters_and_by_its_receipts(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        await axis.send(letter(PROVINCE_OFFICE, CENTRAL_OFFICE), by=PROVINCE_OFFICE)
        await axis.settle()
        for node, other in ((PROVINCE, CENTRAL), (CENTRAL, PROVINCE)):
            here = axis.nodes[node]
            await here.desk.heard.write(here.store.note_heard)
            assert other in await here.store.heard()
