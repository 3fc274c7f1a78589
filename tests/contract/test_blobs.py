from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.core.errors import Unavailable
from gateway.core.model import NodeId, Part
from gateway.ports import LetterKey, StoredPart
from gateway.store.blobs import IDLE_SECONDS, INLINE_BYTES, PIECE, FileBlobs
from tests.kit.builders import CENTRAL, letter_id

SMALL, LARGE = b"small" * 100, bytes(range(256)) * 10_000
KEY = LetterKey(CENTRAL, letter_id(1))


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path, "one")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def part_of(data: bytes, name: str = "parts/0000") -> Part:
    return Part(name, len(data), sha256(data))


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def age(path: Path, seconds: float) -> None:
    for each in (path, *path.rglob("*")):
        os.utime(each, (time.time() - seconds,) * 2)


# --- parts of unknown size -----------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, INLINE_BYTES])
def test_small_part_lives_in_its_row(blobs: FileBlobs, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    sink = blobs.new()
    for start in range(0, size, 1000):
        sink.write(data[start : start + 1000])
    sink.close()
    assert sink.keep() == StoredPart("", size, sha256(data), data)
    assert files(tmp_path) == []


def test_large_part_becomes_a_file_named_by_its_digest(blobs: FileBlobs, tmp_path: Path) -> None:
    sink = blobs.new()
    for start in range(0, len(LARGE), 7777):
        sink.write(LARGE[start : start + 7777])
    sink.close()
    kept = sink.keep()
    assert kept == StoredPart("", len(LARGE), sha256(LARGE))
    assert files(tmp_path) == [f"{kept.sha256[:2]}/{kept.sha256[2:]}"]
    assert b"".join(blobs.read(kept)) == LARGE
    sink.discard()
    assert b"".join(blobs.read(kept)) == LARGE


def test_nothing_stands_under_its_digest_before_it_is_kept(blobs: FileBlobs, tmp_path: Path) -> None:
    sink = blobs.new()
    sink.write(LARGE)
    sink.close()
    with pytest.raises(Unavailable):
        blobs.read(StoredPart("", len(LARGE), sha256(LARGE)))
    sink.discard()
    sink.discard()
    assert files(tmp_path) == []


def test_equal_parts_share_a_file(blobs: FileBlobs, tmp_path: Path) -> None:
    first, second = blobs.put("parts/0000", LARGE), blobs.put("parts/0001", LARGE)
    assert (first.name, second.name) == ("parts/0000", "parts/0001")
    assert len(files(tmp_path)) == 1


def test_part_in_memory_is_kept_under_its_name(blobs: FileBlobs) -> None:
    assert blobs.put("envelope.xml", SMALL) == StoredPart("envelope.xml", len(SMALL), sha256(SMALL), SMALL)
    assert blobs.put("parts/0000", LARGE) == StoredPart("parts/0000", len(LARGE), sha256(LARGE))


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_what_was_written_can_be_looked_into_before_it_is_kept(blobs: FileBlobs, data: bytes) -> None:
    sink = blobs.new()
    sink.write(data)
    with sink.peek() as file:
        file.seek(100)
        assert file.read(50) == data[100:150]
    sink.write(b"more")
    sink.close()
    assert sink.keep().sha256 == sha256(data + b"more")


@pytest.mark.parametrize("before", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("after", [SMALL, LARGE], ids=["to small", "to large"])
def test_part_can_be_rewritten_as_a_stream(
    blobs: FileBlobs, tmp_path: Path, before: bytes, after: bytes
) -> None:
    sink, seen = blobs.new(), []
    sink.write(before)

    def transform(pieces: Iterator[bytes]) -> Iterator[bytes]:
        seen.extend(pieces)
        yield after[:10]
        yield after[10:]

    sink.rewrite(transform)
    sink.close()
    assert b"".join(seen) == before
    assert b"".join(blobs.read(sink.keep())) == after
    assert len(files(tmp_path)) == (1 if after is LARGE else 0)


def test_rewriting_that_fails_leaves_what_was(blobs: FileBlobs, tmp_path: Path) -> None:
    def broken(_pieces: Iterator[bytes]) -> Iterator[bytes]:
        yield LARGE
        raise ValueError("not base64 after all")

    sink = blobs.new()
    sink.write(LARGE + b"!")
    with pytest.raises(ValueError, match="not base64"):
        sink.rewrite(broken)
    assert b"".join(blobs.read(sink.keep())) == LARGE + b"!"
    assert len(files(tmp_path)) == 1


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_any_stretch_can_be_read(blobs: FileBlobs, data: bytes) -> None:
    kept = blobs.put("parts/0000", data)
    for offset, size in [(0, None), (100, None), (100, 50), (0, 0), (len(data), 10), (len(data) - 3, 99)]:
        end = None if size is None else offset + size
        assert b"".join(blobs.read(kept, offset, size)) == data[offset:end]


def test_pieces_are_at_most_one_mebibyte(blobs: FileBlobs) -> None:
    kept = blobs.put("parts/0000", bytes(PIECE * 2 + 1))
    assert [len(piece) for piece in blobs.read(kept)] == [PIECE, PIECE, 1]


@pytest.mark.parametrize("damage", ["missing", "short", "long"])
def test_damaged_blob_is_never_handed_out(blobs: FileBlobs, tmp_path: Path, damage: str) -> None:
    kept = blobs.put("parts/0000", LARGE)
    (path,) = (tmp_path / name for name in files(tmp_path))
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(LARGE[:-1] if damage == "short" else LARGE + b"!")
    with pytest.raises(Unavailable) as damaged:
        blobs.read(kept)
    assert damaged.value.code == "TRUC-704"


def test_blob_that_shrinks_while_it_is_read_is_damaged(blobs: FileBlobs, tmp_path: Path) -> None:
    kept = blobs.put("parts/0000", LARGE)
    pieces = blobs.read(kept)
    os.truncate(tmp_path / files(tmp_path)[0], 1000)
    with pytest.raises(Unavailable) as damaged:
        list(pieces)
    assert damaged.value.code == "TRUC-704"


def test_row_with_fewer_bytes_than_it_says_is_damaged(blobs: FileBlobs) -> None:
    with pytest.raises(Unavailable):
        blobs.read(StoredPart("envelope.xml", 10, sha256(b"x"), b"x"))


def test_keeping_a_part_again_mends_its_damaged_blob(blobs: FileBlobs, tmp_path: Path) -> None:
    kept = blobs.put("parts/0000", LARGE)
    (tmp_path / files(tmp_path)[0]).write_bytes(b"rot")
    assert b"".join(blobs.read(blobs.put("parts/0000", LARGE))) == LARGE
    assert b"".join(blobs.read(kept)) == LARGE


# --- parts that come in pieces -------------------------------------------------------------------


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_pieces_in_any_order_make_the_part(blobs: FileBlobs, tmp_path: Path, data: bytes) -> None:
    half = len(data) // 2
    for offset, piece in ((half, data[half:]), (0, data[: half + 10])):
        partial = blobs.partial(KEY, 2)  # each batch of frames opens it anew
        partial.write_at(offset, piece)
        partial.sync()
    kept = blobs.partial(KEY, 2).keep(part_of(data))
    assert kept is not None
    assert (kept.name, kept.size, kept.sha256) == ("parts/0000", len(data), sha256(data))
    assert b"".join(blobs.read(kept)) == data
    blobs.drop_partials(KEY)
    assert len(files(tmp_path)) == (1 if data is LARGE else 0)


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("damage", ["another byte", "too long", "too short", "nothing"])
def test_part_that_disagrees_leaves_nothing(
    blobs: FileBlobs, tmp_path: Path, data: bytes, damage: str
) -> None:
    others = {"another byte": b"?" + data[1:], "too long": data + b"!", "too short": data[:-1]}
    if damage in others:
        partial = blobs.partial(KEY, 0)
        partial.write_at(0, others[damage])
        partial.sync()
    assert blobs.partial(KEY, 0).keep(part_of(data)) is None
    assert files(tmp_path) == []


def test_empty_part_needs_no_piece(blobs: FileBlobs) -> None:
    assert blobs.partial(KEY, 0).keep(part_of(b"")) == StoredPart("parts/0000", 0, sha256(b""), b"")


def test_letters_of_two_origins_have_files_of_their_own(blobs: FileBlobs) -> None:
    for key, data in ((KEY, LARGE), (LetterKey(NodeId("H21"), KEY.letter_id), LARGE[::-1])):
        blobs.partial(key, 0).write_at(0, data)
    assert blobs.partial(KEY, 0).keep(part_of(LARGE)) is not None


def test_hostile_ids_stay_inside_the_folder(blobs: FileBlobs, tmp_path: Path) -> None:
    key = LetterKey(NodeId("../../.."), letter_id(1))
    blobs.partial(key, 0).write_at(0, b"x")
    assert [name.split("/")[0] for name in files(tmp_path)] == ["partial"]
    blobs.drop_partials(key)
    assert files(tmp_path) == []


# --- power cuts ----------------------------------------------------------------------------------


@pytest.fixture
def synced(blobs: FileBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is made durable, in order, with the names that files have at that moment."""
    seen: list[str] = []

    def spy(real: Callable[[int], None]) -> Callable[[int], None]:
        def sync(handle: int) -> None:
            place = Path(f"/proc/self/fd/{handle}").readlink()
            seen.append(str(place.relative_to(tmp_path)))
            real(handle)

        return sync

    monkeypatch.setattr(os, "fsync", spy(os.fsync))
    monkeypatch.setattr(os, "fdatasync", spy(os.fdatasync))
    return seen


def test_bytes_are_durable_before_they_get_their_name_and_the_name_after(
    blobs: FileBlobs, synced: list[str]
) -> None:
    digest = blobs.put("parts/0000", LARGE).sha256
    assert synced == ["tmp/i-one/0", ".", digest[:2]]


def test_small_part_costs_no_sync(blobs: FileBlobs, synced: list[str]) -> None:
    blobs.put("envelope.xml", SMALL)
    assert synced == []


def test_first_piece_is_durable_with_its_name_and_each_later_batch_costs_one_sync(
    blobs: FileBlobs, synced: list[str]
) -> None:
    for start in (0, 1000, 2000):
        partial = blobs.partial(KEY, 0)
        partial.write_at(start, LARGE[start : start + 500])
        partial.write_at(start + 500, LARGE[start + 500 : start + 1000])
        partial.sync()
    folder = synced[2]
    assert synced == ["partial", f"{folder}/0", folder, f"{folder}/0", f"{folder}/0"]


def test_finished_part_is_durable_before_it_gets_its_name(blobs: FileBlobs, synced: list[str]) -> None:
    partial = blobs.partial(KEY, 0)
    partial.write_at(0, LARGE)
    partial.sync()
    folder = synced[2]
    del synced[:]
    assert blobs.partial(KEY, 0).keep(part_of(LARGE)) is not None
    assert synced == [f"{folder}/0", ".", sha256(LARGE)[:2]]


# --- crashes -------------------------------------------------------------------------------------


def test_part_that_was_coming_in_is_swept_at_the_next_start(blobs: FileBlobs, tmp_path: Path) -> None:
    sink = blobs.new()
    sink.write(LARGE)
    sink.close()
    assert files(tmp_path) != []
    FileBlobs(tmp_path, "one")
    assert files(tmp_path) == []
    sink.discard()


def test_part_that_comes_in_at_another_instance_is_left_alone(tmp_path: Path) -> None:
    other = FileBlobs(tmp_path, "two")
    sink = other.new()
    sink.write(LARGE)
    sink.close()
    FileBlobs(tmp_path, "one")
    assert sink.keep().size == len(LARGE)


def test_leavings_of_instances_long_gone_are_swept(tmp_path: Path) -> None:
    sink = FileBlobs(tmp_path, "random name 1").new()
    sink.write(LARGE)
    sink.close()
    age(tmp_path / "tmp", IDLE_SECONDS + 60)
    FileBlobs(tmp_path, "random name 2")
    assert files(tmp_path) == []
    sink.discard()


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_part_kept_before_a_crash_is_found_again(blobs: FileBlobs, tmp_path: Path, data: bytes) -> None:
    """C3: the file has its name, the row that names it never committed."""
    blobs.partial(KEY, 0).write_at(0, data)
    kept = blobs.partial(KEY, 0).keep(part_of(data))
    assert FileBlobs(tmp_path, "one").partial(KEY, 0).keep(part_of(data)) == kept


def test_pieces_survive_a_restart(blobs: FileBlobs, tmp_path: Path) -> None:
    partial = blobs.partial(KEY, 0)
    partial.write_at(0, LARGE[:1000])
    partial.sync()
    again = FileBlobs(tmp_path, "one")
    again.sweep_partials([KEY])
    again.partial(KEY, 0).write_at(1000, LARGE[1000:])
    assert again.partial(KEY, 0).keep(part_of(LARGE)) is not None


def test_pieces_that_nobody_waits_for_go_after_a_day(blobs: FileBlobs, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        partial = blobs.partial(LetterKey(CENTRAL, letter_id(number)), 0)
        partial.write_at(0, SMALL)
        partial.sync()
    for folder in (tmp_path / "partial").iterdir():
        age(folder, IDLE_SECONDS + 60)
    fresh = LetterKey(CENTRAL, letter_id(3))
    blobs.partial(fresh, 1).write_at(0, SMALL)
    blobs.sweep_partials([KEY])
    assert len(list((tmp_path / "partial").iterdir())) == 2
    assert blobs.partial(KEY, 0).keep(part_of(SMALL)) is not None
    assert blobs.partial(fresh, 0).keep(part_of(SMALL)) is not None
