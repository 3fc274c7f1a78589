"""
Whereabouts: one line for people, and an estimate that is never a guess.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.model import AgencyCode, Kind, LetterId, NodeId
from gateway.core.stages import Stage
from gateway.core.tracking import RecipientTrack, Tracking
from gateway.core.whereabouts import Link, estimated, links_ahead, where, where_in_all, with_pauses

NOW = datetime(2026, 11, 23, 2, 12, tzinfo=UTC)  # 09:12 in Vietnam
WAY = tuple(map(NodeId, ("H14", "G22", "H21")))
FIRST, SECOND = (WAY[0], WAY[1]), (WAY[1], WAY[2])
MINUTE = timedelta(minutes=1)


def track(**changed: object) -> RecipientTrack:
    """A letter that came to G22 a minute ago."""
    plain = RecipientTrack(
        named="far",
        code=AgencyCode("far"),
        name="UBND xã Ia Pa",
        way=WAY,
        crossings=(),
        stage=Stage.ON_THE_WAY,
        at=WAY[1],
        holder=WAY[1],
        holder_name="Nút trung ương",
        since=NOW,
        next_try_at=None,
        last_code="",
        last_code_vi="",
        last_code_en="",
        status=None,
        statuses=(),
        held_since=NOW - MINUTE,
        next_node=WAY[2],
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


def tracking(*tracks: RecipientTrack) -> Tracking:
    return Tracking(
        letter_id=LetterId("019ab000-0000-7000-8000-000000000001"),
        kind=Kind.DOCUMENT,
        sender=AgencyCode("near"),
        sender_name="",
        document_id="",
        code="",
        issue_date="",
        subject="",
        status_code="",
        origin=WAY[0],
        accepted_at=NOW,
        expires_at=NOW,
        size=1,
        recipients=tracks,
    )


def expected(track: RecipientTrack, times: dict[Link, tuple[float, ...]]) -> datetime | None:
    (told,) = estimated(tracking(track), times, NOW).recipients
    return told.expected_at


def test_estimate_is_the_median_of_what_the_links_ahead_took() -> None:
    assert expected(track(), {SECOND: (90, 80, 7000)}) == NOW - MINUTE + timedelta(seconds=90)
    whole = track(at=WAY[0], next_node=WAY[1], held_since=NOW)
    times: dict[Link, tuple[float, ...]] = {FIRST: (10,), SECOND: (20, 40)}
    assert expected(whole, times) == NOW + timedelta(seconds=40)


@pytest.mark.parametrize("times", [{}, {SECOND: ()}, {FIRST: (1.0,)}])
def test_without_data_nothing_is_estimated(times: dict[Link, tuple[float, ...]]) -> None:
    assert expected(track(), times) is None


def test_letter_that_waits_for_its_next_try_is_counted_from_that() -> None:
    stuck = track(stage=Stage.RETRYING, next_try_at=NOW + 5 * MINUTE)
    assert expected(stuck, {SECOND: (30,)}) == NOW + 5 * MINUTE + timedelta(seconds=30)


def test_what_is_late_already_is_not_estimated_anew() -> None:
    assert expected(track(), {SECOND: (30,)}) is None
    assert expected(track(held_since=None), {SECOND: (30,)}) is None


@pytest.mark.parametrize(
    "stage", [s for s in Stage if s not in (Stage.ON_THE_WAY, Stage.RETRYING, Stage.SENT)]
)
def test_only_what_moves_has_links_ahead(stage: Stage) -> None:
    assert links_ahead(tracking(track(stage=stage), track(stage=stage, at=WAY[0]))) == frozenset()


def test_links_ahead_are_those_of_all_recipients() -> None:
    assert links_ahead(tracking(track(), track(at=WAY[0]), track(at=WAY[2]))) == {FIRST, SECOND}


def test_line_names_the_node_that_it_is_not_past_and_since_when() -> None:
    vi, en = where(track(stage=Stage.RETRYING, next_try_at=NOW + MINUTE))
    assert vi == (
        "chưa qua nút G22 từ 23/11/2026 09:11:00, chờ sang H21, lần thử kế tiếp 23/11/2026 09:13:00"
    )
    assert en == (
        "not past node G22 since 23 Nov 2026 09:11:00, waiting for H21, next try 23 Nov 2026 09:13:00"
    )


def test_line_of_what_rests_says_how() -> None:
    last = {"at": WAY[2], "next_node": None, "held_since": None}
    assert where(track(**last)) == ("ở nút H21", "at node H21")
    assert where(track(stage=Stage.WAITING, **last))[0] == "chờ đơn vị lấy về (23/11/2026 09:12:00)"
    assert where(track(stage=Stage.DELIVERED, **last))[1] == "handed over (23 Nov 2026 09:12:00)"
    assert where(track(stage=Stage.HELD))[0] == "tạm giữ ở nút G22 (23/11/2026 09:12:00)"
    assert where(track(stage=Stage.QUARANTINED, since=None))[1] == "quarantined at node G22"


def test_letter_to_many_is_counted_what_is_not_done_first() -> None:
    told = tracking(track(stage=Stage.DELIVERED), track(stage=Stage.DELIVERED), track())
    assert where_in_all(told) == (
        "1/3 đang chuyển, 2/3 đã giao vào hệ thống của đơn vị",
        "1/3 on its way, 2/3 handed over",
    )
    assert where_in_all(tracking(track())) == where(track())


def test_what_waits_for_a_held_link_says_so_and_is_expected_at_no_time() -> None:
    moving = estimated(tracking(track()), {SECOND: (60.0,)}, NOW)
    assert moving.recipients[0].expected_at is not None
    held = with_pauses(moving, WAY[1], {WAY[2]}).recipients[0]
    assert held.expected_at is None
    vi, en = where(held)
    assert vi.endswith("chờ sang H21, tạm ngừng để bảo trì")
    assert en.endswith("waiting for H21, paused for maintenance")


def test_held_link_says_nothing_of_what_is_elsewhere_or_goes_elsewhere() -> None:
    moving = tracking(track())
    assert with_pauses(moving, WAY[0], {WAY[2]}) == moving
    assert with_pauses(moving, WAY[1], {WAY[0]}) == moving
    assert with_pauses(moving, WAY[1], ()) is moving
