"""
Where a letter is, in one line for people, and when it should arrive.

An estimate is made of nothing but what the links ahead took lately; where one of them has no times yet there
is no estimate, rather than a guess.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from gateway.core.calendar import VIETNAM
from gateway.core.model import NodeId
from gateway.core.stages import Stage
from gateway.core.tracking import RecipientTrack, Tracking

Link = tuple[NodeId, NodeId]
"""A link in one direction: from the node that sends to the node that takes."""

LATEST = 20  # crossings of a link that an estimate goes by: an hour of a busy link, a week of a quiet one

PAUSED = "tạm ngừng để bảo trì", "paused for maintenance"

MOVING = frozenset({Stage.ON_THE_WAY, Stage.RETRYING, Stage.SENT})

# --- when it should arrive -----------------------------------------------------------------------


def links_ahead(tracking: Tracking) -> frozenset[Link]:
    """The links that the letter has still to cross, for any recipient."""
    return frozenset(link for track in tracking.recipients for link in _ahead(track))


def estimated(tracking: Tracking, times: Mapping[Link, Sequence[float]], now: datetime) -> Tracking:
    """The same with `expected_at`, by the seconds that each link took lately (the median of them)."""
    usual = {link: median(seconds) for link, seconds in times.items() if seconds}
    return replace(
        tracking,
        recipients=tuple(
            replace(track, expected_at=_expected_at(track, usual, now)) for track in tracking.recipients
        ),
    )


def _ahead(track: RecipientTrack) -> tuple[Link, ...]:
    if track.stage not in MOVING:
        return ()
    return tuple(pairwise(track.way[track.way.index(track.at) :]))


def _expected_at(track: RecipientTrack, usual: Mapping[Link, float], now: datetime) -> datetime | None:
    """When it should be at the last node. One that waits for its next try is counted from that.

    None once that moment has passed: what is late is late, and nobody knows how much longer it takes.
    """
    ahead, begins = _ahead(track), track.next_try_at or track.held_since
    if not ahead or begins is None or any(link not in usual for link in ahead):
        return None
    expected_at = begins + timedelta(seconds=sum(usual[link] for link in ahead))
    return expected_at if expected_at >= now else None


def with_pauses(tracking: Tracking, here: NodeId, held: Collection[NodeId]) -> Tracking:
    """The same with what waits at node `here` for one of its `held` neighbours marked as such."""
    if not held:
        return tracking
    return replace(
        tracking,
        recipients=tuple(
            replace(track, is_paused=True, expected_at=None)
            if track.stage in MOVING and track.at == here and track.next_node in held
            else track
            for track in tracking.recipients
        ),
    )


# --- in one line ---------------------------------------------------------------------------------


def where(track: RecipientTrack) -> tuple[str, str]:
    """Who has it for one recipient and since when, what comes next; Vietnamese and English."""
    stage = track.stage
    if stage not in MOVING:
        place = ("", "") if stage.is_final or stage is Stage.WAITING else _at_node(track)
        since = _moment(track.since)
        return (
            f"{stage.vi}{place[0]}" + (f" ({since[0]})" if track.since else ""),
            f"{stage.en}{place[1]}" + (f" ({since[1]})" if track.since else ""),
        )
    since = _moment(track.held_since)
    vi = f"chưa qua nút {track.at}" if track.next_node else f"ở nút {track.at}"
    en = f"not past node {track.at}" if track.next_node else f"at node {track.at}"
    if track.held_since:
        vi, en = f"{vi} từ {since[0]}", f"{en} since {since[1]}"
    if track.next_node:
        vi, en = f"{vi}, chờ sang {track.next_node}", f"{en}, waiting for {track.next_node}"
    if track.is_paused:
        return f"{vi}, {PAUSED[0]}", f"{en}, {PAUSED[1]}"
    if track.next_try_at is not None:
        again = _moment(track.next_try_at)
        vi, en = f"{vi}, lần thử kế tiếp {again[0]}", f"{en}, next try {again[1]}"
    return vi, en


def _at_node(track: RecipientTrack) -> tuple[str, str]:
    return f" ở nút {track.at}", f" at node {track.at}"


def where_in_all(tracking: Tracking) -> tuple[str, str]:
    """The same for a letter to many: how many are at which stage, what is not done first."""
    if len(tracking.recipients) == 1:
        return where(tracking.recipients[0])
    counts = dict.fromkeys(sorted(Stage, key=lambda stage: stage.is_final), 0)
    for track in tracking.recipients:
        counts[track.stage] += 1
    among = [(number, stage) for stage, number in counts.items() if number]
    total = len(tracking.recipients)
    return (
        ", ".join(f"{number}/{total} {stage.vi}" for number, stage in among),
        ", ".join(f"{number}/{total} {stage.en}" for number, stage in among),
    )


def _moment(at: datetime | None) -> tuple[str, str]:
    """In the time of Vietnam; for English readers with the month as a word, 02/03 being two days to them."""
    if at is None:
        return "", ""
    local = at.astimezone(VIETNAM)
    return f"{local:%d/%m/%Y %H:%M:%S}", f"{local.day} {_MONTHS[local.month - 1]} {local:%Y %H:%M:%S}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
