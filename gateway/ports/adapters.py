"""
The agencies' side: ways of reaching document systems, and what each of them is given to work with.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from gateway.core.model import AgencyCode, NodeId
from gateway.observe import Log
from gateway.ports.keys import Keyring, Vault
from gateway.ports.notices import NoticeBoard
from gateway.ports.office import Office, OpenLetter
from gateway.ports.probing import Step
from gateway.ports.time import Bell, Clock

if TYPE_CHECKING:
    from aiohttp import web

    from gateway.v1.operations import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """
    What an adapter is given to work with.

    `settings` is the section of the node's configuration that bears the adapter's name: of the type in
    gateway.config for those of this package, the table `[adapters.NAME]` as a mapping for all others.
    `ways` gives, as of now, what is set for each agency that uses this adapter (rows, not configuration).
    `data_dir` is the node's own folder, `environ` where secrets lie that settings name as `env:…`, `url` the
    address at which people reach the node, "" if not set.
    """

    node: NodeId
    office: Office
    notices: NoticeBoard
    keyring: Keyring
    vault: Vault
    clock: Clock
    bell: Bell
    log: Log
    settings: Any
    ways: Callable[[], Mapping[AgencyCode, Mapping[str, Any]]]
    data_dir: Path
    environ: Mapping[str, str]
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """
    A listening socket of an adapter's own, which the node opens and closes; `name` is what operators call it.

    The limits of its connections are `app[LIMITS]` (gateway.v1.transfer). `refuse` answers what the
    application never saw (a broken request head): request, HTTP status, detail in names and numbers only.
    `section` is the part of the configuration with host, port and certificates.
    """

    name: str
    app: web.Application
    section: Any
    refuse: Callable[[web.BaseRequest, int, str], web.Response]


class Deliverer(Protocol):
    """One way of handing letters to agencies; the directory row of an agency names it."""

    async def deliver(self, letter: OpenLetter) -> bool:
        """Offer the letter. True: the agency has it (acknowledged). False: it lies at its door.

        Raises: Unavailable to be tried again later; Rejected if it will never be taken (it goes back).
        """


class AtTheDoor:
    """Hand-over by waiting: the letter lies at the agency's door, and the agency comes for it."""

    async def deliver(self, letter: OpenLetter) -> bool:
        """False: it lies there."""
        return False


class AgencyAdapter(Protocol):
    """A way of reaching document systems; the entry point group `truc.adapters` names its factory.

    Subclass it: what a way does not need has an empty default.
    """

    name: str

    def deliverer(self) -> Deliverer:
        """How letters are handed over in this way."""
        return AtTheDoor()

    def operations(self) -> Sequence[Operation]:
        """What this way adds to /v1 on the node's own listener, if anything."""
        return ()

    def counters(self) -> Sequence[Counter]:
        """Listeners of its own, if any; the node opens and closes them."""
        return ()

    def pollers(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """Loops that this way needs, if any; the node runs and cancels them."""
        return ()

    async def probe(self, agency: AgencyCode) -> Sequence[Step]:
        """Try what is sent to this agency by this way, up to the first step that fails; () if nothing is."""
        return ()


AdapterFactory = Callable[[Workplace], AgencyAdapter]
"""What an entry point of the group `truc.adapters` names."""
