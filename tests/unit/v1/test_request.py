"""
Reading a request: what is wrong is named, what is hidden stays hidden.
"""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from gateway.core.errors import Rejected
from gateway.core.model import Kind
from gateway.ports import Caller
from gateway.v1 import request as asked

LETTER = "019ab000-0000-7000-8000-000000000001"


def asking(path: str = "/", letter_id: str = LETTER, **headers: str) -> web.Request:
    return make_mocked_request(
        "GET",
        path,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        match_info={"letter_id": letter_id},
    )


def refusal(call: Any, *args: Any) -> Rejected:
    with pytest.raises(Rejected) as refused:
        call(*args)
    return refused.value


def test_caller_is_unknown_until_the_listener_has_looked_at_the_key() -> None:
    request = asking()
    assert refusal(asked.caller_of, request).code == "TRUC-401"
    request[asked.CALLER] = Caller("k1", frozenset())
    assert asked.caller_of(request).name == "k1"


@pytest.mark.parametrize("text", [LETTER, LETTER.upper()])
def test_letter_id_is_read_from_the_path(text: str) -> None:
    assert asked.letter_id_of(asking(letter_id=text)) == LETTER


@pytest.mark.parametrize(
    "text", ["", "1", "x" * 36, LETTER + "0", LETTER.replace("-", ""), "../../x", "é" * 36]
)
def test_what_is_no_letter_id_is_an_unknown_letter(text: str) -> None:
    assert refusal(asked.letter_id_of, asking(letter_id=text)).code == "TRUC-404"


def test_what_a_caller_wrote_is_shown_short_and_visible() -> None:
    refused = refusal(asked.letter_id_of, asking(letter_id="a\r\n\x1b[31m" + "b" * 5000))
    shown = refused.first.params["letter_id"]
    assert shown.startswith("a···[31mb")
    assert len(shown) == 65


@pytest.mark.parametrize(("path", "expected"), [("/", 100), ("/?n=1", 1), ("/?n=1000", 1000)])
def test_number_within_its_bounds(path: str, expected: int) -> None:
    assert asked.whole_number(asking(path), "n", 100, 1, 1000) == expected


@pytest.mark.parametrize("value", ["0", "1001", "-1", "+5", "1.0", "1e2", "", "x", "٣", "9" * 5000])
def test_number_out_of_bounds_or_no_number(value: str) -> None:
    refused = refusal(asked.whole_number, asking(f"/?n={value}"), "n", 100, 1, 1000)
    assert (refused.code, refused.first.element) == ("TRUC-414", "n")
    assert refused.first.params["detail"].endswith("(1…1000)")


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/", False), ("/?f=true", True), ("/?f=TRUE", True), ("/?f=1", True), ("/?f=0", False)],
)
def test_flag(path: str, expected: bool) -> None:
    assert asked.flag(asking(path), "f") is expected


@pytest.mark.parametrize("value", ["", "yes", "2"])
def test_flag_that_is_neither_is_refused(value: str) -> None:
    assert refusal(asked.flag, asking(f"/?f={value}"), "f").code == "TRUC-414"


def test_word_of_a_few() -> None:
    assert asked.word(asking("/?kind=status"), "kind", Kind) is Kind.STATUS
    assert asked.word(asking("/"), "kind", Kind) is None
    refused = refusal(asked.word, asking("/?kind=letter"), "kind", Kind)
    assert refused.first.params["detail"] == "kind=letter (document, status)"


def test_text_is_trimmed_and_bounded() -> None:
    assert asked.text(asking("/?q=%20a%20"), "q") == "a"
    assert refusal(asked.text, asking(f"/?q={'x' * 201}"), "q").code == "TRUC-414"


def test_other_parameters_are_refused_by_name() -> None:
    asked.only(asking("/?a=1"), "a", "b")
    assert refusal(asked.only, asking("/?c=1"), "a", "b").first.params["detail"] == "?c (a, b)"
    assert refusal(asked.only, asking("/?c=1")).first.params["detail"] == "?c (—)"


def test_idempotency_key_is_visible_ascii() -> None:
    assert asked.idempotency_key(asking()) is None
    assert asked.idempotency_key(asking(Idempotency_Key="a-1")) == "a-1"
    for wrong in ("", "a b", "é", "x" * 256):
        assert refusal(asked.idempotency_key, asking(Idempotency_Key=wrong)).code == "TRUC-414"
