"""Errors and findings."""

from __future__ import annotations

import pytest

from gateway.core import catalogue
from gateway.core.errors import Rejected, errors_among, find


def test_a_sentence_is_filled_from_the_finding() -> None:
    finding = find(catalogue.RECIPIENT_UNKNOWN, organ="H99")
    assert finding.vi == "Đơn vị nhận H99 không tồn tại"
    assert finding.en == "The recipient H99 does not exist"


def test_a_sentence_names_the_element_of_its_finding() -> None:
    assert "From/OrganId" in find(catalogue.MISSING_ELEMENT, element="From/OrganId").en


def test_a_missing_word_never_becomes_a_second_error() -> None:
    assert "…" in find(catalogue.RECIPIENT_UNKNOWN).en


def test_the_first_error_decides_the_answer_even_after_warnings() -> None:
    refused = Rejected(find(catalogue.BOM), find(catalogue.DOCTYPE), find(catalogue.ENTITY))
    assert refused.code == catalogue.DOCTYPE.code
    assert [f.code for f in errors_among(refused.findings)] == ["TRUC-105", "TRUC-106"]


def test_an_error_without_a_finding_is_a_mistake() -> None:
    with pytest.raises(ValueError):
        Rejected()
