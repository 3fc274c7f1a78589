"""
Text for clients that read US-ASCII only: Vietnamese without its marks.

SDK 2.0.1 reads the answer to sendEdoc as US-ASCII, so a mark would arrive as rubbish.

Spec: VXP
"""

from __future__ import annotations

import unicodedata

_SIGNS = str.maketrans(
    {**dict.fromkeys("«»“”„‟", '"'), **dict.fromkeys("‘’‚", "'"), **dict.fromkeys("–—−‑", "-")}
)
_LETTERS = str.maketrans(
    {"Đ": "D", "đ": "d", "…": "...", "≠": "!=", "→": "->", "≤": "<=", "≥": ">=", "·": "."}
)


def plain(text: str, most: int = 500) -> str:
    """One line of visible ASCII, at most `most` characters; what has no likeness there becomes `?`."""
    # Cut before the work, so that a sentence that quotes a megabyte costs no more than any other.
    letters = unicodedata.normalize("NFD", text[: 2 * most].translate(_SIGNS).translate(_LETTERS))
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    line = " ".join("".join(c if " " <= c <= "~" else " " if c.isspace() else "?" for c in bare).split())
    return line if len(line) <= most else line[: most - 3] + "..."
