"""
Nodes are upgraded on different days: what an earlier release wrote must read today, and mean the same.
"""

from __future__ import annotations

import pytest

from gateway.broker.control import Hello, HopRequest, Hops, MissingRanges, Progress, Receipt, Refusal, Unread
from gateway.broker.edition_messages import EditionPiece, EditionRequest, EditionsHeld
from gateway.broker.frames import ControlFrame, LetterFrame, decode, encode
from gateway.core.errors import Rejected
from tests.vectors.wire.described import FOLDER, VERSIONS, Vector, frame_of, sums, vectors

FRAMES = vectors("frame")


@pytest.mark.parametrize("vector", FRAMES, ids=lambda v: v.name)
def test_an_old_frame_reads_as_what_it_was(vector: Vector) -> None:
    assert decode(vector.data) == frame_of(vector.description["frame"])


@pytest.mark.parametrize("vector", FRAMES, ids=lambda v: v.name)
def test_the_same_frame_has_the_same_bytes_today(vector: Vector) -> None:
    assert encode(frame_of(vector.description["frame"])) == vector.data


@pytest.mark.parametrize("vector", vectors("tolerated"), ids=lambda v: v.name)
def test_what_a_later_release_added_is_ignored(vector: Vector) -> None:
    assert decode(vector.data) == frame_of(vector.description["tolerated"])


@pytest.mark.parametrize("vector", vectors("refused"), ids=lambda v: v.name)
def test_a_frame_that_was_refused_is_refused_with_the_same_code(vector: Vector) -> None:
    with pytest.raises(Rejected) as caught:
        decode(vector.data)
    assert caught.value.code == vector.description["refused"]


@pytest.mark.parametrize("version", VERSIONS)
def test_golden_files_never_change(version: str) -> None:
    lines = (FOLDER / version / "SHA256SUMS").read_text().splitlines()
    pinned = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert sums(FOLDER / version) == pinned


def test_every_kind_of_frame_and_message_has_a_vector() -> None:
    frames = [frame_of(v.description["frame"]) for v in FRAMES]
    letters = [f for f in frames if isinstance(f, LetterFrame)]
    messages = {type(m) for f in frames if isinstance(f, ControlFrame) for m in f.messages}
    assert {(f.manifest is not None, bool(f.chunks)) for f in letters} == {
        (True, True),
        (True, False),
        (False, True),
    }
    assert messages == {
        *(Receipt, MissingRanges, Progress, Refusal, Hops, HopRequest, Hello, Unread),
        *(EditionsHeld, EditionRequest, EditionPiece),
    }
