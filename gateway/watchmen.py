"""
Who watches over a running node: the loops that raise alerts and hand the journal on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from gateway.alerts.certificates import certificate_ends
from gateway.alerts.watch import Watch
from gateway.alerts.ways import AlertWays
from gateway.config import Config
from gateway.doors.desk import Desk
from gateway.hand_on import JournalExport
from gateway.ports import Broker


def watch_loops(
    config: Config, desk: Desk, broker: Broker, environ: Mapping[str, str]
) -> dict[str, Callable[[], Awaitable[None]]]:
    """The loops by their names; none of what the settings switch off."""
    loops: dict[str, Callable[[], Awaitable[None]]] = {}
    if config.alerts.enabled:
        watch = Watch(
            node=desk.node,
            store=desk.store,
            broker=broker,
            clock=desk.clock,
            bell=desk.bell,
            log=desk.log,
            metrics=desk.metrics,
            alerts=config.alerts,
            ways=AlertWays(config.alerts.ways, environ),
            ends=lambda: certificate_ends(config, environ),
            data_dir=config.node.data_dir,
            url=f"{config.console.url}/console/alerts" if config.console.url else "",
        )
        loops |= {"alerts": watch.run, "alerts.send": watch.carry}
    if config.syslog.host:
        loops["syslog"] = JournalExport(desk.node, desk.store, desk.clock, desk.log, config.syslog).run
    return loops
