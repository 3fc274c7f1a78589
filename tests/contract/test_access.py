from __future__ import annotations

import os

import pytest

from gateway.core.errors import Unavailable
from gateway.ports import Taking
from tests.contract.conftest import Database
from tests.kit.builders import CENTRAL, letter_id, new_letter
from tests.kit.clock import START


async def test_inline_store_does_the_same_without_threads(database: Database) -> None:
    store = database.open(inline=True)
    assert await store.add_letter(new_letter(), START) is Taking.NEW
    assert await store.letter(letter_id(1)) == new_letter().letter


async def test_what_is_answered_is_there_when_the_store_is_opened_again(database: Database) -> None:
    first = database.open()
    await first.add_letter(new_letter(), START)
    await first.close()
    assert await database.open().letter(letter_id(1)) == new_letter().letter


async def test_closed_store_refuses_to_write(database: Database) -> None:
    store = database.open()
    await store.close()
    with pytest.raises(Unavailable) as refused:
        await store.add_letter(new_letter(), START)
    assert refused.value.code == "TRUC-703"


async def test_pieces_of_letters_on_their_way_survive_the_start(database: Database) -> None:
    first = database.open()
    key = new_letter(1, origin=CENTRAL).letter.key
    partial = first.blobs.partial(key, 0)
    partial.write_at(0, b"half a letter")
    partial.sync()
    await first.hold_ranges(key, CENTRAL, b"manifest", {0: "0-12"}, START)
    await first.close()
    (folder,) = (database.blobs_root / "partial").iterdir()
    for path in (folder, *folder.iterdir()):
        os.utime(path, (0, 0))
    again = database.open()
    assert (await again.arriving(key)).ranges == {0: "0-12"}
    assert folder.exists()
