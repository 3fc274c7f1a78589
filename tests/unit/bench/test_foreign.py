"""
The libraries of others: what they are given, how it is counted, and that they run at all.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from lxml import etree

from tests.bench import foreign, foreign_cost
from tests.bench.measured import NotHere
from tests.bench.paper import KIB


@pytest.mark.parametrize("size", [6 * KIB, 100 * KIB, 10 * KIB * KIB])
def test_payload_is_xml_of_about_the_size(size: int) -> None:
    data = foreign_cost.payload(size)
    assert abs(len(data) - size) < max(size / 50, 1000)
    assert etree.QName(etree.fromstring(data)).localname == foreign_cost.ROOT


def test_at_least_one_counts_however_little_time_there_is() -> None:
    seen: list[bytes] = []
    told = foreign_cost.measured(seen.append, b"payload", 0)
    assert (told["letters"], len(told["latencies"]), len(seen)) == (1, 1, 1)


def test_oscrypto_is_helped_without_a_trace() -> None:
    search = re.search
    foreign_cost.start_oscrypto()
    assert re.search is search


async def test_library_that_does_not_exist_is_not_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "CACHE", tmp_path)
    nothing = tmp_path / "nothing"
    monkeypatch.setattr(sys, "executable", str(nothing))
    with pytest.raises(NotHere, match=r"^as4==0\.2\.0 cannot be installed: "):
        await foreign.as4([6 * KIB], 0, tmp_path)


@pytest.mark.bench
@pytest.mark.timeout(400)  # installs both, if no run has done it before
async def test_both_libraries_take_their_own_messages_apart(tmp_path: Path) -> None:
    try:
        found = await foreign.run([6 * KIB], 0.2, tmp_path)
    except NotHere as reason:
        pytest.skip(str(reason))
    assert [(one.row, one.case) for one in found] == [("peer.as4", "6 KB"), ("peer.pyas2lib", "6 KB")]
    assert all(one.letters and one.per_second > 0 and len(one.latencies) == one.letters for one in found)
