"""
The keyring: credentials of systems that sign their requests.

A system that polls comes back every few seconds, so what was read is kept for a moment: locking a system
takes effect within KEPT_SECONDS.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.ports import Clock, Credential, Store, SystemKey, Vault

KEPT_SECONDS = 2.0
KEPT_SYSTEMS = 10_000  # whoever asks with invented ids must not fill the memory


class StoreKeyring:
    """ports.Keyring over the store."""

    def __init__(self, store: Store, vault: Vault, clock: Clock) -> None:
        self._store, self._vault, self._clock = store, vault, clock
        self._kept: dict[str, tuple[datetime, tuple[SystemKey, ...]]] = {}
        self._opened: dict[str, str] = {}

    async def system(self, system_id: str) -> Sequence[SystemKey]:
        """Its living secrets, newest first; () if unknown."""
        now = self._clock.now()
        kept = self._kept.get(system_id)
        if kept is not None and now - kept[0] < timedelta(seconds=KEPT_SECONDS):
            return kept[1]
        found = await self._store.system(system_id)
        living = tuple(SystemKey(c, self._open(c)) for c in found if not c.has_ended(now))
        if len(self._kept) >= KEPT_SYSTEMS:
            self._kept.clear()
            self._opened.clear()
        self._kept[system_id] = (now, living)
        return living

    def _open(self, credential: Credential) -> str:
        sealed = credential.sealed_secret
        if sealed not in self._opened:
            self._opened[sealed] = self._vault.open(sealed)
        return self._opened[sealed]
