"""
Crash points: named places where a test may let the process die as if the power went.

The doors call `desk.point("C4")` and so on; by default nothing happens. With TRUC_CRASH=C4:3 in its
environment a node kills itself the third time it comes to C4, with SIGKILL, so that nothing is tidied up.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from gateway.core.catalogue import CONFIG_BAD_VALUE
from gateway.core.errors import Misconfigured, find

POINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "C1": "intake: the message is read, nothing is committed",
        "C2": "intake: committed, not answered",
        "C3": "intake: attachments are durable, nothing is committed",
        "C4": "arrival: frames received",
        "C5": "store: in the middle of the transaction that takes a letter",
        "C6": "store: before a commit",
        "C7": "arrival: committed, not acknowledged",
        "C8": "arrival: acknowledged",
        "C9": "relay: claimed, before publishing",
        "C10": "relay: published, not confirmed",
        "C11": "relay: confirmed, not marked as sent",
        "C12": "relay: marked as sent",
        "C14": "handover: fetched by the agency, not acknowledged",
    }
)

Point = Callable[[str], None]


def no_crash(point: str) -> None:
    """What a node does at its crash points: nothing."""


def crash_points(spec: str, die: Callable[[], None] | None = None) -> Point:
    """
    A function that dies at the n-th call for a point, as `spec` says: `C4:3,C11:1`.

    Raises: Misconfigured for a point that does not exist.
    """
    left: dict[str, int] = {}
    for item in filter(None, spec.split(",")):
        point, _, number = item.partition(":")
        if point not in POINTS or not (number or "1").isdigit():
            detail = f"{item!r}; {', '.join(POINTS)}"
            raise Misconfigured(find(CONFIG_BAD_VALUE, key="TRUC_CRASH", detail=detail))
        left[point] = int(number or "1")

    def at(point: str) -> None:
        if point not in left:
            return
        left[point] -= 1
        if left[point] == 0:
            (die or _kill)()

    return at


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
