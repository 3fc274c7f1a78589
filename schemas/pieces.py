"""
What safe_xml hands over: cuts of the input, remarks, trees.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from lxml import etree


class Kind(Enum):
    """What a piece of the input is."""

    MARKUP = "markup"  # outside the content of attachments
    BEGIN = "begin"  # the content of an attachment begins here; no bytes
    CONTENT = "content"  # some of that content, as the sender wrote it
    END = "end"  # it ends here; no bytes


class Piece(NamedTuple):
    """One cut of the input. All pieces with their bytes, in order, are the input."""

    kind: Kind
    data: bytes = b""


class Remark(NamedTuple):
    """Something that was tolerated; `reason` names a warning of the catalogue, `line` counts from 1."""

    reason: str
    line: int


class Repair(NamedTuple):
    """A prefix that was used without a declaration, and the line where it was used first."""

    prefix: str
    line: int


class Parsed(NamedTuple):
    """A tree that is safe to walk; its elements keep their prefixes and their `sourceline`."""

    root: etree._Element
    repaired: tuple[Repair, ...] = ()
