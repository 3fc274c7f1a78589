"""
`truc sandbox` passes on every wish that the demo knows.
"""

from __future__ import annotations

from dataclasses import fields
from inspect import signature

from gateway.cli.sandbox import sandbox
from gateway.sandbox import Options
from tests.kit.command import truc


def test_every_option_of_the_demo_can_be_asked_for() -> None:
    asked = {"faults" if name == "fault" else name for name in signature(sandbox).parameters}
    assert asked == {field.name for field in fields(Options)}


def test_fault_at_a_node_that_does_not_exist_is_refused() -> None:
    ran = truc("sandbox", "--once", "--fault", "cut:H99")
    assert ran.code == 1
    assert "H99" in ran.err
