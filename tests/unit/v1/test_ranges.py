"""
Which part of a file is asked for, and under which name it is saved.
"""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request

from gateway.v1.ranges import attachment_called, span_of


def asked(headers: dict[str, str], size: int = 100) -> tuple[int, int] | None:
    span = span_of(make_mocked_request("GET", "/", headers=headers), size, "abc")
    return None if span is None else (span.start, span.end)


@pytest.mark.parametrize(
    ("wish", "span"),
    [
        ("bytes=0-9", (0, 10)),
        ("bytes=90-", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=95-1000", (95, 100)),
        ("Bytes = 1-1", (1, 2)),
        ("bytes=100-", None),
        ("bytes=-0", None),
        ("bytes=9-1", (0, 100)),
        ("bytes=0-1,5-6", (0, 100)),
        ("bytes=-", (0, 100)),
        ("bytes=a-b", (0, 100)),
        ("lines=0-1", (0, 100)),
        ("bytes=" + "9" * 5000 + "-", (0, 100)),
        ("", (0, 100)),
    ],
)
def test_range_is_read_as_the_standard_has_it(wish: str, span: tuple[int, int] | None) -> None:
    assert asked({"Range": wish}) == span


def test_range_of_another_file_is_the_whole_file() -> None:
    assert asked({"Range": "bytes=5-", "If-Range": '"other"'}) == (0, 100)
    assert asked({"Range": "bytes=5-", "If-Range": 'W/"abc"'}) == (0, 100)
    assert asked({"Range": "bytes=5-", "If-Range": '"abc"'}) == (5, 100)


def test_nothing_can_be_cut_out_of_an_empty_file() -> None:
    assert asked({"Range": "bytes=0-"}, size=0) is None
    assert asked({}, size=0) == (0, 0)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("12.pdf", 'attachment; filename="12.pdf"'),
        ("Công.pdf", "attachment; filename=\"C_ng.pdf\"; filename*=UTF-8''C%C3%B4ng.pdf"),
        ('a"b\r\n.pdf', "attachment; filename=\"a_b__.pdf\"; filename*=UTF-8''a%22b%0D%0A.pdf"),
    ],
)
def test_name_reaches_every_program(name: str, told: str) -> None:
    assert attachment_called(name) == told
