from __future__ import annotations

import pytest

from gateway.http.console import flash
from gateway.http.console.words import words

SENTENCE = "Đã lưu tài khoản %(name)s."


def test_what_was_said_is_heard_in_the_language_of_the_reader() -> None:
    cookie = flash.write("secret", SENTENCE, {"name": "lan"})
    assert flash.read("secret", cookie, words("vi")) == "Đã lưu tài khoản lan."
    assert flash.read("secret", cookie, words("en")) == "Saved the account lan."


@pytest.mark.parametrize(
    "cookie", ["", ".", "x.y", "e30.", "é.é", "a" * 5_000, flash.write("other", "x", {})]
)
def test_what_somebody_else_wrote_is_not_heard(cookie: str) -> None:
    assert flash.read("secret", cookie, words("vi")) == ""


def test_what_nobody_signed_is_not_heard() -> None:
    assert flash.read("", flash.write("", SENTENCE, {"name": "lan"}), words("vi")) == ""


@pytest.mark.parametrize("filled", [{"other": "lan"}, {"sentence": "lan"}, {"self": "lan"}])
def test_sentence_that_cannot_be_filled_is_not_heard(filled: dict[str, str]) -> None:
    assert flash.read("secret", flash.write("secret", SENTENCE, filled), words("vi")) == ""
