"""
The query: read as declared, and whatever is wrong is named.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import pytest
from aiohttp.test_utils import make_mocked_request
from pydantic import AwareDatetime, StringConstraints

from gateway.core.errors import Finding, Rejected
from gateway.core.model import Kind
from gateway.v1.query import Flag, Number, Query, Text, described, parameters_of, read, shown


class Asked(Query):
    n: Number = described(100, "số", "number", ge=1, le=1000)
    f: Flag = described(False, "cờ", "flag")
    q: Text = described("", "chữ", "text")
    kind: Kind | None = described(None, "loại", "kind")
    to: tuple[Text, ...] = described((), "nhận", "to", max_length=3)
    since: AwareDatetime | None = described(None, "từ", "since")
    year: Annotated[str, StringConstraints(pattern="^[0-9]{4}$")] = described("", "năm", "year")


class Paged(Query):
    before: Number | None = described(None, "trước", "before", ge=1, le=9)


class Needed(Query):
    find: Text = described(..., "tìm", "find", min_length=1)


def asked(query: str, model: type[Query] = Asked) -> Any:
    return read(make_mocked_request("GET", f"/?{query}"), model)


def refused(query: str, model: type[Query] = Asked) -> tuple[Finding, ...]:
    with pytest.raises(Rejected) as caught:
        asked(query, model)
    assert {finding.code for finding in caught.value.findings} == {"TRUC-414"}
    return caught.value.findings


def details(query: str, model: type[Query] = Asked) -> list[str]:
    return [finding.params["detail"] for finding in refused(query, model)]


@pytest.mark.parametrize(("query", "expected"), [("", 100), ("n=1", 1), ("n=1000", 1000)])
def test_number_within_its_bounds(query: str, expected: int) -> None:
    assert asked(query).n == expected


@pytest.mark.parametrize("value", ["0", "1001", "-1", "%2B5", "1.0", "1e2", "", "x", "٣", "9" * 5000, "1_0"])
def test_number_out_of_bounds_or_no_number(value: str) -> None:
    (finding,) = refused(f"n={value}")
    assert finding.element == "n"
    assert finding.params["detail"].endswith("(1…1000)")


@pytest.mark.parametrize("value", ["0", "10", "+5", "null", ""])
def test_number_that_may_be_left_out_has_bounds_all_the_same(value: str) -> None:
    assert details(f"before={value}", Paged) == [f"before={value.replace('+', ' ')} (1…9)"]
    assert asked("", Paged).before is None


@pytest.mark.parametrize(
    ("query", "expected"), [("", False), ("f=true", True), ("f=TRUE", True), ("f=1", True), ("f=0", False)]
)
def test_flag(query: str, expected: bool) -> None:
    assert asked(query).f is expected


@pytest.mark.parametrize("value", ["", "yes", "2", "on", "t"])
def test_flag_that_is_neither_is_refused(value: str) -> None:
    assert details(f"f={value}") == [f"f={value} (true, false)"]


def test_word_of_a_few() -> None:
    assert asked("kind=status").kind is Kind.STATUS
    assert asked("").kind is None
    assert details("kind=letter") == ["kind=letter (document, status)"]


def test_text_is_trimmed_and_bounded() -> None:
    assert asked("q=%20a%20").q == "a"
    assert asked(f"q={'%20' * 300}a").q == "a"
    assert details(f"q={'x' * 201}") == ["q: ≤ 200"]


def test_repeatable_parameter_is_bounded_one_by_one_and_together() -> None:
    assert asked("to=a&to=%20b").to == ("a", "b")
    assert details(f"to={'x' * 201}") == ["to: ≤ 200"]
    assert details("to=a&to=b&to=c&to=d") == ["to: ≤ 3 ×"]


def test_other_parameter_given_twice_is_refused_since_one_would_be_ignored() -> None:
    assert details("f=true&f=false") == ["f: 2 × (1 ×)"]


def test_time_bears_its_zone() -> None:
    assert asked("since=2026-11-23T08:00:00%2B07:00").since == datetime.fromisoformat("2026-11-23T01:00:00Z")
    assert details("since=2026-11-23T08:00:00") == ["since=2026-11-23T08:00:00 (date-time)"]
    assert details("since=soon") == ["since=soon (date-time)"]


def test_form_is_told_where_a_text_has_one() -> None:
    assert details("year=26") == ["year=26 (^[0-9]{4}$)"]


@pytest.mark.parametrize("query", ["", "find=", "find=%20"])
def test_parameter_that_must_be_given_is_asked_for(query: str) -> None:
    assert details(query, Needed) == ["?find="]


def test_other_parameters_are_refused_by_name() -> None:
    assert details("dryrun=1") == ["?dryrun (n, f, q, kind, to, since, year)"]
    assert details("c=1", Query) == ["?c (—)"]
    assert details("a%0d%0a%1b=1", Query) == ["?a··· (—)"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert [finding.element for finding in refused("n=0&f=x&kind=y")] == ["n", "f", "kind"]


def test_declaration_shows_what_may_stand_there() -> None:
    shown_as = parameters_of(Asked)
    assert shown_as["n"].shape == {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
    assert shown_as["kind"].shape == {"type": "string", "enum": ["document", "status"]}
    assert (shown_as["kind"].vi, shown_as["kind"].en) == ("loại", "kind")
    assert shown_as["to"].is_repeatable
    assert not shown_as["q"].is_required
    assert parameters_of(Needed)["find"].is_required


def test_what_a_caller_wrote_is_shown_short_and_visible() -> None:
    text = shown("a\r\n\x1b[31m" + "b" * 5000)
    assert text.startswith("a···[31mb")
    assert len(text) == 65
