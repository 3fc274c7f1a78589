"""
"Where is my letter": stuck behind a cut link, told by name, and gone on at once when the link is mended.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gateway.core.model import LetterId, NodeId
from gateway.core.stages import Stage
from gateway.core.tracking import RecipientTrack
from gateway.core.whereabouts import where, where_in_all
from signing.verdict import Outcome
from tests.kit.correspondence import four_level, letter
from tests.kit.nodes import SmallAxis, open_axis

WRITER, READER = "000.22.40.H14", "000.24.35.H21"
CENTRAL, FAR = NodeId("G22"), NodeId("H21")


async def told(axis: SmallAxis, letter_id: LetterId) -> RecipientTrack:
    """What the writer is told, estimates too."""
    (track,) = (await axis.node_of(WRITER).office.whereabouts(axis.caller(WRITER), letter_id)).recipients
    return track


async def test_letter_behind_a_cut_link_names_the_node_since_when_and_the_next_try(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        axis.post.cut(CENTRAL, FAR)
        accepted = await axis.send(letter(WRITER, READER), by=WRITER)
        await axis.settle()
        for _ in range(3):
            await axis.wait(timedelta(minutes=7))
        stuck = await told(axis, accepted.letter_id)
        now = axis.clock.now()
        axis.post.heal(CENTRAL, FAR)
        await axis.wait(timedelta(seconds=2))
        healed = await told(axis, accepted.letter_id)

    assert (stuck.stage, stuck.at, stuck.next_node) == (Stage.RETRYING, CENTRAL, FAR)
    assert stuck.last_code == "TRUC-504"
    assert "H21" in stuck.last_code_vi
    assert stuck.attempts >= 3
    assert stuck.held_since is not None
    assert stuck.held_since < accepted.accepted_at + timedelta(minutes=1), "since it came, not a try"
    assert stuck.next_try_at is not None
    assert stuck.next_try_at > now + timedelta(seconds=2), "its own next try is later than what is promised"
    vi, en = where(stuck)
    assert vi.startswith("chưa qua nút G22 từ ")
    assert "chờ sang H21, lần thử kế tiếp " in vi
    assert en.startswith("not past node G22 since ")
    assert (stuck.seal, healed.seal) == (None, Outcome.PASSED)
    assert (healed.stage, healed.at) == (Stage.WAITING, "H21.35.24")


async def test_nothing_is_expected_before_anything_was_ever_carried_over_a_link(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        axis.post.cut(CENTRAL, FAR)
        first = await axis.send(letter(WRITER, READER), by=WRITER)
        await axis.settle()
        await axis.wait(timedelta(minutes=5))
        unknown = await told(axis, first.letter_id)
        axis.post.heal(CENTRAL, FAR)
        await axis.wait(timedelta(seconds=2))
        axis.post.cut(CENTRAL, FAR)
        second = await axis.send(letter(WRITER, READER, number=2), by=WRITER)
        await axis.settle()
        await axis.wait(timedelta(minutes=5))
        known = await told(axis, second.letter_id)

    assert unknown.expected_at is None
    assert known.next_try_at is not None
    assert known.expected_at is not None
    assert known.expected_at > known.next_try_at


async def test_link_that_flaps_tries_what_lies_before_it_each_time_it_is_up(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        axis.post.cut(CENTRAL, FAR)
        accepted = [await axis.send(letter(WRITER, READER, number=n), by=WRITER) for n in range(1, 4)]
        await axis.wait(timedelta(hours=1))
        axis.post.heal(CENTRAL, FAR)
        await axis.wait(timedelta(seconds=1))
        axis.post.cut(CENTRAL, FAR)
        late = await axis.send(letter(WRITER, READER, number=9), by=WRITER)
        await axis.wait(timedelta(hours=1))
        axis.post.heal(CENTRAL, FAR)
        await axis.wait(timedelta(seconds=1))
        tracks = [await told(axis, a.letter_id) for a in (*accepted, late)]
        received = await axis.collect(READER)

    assert {track.stage for track in tracks} == {Stage.WAITING}
    assert len(received) == 4


async def test_letter_to_many_is_counted_in_one_line(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        axis.post.cut(CENTRAL, FAR)
        accepted = await axis.send(letter(WRITER, READER, "000.20.40.H14"), by=WRITER)
        await axis.settle()
        await axis.wait(timedelta(minutes=7))
        tracking = await axis.track(accepted.letter_id, WRITER)

    vi, en = where_in_all(tracking)
    assert vi == "1/2 chờ thử lại, 1/2 chờ đơn vị lấy về"
    assert en == "1/2 waiting for the next try, 1/2 waiting for pick-up"
