"""
Lines of the journal as a SIEM reads them: syslog messages whose text is JSON.

The text is JSON in ASCII, so it needs no byte order mark, which the standard wants before UTF-8 and which
readers of JSON refuse.

Spec: RFC5424, RFC6587/3.4.1 (octet counting)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

WARNING, INFORMATIONAL = 4, 6
AUDIT = 13
"""The facility of audits; also the lowest that is not the machine's own."""

UDP_MOST = 60_000
"""Bytes of one message over UDP: what a datagram takes, with room for its headers."""

_NAME_CHARACTERS = range(33, 127)
_LONGEST_HOST, _LONGEST_MESSAGE_ID = 255, 32


class Line(Protocol):
    """A line of the journal."""

    @property
    def number(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def event(self) -> str: ...
    @property
    def letter_id(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def detail(self) -> Mapping[str, Any]: ...
    @property
    def sha256(self) -> str: ...


@dataclass(frozen=True, slots=True)
class SyslogForm:
    """Whose lines they are, as which facility, and how long one may be (0: as long as it is)."""

    node: str
    facility: int = AUDIT
    most: int = 0

    def message(self, line: Line) -> bytes:
        """
        One message.

        A line with an error code is a warning. Of one that is too long the detail is left out, which the
        number and the digest of the line still name.
        """
        priority = self.facility * 8 + (WARNING if line.code else INFORMATIONAL)
        at = line.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        head = (
            f"<{priority}>1 {at} {_name(self.node, _LONGEST_HOST)} truc - "
            f"{_name(line.event, _LONGEST_MESSAGE_ID)} - "
        )
        message = (head + json_line(self.node, line)).encode("ascii")
        if self.most and len(message) > self.most:
            message = (head + json_line(self.node, line, with_detail=False)).encode("ascii")
        return message


def json_line(node: str, line: Line, *, with_detail: bool = True) -> str:
    """The line as JSON, in ASCII, without a line break."""
    told = {
        "node": node,
        "number": line.number,
        "at": line.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "event": line.event,
        "letter_id": line.letter_id,
        "target": line.target,
        "code": line.code,
        "detail": dict(line.detail) if with_detail else {"left_out": True},
        "sha256": line.sha256,
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def counted(message: bytes) -> bytes:
    """A message in a stream: its length, a space, itself."""
    return b"%d %s" % (len(message), message)


def _name(text: str, most: int) -> str:
    """A name as the head takes it: printable ASCII without spaces; «-» for none."""
    return "".join(c if ord(c) in _NAME_CHARACTERS else "_" for c in text)[:most] or "-"
