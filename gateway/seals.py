"""
The seal at work: keys and trust from files, the arithmetic in worker threads, off the event loop.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from gateway.config import Config
from gateway.core.catalogue import CONFIG_BAD_VALUE, KEY_FILE_OPEN
from gateway.core.errors import Misconfigured, find
from gateway.core.model import Part
from gateway.core.seals import sealed_parts
from gateway.ports import Blobs, StoredLetter
from signing.asice import NODE_SIGNATURE
from signing.keys import KeyRefused, OpenKeyFile, SealKey, load_key
from signing.parts import SealedPart, UnfitPart
from signing.seal import seal
from signing.trust import Trust, TrustUnreadable, load_trust
from signing.verdict import Facts, Objection, Reason, Verdict, conclude
from signing.verify import verify

# Revocation lists are replaced by an operator or a timer; this soon a new one counts.
LOOK_AGAIN_SECONDS = 10.0


class NodeSealer:
    """The hand of one node: makes its seal."""

    def __init__(self, key: SealKey) -> None:
        self._key = key

    async def seal(self, parts: Sequence[Part], at: datetime) -> bytes:
        """The signature file over these parts. About a millisecond of CPU, in a thread."""
        return await asyncio.to_thread(seal, sealed_parts(parts), self._key, at)


def node_key(path: Path, passphrase: str | None) -> SealKey:
    """The node's key. Raises: Misconfigured if it cannot be used, or if others may read the file."""
    try:
        return load_key(path, passphrase=passphrase.encode() if passphrase is not None else None)
    except OpenKeyFile as open_file:
        raise Misconfigured(find(KEY_FILE_OPEN, path=path)) from open_file
    except (KeyRefused, OSError) as refused:
        raise Misconfigured(find(CONFIG_BAD_VALUE, key="seal.key_file", detail=str(refused))) from refused


class SealCheck:
    """Looks at the seals of letters that this node holds."""

    def __init__(self, blobs: Blobs, trust: Callable[[], Trust]) -> None:
        self._blobs, self._trust = blobs, trust

    async def verdict(self, letter: StoredLetter) -> Verdict:
        """The verdict about the node's seal, judged at the time of acceptance; in a thread."""
        return await asyncio.to_thread(self._verdict, letter)

    async def agency_verdict(self, seal: bytes, parts: Sequence[SealedPart], at: datetime) -> Verdict:
        """The verdict about a seal that an agency made at its own office; in a thread."""
        return await asyncio.to_thread(lambda: verify(seal, parts, self._trust(), at=at))

    async def edition_verdict(
        self, seal: bytes, parts: Sequence[SealedPart], at: datetime, arrived_at: datetime
    ) -> Verdict:
        """The verdict about the seal of an edition of the directory; in a thread."""
        return await asyncio.to_thread(
            lambda: verify(seal, parts, self._trust(), at=at, arrived_at=arrived_at)
        )

    def _verdict(self, letter: StoredLetter) -> Verdict:
        part = letter.part(NODE_SIGNATURE)
        if part is None:
            return conclude([Objection(Reason.NO_SEAL)], Facts())
        try:
            parts = sealed_parts(letter.parts)
        except UnfitPart as unfit:  # a name that no container could hold: nobody honest sealed that
            return conclude([Objection(Reason.SEAL_MALFORMED, detail=str(unfit))], Facts())
        seal = b"".join(self._blobs.read(part))
        accepted_at, arrived_at = letter.routing.accepted_at, letter.received_at
        return verify(seal, parts, self._trust(), at=accepted_at, arrived_at=arrived_at)


class TrustFolder:
    """Roots and revocation lists from folders, read again when something in them changed."""

    def __init__(self, roots: Path, revocation_lists: Path | None) -> None:
        self._roots, self._lists = roots, revocation_lists
        self._lock, self._looked_at = threading.Lock(), float("-inf")
        self._stamp = self._state()
        self._trust = self._load()

    def current(self) -> Trust:
        """What is trusted now. Files that became unreadable leave the trust of before in force."""
        with self._lock:
            if time.monotonic() - self._looked_at > LOOK_AGAIN_SECONDS:
                self._looked_at = time.monotonic()
                state = self._state()
                if state != self._stamp:
                    with suppress(Misconfigured):  # half-written or wrong: tried again at the next look
                        self._trust, self._stamp = self._load(), state
            return self._trust

    def _load(self) -> Trust:
        lists = [self._lists] if self._lists is not None and self._lists.is_dir() else []
        try:
            return load_trust([self._roots], revocation_lists=lists)
        except TrustUnreadable as unreadable:
            raise Misconfigured(
                find(CONFIG_BAD_VALUE, key="seal.trust_dir", detail=str(unreadable))
            ) from unreadable

    def _state(self) -> object:
        folders = [f for f in (self._roots, self._lists) if f is not None and f.is_dir()]
        return sorted((str(p), p.stat().st_mtime_ns) for f in folders for p in f.iterdir())


def seal_of(config: Config, environ: Mapping[str, str]) -> tuple[SealKey, TrustFolder]:
    """The node's key, and whom it trusts. Raises: Misconfigured, also if one of them is not set."""
    chosen = config.seal
    if chosen.key_file is None or chosen.trust_dir is None:
        missing = "key_file" if chosen.key_file is None else "trust_dir"
        detail = "chưa đặt, mà văn bản nào cũng phải được niêm phong · not set, and every letter is sealed"
        raise Misconfigured(find(CONFIG_BAD_VALUE, key=f"seal.{missing}", detail=detail))
    password = chosen.key_password.read(environ) if chosen.key_password else None
    return node_key(chosen.key_file, password), TrustFolder(chosen.trust_dir, chosen.crl_dir)
