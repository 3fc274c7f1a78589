"""
Hop events on the wire.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.delivery import State
from gateway.core.errors import Rejected
from gateway.core.hop_events import HopEvent, read_hop, write_hop
from gateway.core.model import LetterId, NodeId

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LETTER = LetterId("019ab000-0000-7000-8000-000000000001")
STUCK = HopEvent(
    LETTER, NodeId("G22"), "link:H21", State.QUEUED, AT, "TRUC-504", AT + timedelta(minutes=5), 3
)


def test_event_comes_back_as_it_was() -> None:
    assert read_hop(write_hop(STUCK)) == STUCK


@pytest.mark.parametrize("attempts", [-1, True, "3", 2**31, None, 1.5])
def test_hop_with_an_impossible_count_is_damaged(attempts: object) -> None:
    with pytest.raises(Rejected):
        read_hop({**write_hop(STUCK), "attempts": attempts})


def test_hop_of_an_earlier_release_does_not_say_how_often() -> None:
    told = write_hop(STUCK)
    del told["attempts"]
    assert read_hop(told).attempts == 0
