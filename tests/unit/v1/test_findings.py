"""
Findings over the wire: the same on the other side, also when the other side is older.
"""

from __future__ import annotations

import pytest

from gateway.core.catalogue import FAULTS, NOT_XML
from gateway.core.errors import Blame, Fault, Severity, find
from gateway.v1.findings import FaultShape, FindingShape, Problem


def test_finding_survives_the_wire() -> None:
    finding = find(NOT_XML, line=3, element="edXML", detail="{x}")
    shape = FindingShape.read(FindingShape.of(finding).as_json())
    assert shape is not None
    assert shape.finding() == finding


def test_what_is_no_problem_is_none() -> None:
    assert Problem.read(b"<html>502 Bad Gateway</html>") is None


def test_finding_of_a_newer_node_keeps_its_words() -> None:
    fault = Fault("TRUC-998", "new", Severity.ERROR, Blame.SENDER, 400, "Lỗi {x}", "Fault {x}", "Sửa", "Mend")
    finding = FindingShape.of(find(fault, x="{y}")).finding()
    assert (finding.code, finding.vi, finding.en) == ("TRUC-998", "Lỗi {y}", "Fault {y}")
    assert finding.fault.next_vi == "Sửa"


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda f: f.code)
def test_every_fault_can_be_shown(fault: Fault) -> None:
    assert FaultShape.read(FaultShape.of(fault).as_json()) == FaultShape.of(fault)
