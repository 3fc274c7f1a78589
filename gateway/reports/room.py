"""
The counting room of one node, set up: who counts, who makes reports, who files and who mails them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from gateway.config import Config
from gateway.core.calendar import Calendar
from gateway.core.directory import Directory
from gateway.core.model import NodeId
from gateway.observe import Log, Metrics
from gateway.ports import Clock, Store
from gateway.reports.counting import Counting
from gateway.reports.desk import ReportDesk
from gateway.reports.filing import Filing
from gateway.reports.mailing import Mailing


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingRoom:
    """`mailing` is None where nobody gets reports by mail; `loops` are those that the settings want."""

    desk: ReportDesk
    filing: Filing
    mailing: Mailing | None
    loops: Mapping[str, Callable[[], Awaitable[None]]]


@dataclass(frozen=True, slots=True)
class Tools:
    """What the room is given to work with."""

    store: Store
    directory: Callable[[], Directory]
    calendar: Calendar
    clock: Clock
    environ: Mapping[str, str]
    log: Log
    metrics: Metrics


def counting_room(config: Config, given: Tools) -> CountingRoom:
    """Everything in it, not yet at work."""
    store, clock, log = given.store, given.clock, given.log
    node, reports = NodeId(config.node.id), config.reports
    desk = ReportDesk(node, store, given.directory, clock, given.calendar, reports)
    filing = Filing(desk, config.node.data_dir / "reports", log)
    loops: dict[str, Callable[[], Awaitable[None]]] = {
        "statistics": Counting(store, given.calendar, clock, log, given.metrics).run
    }
    if reports.files:
        loops["reports"] = filing.run
    mailing: Mailing | None = None
    if reports.mail_to:
        url = f"{config.console.url}/console/reports" if config.console.url else ""
        mailing = Mailing(desk=desk, filing=filing, store=store, environ=given.environ, log=log, url=url)
        loops["reports.mail"] = mailing.run
    return CountingRoom(desk=desk, filing=filing, mailing=mailing, loops=loops)
