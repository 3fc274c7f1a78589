"""
Any edXML file sent from somewhere else to someone else: only the codes of its From and To change.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

# comments and CDATA first, so that a tag inside one is not taken for a tag
_TOKEN = re.compile(
    rb"""<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(?P<end>/)?(?P<name>[^\s/>]+)(?:"[^"]*"|'[^']*'|[^'">])*>""",
    re.DOTALL,
)


class _Code(NamedTuple):
    """Where an OrganId stands, whole, and the block it stands in."""

    block: str
    start: int
    end: int
    name: str


def readdress(edxml: bytes, sender: str, recipients: Sequence[str]) -> bytes:
    """
    `edxml` with the agency code `sender` in From and `recipients` in its To blocks; all other bytes stay.

    A status goes to the first of `recipients` through its ResponseFor. The recipients are used in turn when
    there are fewer of them than To blocks; further ones are left out.

    Raises: ValueError if there is no From/OrganId, or no recipient is given.
    """
    if not recipients:
        raise ValueError("nobody to address it to")
    codes = _codes(edxml)
    addressed = "To" if any(code.block == "To" for code in codes) else "ResponseFor"
    if not any(code.block == "From" for code in codes):
        raise ValueError("no From/OrganId")
    pieces, at, number = [], 0, 0
    for code in codes:
        if code.block == "From":
            text = sender
        elif code.block == addressed:
            text = recipients[number % len(recipients)]
            number += 1
        else:
            continue
        pieces += [edxml[at : code.start], f"<{code.name}>{escape(text, quote=False)}</{code.name}>".encode()]
        at = code.end
    return b"".join([*pieces, edxml[at:]])


def _codes(edxml: bytes) -> list[_Code]:
    """Every OrganId directly in From, To or ResponseFor of the MessageHeader, in order."""
    found: list[_Code] = []
    way: list[tuple[str, str, int]] = []  # local name, name as written, where its tag starts
    for token in _TOKEN.finditer(edxml):
        if token["name"] is None:
            continue
        name = token["name"].decode("utf-8", "replace")
        local = name.rpartition(":")[2]
        if token["end"]:
            if not way:
                break
            closed, written, start = way.pop()
            if closed == "OrganId" and _is_addressed(way):
                found.append(_Code(way[-1][0], start, token.end(), written))
            if closed == "MessageHeader":
                break  # what follows may be gigabytes of attachments
        elif token[0].endswith(b"/>"):
            if local == "OrganId" and _is_addressed(way):
                found.append(_Code(way[-1][0], token.start(), token.end(), name))
        else:
            way.append((local, name, token.start()))
    return found


def _is_addressed(way: list[tuple[str, str, int]]) -> bool:
    return len(way) > 1 and way[-1][0] in ("From", "To", "ResponseFor") and way[-2][0] == "MessageHeader"
