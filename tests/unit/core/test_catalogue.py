"""
The public catalogue: every code once, every sentence in both languages.
"""

from __future__ import annotations

import re
from string import Formatter

import pytest

from gateway.core import catalogue
from gateway.core.catalogue import FAULTS
from gateway.core.errors import Fault
from tests.kit.source_tree import modules


def placeholders(sentence: str) -> set[str]:
    return {field for _text, field, _form, _conversion in Formatter().parse(sentence) if field is not None}


def test_no_code_and_no_name_stands_twice() -> None:
    faults = [f for f in vars(catalogue).values() if isinstance(f, Fault)]
    assert len(faults) == len({f.code for f in faults}) == len({f.name for f in faults}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda f: f.code)
def test_entry_is_complete(fault: Fault) -> None:
    assert re.fullmatch(r"TRUC-[1-9]\d\d", fault.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", fault.name)
    assert 400 <= fault.http < 600
    assert all(sentence.strip() for sentence in (fault.vi, fault.en, fault.next_vi, fault.next_en))
    assert placeholders(fault.vi) == placeholders(fault.en), "both languages tell the same facts"
    assert not placeholders(fault.next_vi + fault.next_en)


def test_codes_in_the_source_are_in_the_catalogue() -> None:
    unknown = [
        f"{m.shown}: {code}"
        for m in modules()
        for code in re.findall(r"\"(TRUC-\d{3})\"", m.text)
        if code not in FAULTS
    ]
    assert unknown == []
