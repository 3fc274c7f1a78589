"""
Every way of reaching an agency that is installed, and every form of edXML, has words in both languages.
"""

from __future__ import annotations

from importlib.metadata import entry_points

from gateway.core.model import Dialect
from gateway.http.console.way_words import DIALECTS, WAYS
from gateway.http.console.words import words


def test_every_installed_way_has_words() -> None:
    assert {point.name for point in entry_points(group="truc.adapters")} == WAYS.keys()


def test_every_form_of_edxml_has_words() -> None:
    assert DIALECTS.keys() == set(Dialect)


def test_words_of_ways_exist_in_both_languages() -> None:
    english = words("en")
    assert [said for said in (*WAYS.values(), *DIALECTS.values()) if english(said) == said] == []
