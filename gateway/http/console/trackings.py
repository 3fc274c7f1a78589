"""
Where letters are, as pages show it: worked out once for all who look within some seconds, whoever needs
somebody first.

A circular goes to thousands. To say where it is for each of them takes a second of CPU, and its page asks
again every few seconds in every browser that shows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.core.deadlines import DueState
from gateway.core.model import AgencyCode, LetterId
from gateway.core.stages import Stage
from gateway.core.tracking import RecipientTrack, Tracking
from gateway.core.whereabouts import where_in_all
from gateway.ports import Caller, Office

KEPT_FOR = timedelta(seconds=3)  # as often as the part of the page that moves is made anew
MOST_KEPT = 10_000  # recipients of all letters together: some 15 MB
FEW = 50  # recipients that one page shows; so many stay in the order of their letter

LATE = "late"
"""What those are called for whom a duty is late, beside the stages."""

STUCK = frozenset({Stage.QUARANTINED, Stage.HELD, Stage.RETRYING})
ORDER: Mapping[Stage, int] = {
    Stage.QUARANTINED: 0,
    Stage.HELD: 0,
    Stage.RETRYING: 0,
    Stage.RETURNED: 2,
    Stage.STOPPED: 2,
    Stage.ON_THE_WAY: 3,
    Stage.SENT: 3,
    Stage.WAITING: 4,
    Stage.DELIVERED: 5,
}
"""Who is shown first; between what is stuck and what came back stands what is late."""


@dataclass(frozen=True, slots=True)
class Traced:
    """
    Where a letter is. `where` is that in one line, `recipients` all of them, `counts` how many stand where.

    The keys of `counts` are stages, and LATE; those first that need somebody.
    """

    tracking: Tracking
    where: tuple[str, str]
    recipients: Sequence[RecipientTrack]
    counts: Mapping[str, int]

    @classmethod
    def of(cls, tracking: Tracking) -> Traced:
        """A tracking, looked through once."""
        tracks = tracking.recipients
        stages = dict.fromkeys(sorted(Stage, key=lambda stage: ORDER[stage]), 0)
        for track in tracks:
            stages[track.stage] += 1
        counts = {stage.value: number for stage, number in stages.items() if number}
        late = sum(map(is_late, tracks))
        return cls(
            tracking,
            where_in_all(tracking),
            tracks if len(tracks) <= FEW else sorted(tracks, key=_place),
            {**({LATE: late} if late else {}), **counts},
        )

    def which(self, key: str) -> Sequence[RecipientTrack]:
        """Those who stand at a stage, or are LATE; all for anything else."""
        if key == LATE:
            return [track for track in self.recipients if is_late(track)]
        if key in self.counts:
            return [track for track in self.recipients if track.stage == key]
        return self.recipients


def is_late(track: RecipientTrack) -> bool:
    """Whether something that this recipient owes is past its time."""
    return any(item.state is DueState.LATE for item in track.deadlines)


def _place(track: RecipientTrack) -> int:
    if track.is_paused or track.stage in STUCK:
        return 0
    return 1 if is_late(track) else ORDER[track.stage]


Key = tuple[LetterId, bool, frozenset[AgencyCode]]
"""A letter, and for whom: an operator sees where it is for all, agencies what is theirs."""


@dataclass(frozen=True, slots=True)
class _Asked:
    at: datetime
    answer: asyncio.Task[Traced]

    @property
    def size(self) -> int:
        return len(self.answer.result().recipients)


class Trackings:
    """What was lately worked out for the pages of one console."""

    def __init__(self) -> None:
        self._kept: dict[Key, _Asked] = {}

    async def of(self, office: Office, caller: Caller, letter_id: LetterId, now: datetime) -> Traced:
        """
        Where a letter is for this caller, at most KEPT_FOR old; who asks meanwhile waits for the same answer.

        Raises: Rejected (UNKNOWN_LETTER).
        """
        key = (letter_id, caller.is_operator, caller.agencies)
        self._sweep(now)
        if key not in self._kept:
            answer = asyncio.create_task(_trace(office, caller, letter_id))
            self._kept[key] = _Asked(now, answer)
            answer.add_done_callback(lambda done: self._drop_failed(key, done))
        # whoever leaves must not take the answer away from the others
        return await asyncio.shield(self._kept[key].answer)

    def forget(self, letter_id: LetterId) -> None:
        """Somebody has just moved it: the next who asks gets a new answer."""
        self._kept = {key: asked for key, asked in self._kept.items() if key[0] != letter_id}

    def _drop_failed(self, key: Key, done: asyncio.Task[Traced]) -> None:
        failed = done.cancelled() or done.exception() is not None
        if failed and key in self._kept and self._kept[key].answer is done:
            del self._kept[key]

    def _sweep(self, now: datetime) -> None:
        """Forget what is old (also after a clock was set back), and the oldest of what is too much."""
        room = MOST_KEPT
        kept: dict[Key, _Asked] = {}
        for key, asked in reversed(self._kept.items()):
            if not asked.answer.done():
                kept[key] = asked
            elif timedelta(0) <= now - asked.at < KEPT_FOR and (asked.size <= room or room == MOST_KEPT):
                kept[key], room = asked, room - asked.size
        self._kept = dict(reversed(kept.items()))


async def _trace(office: Office, caller: Caller, letter_id: LetterId) -> Traced:
    tracking = await office.whereabouts(caller, letter_id)
    if len(tracking.recipients) <= FEW:
        return Traced.of(tracking)
    return await asyncio.to_thread(Traced.of, tracking)
