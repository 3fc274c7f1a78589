"""
What every door has within reach: which node this is, the store, the directory, time, the two ledgers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.core.directory import Directory
from gateway.core.model import AgencyCode, NodeId
from gateway.core.take_back import TakeBackPolicy
from gateway.crash import Point, no_crash
from gateway.doors.last_heard import LastHeard
from gateway.observe import Log, Metrics
from gateway.ports import Bell, Clock, Store, Terms


@dataclass(frozen=True, slots=True)
class Desk:
    """Shared by the doors of one node. `directory` gives the version in force now."""

    node: NodeId
    store: Store
    directory: Callable[[], Directory]
    clock: Clock
    bell: Bell
    log: Log
    metrics: Metrics
    terms: Callable[[AgencyCode], Terms] = lambda _agency: Terms()  #: what was agreed with an agency
    adopt: Callable[[Directory], object] = lambda _directory: None  #: put a directory in force at once
    take_back: TakeBackPolicy = "stop"  #: what becomes of a letter that its sender's 13 overtakes
    release: str = ""  #: of this software, for the neighbours to hear
    heard: LastHeard = field(default_factory=LastHeard)
    point: Point = no_crash  #: called at the crash points of gateway/crash
