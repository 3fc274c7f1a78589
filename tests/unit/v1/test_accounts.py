"""
Keys, terms, figures as JSON: nothing by which a key could be used, and no limit is told as none.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.core.errors import Rejected
from gateway.core.model import AgencyCode, Dialect
from gateway.ports import Credential, Quota, Traffic
from gateway.v1.accounts import KeyShape, QuotaShape, RotationWish, TermsWish, TrafficShape
from gateway.v1.request import read_json

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)


def test_key_is_told_without_its_secret() -> None:
    key = Credential(
        "3f9c1d2e4a5b", "QLVB", frozenset({AgencyCode("B"), AgencyCode("A")}), sealed_secret="s3cret"
    )
    told = KeyShape.of(key)
    assert told.agencies == ("A", "B")
    assert "s3cret" not in told.model_dump_json()


def test_no_limit_is_told_as_none() -> None:
    told = QuotaShape.of(Quota(AgencyCode("A"), 3, 0, 100, 1000))
    assert (told.letters, told.letters_per_day, told.bytes, told.bytes_per_day) == (3, None, 100, 1000)


def test_figures_bear_their_span() -> None:
    told = TrafficShape.of(Traffic(documents_sent=1, by_status={"03": 1}), NOW, NOW, frozenset())
    assert (told.since, told.documents_sent, told.by_status) == (NOW, 1, {"03": 1})


def test_terms_that_are_left_out_are_agreed_no_longer() -> None:
    terms = read_json(b'{"dialect": "dotnet"}', TermsWish).terms()
    assert (terms.dialect, terms.letters_per_day) == (Dialect.DOTNET, 0)


@pytest.mark.parametrize("text", [b'{"overlap_days": NaN}', b'{"overlap_days": Infinity}', b'{"overlap": 7}'])
def test_overlap_is_a_number_of_days(text: bytes) -> None:
    with pytest.raises(Rejected):
        read_json(text, RotationWish)
