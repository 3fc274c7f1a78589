"""
Reading a request: what is wrong is named, what is hidden stays hidden.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from pydantic import BaseModel, ConfigDict, StringConstraints

from gateway.core.errors import Rejected
from gateway.ports import Caller
from gateway.v1 import request as asked
from gateway.v1.moments import Moment
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


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=5)] = "-"
    at: Moment | None = None
    numbers: tuple[int, ...] = ()
    day: date | None = None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"name": ""}', "name: string_too_short (≥ 1)"),
        ('{"name": "123456"}', "name: string_too_long (≤ 5)"),
        ('{"at": "23/11/2026"}', "at: no_time (2026-11-23T08:00:00+07:00)"),
        ('{"at": "2026-02-30T00:00:00Z"}', "at: no_time (2026-11-23T08:00:00+07:00)"),
        ('{"day": "23/11/2026"}', "day: date_parsing (2026-11-23)"),
        ('{"nam": "x"}', "nam → name?"),
        ('{"numbers": [1, "x"]}', "numbers/1: int_type"),
        ("[" * 5000, "JSON: json_invalid"),
    ],
)
def test_wrong_json_is_told_with_its_place_and_what_may_stand_there(text: str, told: str) -> None:
    refused = refusal(asked.read_json, text.encode(), Line)
    assert refused.code == "TRUC-414"
    assert refused.first.params["detail"].startswith(told)


@pytest.mark.parametrize("text", ['{"name": "a", "name": "b"}', '{"at": null, "at": null}'])
def test_name_that_stands_twice_is_refused(text: str) -> None:
    """Of two readers one takes the first, the other the last: nobody knows which one was meant."""
    assert refusal(asked.read_json, text.encode(), Line).first.params["detail"].endswith(": 2 × (1 ×)")


def test_thousands_of_faults_are_not_told_one_by_one() -> None:
    numbers = b'{"numbers": [' + b'"x",' * 300_000 + b'"x"]}'
    refused = refusal(asked.read_json, numbers, Line)
    assert [finding.params["detail"] for finding in refused.findings] == ["JSON: 300001 ✗"]
    names = b"{" + b",".join(b'"n%d": 1' % n for n in range(5000)) + b"}"
    assert len(refusal(asked.read_json, names, Line).findings) == asked.FAULTS_TOLD


def test_name_of_any_length_is_told_short() -> None:
    refused = refusal(asked.read_json, b'{"' + b"name" * 50_000 + b'": 1}', Line)
    assert len(refused.first.element) <= 65
    assert len(refused.first.params["detail"]) < 100
