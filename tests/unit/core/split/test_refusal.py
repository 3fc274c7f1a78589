from __future__ import annotations

from gateway.core import catalogue
from gateway.core.split import refusal
from gateway.core.split.refusal import remark
from schemas.safe_xml import Remark, UnsafeXml


def test_a_refusal_of_the_reader_becomes_a_finding() -> None:
    found = refusal(UnsafeXml("too-deep", line=7, offset=100, limit=64))
    assert (found.fault, found.line) == (catalogue.TOO_DEEP, 7)
    assert "64" in found.vi
    assert "64" in found.en


def test_its_detail_is_told() -> None:
    assert "&nbsp;" in refusal(UnsafeXml("entity", line=1, detail="&nbsp;")).vi


def test_a_remark_becomes_a_warning() -> None:
    found = remark(Remark("bom", 1))
    assert catalogue.BOM is found.fault
    assert not found.is_error
