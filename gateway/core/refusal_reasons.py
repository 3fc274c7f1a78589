"""
Why documents are refused, in a few classes.

A clerk's reason (Description of a 02) is free text and part of the letter, which reports must not show; so
only its class is counted. The axis' own returns are counted by their code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from gateway.core.catalogue import FAULTS
from gateway.core.directory import plain


class Reason(StrEnum):
    """The classes, in the order in which a text is tried."""

    MISADDRESSED = "misaddressed"
    DUPLICATE = "duplicate"
    SIGNATURE = "signature"
    ATTACHMENT = "attachment"
    FORM = "form"
    OTHER = "other"
    NONE = "none"

    @property
    def vi(self) -> str:
        return _WORDS[self][0]

    @property
    def en(self) -> str:
        return _WORDS[self][1]


_WORDS: Final[Mapping[Reason, tuple[str, str]]] = MappingProxyType(
    {
        Reason.MISADDRESSED: ("không đúng nơi nhận, không đúng thẩm quyền", "sent to the wrong agency"),
        Reason.DUPLICATE: ("gửi trùng", "sent twice"),
        Reason.SIGNATURE: ("chữ ký số", "the digital signature"),
        Reason.ATTACHMENT: ("tệp đính kèm thiếu, lỗi", "an attachment is missing or broken"),
        Reason.FORM: ("thể thức, nội dung, số ký hiệu", "its form, content or number"),
        Reason.OTHER: ("lý do khác", "another reason"),
        Reason.NONE: ("không ghi lý do", "no reason given"),
    }
)

_SIGNS: Final[Mapping[Reason, tuple[str, ...]]] = MappingProxyType(
    {
        Reason.MISADDRESSED: (
            *("tham quyen", "noi nhan", "dia chi", "nham", "khong thuoc", "khong phai don vi"),
            *("gui sai", "chuyen sai", "khong dung don vi", "wrong agency"),
        ),
        Reason.DUPLICATE: (
            *("gui trung", "bi trung", "trung lap", "trung van ban", "trung so", "hai lan", "2 lan"),
            *("da nhan truoc", "da nhan roi", "duplicate"),
        ),
        Reason.SIGNATURE: ("chu ky", "ky so", "chung thu", "signature"),
        Reason.ATTACHMENT: ("tep", "file", "dinh kem", "khong mo duoc", "phu luc", "attachment"),
        Reason.FORM: (
            *("the thuc", "trich yeu", "so ky hieu", "noi dung", "ngay ban hanh", "sai so", "thieu so"),
            *("du thao", "form"),
        ),
    }
)

_CODE: Final = re.compile(r"TRUC-\d{3}")
_HOLE: Final = re.compile(r"{\w+}")
_WORD: Final = re.compile("[a-z0-9]+")


def reason_of(description: str) -> Reason:
    """The class of what a clerk wrote. Marks and case mean nothing: «Sai thẩm quyền» is «sai tham quyen»."""
    words = f" {' '.join(_WORD.findall(plain(description)))} "
    if not words.strip():
        return Reason.NONE
    for reason, signs in _SIGNS.items():
        if any(f" {sign} " in words for sign in signs):
            return reason
    return Reason.OTHER


def code_in(description: str) -> str:
    """The code that a notice of the axis names, "" if none."""
    found = _CODE.search(description)
    return found[0] if found else ""


def words_of(reason: str) -> tuple[str, str]:
    """What a class, or a code of the axis, means, in both languages."""
    if reason in set(Reason):
        return _WORDS[Reason(reason)]
    fault = FAULTS.get(reason)
    if fault is None:
        return reason, reason
    return f"{reason} {_HOLE.sub('…', fault.vi)}", f"{reason} {_HOLE.sub('…', fault.en)}"
