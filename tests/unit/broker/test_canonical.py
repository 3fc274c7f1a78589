from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.broker.canonical import (
    LETTER,
    NODE,
    WHOLE_MAX,
    Fields,
    canonical,
    matching,
    read_canonical,
    read_time,
    write_time,
)
from tests.unit.broker.unhurried import UNHURRIED

WHOLES = st.integers(-WHOLE_MAX, WHOLE_MAX)
VALUES = st.recursive(
    st.none() | st.booleans() | WHOLES | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcde", max_size=3), inner),
    max_leaves=20,
)


@UNHURRIED
@given(VALUES)
def test_what_was_written_is_read_back(value: object) -> None:
    assert read_canonical(canonical(value)) == value


def test_the_one_spelling_has_sorted_keys_no_spaces_and_plain_vietnamese() -> None:
    spelled = canonical({"b": [1, None], "a": 'Cao Bằng "\n'})
    assert spelled == '{"a":"Cao Bằng \\"\\n","b":[1,null]}'.encode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        ' {"a":1}',
        '{"b":1,"a":2}',
        '{"a":1,"a":1}',
        '{"a":1.0}',
        '{"a":1e3}',
        '{"a":NaN}',
        '{"a":-0}',
        '{"a":9007199254740992}',
        '{"a":"\\u0041"}',
        '{"a":"\\ud800"}',
        "[" * 200_000,
        "9" * 5000,
        '\ufeff{"a":1}',
    ],
)
def test_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_canonical(text.encode())


@UNHURRIED
@given(st.binary())
def test_noise_raises_nothing_but_value_error(data: bytes) -> None:
    try:
        value = read_canonical(data)
    except ValueError:
        return
    assert json.loads(data) == value


def test_an_instant_has_one_form_whatever_zone_it_was_in() -> None:
    hanoi = datetime(2026, 11, 22, 12, 33, 0, 5, tzinfo=timezone(timedelta(hours=7)))
    assert write_time(hanoi) == "2026-11-22T05:33:00.000005Z"
    assert read_time("2026-11-22T05:33:00.000005Z") == hanoi
    assert read_time("2026-11-22T05:33:00.000005Z").tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["2026-11-22T05:33:00Z", "2026-11-22T05:33:00.000000+00:00", "2026-13-01T00:00:00.000000Z", ""]
)
def test_an_instant_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_time(text)


def test_an_instant_without_a_zone_is_never_written() -> None:
    with pytest.raises(ValueError):
        write_time(datetime(2026, 11, 22))  # noqa: DTZ001 - the fault itself


@pytest.mark.parametrize("name", ["H14", "H14.31", "000.00.00.H14", "a" * 64])
def test_node_names_are_safe_in_queues_and_files(name: str) -> None:
    assert matching(NODE, name, "node") == name


@pytest.mark.parametrize("name", ["", ".H14", "../H14", "H14/x", "Cao Bằng", "H14\n", "a" * 65])
def test_unsafe_node_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError):
        matching(NODE, name, "node")


def test_a_letter_id_is_lower_case_uuid_text() -> None:
    assert matching(LETTER, "0193f8a0-5c1e-7abc-8def-0123456789ab", "letter_id")
    with pytest.raises(ValueError):
        matching(LETTER, "0193F8A0-5C1E-7ABC-8DEF-0123456789AB", "letter_id")


def test_fields_name_what_is_missing_or_wrong() -> None:
    fields = Fields({"n": True, "m": -1, "t": 5, "l": {}, "ok": 3})
    assert fields.whole("ok") == 3
    assert "ok" in fields
    for read in (
        lambda: fields.whole("n"),
        lambda: fields.whole("m"),
        lambda: fields.text("t"),
        lambda: fields.items("l"),
        lambda: fields.value("absent"),
        lambda: fields.time("absent"),
    ):
        with pytest.raises(ValueError, match=r"field|whole"):
            read()


def test_only_an_object_has_fields() -> None:
    with pytest.raises(ValueError):
        Fields([])
