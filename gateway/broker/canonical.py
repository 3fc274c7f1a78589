"""
Canonical JSON, and the strict reading of what a neighbour wrote in it.

Everything on the wire that is not a part's bytes is canonical JSON: RFC 8785 with ASCII keys and whole
numbers only. One value has one spelling, so a digest over it means the same to every node, and a text that
two parsers could read differently (doubled keys, odd numbers, lone surrogates) is refused as damaged.

Functions here raise ValueError; frames.decode turns it into Rejected, the only error that leaves the room.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any, NoReturn

from gateway.core.model import LetterId, NodeId

WHOLE_MAX = 2**53 - 1  # beyond it readers that hold numbers as IEEE doubles would round (RFC 7493 2.2)

NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # safe in names of queues, users and files
LETTER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DIGEST = re.compile(r"[0-9a-f]{64}")
CODE = re.compile(r"TRUC-[0-9]{3}")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def canonical(value: object) -> bytes:
    """The one spelling of `value`: sorted keys, no spaces, UTF-8, escapes only where JSON demands them.

    Spec: RFC8785
    """
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def read_canonical(data: bytes) -> Any:
    """The value that `data` spells.

    Raises: ValueError if it is not JSON, not canonical, or holds a fraction or a number beyond WHOLE_MAX.
    """
    try:
        value = json.loads(data.decode(), parse_int=_whole, parse_float=_fraction, parse_constant=_fraction)
        if canonical(value) != data:
            raise ValueError("the JSON is not canonical")
    except RecursionError:  # thousands of brackets cost an attacker nothing
        raise ValueError("the JSON is nested too deeply") from None
    return value


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) > WHOLE_MAX:
        raise ValueError("a number is too large")
    return number


def _fraction(text: str) -> NoReturn:
    raise ValueError(f"not a whole number: {text[:32]}")


def matching(pattern: re.Pattern[str], text: str, what: str) -> str:
    """`text` itself, if all of it has the form of `pattern`. Raises: ValueError."""
    if pattern.fullmatch(text) is None:
        raise ValueError(f"{what} has a wrong form: {text[:80]!r}")
    return text


def write_time(at: datetime) -> str:
    """An instant in the one form of the wire, e.g. `2026-11-22T05:33:00.000000Z`."""
    if at.tzinfo is None:
        raise ValueError("an instant without a zone means nothing to a neighbour")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_time(text: str) -> datetime:
    """The instant, aware UTC. Raises: ValueError."""
    return datetime.fromisoformat(matching(TIME, text, "an instant"))


class Fields:
    """A JSON object from a neighbour, read field by field. Keys nobody asks for are ignored.

    Raises (any of them): ValueError that names the field.
    """

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise ValueError("an object was expected")
        self._value: dict[str, Any] = value

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def only(self, *keys: str) -> Fields:
        """Itself, if it has no other key: for what is closed, because a digest is taken over it."""
        if unknown := self._value.keys() - set(keys):
            raise ValueError(f"fields that this version of the wire does not have: {sorted(unknown)}")
        return self

    def value(self, key: str) -> Any:
        if key not in self._value:
            raise ValueError(f"the field {key} is missing")
        return self._value[key]

    def text(self, key: str, pattern: re.Pattern[str] | None = None) -> str:
        value = self.value(key)
        if not isinstance(value, str):
            raise ValueError(f"the field {key} is not a text")
        return value if pattern is None else matching(pattern, value, key)

    def whole(self, key: str) -> int:
        return whole(self.value(key), key)

    def items(self, key: str) -> list[Any]:
        value = self.value(key)
        if not isinstance(value, list):
            raise ValueError(f"the field {key} is not a list")
        return value

    def time(self, key: str) -> datetime:
        return read_time(self.text(key))

    def node(self, key: str) -> NodeId:
        return NodeId(self.text(key, NODE))

    def letter(self, key: str) -> LetterId:
        return LetterId(self.text(key, LETTER))


def whole(value: object, what: str) -> int:
    """`value` as a whole number of at least 0. Raises: ValueError."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{what} is not a whole number")
    return value
