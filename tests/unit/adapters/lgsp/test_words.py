"""
What the facade says: ASCII JSON without nulls, whatever is to be told.
"""

from __future__ import annotations

import json

from adapters.lgsp.words import refused, said, text
from gateway.vxp.answers import AnswerCode, Refusal


def test_marks_are_escaped_and_not_lost() -> None:
    assert text("Công văn «khẩn»").isascii()
    assert json.loads(text("Công văn «khẩn»")) == "Công văn «khẩn»"


def test_success_has_what_belongs_to_it() -> None:
    body = said(docId="x").body
    assert isinstance(body, bytes)
    assert json.loads(body) == {"success": True, "message": "OK", "docId": "x"}


def test_refusal_says_code_and_words_twice_without_marks() -> None:
    answer = refused(Refusal(AnswerCode.EDXML_INVALID, "Thiếu «To»"), 200)
    assert isinstance(answer.body, bytes)
    told = json.loads(answer.body)
    assert told["message"] == told["data"]["errorDesc"] == 'Thieu "To"'
    assert told["data"]["errorCode"] == "22"
