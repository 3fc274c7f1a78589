"""Agency codes as text: comparison, shape and level."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.codes import is_token, level_of, normal, shape_ok


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("000.00.00.G22", 1),
        ("000.00.00.H41", 1),
        ("000.00.13.H53", 2),
        ("000.20.31.H53", 3),
        ("000.46.24.H44", 3),
        ("002.00.20.H13", 4),  # a commune by its caption, level 4 by its code, with level 3 empty
        ("000.20.00.H13", 3),
        (" 000.00.13.h53 ", 2),
        ("28.22.H17", 3),
        ("01.02.G22", 3),
        ("20.H17", 2),
        ("00.20.H17", 2),
        ("H53", 1),
        ("H53.31", 2),
        ("H53.31.20", 3),
        ("H53.31.20.01", 4),
        ("H37.DN.001", 3),
        ("H53.31.20.01.02", None),  # five groups: no such level
        ("0100100079", None),
        ("vxp.saas.03", None),
        ("001.00.20.JB2", None),
        ("", None),
    ],
)
def test_level_is_the_highest_group_in_use(code: str, level: int | None) -> None:
    assert level_of(code) == level


@pytest.mark.parametrize(
    "code", ["000.00.00.G22", "vxp.test.01", "H37.DN.001", "0100100079-001", "28.22.H17", " H14 ", "A" * 35]
)
def test_every_code_seen_on_the_axis_has_a_good_shape(code: str) -> None:
    assert shape_ok(code)


@pytest.mark.parametrize(
    "code", ["", " ", ".H14", "-1", "H14/20", "H 14", "Ủy.ban", "A" * 36, "H14\n.20", "../x"]
)
def test_typing_errors_have_a_bad_shape(code: str) -> None:
    assert not shape_ok(code)


@pytest.mark.parametrize(
    ("code", "compared"),
    [(" h14.40 ", "H14.40"), ("000.00.00.g22", "000.00.00.G22"), ("vıp", "vıp"), ("\xa0h14\xa0", "H14")],
)
def test_codes_are_compared_trimmed_and_in_upper_case(code: str, compared: str) -> None:
    assert normal(code) == compared


def test_a_letter_of_another_alphabet_does_not_become_an_ascii_code() -> None:
    assert normal("hı4") != normal("HI4")


@given(st.text())
def test_the_compared_form_is_stable(code: str) -> None:
    assert normal(normal(code)) == normal(code)


@pytest.mark.parametrize("code", ["", "a b", "a\tb", "a\nb", "\x00", "\ud800", "a\u2028b", "x" * 65])
def test_a_token_has_no_spaces_controls_or_lone_surrogates(code: str) -> None:
    assert not is_token(code)


def test_a_code_of_any_alphabet_is_a_token() -> None:
    assert is_token("Ủy-ban_01")
    assert is_token("x" * 64)
