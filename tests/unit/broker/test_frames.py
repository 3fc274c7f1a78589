from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.broker.canonical import WHOLE_MAX, canonical
from gateway.broker.control import Hello, Progress, Unread
from gateway.broker.frames import (
    MAX_CHUNKS,
    MAX_FRAME,
    MAX_HEADER,
    MAX_PARTS,
    MAX_PAYLOAD,
    Chunk,
    ControlFrame,
    Frame,
    LetterFrame,
    Manifest,
    decode,
    encode,
)
from gateway.broker.packing import offer, pack
from gateway.core.catalogue import FRAME_DAMAGED, FRAME_VERSION
from gateway.core.errors import Rejected
from gateway.core.model import Lane, NodeId, Part
from tests.unit.broker.letters import LETTER, ORIGIN, letter, letter_of_sizes
from tests.unit.broker.unhurried import EXAMPLES_300, UNHURRIED

PREAMBLE = 42
SMALL = letter({"routing.json": b'{"protocol":1}', "parts/0000": b"xin ch\xc3\xa0o", "envelope.xml": b""})
WHOLE = next(pack(SMALL.manifest, 1, {}, SMALL.read))
PIECE = LetterFrame(LETTER, ORIGIN, "ab" * 32, 3, chunks=(Chunk(7, 1 << 20, b"bytes of part 7"),))
TOLD = ControlFrame((Progress(LETTER, ORIGIN, "0:0-5"), Hello(NodeId("H14"), (1,), "0.1.0")))


def raw(header: dict[str, Any], payload: bytes = b"", *, version: int = 1, magic: bytes = b"TRUC") -> bytes:
    """A frame as a neighbour might write it: every digest is right, whatever the header says."""
    told = {"payload": {"size": len(payload), "sha256": sha256(payload).hexdigest()}, **header}
    head = canonical(told)
    return struct.pack(">4sHI32s", magic, version, len(head), sha256(head).digest()) + head + payload


def header_of(frame: LetterFrame) -> dict[str, Any]:
    header: dict[str, Any] = {
        "kind": "letter",
        "letter_id": frame.letter_id,
        "origin": frame.origin,
        "manifest_sha256": frame.manifest_sha256,
        "hops": frame.hops,
        "chunks": [[c.part, c.offset, len(c.data)] for c in frame.chunks],
    }
    if frame.manifest is not None:
        header["manifest"] = frame.manifest.to_wire()
    return header


def payload_of(frame: LetterFrame) -> bytes:
    return b"".join(c.data for c in frame.chunks)


def refused(data: bytes) -> str:
    with pytest.raises(Rejected) as caught:
        decode(data)
    return caught.value.code


@pytest.mark.parametrize("frame", [WHOLE, PIECE, TOLD, offer(SMALL.manifest, 0), ControlFrame(())])
def test_a_frame_is_read_as_it_was_written(frame: Frame) -> None:
    assert decode(encode(frame)) == frame


@UNHURRIED
@given(
    chunks=st.lists(st.tuples(st.integers(0, 1099), st.integers(0, 2**40), st.binary(min_size=1)), min_size=1)
)
def test_any_chunks_come_back(chunks: list[tuple[int, int, bytes]]) -> None:
    frame = replace(PIECE, chunks=tuple(Chunk(*chunk) for chunk in chunks))
    assert decode(encode(frame)) == frame


def test_the_bytes_are_those_of_the_protocol() -> None:
    assert encode(PIECE) == raw(header_of(PIECE), b"bytes of part 7")


@UNHURRIED
@given(st.binary(max_size=400))
@example(b"")
@example(b"TRUC")
@example(b"TRUC\x00\x01" + b"\xff" * 60)
def test_noise_is_refused_and_nothing_else_happens(data: bytes) -> None:
    assert refused(data) in (FRAME_DAMAGED.code, FRAME_VERSION.code)


@UNHURRIED
@given(head=st.binary(max_size=300), payload=st.binary(max_size=50))
def test_noise_with_the_right_digests_is_refused_too(head: bytes, payload: bytes) -> None:
    data = struct.pack(">4sHI32s", b"TRUC", 1, len(head), sha256(head).digest()) + head + payload
    assert refused(data) == FRAME_DAMAGED.code


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, WHOLE_MAX)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=6,
)
KEYS = [*header_of(WHOLE), "payload"]


@EXAMPLES_300
@given(key=st.sampled_from(KEYS), value=JSON, inside=st.sampled_from([*WHOLE.manifest.to_wire(), ""]))  # type: ignore[union-attr]
def test_a_header_with_any_field_replaced_is_read_or_refused(key: str, value: Any, inside: str) -> None:
    header = header_of(WHOLE)
    if key == "manifest" and inside:
        header["manifest"] = {**header["manifest"], inside: value}
    else:
        header[key] = value
    codes: list[str] = []
    try:
        decode(raw(header, payload_of(WHOLE)))
    except Rejected as refusal:
        codes.append(refusal.code)
    assert codes in ([], [FRAME_DAMAGED.code], [FRAME_VERSION.code])


