"""
Operations: the declaration decides what is read, what is refused and what is tagged.
"""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from gateway.core.catalogue import NOT_ALLOWED, UNKNOWN_LETTER
from gateway.core.errors import Rejected
from gateway.v1 import request as asked
from gateway.v1.findings import Words
from gateway.v1.operations import (
    IF_NONE_MATCH,
    LETTER_ID,
    LETTERS,
    Access,
    Answer,
    Body,
    Operation,
    json_answer,
)
from gateway.v1.query import Number, Query, described


class PageQuery(Query):
    page: Number = described(1, "trang", "page", ge=1, le=9)


async def told(request: web.Request) -> web.StreamResponse:
    page = asked.query(request, PageQuery).page
    return json_answer(Words(vi=f"trang {page}", en=f"page {page}"))


def operation(**changes: object) -> Operation:
    given: dict[str, object] = {
        "method": "GET",
        "path": "/v1/pages",
        "name": "listPages",
        "tag": LETTERS,
        "vi": "Trang",
        "en": "Pages",
        "handler": told,
        "answers": (Answer(200, "Một trang", "A page", Words),),
        "query": PageQuery,
        "is_tagged": True,
    }
    return Operation(**{**given, **changes})  # type: ignore[arg-type]


def call(query: str = "", **headers: str) -> web.Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("GET", f"/v1/pages{query}", headers=named)


async def answered(query: str = "", **headers: str) -> web.Response:
    response = await operation().serve(call(query, **headers))
    assert isinstance(response, web.Response)
    return response


async def test_handler_gets_the_query_as_declared() -> None:
    response = await answered("?page=3")
    assert response.body == b'{"vi":"trang 3","en":"page 3"}'


async def test_wrong_query_is_refused_before_the_handler_runs() -> None:
    with pytest.raises(Rejected) as refused:
        await answered("?site=3")
    assert refused.value.first.params["detail"] == "?site (page)"


async def test_same_answer_has_the_same_tag_and_is_not_sent_again() -> None:
    first = await answered()
    tag = first.headers["ETag"]
    assert first.headers["Vary"] == "Authorization, X-Truc-Key"
    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await answered(If_None_Match=held)
        assert (again.status, again.body, again.headers["ETag"]) == (304, None, tag)


@pytest.mark.parametrize("held", ['"other"', "rubbish", "", '"', "W/", '"a" "b"', "\xff"])
async def test_other_tags_and_rubbish_get_the_whole_answer(held: str) -> None:
    assert (await answered(If_None_Match=held)).status == 200
    assert (await answered("?page=2", If_None_Match=(await answered()).headers["ETag"])).status == 200


async def test_untagged_operation_promises_no_tag_and_makes_none() -> None:
    plain = operation(is_tagged=False)
    assert "ETag" not in (await plain.serve(call())).headers
    assert IF_NONE_MATCH not in plain.all_headers
    assert [answer.status for answer in plain.all_answers] == [200]
    assert [answer.status for answer in operation().all_answers] == [200, 304]


async def test_refusal_of_a_tagged_operation_bears_no_tag() -> None:
    async def unready(request: web.Request) -> web.StreamResponse:
        return json_answer(Words(vi="chưa", en="not yet"), status=503)

    response = await operation(handler=unready).serve(call())
    assert (response.status, "ETag" in response.headers) == (503, False)


def test_refusals_are_its_own_and_those_that_any_call_can_meet() -> None:
    codes = {
        status: {fault.code for fault in faults}
        for status, faults in operation(faults=(UNKNOWN_LETTER,)).refusals().items()
    }
    assert codes[400] == {"TRUC-414"}
    assert codes[401] == {"TRUC-401"}
    assert codes[404] == {"TRUC-404"}
    assert {"TRUC-702"} <= codes[503]
    assert codes[500] == {"TRUC-900"}
    assert 413 not in codes


def test_body_can_be_too_large_and_too_slow() -> None:
    sending = operation(method="POST", bodies=(Body("application/xml", "edXML", "edXML"),), is_tagged=False)
    assert {408, 413} <= set(sending.refusals())


def test_open_operation_asks_for_no_key_and_one_for_operators_for_theirs() -> None:
    assert 401 not in operation(access=Access.OPEN).refusals()
    assert NOT_ALLOWED in operation(access=Access.OPERATOR).refusals()[403]
    assert NOT_ALLOWED not in operation().refusals()[403]


def test_path_names_exactly_its_parameters() -> None:
    operation(path="/v1/pages/{letter_id}", parameters=(LETTER_ID,))
    with pytest.raises(ValueError, match="the path does not name"):
        operation(path="/v1/pages/{id}", parameters=(LETTER_ID,))
    with pytest.raises(ValueError, match="the path does not name"):
        operation(parameters=(LETTER_ID,))


def test_head_is_offered_only_where_it_is_declared() -> None:
    assert operation().route().kwargs == {"allow_head": False}
    assert operation(has_head=True).route().kwargs == {"allow_head": True}
