"""
What the console of one node works with. Everything is handed in, so one process can hold many.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from gateway.config import ConsoleSection, OidcSection
from gateway.core.directory import Directory
from gateway.core.model import NodeId
from gateway.http.surroundings import Health
from gateway.observe import Log, Metrics
from gateway.ports import Clock, Office, Store, Vault

SWEEP_SECONDS = 600.0


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """`health` is asked for the links; `environ` is where secrets lie that settings name as env:…"""

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
            await self.clock.sleep(SWEEP_SECONDS)

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it by HTTPS: its own, or that of a proxy before it."""
        if self.settings.url:
            return self.settings.url.startswith("https:")
        return self.settings.tls_cert is not None
