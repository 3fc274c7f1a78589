"""
Reading a request: what is wrong is named, what is hidden stays hidden.
"""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from gateway.core.errors import Rejected
from gateway.ports import Caller
from gateway.v1 import request as asked
from gateway.v1.operations import QUERY
from gateway.v1.query import Number, Query, described, read

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


class Declared(Query):
    n: Number = described(1, "số", "number", ge=1, le=9)


class Other(Query):
    pass


def test_query_is_the_one_that_the_operation_declares() -> None:
    request = asking("/?n=2")
    request[QUERY] = read(request, Declared)
    assert asked.query(request, Declared).n == 2
    with pytest.raises(TypeError, match="declares Declared"):
        asked.query(request, Other)


def test_idempotency_key_is_visible_ascii() -> None:
    assert asked.idempotency_key(asking()) is None
    assert asked.idempotency_key(asking(Idempotency_Key="a-1")) == "a-1"
    for wrong in ("", "a b", "é", "x" * 256):
        assert refusal(asked.idempotency_key, asking(Idempotency_Key=wrong)).code == "TRUC-414"
