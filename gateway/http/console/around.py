"""
What the console of one node works with. Everything is handed in, so one process can hold many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from gateway.config import AlertsSection, ConsoleSection, OidcSection
from gateway.core.calendar import Calendar
from gateway.core.directory import Directory
from gateway.core.model import NodeId
from gateway.http.console.link_log import LinkLog
from gateway.http.console.proposals import Proposals
from gateway.http.console.trackings import Trackings
from gateway.http.surroundings import Health
from gateway.http.upload_files import UploadFolder
from gateway.observe import Log, Metrics
from gateway.ports import AgencyAdapter, Clock, Office, Step, Store, Vault
from gateway.reports.desk import ReportDesk
from gateway.reports.filing import Filing
from gateway.reports.mailing import Mailing

SWEEP_SECONDS = 600.0
WATCH_SECONDS = 2.0  # how late it may be seen that a link went down


class Remembered:
    """
    Answers that may be some seconds old: what fifty open pages ask, the store is asked once.

    Two that ask at the same time may both reach the store; that costs a question and nothing else.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[object, tuple[Any, Any]] = {}

    async def ask(self, key: object, question: Callable[[], Awaitable[Any]], seconds: float) -> Any:
        """The answer to `question`, at most `seconds` old; `key` names it, with all that it depends on."""
        now = self._clock.now()
        known = self._kept.get(key)
        if known is not None and now - known[0] < timedelta(seconds=seconds):
            return known[1]
        answer = await question()
        self._kept = {k: v for k, v in self._kept.items() if now - v[0] < timedelta(minutes=5)}
        self._kept[key] = (now, answer)
        return answer

    def forget(self, key: object) -> None:
        """The next who asks gets a new answer: somebody has just changed what it is about."""
        self._kept.pop(key, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """
    `health` is asked for the links; `environ` is where secrets lie that settings name as env:…

    `uploads` holds what people send until it is handed in; a document has at most `document_bytes`.
    `mailing` is None where nobody gets reports by mail.
    `probe_link` tries a link, `adapters` what is sent to agencies; `proposals` are changes of the directory.
    """

    node: NodeId
    settings: ConsoleSection
    oidc: OidcSection
    store: Store
    office: Office
    vault: Vault
    health: Callable[[], Awaitable[Health]]
    clock: Clock
    log: Log
    metrics: Metrics
    remembered: Remembered
    reports: ReportDesk
    filing: Filing
    mailing: Mailing | None = None
    link_log: LinkLog = field(default_factory=LinkLog)
    uploads: UploadFolder
    calendar: Calendar
    document_bytes: int
    probe_link: Callable[[NodeId], Awaitable[Sequence[Step]]]
    adapters: Mapping[str, AgencyAdapter]
    proposals: Proposals = field(default_factory=Proposals)
    trackings: Trackings = field(default_factory=Trackings)
    alerts: AlertsSection = field(default_factory=AlertsSection)
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def directory(self) -> Directory:
        """The directory as of now."""
        return self.office.directory()

    async def sweep(self) -> None:
        """Forget sessions whose time is over, again and again: browsers that were closed never log out."""
        while True:
            now = self.clock.now()
            await self.store.sweep_sessions(
                now - self.settings.session_idle, now - self.settings.session_longest
            )
            await self.store.sweep_tries(now)
            await self.clock.sleep(SWEEP_SECONDS)

    async def watch_links(self) -> None:
        """
        Note when links go down and come up, also while nobody looks at a page.

        The directory is made ready to be searched too: who asks first would wait a second for it.
        """
        while True:
            await asyncio.to_thread(lambda: self.directory.index)
            self.link_log.note((await self.health()).links, self.clock.now())
            await self.clock.sleep(WATCH_SECONDS)

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it by HTTPS: its own, or that of a proxy before it."""
        if self.settings.url:
            return self.settings.url.startswith("https:")
        return self.settings.tls_cert is not None
