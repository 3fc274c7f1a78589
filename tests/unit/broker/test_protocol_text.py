"""
docs/protocol.md is normative: what it says in tables and numbers is what the code does.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.broker import control, edition_messages, frames, packing, topology, window
from gateway.core import editions
from gateway.core.model import Lane, NodeId

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line[:1] == "|"
]
MESSAGES = [
    *(control.Receipt, control.MissingRanges, control.Progress, control.Refusal),
    *(control.Hops, control.HopRequest, control.Hello),
    *(edition_messages.EditionsHeld, edition_messages.EditionRequest, edition_messages.EditionPiece),
]
LINK = topology.Link(NodeId("H14"), NodeId("H14.31"))


def row(first: str) -> list[str]:
    """The table row that begins with `first`."""
    return next(cells for cells in ROWS if cells[0] == first)


@pytest.mark.parametrize(("name", "value"), topology.queue_arguments().items())
def test_every_argument_of_a_queue_stands_in_the_text(name: str, value: object) -> None:
    told = row(f"`{name}`")[1].strip("`")
    written = value if isinstance(value, str) else json.dumps(value)
    assert told == (written or "empty")


def test_the_parking_queue_has_the_first_five_of_them() -> None:
    assert list(topology.parking_arguments()) == list(topology.queue_arguments())[:5]


def test_names_are_those_of_the_text() -> None:
    assert row("virtual host")[2] == f"`{LINK.vhost}`"
    assert row("user of a node, also the `user_id` of its frames")[2] == f"`{topology.user(LINK.child)}`"
    queue = LINK.queue(topology.Direction.UP, Lane.URGENT)
    assert row("queue, one per link, direction and lane")[2] == f"`{queue}`"
    assert row("parking queue, one per virtual host")[1] == f"`{topology.PARKED}`"


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.type)
def test_every_message_stands_in_the_text_with_its_fields(message: type) -> None:
    fields = [name for name in message.__dataclass_fields__ if name != "type"]  # type: ignore[attr-defined]
    told = [cells[1] for cells in ROWS if cells[0] == f"`{message.type}`"]  # type: ignore[attr-defined]
    assert ", ".join(f"`{field}`" for field in fields) in told


def test_numbers_are_those_of_the_text() -> None:
    assert row("payload")[1] == f"1 MiB ({frames.MAX_PAYLOAD} bytes)"
    assert row("header")[1] == f"{frames.MAX_HEADER // 1024} KiB"
    assert row("parts of a letter")[1] == f"{frames.MAX_PARTS:,}"
    assert row("chunks of a frame")[1] == f"{frames.MAX_CHUNKS:,}"
    assert f"{frames.MAX_FRAME} bytes" in TEXT
    assert f"at most {frames.MAX_COUNT}" in TEXT
    assert f"up to {packing.CONTROL_BATCH // 1024} KiB a frame" in TEXT
    assert f"more than {window.WINDOW_LETTERS} letters" in TEXT
    assert f"more than {window.WINDOW_SIZE // frames.MIB} MiB" in TEXT
    assert f"at most {edition_messages.PIECE} bytes of an edition" in TEXT
    assert f"at most {editions.LARGEST} bytes with its seal" in TEXT
    assert 2 * window.PROGRESS_SIZE == 4 * frames.MIB  # «twice as often»


def test_the_text_is_of_the_version_that_is_spoken() -> None:
    assert TEXT.startswith(f"# The wire between nodes, version {frames.PROTOCOL}\n")
