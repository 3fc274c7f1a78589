"""
Keys: who may speak to the office, for which agencies, and where secrets are kept that must be used in clear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from gateway.core.directory import Directory
from gateway.core.model import AgencyCode


@dataclass(frozen=True, slots=True)
class Caller:
    """Who speaks to the office, as its credential says. `name` is a key id, never the key."""

    name: str
    agencies: frozenset[AgencyCode]
    is_operator: bool = False
    may_register: bool = False  #: add and close agencies below its own


@dataclass(frozen=True, slots=True)
class Credential:
    """
    Who a caller is: one key, one or several agencies.

    An access key itself is never stored, only its digest. The secret of a system that signs (`system_id` is
    then set) is kept encrypted as `sealed_secret`, since a signature can be checked only with the secret
    itself. Several credentials of one system, or of one agency, may live at once: that is how keys are
    changed without a pause. `certificate` is the SHA-256 (hex) of the client certificate that the caller
    must show, or "". `replaces` is the key id of the one that this one was given out for, or "".
    """

    key_id: str
    label: str
    agencies: frozenset[AgencyCode]
    locked: bool = False
    is_operator: bool = False
    system_id: str = ""
    sealed_secret: str = ""
    ends_at: datetime | None = None
    may_register: bool = False
    certificate: str = ""
    replaces: str = ""

    @property
    def caller(self) -> Caller:
        return Caller(self.key_id, self.agencies, self.is_operator, self.may_register)

    def has_ended(self, now: datetime) -> bool:
        """Whether it was replaced and its time is over."""
        return self.ends_at is not None and self.ends_at <= now


@dataclass(frozen=True, slots=True)
class KeyUse:
    """When a key, or a system that signs, was last used: from which address, by which software."""

    key_id: str
    at: datetime
    address: str
    software: str


@dataclass(frozen=True, slots=True)
class SystemKey:
    """One living secret of a system, in clear: only in memory, never logged."""

    credential: Credential
    secret: str


class KeyBook(Protocol):
    """What of the store gives keys out: credentials, and what was agreed with agencies."""

    async def directory(self) -> Directory:
        """The directory of this node."""

    async def add_credential(self, credential: Credential, key_hash: str, now: datetime) -> None:
        """Add an access key, of which only the hash is kept, or the credential of a system that signs."""

    async def change_credential(self, credential: Credential, now: datetime) -> None:
        """Replace all but the key of the credential with this key_id (journalled)."""

    async def credentials(self) -> list[Credential]:
        """All credentials, by label."""

    async def ways(self) -> dict[str, dict[AgencyCode, Mapping[str, Any]]]:
        """What is set for agencies, by the name of the adapter (or `office`: Terms)."""

    async def set_way(
        self, agency: AgencyCode, way: str, settings: Mapping[str, Any] | None, now: datetime
    ) -> None:
        """Set what one adapter shall know about an agency; None removes it."""


class Keyring(Protocol):
    """The credentials of systems that sign."""

    async def system(self, system_id: str) -> Sequence[SystemKey]:
        """Its living secrets, newest first; locked ones too, so that the answer can say so. () if unknown."""

    def used(self, credential: Credential, address: str, software: str) -> None:
        """One of them has let somebody in, who came from `address` and calls its software so."""


class Vault(Protocol):
    """Secrets that must be used in clear, encrypted with a key that lies outside the database."""

    def seal(self, secret: str) -> str:
        """The secret, encrypted, as ASCII text. Raises: Misconfigured if the key file cannot be used."""

    def open(self, sealed: str) -> str:
        """What `seal` was given. Raises: Misconfigured if the key file is another or cannot be used."""
