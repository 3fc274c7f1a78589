"""
Where most stories happen: two provinces below the centre, a commune below each of them.

Each node has an organ of its own, `AX.<node>`, in whose name the axis writes to senders.
"""

from __future__ import annotations

from gateway.core.directory import Directory
from tests.kit.correspondence import agency, tree

WRITER = "000.00.62.H14"
"""A commune of the one province; its own system sends 01."""

READER = "000.00.70.H21"
"""A commune of the other province; its own system sends 01."""

HALL = "000.00.00.H21"
"""The seat of that province; its system sends no 01, so its node makes one after the acknowledgement."""

OFFICE = "000.00.00.G22"
"""The office at the centre; its own system sends 01."""


def two_communes() -> Directory:
    """Commune, province, centre, province, commune."""
    own = {"sends_arrived": True}
    return tree(
        {"G22": "", "H14": "G22", "H14.62": "H14", "H21": "G22", "H21.70": "H21"},
        [
            agency(WRITER, "H14.62", **own),
            agency(READER, "H21.70", **own),
            agency(HALL, "H21"),
            agency(OFFICE, "G22", **own),
        ],
    )