@pytest.mark.parametrize("frame", [WHOLE, TOLD])
def test_a_frame_cut_anywhere_is_refused(frame: Frame) -> None:
    data = encode(frame)
    assert {refused(data[:length]) for length in range(len(data))} == {FRAME_DAMAGED.code}


@pytest.mark.parametrize("frame", [PIECE, TOLD])
def test_any_flipped_bit_is_seen(frame: Frame) -> None:
    data = encode(frame)
    for at in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << at % 8
        expected = FRAME_VERSION if at // 8 in (4, 5) else FRAME_DAMAGED
        assert refused(bytes(flipped)) == expected.code, f"bit {at}"


def test_bytes_behind_a_frame_are_refused() -> None:
    assert refused(encode(TOLD) + b"\0") == FRAME_DAMAGED.code


def test_another_version_is_told_apart_from_damage() -> None:
    assert refused(raw({"kind": "letter"}, version=2)) == FRAME_VERSION.code
    assert refused(raw({"kind": "letter"}, version=0)) == FRAME_VERSION.code
    assert refused(raw({"kind": "parcel"})) == FRAME_VERSION.code


def test_keys_that_this_release_does_not_know_are_ignored() -> None:
    header = header_of(WHOLE)
    header["colour"] = {"of": "a later release"}
    assert decode(raw(header, payload_of(WHOLE))) == WHOLE


def test_a_manifest_has_no_further_fields() -> None:
    """Its digest would differ between nodes that know the field and nodes that do not."""
    for inside in ("manifest", "part"):
        header = header_of(WHOLE)
        (header["manifest"] if inside == "manifest" else header["manifest"]["parts"][0])["colour"] = "red"
        header["manifest_sha256"] = sha256(canonical(header["manifest"])).hexdigest()
        assert refused(raw(header, payload_of(WHOLE))) == FRAME_DAMAGED.code


def test_messages_that_this_release_does_not_know_are_kept() -> None:
    body = [{"type": "greeting", "text": "xin chào"}, Progress(LETTER, ORIGIN, "").to_wire()]
    frame = decode(raw({"kind": "control"}, canonical(body)))
    assert isinstance(frame, ControlFrame)
    assert frame.messages[0] == Unread(body[0], "unknown type 'greeting'")
    assert frame.messages[1] == Progress(LETTER, ORIGIN, "")
    assert decode(encode(frame)) == frame


@pytest.mark.parametrize("payload", [b"", b"{}", b"[1,2", b'[{"type": "hello"}]', b"\xff"])
def test_control_messages_that_are_no_list_are_refused(payload: bytes) -> None:
    assert refused(raw({"kind": "control"}, payload)) == FRAME_DAMAGED.code


def changed(change: Callable[[dict[str, Any]], Any]) -> bytes:
    header = header_of(WHOLE)
    change(header)
    return raw(header, payload_of(WHOLE))


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h.update(payload={"size": len(payload_of(WHOLE)), "sha256": "0" * 64}),
        lambda h: h.update(payload={"size": 0, "sha256": sha256(b"").hexdigest()}),
        lambda h: h.update(payload=None),
        lambda h: h.update(letter_id="0193f8a0-5c1e-7abc-8def-0123456789ac"),
        lambda h: h.update(letter_id="../../etc/passwd"),
        lambda h: h.update(origin="H21"),
        lambda h: h.update(origin=""),
        lambda h: h.update(manifest_sha256="0" * 64),
        lambda h: h.update(hops=256),
        lambda h: h.update(hops=-1),
        lambda h: h.update(hops=True),
        lambda h: h.update(manifest=None),
        lambda h: h["manifest"].update(rank=3),
        lambda h: h["manifest"].update(parts=[]),
        lambda h: h["chunks"].pop(),
        lambda h: h["chunks"].append([0, 0, 1]),
        lambda h: h["chunks"].insert(0, [0, 0, 0]),
        lambda h: h["chunks"].__setitem__(0, [0, 1, 14]),
        lambda h: h["chunks"].__setitem__(0, [9, 0, 14]),
        lambda h: h["chunks"].__setitem__(0, [-1, 0, 14]),
        lambda h: h["chunks"].__setitem__(0, [0, 0]),
        lambda h: h["chunks"].__setitem__(0, "0,0,14"),
        lambda h: h.update(chunks=[[0, 0, 0]] * 200),
        lambda h: h.pop("kind"),
        lambda h: h.pop("hops"),
        lambda h: h.pop("chunks"),
    ],
)
def test_a_letter_frame_that_contradicts_itself_is_refused(change: Callable[[dict[str, Any]], Any]) -> None:
    assert refused(changed(change)) == FRAME_DAMAGED.code


def test_a_frame_that_says_nothing_is_refused() -> None:
    header = header_of(PIECE) | {"chunks": []}
    assert refused(raw(header)) == FRAME_DAMAGED.code


# --- the manifest --------------------------------------------------------------------------------


