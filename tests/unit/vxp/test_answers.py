"""
Answers that every SDK can read.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator

import pytest

from gateway.vxp.answers import AnswerCode, Refusal, done, edoc, edoc_size, refused
from gateway.vxp.functions import (
    COUNT_EDOCS,
    FUNCTIONS,
    GET_EDOC,
    GET_RECEIVED,
    SEND_EDOC,
    UPDATE_STATUS,
    Function,
)
from gateway.vxp.shapes import ReceivedLine

REFUSAL = Refusal(AnswerCode.RECIPIENT_UNKNOWN, "Đơn vị nhận không tồn tại")


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda f: f.name)
def test_every_answer_is_ascii_with_the_key_that_the_sdk_looks_for(function: Function) -> None:
    empty: object = [] if function.empty == () else function.empty
    for text, status in ((done(function), "OK"), (refused(function, REFUSAL), "FAIL")):
        assert text.isascii()
        answer = json.loads(text)
        assert answer["status"] == status
        assert isinstance(answer["ErrorCode"], str)
        assert None not in answer.values()
        if function.key:
            assert answer[function.key] == empty


def test_success_says_what_was_asked() -> None:
    assert json.loads(done(SEND_EDOC, "8af2")) == {
        "status": "OK",
        "ErrorCode": "0",
        "ErrorDesc": "Thanh cong",
        "DocId": "8af2",
    }
    assert json.loads(done(COUNT_EDOCS, 3))["count"] == 3
    assert list(json.loads(done(UPDATE_STATUS))) == ["status", "ErrorCode", "ErrorDesc"]


def test_marks_in_a_list_are_escaped_and_not_lost() -> None:
    text = done(GET_RECEIVED, [ReceivedLine(doc_id="1", status_desc="Đã đến \ud800")])
    assert text.isascii()
    assert json.loads(text)["data"][0]["status_desc"] == "Đã đến \ud800"


def test_refusal_has_no_marks() -> None:
    answer = json.loads(refused(SEND_EDOC, REFUSAL))
    assert (answer["ErrorCode"], answer["ErrorDesc"]) == ("18", "Don vi nhan khong ton tai")


def test_refusal_of_an_unknown_path_bears_the_keys_of_all() -> None:
    assert {"DocId", "data"} <= json.loads(refused(None, REFUSAL)).keys()


@pytest.mark.parametrize("sizes", [[], [0], [1], [2], [3], [1, 1, 1, 1], [5, 0, 7, 2], [300_000, 1]])
async def test_letter_comes_whole_however_its_chunks_are_cut(sizes: list[int]) -> None:
    chunks = [bytes([n % 251]) * size for n, size in enumerate(sizes)]

    async def source() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    text = b"".join([piece async for piece in edoc(source())])
    letter = b"".join(chunks)
    assert len(text) == edoc_size(len(letter))
    answer = json.loads(text)
    assert base64.b64decode(answer.pop("data"), validate=True) == letter
    assert answer == {"status": "OK", "ErrorCode": "0", "ErrorDesc": "Thanh cong"}


def test_every_code_has_its_text() -> None:
    assert all(code.text.isascii() and code.text for code in AnswerCode)
    assert json.loads(done(GET_EDOC))["data"] == ""
