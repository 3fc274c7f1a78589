from __future__ import annotations

from pathlib import Path

from tests.bench.machine import description


def test_machine_says_all_that_a_reader_needs_to_compare(tmp_path: Path) -> None:
    told = description(tmp_path)
    assert {"date", "CPU", "memory", "kernel", "Python", "RabbitMQ", "file system"} <= set(told)
    assert all(told.values())
    assert list(tmp_path.iterdir()) == []
