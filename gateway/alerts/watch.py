"""
The watch of one node: looks every half minute, keeps the alerts, and sends what is owed.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from gateway.alerts.ways import AlertWays, Refusal
from gateway.config import AlertsSection
from gateway.core import catalogue
from gateway.core.alert_words import text, title
from gateway.core.alerts import AlertFacts, conditions
from gateway.core.delivery import State
from gateway.core.model import NodeId
from gateway.observe import Log, Metrics
from gateway.ports import ALERTS, AlertLook, AlertMessage, Bell, Broker, Clock, Figure, Store

LOOK_SECONDS = 30.0  # a quarter of the shortest wait that is set by default
A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)
CLAIM = timedelta(minutes=2)  # longer than any way takes for one message
AT_ONCE = 20
RETRIES = (30, 60, 120, 300, 600, 1800, 3600)  # seconds; about two hours, then the next news is better


@dataclass(slots=True, kw_only=True)
class Watch:
    """
    Looks at one node. `ends` says when its certificates end, `url` where the alerts are shown.

    With several instances on one store each looks, and what they see is one set of alerts.
    """

    node: NodeId
    store: Store
    broker: Broker
    clock: Clock
    bell: Bell
    log: Log
    metrics: Metrics
    alerts: AlertsSection
    ways: AlertWays
    ends: Callable[[], Mapping[str, datetime]]
    data_dir: Path
    url: str = ""

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await self.clock.sleep(LOOK_SECONDS)

    async def carry(self) -> None:
        """Send what is owed, for ever."""
        while True:
            if not await self.send():
                await self.bell.wait(ALERTS, LOOK_SECONDS / 6)

    async def look(self) -> None:
        """One look; what became of the alerts is logged and counted."""
        now = self.clock.now()
        facts = await self.facts(now)
        self.metrics.facts(facts, now)
        seen = conditions(facts, self.alerts.limits(), now)
        quiet = self.alerts.quiet
        done = await self.store.look_at_alerts(
            AlertLook(seen=seen, now=now, patience=self.alerts.patience(), ways=self.ways.names, quiet=quiet)
        )
        for alert in done.raised:
            self.log.warning("alert.raised", kind=alert.kind.value, place=alert.place)
        for alert in done.ended:
            self.log.info("alert.ended", kind=alert.kind.value, place=alert.place)
        self.metrics.alerts([each.kind for each in (*done.raised, *done.reminded, *done.continuing)])

    async def facts(self, now: datetime) -> AlertFacts:
        """How the node stands."""
        links = self.broker.neighbours_up()
        standing = await self.store.standing()
        quarantined = sum(each.number for (_, state), each in standing.items() if state is State.QUARANTINED)
        figures = await self.store.hourly(now - A_DAY)
        lately = now - 2 * AN_HOUR  # the hour that runs, and the one before it
        handed_in = {
            figure: sum(f.number for f in figures if f.figure is figure and f.hour > lately)
            for figure in (Figure.SENT, Figure.REFUSED)
        }
        before = self.clock.now()
        there = await self.store.database_clock(before)
        clock_off = difference(before, there, self.clock.now())
        return AlertFacts(
            links=links,
            oldest=await self.store.oldest_waiting(list(links)),
            urgent=await self.store.urgent_standing(list(links), now - self.alerts.limits().urgent_after),
            taken=handed_in[Figure.SENT],
            refused=handed_in[Figure.REFUSED],
            certificates=await asyncio.to_thread(self.ends),
            disk_free=await asyncio.to_thread(free_share, self.data_dir),
            clock_off=clock_off,
            quarantined=quarantined + await self.store.quarantined_since(now - A_DAY),
            overdue=sum(each.number for each in figures if each.figure is Figure.LATE),
        )

    async def send(self) -> int:
        """Send what is due; how many messages that were."""
        now = self.clock.now()
        owed = await self.store.claim_alert_messages(now, now + CLAIM, AT_ONCE)
        for message in owed:
            await self._send(message)
        return len(owed)

    async def _send(self, message: AlertMessage) -> None:
        code, retry_at = "", None
        try:
            await self.ways.tell(
                message.way, title(message.news, self.node), text(message.news, self.node, self.url)
            )
            self.log.info("alert.sent", way=message.way, attempts=message.attempts)
        except Refusal as refused:
            code = refused.code
            if refused.may_pass and message.attempts <= len(RETRIES):
                retry_at = self.clock.now() + timedelta(seconds=RETRIES[message.attempts - 1])
            self.log.warning("alert.not_sent", way=message.way, attempts=message.attempts, code=code)
        except Exception as fault:  # a fault of one message must not keep back those behind it
            code = catalogue.INTERNAL.code
            if message.attempts <= len(RETRIES):
                retry_at = self.clock.now() + timedelta(seconds=RETRIES[message.attempts - 1])
            self.log.exception("internal.error", loop="alerts", error=type(fault).__name__)
        await self.store.alert_message_ended(message.number, self.clock.now(), retry_at, code)


def difference(before: datetime, there: datetime, after: datetime) -> timedelta:
    """How far another clock is off that was asked between two looks at ours; never negative."""
    return max(before - there, there - after, timedelta(0))


def free_share(folder: Path) -> float | None:
    """How much of the disk below a folder is free; None if it cannot be asked."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return usage.free / usage.total if usage.total else None
