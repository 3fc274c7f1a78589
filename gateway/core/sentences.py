"""
Sentences of the catalogue without the case they are about.
"""

from __future__ import annotations

import re

from gateway.core.errors import Fault, Finding

# What a placeholder without a value left behind: « : …» at an end, «(…)» and «(incident …)», or quotes around
# nothing. Where a sentence begins with it, it stays: the rest would lack its subject.
_GAP = re.compile(r"(?<=\S)(?:\s*:\s*…|\s*\([^()…]*…\s*\)|\s+(?:«…»|\"…\"))")


def without_gaps(sentence: str) -> str:
    """A sentence whose unfilled placeholders (`…`) are cut off where the grammar allows it."""
    return _GAP.sub("", sentence)


def title_vi(fault: Fault) -> str:
    """What a fault is in general, in Vietnamese: the same for every case of it."""
    return without_gaps(Finding(fault).vi)


def title_en(fault: Fault) -> str:
    """What a fault is in general, in English: the same for every case of it."""
    return without_gaps(Finding(fault).en)
