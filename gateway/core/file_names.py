"""
File names that come out of strangers' letters, made safe for every file system that they may land on.

A letter may be written by Linux, lie on a share of Windows and be opened on a Mac: no folders, no hidden
files, no device of DOS, nothing that one of them strips or forbids, no two names that differ in case only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

LONGEST = 180
"""Bytes: 255 is the longest on Linux; the rest leaves room for « (2)» and for .part of a download."""
LONGEST_ENDING = 20  # bytes; what is longer is no ending but a name with a dot in it

_FORBIDDEN = str.maketrans(dict.fromkeys('<>:"|?*', "_"))
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"}
)
"""Windows opens a device for these, whatever ending follows."""


def safe_name(name: str, otherwise: str, longest: int = LONGEST) -> str:
    """A file name of at most `longest` bytes that means the same as `name` to its reader.

    Composed letters (NFC). `otherwise` is taken when nothing of `name` can stay.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in unicodedata.normalize("NFC", last) if c.isprintable())
    shown = _trimmed(shown.translate(_FORBIDDEN))
    if not shown.strip("_"):
        return otherwise
    if shown.partition(".")[0].rstrip().casefold() in _DEVICES:
        shown = f"_{shown}"
    stem, ending = split_name(shown)
    return _trimmed(_cut(stem, longest - len(ending.encode()))) + ending


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """The same names in the same order; where two would be one file, later ones are numbered: `a (2).pdf`.

    A file system that ignores case takes `A.pdf` for `a.pdf`; so does this.
    """
    taken: set[str] = set()
    given = []
    for name in names:
        stem, ending = split_name(name)
        free, number = name, 2
        while _key(free) in taken:
            free, number = f"{stem} ({number}){ending}", number + 1
        taken.add(_key(free))
        given.append(free)
    return tuple(given)


def split_name(name: str) -> tuple[str, str]:
    """A file name and its ending with the dot (`tb.signed`, `.pdf`); "" if there is none."""
    stem, dot, ending = name.rpartition(".")
    if not stem or not ending.strip() or len(ending.encode("utf-8", "replace")) > LONGEST_ENDING:
        return name, ""
    return stem, dot + ending


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _trimmed(name: str) -> str:
    """Without dots and spaces at its ends: a leading dot hides a file, a trailing one Windows drops."""
    return name.strip().lstrip(". ").rstrip(". ")


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "ignore")
