"""
The languages of the console. Pages are written in Vietnamese; the English is a catalogue beside them.

A sentence in a template stands in `_("…")` or `{% trans %}`, one in code in `said("…")`; `make words` gathers
them all and compiles the catalogue. What has no English yet is shown in Vietnamese.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
DOMAIN = "console"

LANGUAGES: Mapping[str, str] = {"vi": "Tiếng Việt", "en": "English"}
"""What can be chosen, each by its own name; the first is the language of whoever has chosen none."""

FIRST = "vi"


def said(sentence: str) -> str:
    """Marks a sentence for the catalogue; it is translated where it is shown."""
    return sentence


class Words:
    """One language."""

    def __init__(self, language: str, catalogue: gettext.NullTranslations) -> None:
        self.language = language
        self.gettext, self.ngettext = catalogue.gettext, catalogue.ngettext
        self.pgettext, self.npgettext = catalogue.pgettext, catalogue.npgettext

    def __call__(self, sentence: str, **filled: object) -> str:
        """A sentence in this language, its `%(name)s` filled."""
        told = self.gettext(sentence) if sentence else ""
        return told % filled if filled else told

    def choose(self, vi: str, en: str) -> str:
        """One of two sentences that exist in both languages, as those of findings do."""
        return vi if self.language == FIRST else en


@cache
def words(language: str) -> Words:
    """The words of a language; those of the first for one that is not spoken here."""
    if language not in LANGUAGES or language == FIRST:
        return Words(FIRST, gettext.NullTranslations())
    return Words(language, gettext.translation(DOMAIN, LOCALE, languages=[language]))
