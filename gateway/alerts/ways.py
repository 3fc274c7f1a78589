"""
The ways operators are told: mail, webhooks, chat, all by apprise.

An address holds passwords, so it is read from where it lies each time, and never logged or shown.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway.config import AlertWaySection
from gateway.core.errors import Misconfigured

SECONDS = 30.0


class Refusal(Exception):
    """A message was not sent. `code` for the console; `may_pass`: the same may pass later."""

    def __init__(self, code: str, *, may_pass: bool = True) -> None:
        super().__init__(code)
        self.code, self.may_pass = code, may_pass


class AlertWays:
    """What is set under [alerts.ways]; `environ` is where addresses named as env:… lie."""

    def __init__(self, ways: Mapping[str, AlertWaySection], environ: Mapping[str, str]) -> None:
        self._ways, self._environ = ways, environ

    @property
    def names(self) -> Sequence[str]:
        return sorted(self._ways)

    async def tell(self, way: str, title: str, text: str) -> None:
        """
        Send one message.

        Raises: Refusal, with the code `no-such-way`, `no-address`, `bad-address`, `no-answer` or `not-taken`.
        """
        if way not in self._ways:
            raise Refusal("no-such-way", may_pass=False)  # it was set when the message was owed
        try:
            address = self._ways[way].url.read(self._environ)
        except Misconfigured as refused:
            raise Refusal("no-address") from refused
        try:
            async with asyncio.timeout(SECONDS):
                was_taken = await asyncio.to_thread(_send, address, title, text)
        except TimeoutError as late:
            raise Refusal("no-answer") from late
        _check(was_taken)


async def send_file(address: str, title: str, text: str, file: Path) -> None:
    """
    Send one message with a file, once: it ends when the other side has taken it or has not.

    How long that may take the address itself says (`cto`). Raises: Refusal, as `tell`, never `no-answer`.
    """
    _check(await asyncio.to_thread(_send, address, title, text, file))


def _check(was_taken: bool | None) -> None:
    if was_taken is None:
        raise Refusal("bad-address", may_pass=False)
    if not was_taken:
        raise Refusal("not-taken")


def _send(address: str, title: str, text: str, file: Path | None = None) -> bool | None:
    """Whether it was taken; None if nothing can be sent to such an address."""
    import apprise  # a fifth of a second and 20 MB, for nodes that send alerts only

    # what it logs quotes addresses, and with them passwords
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    asset = apprise.AppriseAsset(app_id="Truc", app_desc="Truc", app_url="", async_mode=False)
    notifier = apprise.Apprise(asset=asset)
    if not notifier.add(address):
        return None
    attached = None if file is None else apprise.AppriseAttachment(str(file), asset=asset)
    words = apprise.NotifyFormat.TEXT
    return bool(notifier.notify(title=title, body=text, body_format=words, attach=attached))
