"""
What somebody typed into a form, read field by field; every fault is told beside its field.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from gateway.http.console.words import said

LONGEST = 1_000  # of a text that says no other limit
Choice = TypeVar("Choice", bound=StrEnum)

MISSING = said("Chưa điền.")
TOO_LONG = said("Dài quá %(most)s ký tự.")
TOO_SHORT = said("Cần ít nhất %(least)s ký tự.")
UNKEPT = said("Có ký tự không dùng được.")
NOT_ONE_OF_THEM = said("Hãy chọn một giá trị trong danh sách.")


class Misfilled(Exception):
    """A form that can't be used; `faults` says why, by field: a sentence and what fills it."""

    def __init__(self, faults: Mapping[str, tuple[str, Mapping[str, object]]]) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults


class Form:
    """One form. Read all fields, then `check`, so that all faults are told at once."""

    def __init__(self, filled: Mapping[str, str]) -> None:
        self.filled = filled
        self._faults: dict[str, tuple[str, Mapping[str, object]]] = {}

    def text(self, name: str, *, most: int = LONGEST, least: int = 0) -> str:
        """
        A text without the spaces around it. `least` 1: it must not be empty.

        Raises: Misfilled at once for a NUL: PostgreSQL takes none, and not everybody calls `check`.
        """
        value = self.filled.get(name, "").strip()
        if "\0" in value:
            raise Misfilled({name: (UNKEPT, {})})
        if least and not value:
            self.fault(name, MISSING)
        elif len(value) < least:
            self.fault(name, TOO_SHORT, least=least)
        elif len(value) > most:
            self.fault(name, TOO_LONG, most=most)
        return value

    def secret(self, name: str) -> str:
        """A password, exactly as typed."""
        value = self.filled.get(name, "")
        if not value:
            self.fault(name, MISSING)
        return value

    def choice(self, name: str, among: type[Choice]) -> Choice:
        """One of the values of an enumeration; its first where the fault will be told anyway."""
        try:
            return among(self.filled.get(name, ""))
        except ValueError:
            self.fault(name, NOT_ONE_OF_THEM)
            return next(iter(among))

    def flag(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.filled.get(name))

    def fault(self, name: str, sentence: str, **filled: object) -> None:
        """Note what is wrong with a field; the first fault of a field counts."""
        self._faults.setdefault(name, (sentence, filled))

    def check(self) -> None:
        """Raises: Misfilled if any field was wrong."""
        if self._faults:
            raise Misfilled(self._faults)
