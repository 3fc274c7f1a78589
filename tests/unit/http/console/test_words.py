from __future__ import annotations

import gettext
import io
import string

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from gateway.http.console.words import DOMAIN, FIRST, LANGUAGES, LOCALE, said, words

OTHERS = [name for name in LANGUAGES if name != FIRST]


def sentences() -> set[str]:
    """All that pages and code say."""
    with (LOCALE / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {"said": None, "_": None, "gettext": None, "ngettext": (1, 2)}
    found = extract_from_dir(LOCALE.parent, methods, options, keywords=keywords)
    return {m if isinstance(m, str) else m[0] for _file, _line, m, _comments, _context in found}


def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated_and_none_is_left_over(language: str) -> None:
    known = {
        (m.id if isinstance(m.id, str) else m.id[0])
        for m in catalogue(language)
        if m.id and m.string and not m.fuzzy
    }
    assert sentences() - known == set(), "run `make words` and write what is missing"
    assert known - sentences() == set(), "run `make words`"


@pytest.mark.parametrize("language", OTHERS)
def test_compiled_catalogue_is_fresh(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    fresh = gettext.GNUTranslations(io.BytesIO(compiled.getvalue()))
    shipped = gettext.translation(DOMAIN, LOCALE, languages=[language])
    assert fresh._catalog == shipped._catalog, "run `make words`"  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", OTHERS)
def test_translation_fills_in_the_same_names(language: str) -> None:
    def filled(text: str) -> set[str]:
        return {part.partition(")")[0] for part in text.split("%(")[1:]}

    wrong = [
        m.id for m in catalogue(language) if isinstance(m.id, str) and filled(m.id) != filled(str(m.string))
    ]
    assert wrong == []


def test_sentence_is_filled_in_in_either_language() -> None:
    sentence = said("Đã lưu tài khoản %(name)s.")
    assert words("vi")(sentence, name="lan") == "Đã lưu tài khoản lan."
    assert words("en")(sentence, name="lan") == "Saved the account lan."
    assert words("en")("") == ""


def test_sentence_that_holds_a_percent_sign_is_no_format_unless_filled() -> None:
    assert words("vi")("100 %") == "100 %"


@pytest.mark.parametrize("unknown", ["", "fr", "../en", "VI", "en_US.UTF-8"])
def test_language_that_is_not_spoken_here_is_the_first(unknown: str) -> None:
    assert words(unknown).language == FIRST


def test_words_for_people_never_call_a_document_a_letter_of_the_post() -> None:
    """«văn bản», never «thư»; the seal of a node is no «con dấu» (docs/glossary.md)."""
    for sentence in sentences():
        plain = sentence.lower().translate(str.maketrans("", "", string.punctuation))
        assert "con dấu" not in plain
        for term in ("chứng thư", "thư mục", "thư điện tử"):  # a certificate, a folder, mail: no document
            plain = plain.replace(term, "")
        assert "thư" not in plain.split(), sentence
