"""
The axis above as this node knows it: with which systems it is spoken to, who lives there, whether it answers.

An axis that does not answer is left alone for a while that grows to five minutes; every way to it asks first,
so that a dead axis costs each letter nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.client import Retries, VxpClient
from gateway.config import UplinkSection
from gateway.core.catalogue import CONFIG_BAD_VALUE
from gateway.core.directory import Agency
from gateway.core.errors import Finding, Misconfigured, TrucError, Unavailable, find
from gateway.core.model import AgencyCode
from gateway.ports import Workplace
from gateway.ports.moving import UPLINK, House, Served

FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=5)
ONCE = Retries(tries=1)
"""Loops and the hand-over try again by themselves, and know for how long."""

WRONG_KEY = "15"
"""The one code of VXP that holds for every call; all others speak of one letter."""


@dataclass(frozen=True, slots=True)
class System:
    """
    One system of the axis above. `agencies` are those whose mail it fetches; None: all that are served here.
    """

    system_id: str
    secret: str
    agencies: frozenset[AgencyCode] | None = None


@dataclass(slots=True)
class _Rest:
    failures: int
    until: datetime
    finding: Finding


class Axis:
    """
    The axis above. Without an endpoint there is none: `own` is None.

    Raises (when made): Misconfigured for settings that cannot work.
    """

    def __init__(self, workplace: Workplace) -> None:
        self._place = workplace
        given = workplace.settings
        self.uplink: UplinkSection = given if isinstance(given, UplinkSection) else UplinkSection()
        self.own: System | None = self._own() if self.uplink.endpoint else None
        self._rests: dict[str, _Rest] = {}
        if self.own is not None:
            self.client(self.own)  # tells now, not at the first letter, what cannot work

    def _own(self) -> System:
        secret = self.uplink.secret
        if secret is None:
            detail = "chưa đặt khóa bí mật · no secret is set"
            raise Misconfigured(find(CONFIG_BAD_VALUE, key="uplink.secret", detail=detail))
        return System(self.uplink.system_id, secret.read(self._place.environ))

    def client(self, system: System) -> VxpClient:
        """A client for one errand; a connection is not kept, since the next errand may be minutes away."""
        clock = self._place.clock
        return VxpClient(
            self.uplink.endpoint,
            system.system_id,
            system.secret,
            retries=ONCE,
            now=clock.now,
            sleep=clock.sleep,
        )

    # --- who lives where -------------------------------------------------------------------------

    def is_above(self, agency: Agency) -> bool:
        """Whether an agency of this node is reached over the axis above."""
        return agency.node == self._place.node and agency.delivery == UPLINK

    def houses(self) -> Mapping[AgencyCode, House]:
        """The agencies that are moving, or have moved."""
        read = {code: House.of(settings) for code, settings in self._place.ways().items()}
        return {code: house for code, house in read.items() if house is not None}

    def drained(self) -> Iterator[System]:
        """
        The systems of agencies that are served here while mail is left for them above, each system id once.

        An agency whose directory row still says uplink is not drained: its mail would go up again.
        """
        if self.own is None:
            return
        directory = self._place.office.directory()
        found: dict[str, System] = {}
        for code, house in self.houses().items():
            agency = directory.find(code)
            if house.served is not Served.BOTH or not house.has_system:
                continue
            if agency is None or self.is_above(agency) or house.system_id == self.own.system_id:
                continue
            system = self._opened(house)
            if system is not None:
                former = found.get(system.system_id, System(system.system_id, system.secret, frozenset()))
                agencies = (former.agencies or frozenset()) | {code}
                found[system.system_id] = System(system.system_id, system.secret, agencies)
        yield from found.values()

    def system_for(self, sender: AgencyCode) -> System | None:
        """
        With which system a letter of this sender goes up; None if it may not go up at all.

        What an agency that is moving sends goes with its own system id. What came down from an agency above
        must not go up again in its name.
        """
        house = self.houses().get(sender)
        if house is not None and house.served is not Served.LOCAL and house.has_system:
            return self._opened(house)
        agency = self._place.office.directory().find(sender)
        return None if agency is not None and self.is_above(agency) else self.own

    def _opened(self, house: House) -> System | None:
        try:
            return System(house.system_id, self._place.vault.open(house.sealed_secret))
        except Misconfigured as locked:
            self._down(house.system_id, locked.first)
            return None

    # --- whether it answers ----------------------------------------------------------------------

    def rest(self, system: System) -> float:
        """Seconds for which it should be left alone; 0: it may be asked."""
        rest = self._rests.get(system.system_id)
        return 0.0 if rest is None else max(0.0, (rest.until - self._place.clock.now()).total_seconds())

    def ask_first(self, system: System) -> None:
        """Raises: Unavailable while it should be left alone."""
        if wait := self.rest(system):
            finding = self._rests[system.system_id].finding
            raise Unavailable(finding, retry_after=timedelta(seconds=wait))

    def works(self, system: System) -> None:
        """It has answered."""
        if self._rests.pop(system.system_id, None) is not None:
            self._place.log.info("uplink.up", system=system.system_id)

    def fails(self, system: System, error: TrucError) -> None:
        """It has not answered, or does not know this system. A fault with one letter does not count."""
        if not speaks_of_one_call(error):
            self._down(system.system_id, error.first)

    def _down(self, system_id: str, finding: Finding) -> None:
        former = self._rests.get(system_id)
        failures = 1 if former is None else former.failures + 1
        wait = min(FIRST_REST * 2 ** min(failures - 1, 10), LONGEST_REST)
        self._rests[system_id] = _Rest(failures, self._place.clock.now() + wait, finding)
        if former is None or former.finding != finding:
            self._place.log.warning("uplink.down", system=system_id, code=finding.code, reason=finding.en)


def axis_code(error: TrucError) -> str:
    """The code with which the axis refused (`18`, `HTTP 401`), or what stands for none."""
    return error.first.params.get("code", "")


def speaks_of_one_call(error: TrucError) -> bool:
    """Whether the next call may well succeed: the axis gave a code, and not that of a wrong key."""
    code = axis_code(error)
    return code.isdigit() and code != WRONG_KEY