def test_the_digest_of_a_manifest_is_over_its_canonical_bytes() -> None:
    manifest = SMALL.manifest
    assert manifest.encoded.startswith(b'{"expires_at":"2026-11-27T10:00:00.000000Z","lane":"urgent",')
    assert manifest.sha256 == sha256(manifest.encoded).hexdigest()
    assert Manifest.of_bytes(manifest.encoded) == manifest


def test_the_number_of_hops_changes_no_digest() -> None:
    assert offer(SMALL.manifest, 1).manifest_sha256 == offer(SMALL.manifest, 5).manifest_sha256


def test_the_expiry_means_the_same_instant_whatever_its_zone() -> None:
    later = replace(SMALL.manifest, expires_at=datetime.fromisoformat("2026-11-27T17:00:00+07:00"))
    assert later.sha256 == SMALL.manifest.sha256


def test_a_kept_manifest_that_is_damaged_is_refused() -> None:
    with pytest.raises(Rejected, match=FRAME_DAMAGED.code):
        Manifest.of_bytes(SMALL.manifest.encoded[:-1])


@pytest.mark.parametrize(
    "change",
    [
        {"letter_id": "0193F8A0"},
        {"origin": "H14/../H21"},
        {"rank": 256},
        {"rank": -1},
        {"expires_at": datetime(2026, 11, 27)},  # noqa: DTZ001 - the fault itself
        {"parts": ()},
        {"parts": (Part("a", 1, "0" * 64), Part("a", 1, "0" * 64))},
        {"parts": (Part("../a", 1, "0" * 64),)},
        {"parts": (Part("a//b", 1, "0" * 64),)},
        {"parts": (Part("a" * 65, 1, "0" * 64),)},
        {"parts": (Part("a", -1, "0" * 64),)},
        {"parts": (Part("a", 1, "0" * 63),)},
        {"parts": tuple(Part(f"p{n}", 1, "0" * 64) for n in range(MAX_PARTS + 1))},
    ],
)
def test_a_manifest_that_could_not_stand_on_the_wire_is_never_made(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        replace(SMALL.manifest, **change)


# --- sizes ---------------------------------------------------------------------------------------


def test_the_largest_frame_there_can_be_fits() -> None:
    """The sum behind MAX_HEADER: longest names, largest numbers, most parts and chunks."""
    parts = tuple(Part(f"{n:04d}".ljust(64, "x"), WHOLE_MAX, "f" * 64) for n in range(MAX_PARTS))
    manifest = Manifest(
        LETTER, NodeId("n" * 64), Lane.CONTROL, 255, datetime(9999, 12, 31, tzinfo=UTC), parts
    )
    size = MAX_PAYLOAD // MAX_CHUNKS
    chunks = tuple(Chunk(1099, WHOLE_MAX - size, bytes(size)) for _ in range(MAX_CHUNKS))
    frame = LetterFrame(LETTER, manifest.origin, manifest.sha256, 255, manifest, chunks)
    data = encode(frame)
    assert len(data) - PREAMBLE - frame.payload_size <= 228_700 < MAX_HEADER
    assert len(data) <= MAX_FRAME
    assert decode(data) == frame


def test_one_byte_too_many_is_refused_at_both_ends() -> None:
    with pytest.raises(ValueError):
        replace(PIECE, chunks=(Chunk(0, 0, bytes(MAX_PAYLOAD + 1)),))
    header = header_of(PIECE) | {"chunks": [[0, 0, MAX_PAYLOAD + 1]]}
    assert refused(raw(header, bytes(MAX_PAYLOAD + 1))) == FRAME_DAMAGED.code


def test_one_chunk_too_many_is_refused_at_both_ends() -> None:
    chunks = tuple(Chunk(0, n, b"x") for n in range(MAX_CHUNKS + 1))
    with pytest.raises(ValueError):
        replace(PIECE, chunks=chunks)
    header = header_of(PIECE) | {"chunks": [[0, n, 1] for n in range(MAX_CHUNKS + 1)]}
    assert refused(raw(header, bytes(MAX_CHUNKS + 1))) == FRAME_DAMAGED.code


def test_a_header_that_is_too_long_is_refused_unread() -> None:
    assert decode(raw({"kind": "control", "pad": "x" * (MAX_HEADER - 200)}, b"[]")) == ControlFrame(())
    assert refused(raw({"kind": "control", "pad": "x" * MAX_HEADER}, b"[]")) == FRAME_DAMAGED.code


def test_control_messages_that_exceed_a_frame_are_never_sent() -> None:
    with pytest.raises(ValueError):
        encode(ControlFrame((Unread({"type": "x", "pad": "x" * MAX_PAYLOAD}, ""),)))


def test_only_a_manifest_without_bytes_is_an_offer() -> None:
    assert offer(SMALL.manifest, 1).is_offer
    assert not WHOLE.is_offer
    assert not PIECE.is_offer


def test_frames_of_a_larger_letter_cross_as_they_are() -> None:
    big = letter_of_sizes(700_000, 500_000)
    for frame in pack(big.manifest, 1, {}, big.read):
        assert decode(encode(frame)) == frame
