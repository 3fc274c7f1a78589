"""
The table of functions against what the real SDK calls.
"""

from __future__ import annotations

import pytest

from gateway.vxp.functions import (
    FUNCTIONS,
    GET_EDOC,
    ORDER,
    Body,
    function_at,
)
from tests.kit.capture import Captured, captured


@pytest.mark.parametrize("number", range(14))
def test_call_of_the_sdk_is_in_the_table_with_its_verb_and_body(number: int) -> None:
    call = captured()[number]
    function = FUNCTIONS[call.function]
    assert function.verb == call.method
    assert function.body is _body(call)


def _body(call: Captured) -> Body:
    if call.header("Content-Type") == "application/octet-stream":
        return Body.FILE
    return {b"": Body.NOTHING, b"{}": Body.EMPTY_OBJECT}.get(call.body, Body.OBJECT)


def test_every_function_of_the_sdk_is_called_in_the_capture() -> None:
    assert {call.function for call in captured()} == set(FUNCTIONS)


@pytest.mark.parametrize("before", ["", "/", "/XrdAdapter/RestService/forward/mobilelgsp/", "/a/b/../"])
def test_function_is_found_behind_any_prefix(before: str) -> None:
    assert function_at(f"{before}getEdoc") is GET_EDOC
    assert function_at(f"{before}getEdoc/") is GET_EDOC


@pytest.mark.parametrize("path", ["", "/", "/getEdoc/x", "/getedocs", "/index.html"])
def test_other_paths_are_no_function(path: str) -> None:
    assert function_at(path) is None


def test_names_are_written_in_the_order_of_the_sdk() -> None:
    for call in captured():
        assert call.signed_names == [name for name in ORDER if name in call.signed_names]
