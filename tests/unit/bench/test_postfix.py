"""
The mail server beside us: how much of it is measured, and that it runs at all.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import postfix
from tests.bench.measured import NotHere
from tests.bench.paper import KIB, MIB


def test_letters_fill_the_time() -> None:
    assert postfix.filling(10, 400, 6 * KIB) == 4000


def test_slow_machine_still_forwards_enough_letters_to_tell_a_rate() -> None:
    assert postfix.filling(1, 0.5, 100 * MIB) == postfix.LEAST


def test_disk_has_to_bear_no_more_than_a_bounded_amount() -> None:
    assert postfix.filling(600, 1000, MIB) * MIB <= postfix.MOST_BYTES


@pytest.mark.bench
async def test_postfix_forwards_every_letter(open_folder: Path) -> None:
    try:
        small, large = await postfix.run([6 * KIB, MIB], 0.5, open_folder)
    except NotHere as reason:
        pytest.skip(str(reason))
    assert (small.row, small.case, large.case) == ("peer.postfix", "6 KB", "1 MB")
    assert all(one.letters >= postfix.LEAST and one.notes == postfix.NOTES for one in (small, large))
    assert {"smtpd", "cleanup", "qmgr", "smtp"} <= small.peak_rss.keys()
    assert list(open_folder.iterdir()) == []
