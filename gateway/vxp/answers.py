"""
Answers as the SDKs can read them: pure ASCII, no null, and every key that they look for, also in a refusal.

What becomes of anything else: an error without its text, or an empty inbox without an error.

Spec: VXP
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.vxp.functions import GET_EDOC, GET_RECEIVED, SEND_EDOC, Function
from gateway.vxp.plain import plain
from gateway.vxp.shapes import Shape

Value = str | int | Sequence[Shape]
"""What an answer holds under the key of its function."""


class AnswerCode(StrEnum):
    """`ErrorCode`; the codes that are known of the axes in use."""

    OK = "0"
    FILE_INVALID = "10"
    UNAUTHENTICATED = "15"
    RECIPIENT_UNKNOWN = "18"
    SENDER_UNREGISTERED = "19"
    SERVER_ERROR = "20"
    FILE_PROCESSING = "21"
    EDXML_INVALID = "22"
    RECIPIENT_LOCKED = "23"

    @property
    def text(self) -> str:
        """The `ErrorDesc` that stands for it, without marks."""
        return _TEXTS[self]


_TEXTS = {
    AnswerCode.OK: "Thanh cong",
    AnswerCode.FILE_INVALID: "File khong hop le",
    AnswerCode.UNAUTHENTICATED: "Sai SystemId hoac SecretKey",
    AnswerCode.RECIPIENT_UNKNOWN: "Don vi nhan khong ton tai",
    AnswerCode.SENDER_UNREGISTERED: "Don vi gui khong dang ky",
    AnswerCode.SERVER_ERROR: "Loi he thong",
    AnswerCode.FILE_PROCESSING: "Loi xu ly file",
    AnswerCode.EDXML_INVALID: "Format edXML khong dung chuan QD 28",
    AnswerCode.RECIPIENT_LOCKED: "Don vi nhan da khoa",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A code and what it means in this case."""

    code: AnswerCode
    text: str


def done(function: Function, value: Value | None = None) -> bytes:
    """The answer OK, with the value of the function's key (its empty one if None)."""
    answer = _head("OK", AnswerCode.OK, AnswerCode.OK.text)
    if function.key:
        answer[function.key] = _written(function.empty if value is None else value)
    return _text(answer)


def refused(function: Function | None, refusal: Refusal) -> bytes:
    """The answer FAIL. Without a function (a path that is none of them) it bears the keys of all."""
    answer = _head("FAIL", refusal.code, refusal.text)
    for called in (function,) if function is not None else (SEND_EDOC, GET_RECEIVED):
        if called.key:
            answer[called.key] = _written(called.empty)
    return _text(answer)


def edoc_size(size: int) -> int:
    """Bytes of the getEdoc answer that carries `size` bytes of edXML."""
    return len(_BEFORE) + (size + 2) // 3 * 4 + len(_AFTER)


async def edoc(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The getEdoc answer while the edXML is read: memory stays that of one chunk."""
    yield _BEFORE
    rest = b""
    async for chunk in chunks:
        whole = rest + chunk
        cut = len(whole) - len(whole) % 3  # base64 goes by three bytes
        rest = whole[cut:]
        if cut:
            yield base64.b64encode(whole[:cut])
    yield base64.b64encode(rest) + _AFTER


def _head(status: str, code: AnswerCode, text: str) -> dict[str, object]:
    return {"status": status, "ErrorCode": code.value, "ErrorDesc": plain(text)}


def _written(value: Value) -> object:
    return value if isinstance(value, str | int) else [line.wire() for line in value]


def _text(answer: dict[str, object]) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode("ascii")


_BEFORE, _AFTER = done(GET_EDOC, "|").split(b"|")
