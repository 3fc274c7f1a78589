"""
A take-back that overtakes its letter: what a node may still stop of the letter, and where the 13 itself ends.

For each recipient it is both or neither: who gets the letter gets the 13 too, and who did not get it hears of
neither. So a letter is stopped only where it certainly never left this node, and a 13 ends only where none of
the letters it takes back can reach, or has reached, the same recipient. Whatever is uncertain goes on, the 13
with it: the next node decides, and the last one, which has the recipient's mailbox, always can.

Spec: QD28/10.2h (thu hồi), QCVN102/StatusCode (13)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Literal

from gateway.core.delivery import LEGAL, Delivery, State, TakenBack
from gateway.core.model import AgencyCode

TakeBackPolicy = Literal["stop", "deliver-both"]
"""`stop` the letter where it is overtaken, or let the recipient have the letter and the request."""

STOPPABLE: Final = frozenset(
    state
    for state, moves in LEGAL.items()
    if moves.get(TakenBack) is State.STOPPED and state is not State.STOPPED
)


@dataclass(frozen=True, slots=True)
class Standing:
    """
    One delivery of a letter as it stands, and whom it is for.

    `recipients`: every code under which those it is for may be named. `lay_at_door`: it was offered for
    pick-up. `was_seen`: the agency fetched it, or looked into it.
    """

    delivery: Delivery
    recipients: frozenset[AgencyCode]
    lay_at_door: bool = False
    was_seen: bool = False

    @property
    def never_left(self) -> bool:
        """
        Whether nobody beyond this node can have any of it.

        A try that failed may have succeeded for the other side: its confirm or answer got lost. What an
        agency picks up itself is different: there only a fetch gives it away.
        """
        return not self.was_seen and (self.delivery.attempts == 0 or self.lay_at_door)

    @property
    def can_stop(self) -> bool:
        """Whether it can be stopped here and now, for certain."""
        return self.never_left and self.delivery.state in STOPPABLE

    @property
    def never_will(self) -> bool:
        """Whether it is over, and whoever it was for has nothing."""
        return self.delivery.state is State.STOPPED or (
            self.delivery.state is State.RETURNED and self.never_left
        )


def to_stop(standings: Iterable[Standing], asked: AbstractSet[AgencyCode]) -> tuple[Standing, ...]:
    """
    The deliveries of a letter that its sender's 13s stop here; `asked`: the recipients taken back from.

    One copy crosses a link for many: it is stopped only if all of them are taken back, else the last node
    stops it for those that are.
    """
    return tuple(s for s in standings if s.can_stop and s.recipients and s.recipients <= asked)


def ends_here(letters: Sequence[Sequence[Standing] | None], *, is_last: bool) -> bool:
    """
    Whether a 13 ends at this node on its way to one target.

    `letters`: for each letter it takes back the deliveries to recipients behind that target; None for a
    letter that never came here. `is_last`: the target is an agency. A letter that never came may still come:
    the last node remembers the 13 and stops it then, a node before lets the 13 go ahead.
    """
    return bool(letters) and all(
        is_last if standings is None else bool(standings) and all(s.never_will for s in standings)
        for standings in letters
    )
