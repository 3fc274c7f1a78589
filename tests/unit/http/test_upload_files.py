"""
Uploads on the disk: what was told is durable, what is half is never handed in, what is old goes.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.core.errors import Rejected, TrucError, Unavailable
from gateway.http.upload_files import KEPT, KEPT_WHEN_SENT, MOST_OPEN, Upload, UploadFolder, disk_room
from tests.kit.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def folder(tmp_path: Path, clock: ManualClock) -> UploadFolder:
    return UploadFolder(tmp_path / "uploads", clock)


async def chunks(*data: bytes, broken: bool = False) -> AsyncIterator[bytes]:
    for chunk in data:
        yield chunk
    if broken:
        raise ConnectionResetError


async def code_of(call: object) -> str:
    with pytest.raises(TrucError) as refused:
        await call  # type: ignore[misc]
    return refused.value.code


def content(folder: UploadFolder, upload: Upload) -> bytes:
    return b"".join(folder.pieces(upload))


async def test_pieces_come_together(folder: UploadFolder) -> None:
    upload = await folder.create("key", 6)
    assert (upload.offset, upload.is_complete) == (0, False)
    upload = await folder.append(upload, 0, chunks(b"ab", b"c"))
    assert upload.offset == 3
    upload = await folder.append(upload, 3, chunks(b"def"))
    assert (upload.is_complete, content(folder, upload)) == (True, b"abcdef")


async def test_upload_survives_a_new_start(folder: UploadFolder, clock: ManualClock) -> None:
    upload = await folder.append(await folder.create("key", 6), 0, chunks(b"abc"))
    again = UploadFolder(folder.folder, clock)
    assert await again.find("key", upload.id) == upload


async def test_what_came_before_the_line_broke_is_kept(folder: UploadFolder) -> None:
    upload = await folder.create("key", 6)
    with pytest.raises(ConnectionResetError):
        await folder.append(upload, 0, chunks(b"abc", broken=True))
    assert (await folder.find("key", upload.id)).offset == 3


async def test_piece_with_a_checksum_counts_whole_or_not_at_all(folder: UploadFolder) -> None:
    upload = await folder.append(await folder.create("key", 6), 0, chunks(b"abc"))
    digest = hashlib.sha256(b"def").digest()
    assert await code_of(folder.append(upload, 3, chunks(b"dxf"), digest)) == "TRUC-434"
    with pytest.raises(ConnectionResetError):
        await folder.append(upload, 3, chunks(b"de", broken=True), digest)
    assert (await folder.find("key", upload.id)).offset == 3
    assert content(folder, await folder.append(upload, 3, chunks(b"def"), digest)) == b"abcdef"


@pytest.mark.parametrize("offset", [0, 2, 4, 10**14])
async def test_piece_at_another_place_is_refused(folder: UploadFolder, offset: int) -> None:
    upload = await folder.append(await folder.create("key", 6), 0, chunks(b"abc"))
    assert await code_of(folder.append(upload, offset, chunks(b"x"))) == "TRUC-431"
    assert (await folder.find("key", upload.id)).offset == 3


async def test_second_writer_is_asked_to_wait(folder: UploadFolder) -> None:
    upload = await folder.create("key", 6)

    async def meanwhile() -> AsyncIterator[bytes]:
        yield b"abc"
        assert await code_of(folder.append(upload, 0, chunks(b"xyz"))) == "TRUC-438"
        assert await code_of(folder.remove(upload)) == "TRUC-438"
        yield b"def"

    upload = await folder.append(upload, 0, meanwhile())
    assert content(folder, upload) == b"abcdef"
    await folder.remove(upload)


async def test_half_an_upload_is_not_handed_in(folder: UploadFolder) -> None:
    upload = await folder.append(await folder.create("key", 6), 0, chunks(b"abc"))
    with pytest.raises(Rejected) as refused:
        folder.pieces(upload)
    assert refused.value.code == "TRUC-432"


async def test_upload_of_another_key_is_unknown(folder: UploadFolder) -> None:
    upload = await folder.create("key", 6)
    assert await code_of(folder.find("other", upload.id)) == "TRUC-430"


@pytest.mark.parametrize("upload_id", ["", "x", "../x", "upl_" + "g" * 32, "upl_" + "0" * 32])
async def test_what_can_be_no_upload_is_unknown(folder: UploadFolder, upload_id: str) -> None:
    assert await code_of(folder.find("key", upload_id)) == "TRUC-430"


async def test_upload_expires_and_goes_with_the_next_one(folder: UploadFolder, clock: ManualClock) -> None:
    old = await folder.append(await folder.create("key", 6), 0, chunks(b"abc"))
    clock.advance(KEPT)
    assert await code_of(folder.find("key", old.id)) == "TRUC-430"
    new = await folder.create("other", 1)
    assert {path.stem for path in folder.folder.iterdir()} == {new.id}


async def test_what_was_half_removed_goes_too(folder: UploadFolder) -> None:
    left = await folder.create("key", 6)
    (folder.folder / f"{left.id}.part").unlink()
    (folder.folder / "upl_rubbish.json").write_text("[1")
    new = await folder.create("key", 1)
    assert {path.stem for path in folder.folder.iterdir()} == {new.id}


async def test_key_has_only_so_many_open_uploads(folder: UploadFolder) -> None:
    held = [await folder.create("key", 1) for _ in range(MOST_OPEN)]
    assert await code_of(folder.create("key", 1)) == "TRUC-435"
    await folder.create("other", 1)
    await folder.sent(held[0])  # what was handed in counts no longer
    await folder.remove(await folder.create("key", 1))
    await folder.create("key", 1)


async def test_room_is_made_by_ending_the_oldest(folder: UploadFolder, clock: ManualClock) -> None:
    first, second, third = [await created(folder, clock) for _ in range(3)]
    foreign = await folder.create("other", 1)
    await folder.sent(second)  # what was sent is kept for a repeat
    await folder.make_room("key", 1)
    assert await code_of(folder.find("key", first.id)) == "TRUC-430"
    for left in (second, third):
        await folder.find("key", left.id)
    await folder.find("other", foreign.id)


async def created(folder: UploadFolder, clock: ManualClock) -> Upload:
    clock.advance(1)
    return await folder.create("key", 1)


async def test_sent_upload_stays_for_a_repeat_but_not_for_long(
    folder: UploadFolder, clock: ManualClock
) -> None:
    upload = await folder.create("key", 0)
    await folder.sent(upload)
    clock.advance(KEPT_WHEN_SENT - timedelta(seconds=1))
    again = await folder.find("key", upload.id)
    await folder.sent(again)  # a repeat does not make it live longer
    clock.advance(1)
    assert await code_of(folder.find("key", upload.id)) == "TRUC-430"


async def test_empty_upload_is_complete_at_once(folder: UploadFolder) -> None:
    assert content(folder, await folder.create("key", 0)) == b""


def test_full_disk_is_no_fault_of_ours() -> None:
    with pytest.raises(Unavailable) as later, disk_room():
        raise OSError(errno.ENOSPC, "full")
    assert later.value.code == "TRUC-701"
    with pytest.raises(OSError, match="broken"), disk_room():
        raise OSError(errno.EIO, "broken")
