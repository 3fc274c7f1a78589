"""
The wiring of a node: adapters that are installed and cannot be loaded.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from gateway import node
from gateway.core.errors import Misconfigured
from gateway.ports import Workplace


def no_workplace(_adapter: str) -> Workplace:
    raise AssertionError("no adapter was to be made")


@pytest.mark.parametrize("value", ["no_such_package:Adapter", "gateway.ports:NoSuchAdapter"])
def test_adapter_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    broken = EntryPoint("spool", value, "truc.adapters")
    monkeypatch.setattr(node, "entry_points", lambda group: [broken])
    with pytest.raises(Misconfigured) as refused:
        node.find_adapters(no_workplace)
    assert "spool" in refused.value.first.en
    assert value in refused.value.first.en
