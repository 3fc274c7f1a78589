"""
Moving house: where an agency is served while it changes from another axis to this one. A row, as terms are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

UPLINK = "uplink"
"""The `delivery` of agencies behind the axis above; what is set for a move stands under it among the ways."""


class Served(StrEnum):
    """Where letters to an agency are handed over."""

    LOCAL = "local"  #: here, like any other
    UPLINK = "uplink"  #: on the axis above, where it still lives
    BOTH = "both"  #: here, and what is left for it on the axis above is fetched with its own system id


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """
    What is set for the move of one agency.

    `system_id` is its own at the axis above, `sealed_secret` its secret as the vault sealed it; "" if not
    known. `delivery` and `sends_arrived` are those of its directory row for as long as it is served here.
    """

    served: Served
    system_id: str = ""
    sealed_secret: str = ""
    delivery: str = "mailbox"
    sends_arrived: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> House | None:
        """Read from a row; None if no move is set. A newer release may have written more."""
        if settings.get("served") not in tuple(Served):
            return None
        return cls(
            served=Served(settings["served"]),
            system_id=str(settings.get("system_id", "")),
            sealed_secret=str(settings.get("secret", "")),
            delivery=str(settings.get("delivery", "mailbox")),
            sends_arrived=settings.get("sends_arrived") is True,
        )

    def as_row(self) -> Mapping[str, Any]:
        """The form in which it is kept."""
        return {
            "served": self.served.value,
            "system_id": self.system_id,
            "secret": self.sealed_secret,
            "delivery": self.delivery,
            "sends_arrived": self.sends_arrived,
        }

    @property
    def has_system(self) -> bool:
        """Whether the axis above can be spoken to in the agency's own name."""
        return bool(self.system_id and self.sealed_secret)
