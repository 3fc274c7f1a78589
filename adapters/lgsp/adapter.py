"""
LGSP: agencies whose systems speak the facade of a provincial axis. It is served on the listener of VXP.
"""

from __future__ import annotations

from gateway.ports import AgencyAdapter, Workplace


class LgspAdapter(AgencyAdapter):
    """The door of every agency whose directory row says `lgsp`: its letters lie there until it comes.

    What serves it is `adapters.lgsp.facade`; the same systems, secrets and letters are served over VXP.
    """

    name = "lgsp"

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
