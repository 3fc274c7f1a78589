"""
The answers of a foreign VXP server: what they say, however oddly, and the letter inside one while it arrives.

Spec: VXP
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.vxp.answers import AnswerCode

MOST_AROUND = 1024 * 1024  # bytes of a getEdoc answer outside its `data`; a few hundred are usual

_LATER = frozenset({AnswerCode.SERVER_ERROR, AnswerCode.FILE_PROCESSING})
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_BROKEN_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `values` are its keys in small letters; a null is not there."""

    is_ok: bool
    code: str
    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_passing(self) -> bool:
        """Whether the same call may be heard later: the fault is the server's own."""
        return self.code in _LATER

    def word(self, key: str) -> str:
        """A value as text, "" if it is not there."""
        value = self.values.get(key.lower(), "")
        return str(value) if isinstance(value, str | int) else ""

    def number(self, key: str) -> int | None:
        """A value as a whole number, None if it is none."""
        word = self.word(key).strip()
        return int(word) if word.isascii() and word.isdigit() and len(word) <= 18 else None


def json_object(text: bytes) -> Mapping[str, object] | None:
    """The object that a JSON text holds, or None: HTML, nothing, null, a list, a broken text."""
    try:
        told = json.loads(text.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def read_reply(text: bytes) -> Reply | None:
    """What an answer says, or None if it is none of VXP (a page of a proxy, nothing at all)."""
    told = json_object(text)
    if told is None:
        return None
    values = {key.lower(): value for key, value in told.items() if value is not None}
    status, code = (str(values.get(key, "")).strip() for key in ("status", "errorcode"))
    if not status and not code:
        return None
    is_ok = status.upper() == "OK" if status else code == AnswerCode.OK
    return Reply(is_ok, code, str(values.get("errordesc", "")), values)


class LetterScanner:
    """
    Takes a getEdoc answer in pieces and gives the edXML inside its `data`, at the memory of one piece.

    `data` may stand before or after the other keys, its base64 with or without line breaks, padding and
    escapes.
    """

    def __init__(self) -> None:
        self._around = bytearray()  # the answer without the content of `data`
        self._in_data, self._has_data = False, False
        self._depth, self._string, self._is_escaped = 0, -1, False
        self._key, self._is_value = b"", False
        self._held, self._is_padded = b"", False

    def feed(self, piece: bytes) -> bytes:
        """The next piece of the answer → the next piece of the letter. Raises: ValueError, see `reply`."""
        letter, at = [], 0
        while at < len(piece):
            if not self._in_data:
                at = self._look(piece, at)
                continue
            end = piece.find(b'"', at)  # base64 holds no quote, not even an escaped one
            letter.append(self._decoded(piece[at : end if end >= 0 else len(piece)], is_last=end >= 0))
            at = len(piece) if end < 0 else end
            self._in_data = end < 0
        return b"".join(letter)

    def reply(self) -> Reply | None:
        """What the whole answer says, once all was fed. Raises: ValueError if the letter is broken off."""
        if self._in_data:
            raise ValueError("data is broken off")
        return read_reply(bytes(self._around))

    @property
    def has_letter(self) -> bool:
        """Whether there was a `data` with text in it so far."""
        return self._has_data

    def _look(self, piece: bytes, at: int) -> int:
        """Read what is around `data`; return where the piece ends or its content begins."""
        if len(self._around) >= MOST_AROUND:
            raise ValueError("this is no getEdoc answer")
        for place in range(at, min(len(piece), at + MOST_AROUND)):
            byte = piece[place]
            self._around.append(byte)
            if self._string >= 0:
                self._within_string(byte)
            elif byte == 0x22:  # "
                self._string = len(self._around)
                if self._depth == 1 and self._is_value and self._key == b"data" and not self._has_data:
                    self._in_data = self._has_data = True
                    return place + 1
            elif byte in b"{[":
                self._depth += 1
            elif byte in b"}]":
                self._depth -= 1
            elif byte in b":," and self._depth == 1:
                self._is_value = byte == 0x3A
        return min(len(piece), at + MOST_AROUND)

    def _within_string(self, byte: int) -> None:
        if self._is_escaped:
            self._is_escaped = False
        elif byte == 0x5C:  # backslash
            self._is_escaped = True
        elif byte == 0x22:
            if self._depth == 1 and not self._is_value:
                self._key = bytes(self._around[self._string : -1]).lower()
            self._string = -1

    def _decoded(self, text: bytes, *, is_last: bool) -> bytes:
        """The bytes of the next piece of base64; what does not make three bytes yet is held back."""
        text = self._held + text
        broken = _BROKEN_ESCAPE.search(text[-6:])
        tail = b""
        if broken is not None:
            tail, text = text[len(text) - len(broken[0]) :], text[: len(text) - len(broken[0])]
        text = _ESCAPE.sub(_unescaped, text).translate(None, _SPACE)
        if is_last:
            if tail:
                raise ValueError("data is not base64")
            text += b"=" * (-len(text) % 4)
        whole = len(text) - len(text) % 4
        self._held = text[whole:] + tail
        if whole and self._is_padded:
            raise ValueError("data is not base64")
        self._is_padded = self._is_padded or text[:whole].endswith(b"=")
        return base64.b64decode(text[:whole], validate=True)


def _unescaped(escape: re.Match[bytes]) -> bytes:
    if escape[1] is not None:
        return chr(int(escape[1], 16)).encode("utf-8", "replace")
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(escape[2], escape[2])
