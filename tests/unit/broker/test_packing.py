from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.broker.canonical import canonical
from gateway.broker.control import Progress
from gateway.broker.frames import MAX_CHUNKS, MAX_PAYLOAD, MIB, Chunk, LetterFrame, encode
from gateway.broker.packing import CONTROL_BATCH, batch, offer, pack, unpack
from gateway.broker.ranges import Ranges
from gateway.core.errors import Unavailable
from tests.unit.broker.letters import LETTER, ORIGIN, ReadyLetter, letter, letter_of_sizes
from tests.unit.broker.unhurried import UNHURRIED

SMALL = 64  # bytes; so that hypothesis tries many letters
BIG = letter({"routing.json": b"{}", "parts/0000": bytes(range(256)) * (5 * MIB // 512), "empty": b""})


def rebuilt(sent: ReadyLetter, held: dict[int, Ranges], frames: list[LetterFrame]) -> None:
    """Every byte that was lacking comes exactly once, and none that was held."""
    got = dict(held)
    for frame in frames:
        for chunk in frame.chunks:
            already = got.get(chunk.part, Ranges())
            assert already.complement(chunk.stop).contains(chunk.offset, chunk.stop)
            assert chunk.data == sent.read(chunk.part, chunk.offset, len(chunk.data))
            got[chunk.part] = already.add(chunk.offset, chunk.stop)
    for index, part in enumerate(sent.manifest.parts):
        assert got.get(index, Ranges()).contains(0, part.size)


def test_a_small_letter_is_one_frame() -> None:
    small = letter_of_sizes(900, 4_000, 0, 30_000)
    frames = list(pack(small.manifest, 1, {}, small.read))
    assert len(frames) == 1
    assert frames[0].manifest == small.manifest
    rebuilt(small, {}, frames)


def test_a_letter_of_the_most_parts_is_one_frame() -> None:
    many = letter_of_sizes(*[3] * 1100)
    assert [len(f.chunks) for f in pack(many.manifest, 1, {}, many.read)] == [MAX_CHUNKS]


def test_a_larger_letter_goes_in_frames_of_a_mebibyte_the_first_with_the_manifest() -> None:
    frames = list(pack(BIG.manifest, 2, {}, BIG.read))
    assert [f.payload_size for f in frames] == [MAX_PAYLOAD, MAX_PAYLOAD, MIB // 2 + 2]
    assert [f.manifest is not None for f in frames] == [True, False, False]
    assert {f.hops for f in frames} == {2}
    assert {f.manifest_sha256 for f in frames} == {BIG.manifest.sha256}
    rebuilt(BIG, {}, frames)


def test_what_the_neighbour_holds_is_not_sent_again() -> None:
    held = {0: Ranges().add(0, 2), 1: Ranges().add(0, MIB).add(2 * MIB, 2 * MIB + 7)}
    frames = list(pack(BIG.manifest, 1, held, BIG.read))
    assert sum(f.payload_size for f in frames) == BIG.manifest.size - 2 - MIB - 7
    rebuilt(BIG, held, frames)


def test_a_neighbour_that_holds_all_gets_an_offer() -> None:
    held = {0: Ranges().add(0, 2), 1: Ranges().add(0, BIG.manifest.parts[1].size)}
    frames = list(pack(BIG.manifest, 1, held, BIG.read))
    assert frames == [offer(BIG.manifest, 1)]
    assert frames[0].is_offer


@UNHURRIED
@given(
    sizes=st.lists(st.integers(0, SMALL), min_size=1, max_size=6),
    spans=st.lists(st.tuples(st.integers(0, 7), st.integers(0, SMALL), st.integers(0, SMALL)), max_size=12),
)
def test_any_letter_arrives_whole_whatever_is_held(
    sizes: list[int], spans: list[tuple[int, int, int]]
) -> None:
    sent = letter_of_sizes(*sizes)
    held: dict[int, Ranges] = {}
    for part, one, other in spans:
        if part < len(sizes):
            held[part] = held.get(part, Ranges()).add(*sorted((one, other)))
    rebuilt(sent, held, list(pack(sent.manifest, 1, held, sent.read)))


def test_thousands_of_holes_go_in_frames_that_stay_within_bounds() -> None:
    sent = letter({"parts/0000": bytes(10_000)})
    held = Ranges()
    for start in range(0, 10_000, 2):
        held = held.add(start, start + 1)
    frames = list(pack(sent.manifest, 1, {0: held}, sent.read))
    assert [len(f.chunks) for f in frames] == [1100, 1100, 1100, 1100, 600]
    rebuilt(sent, {0: held}, frames)


@UNHURRIED
@given(sizes=st.lists(st.integers(0, SMALL), min_size=1, max_size=6), data=st.data())
def test_unpacking_gives_back_what_was_packed_in_any_order(sizes: list[int], data: st.DataObject) -> None:
    sent = letter_of_sizes(*sizes)
    (frame,) = pack(sent.manifest, 1, {}, sent.read)
    chunks = data.draw(st.permutations(frame.chunks))
    expected = {index: sent.read(index, 0, size) for index, size in enumerate(sizes)}
    assert unpack(sent.manifest, chunks) == expected


def test_unpacking_takes_nothing_but_exactly_all() -> None:
    first, *rest = [chunk for frame in pack(BIG.manifest, 1, {}, BIG.read) for chunk in frame.chunks]
    assert unpack(BIG.manifest, rest) is None
    assert unpack(BIG.manifest, [first, *rest, first]) is None
    assert unpack(BIG.manifest, [first, *rest, Chunk(7, 0, b"x")]) is None


def test_bytes_are_read_only_when_their_frame_is_wanted() -> None:
    read: list[int] = []

    def noting(part: int, offset: int, size: int) -> bytes:
        read.append(size)
        return BIG.read(part, offset, size)

    frames = pack(BIG.manifest, 1, {}, noting)
    next(frames)
    assert sum(read) == MAX_PAYLOAD


def test_a_part_that_is_shorter_than_it_should_be_stops_the_letter() -> None:
    with pytest.raises(Unavailable, match="TRUC-704"):
        list(pack(BIG.manifest, 1, {}, lambda *_: b"x"))


def test_messages_are_batched_in_order_within_the_limit() -> None:
    messages = [Progress(LETTER, ORIGIN, f"0:0-{n + 1}") for n in range(2000)]
    frames = list(batch(messages))
    assert [m for frame in frames for m in frame.messages] == messages
    assert 1 < len(frames) < 10
    assert all(len(encode(frame)) < CONTROL_BATCH + 300 for frame in frames)


def test_no_frame_exceeds_a_given_limit_unless_one_message_does() -> None:
    messages = [Progress(LETTER, ORIGIN, f"0:0-{10**n}") for n in range(9)]
    sizes = [len(canonical(m.to_wire())) for m in messages]
    assert [len(f.messages) for f in batch(messages, limit=1)] == [1] * 9
    assert [len(f.messages) for f in batch(messages, limit=sum(sizes[:3]) + 2 + 3)][:2] == [3, 2]


def test_no_messages_make_no_frame() -> None:
    assert list(batch([])) == []
