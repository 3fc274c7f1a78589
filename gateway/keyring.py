"""
The keyring: credentials of systems that sign their requests.

Systems that poll come back every few seconds, so what was read is kept until a credential changes. That is
looked up every LOOK_SECONDS: locking a system takes effect within them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.key_log import KeyLog
from gateway.ports import Clock, Credential, Store, SystemKey, Vault

LOOK_SECONDS = 2.0
KEPT_SYSTEMS = 10_000  # whoever asks with invented ids must not fill the memory


class StoreKeyring:
    """ports.Keyring over the store."""

    def __init__(self, store: Store, vault: Vault, clock: Clock, log: KeyLog) -> None:
        self._store, self._vault, self._clock, self._log = store, vault, clock, log
        self._kept: dict[str, tuple[SystemKey, ...]] = {}
        self._version = -1
        self._look_again_at: datetime | None = None

    async def system(self, system_id: str) -> Sequence[SystemKey]:
        """Its living secrets, newest first; () if unknown."""
        now = self._clock.now()
        await self._look(now)
        if system_id not in self._kept:
            found = await self._store.system(system_id)
            if len(self._kept) >= KEPT_SYSTEMS:
                self._kept.clear()
            self._kept[system_id] = tuple(SystemKey(c, self._vault.open(c.sealed_secret)) for c in found)
        return [key for key in self._kept[system_id] if not key.credential.has_ended(now)]

    def used(self, credential: Credential, address: str, software: str) -> None:
        """One of them has let somebody in."""
        self._log.note(credential.key_id, address, software, self._clock.now())

    async def _look(self, now: datetime) -> None:
        """Forget what was kept if any credential has changed since."""
        if self._look_again_at is not None and now < self._look_again_at:
            return
        self._look_again_at = now + timedelta(seconds=LOOK_SECONDS)
        version = await self._store.keys_version()
        if version != self._version:
            self._version, self._kept = version, {}
