"""
Agency codes (mã định danh) as text: the forms they come in, and what can be read off them.

Only the directory decides whether a code exists. What is read here serves warnings and reports;
nothing is ever routed or refused by the form of a code alone.
"""

from __future__ import annotations

import re

# Four groups, read from the right: ministry or province, department or district, commune, unit.
# `28.22.H17` and `01.02.G22` are live codes too: the same form without its unused groups on the left.
_QCVN = re.compile(r"(?:[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.|(?:[0-9]{2}\.){1,2})[A-Z][0-9]{2}")
# The same four levels written from the left; nothing deeper than four is defined.
_QD20 = re.compile(r"[A-Y][0-9]{2}(?:\.[0-9A-Z]+){0,3}")
_SHAPE = re.compile(r"[0-9A-Za-z][0-9A-Za-z.\-]{0,34}")

TOKEN_LENGTH = 64  # codes have at most 35 characters by law; test ids were seen a little longer


def normal(code: str) -> str:
    """
    A code as the directory compares it: trimmed, letters in upper case.

    Other alphabets stay as they are: upper-casing `ı` would turn it into `I`, another code.

    Spec: QCVN102/OrganId
    """
    trimmed = code.strip()
    return trimmed.upper() if trimmed.isascii() else trimmed


def shape_ok(code: str) -> bool:
    """
    Whether `code` looks like any code seen on the axis: 1-35 letters, digits, dots and hyphens.

    Test, enterprise and party codes pass; the check is for typing errors in codes that nobody knows.
    """
    return _SHAPE.fullmatch(code.strip()) is not None


def is_token(code: str) -> bool:
    """Whether `code` is 1-64 visible characters, so that it can stand in a list, a log or a header."""
    return 0 < len(code) <= TOKEN_LENGTH and code.isprintable() and " " not in code


def level_of(code: str) -> int | None:
    """
    The level (1-4) that the code itself states, or None where it states none (enterprises, tests).

    For reports only: a commune may sit at code level 2, 3 or 4. The tier is what the directory says.

    Spec: QD28/10.2a, QD20/4
    """
    text = normal(code)
    if _QCVN.fullmatch(text) is not None:
        groups = text.split(".")[::-1]  # a zero group is not used
        return max(level for level, group in enumerate(groups, start=1) if group.strip("0"))
    return text.count(".") + 1 if _QD20.fullmatch(text) is not None else None
