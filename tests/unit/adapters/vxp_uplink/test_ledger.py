"""
The ledger of what went up.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from adapters.vxp_uplink.ledger import KEPT, Errand, Ledger, Stand
from gateway.core.errors import Unavailable
from gateway.core.model import AgencyCode, LetterId

LETTER = LetterId("019ab000-0000-7000-8000-000000000001")
DAY = date(2026, 3, 2)
AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
ONE, OTHER = AgencyCode("000.00.00.G12"), AgencyCode("000.00.00.G13")


def errand(*agencies: AgencyCode, day: date = DAY) -> Errand:
    return Errand(LETTER, day, "vxp.h14", {code: code.lower() for code in agencies}, Stand.MEANT, AT)


def test_what_is_written_is_read_by_another_process(tmp_path: Path) -> None:
    told = replace(errand(ONE, OTHER), stand=Stand.SENT, doc_id="5beb")
    Ledger(tmp_path).write(errand(ONE, OTHER))
    Ledger(tmp_path).write(told)
    Ledger(tmp_path).end(told, ONE)
    assert Ledger(tmp_path).of(LETTER, DAY) == (replace(told, ended=frozenset({ONE})),)


def test_each_set_of_recipients_has_its_own_record(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for each in (errand(ONE, OTHER), errand(ONE), errand(OTHER, ONE)):
        ledger.write(each)
    assert len(ledger.of(LETTER, DAY)) == 2
    ledger.strike(errand(ONE))
    ledger.strike(errand(ONE))
    assert [set(each.recipients) for each in ledger.of(LETTER, DAY)] == [{ONE, OTHER}]


def test_end_of_a_delivery_is_marked_and_struck(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(errand(ONE, OTHER))
    ledger.end(errand(ONE, OTHER), ONE)
    ledger.end(errand(ONE, OTHER), OTHER)
    (marked,) = ledger.of(LETTER, DAY)
    ledger.end(marked, ONE, ended=False)
    (struck,) = ledger.of(LETTER, DAY)
    assert (marked.ended, struck.ended) == ({ONE, OTHER}, {OTHER})


def test_mark_that_a_crash_cut_off_spoils_no_other(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(errand(ONE, OTHER))
    ledger.end(errand(ONE, OTHER), ONE)
    (marks,) = tmp_path.rglob("*.ended")
    marks.write_bytes(marks.read_bytes() + b"+000.00")
    ledger.end(errand(ONE, OTHER), OTHER)
    assert {ONE, OTHER} <= ledger.of(LETTER, DAY)[0].ended


def test_letter_that_never_went_up_has_no_record(tmp_path: Path) -> None:
    assert Ledger(tmp_path / "nowhere").of(LETTER, DAY) == ()
    assert Ledger(tmp_path / "nowhere").sweep(AT) == 0


def test_old_days_are_swept_whole(tmp_path: Path) -> None:
    ledger, old = Ledger(tmp_path), DAY - timedelta(days=1)
    ledger.write(errand(ONE))
    ledger.write(errand(ONE, day=old))
    (tmp_path / "other").mkdir()
    assert ledger.sweep(AT + KEPT) == 1
    assert ledger.of(LETTER, old) == ()
    assert len(ledger.of(LETTER, DAY)) == 1
    assert (tmp_path / "other").is_dir()


@pytest.mark.parametrize(
    "rubbish", [b"", b"\xff", b"[]", b"null", b"{}", b'{"letter_id":1}', b'{"recipients":[]}', b"[" * 100_000]
)
def test_record_that_is_none_is_passed_over(tmp_path: Path, rubbish: bytes) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(errand(ONE))
    (tmp_path / "20260302" / LETTER / "strange.json").write_bytes(rubbish)
    assert ledger.of(LETTER, DAY) == (errand(ONE),)


def test_disk_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "20260302").write_bytes(b"a file where a folder belongs")
    with pytest.raises(Unavailable):
        Ledger(tmp_path).write(errand(ONE))
