"""
Messages that are left alone for a while.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.vxp_uplink.refusals import FIRST_PAUSE, FIRST_WAIT, KEPT, LONGEST_PAUSE, Refusals
from gateway.core.errors import Unavailable

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
KEY = ("vxp.h14", "../../etc/passwd")


def test_refused_message_rests_also_after_a_restart(tmp_path: Path) -> None:
    Refusals(tmp_path / "refused").refuse(*KEY, "TRUC-101", NOW)
    later = Refusals(tmp_path / "refused")
    assert later.rests(*KEY, NOW + FIRST_PAUSE - timedelta(seconds=1))
    assert not later.rests(*KEY, NOW + FIRST_PAUSE)
    assert not later.rests("another", KEY[1], NOW)
    assert [path.suffix for path in (tmp_path / "refused").iterdir()] == [".json"]


def test_pauses_grow_up_to_a_day(tmp_path: Path) -> None:
    refusals = Refusals(tmp_path)
    pauses = [refusals.refuse(*KEY, "TRUC-101", NOW).again_at - NOW for _ in range(20)]
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE


def test_what_may_pass_by_itself_is_remembered_in_memory_only(tmp_path: Path) -> None:
    refusals = Refusals(tmp_path)
    assert refusals.wait(*KEY, NOW).again_at == NOW + FIRST_WAIT
    assert refusals.rests(*KEY, NOW)
    assert not Refusals(tmp_path).rests(*KEY, NOW)


def test_message_that_was_taken_after_all_is_forgotten(tmp_path: Path) -> None:
    refusals = Refusals(tmp_path)
    refusals.refuse(*KEY, "TRUC-101", NOW)
    refusals.forget(*KEY)
    refusals.forget(*KEY)
    assert not refusals.rests(*KEY, NOW)
    assert list(tmp_path.iterdir()) == []


def test_what_nobody_lists_any_more_is_swept(tmp_path: Path) -> None:
    refusals = Refusals(tmp_path)
    refusals.refuse(*KEY, "TRUC-101", NOW)
    refusals.sweep(NOW + KEPT)
    assert len(list(tmp_path.iterdir())) == 1
    refusals.sweep(NOW + KEPT + timedelta(days=2))
    assert list(tmp_path.iterdir()) == []


RUBBISH = [b"", b"\xff", b"[]", b"{}", b'{"again_at":"2026-03-02"}', b'{"again_at":1}']


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_file_that_is_no_record_is_passed_over(tmp_path: Path, rubbish: bytes) -> None:
    (tmp_path / "a.json").write_bytes(rubbish)
    assert not Refusals(tmp_path).rests(*KEY, NOW)


def test_disk_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "refused").write_bytes(b"a file where a folder belongs")
    with pytest.raises(Unavailable):
        Refusals(tmp_path / "refused").refuse(*KEY, "TRUC-101", NOW)
