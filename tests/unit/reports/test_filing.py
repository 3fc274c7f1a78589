from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.core.periods import read_period
from gateway.reports.filing import LINES_IN_MOTION, Filing, ended, name_of
from tests.kit.office import PROVINCE
from tests.unit.reports.reporting import Reporting, reporting


def filing(given: Reporting, folder: Path) -> Filing:
    return Filing(given.desk, folder / "reports", given.board.log)


async def test_month_is_filed_when_it_is_over_and_once(tmp_path: Path) -> None:
    async with reporting() as given:
        keeper = filing(given, tmp_path)
        assert await keeper.step() == []  # October: nothing had been sent yet
        given.board.clock.advance(timedelta(days=8))
        assert await keeper.step() == ["bao-cao-2026-11.xlsx"]
        assert await keeper.step() == []
        (file,) = keeper.files()
        assert (file.name, file.period) == ("bao-cao-2026-11.xlsx", "2026-11")
        assert (keeper.read(file.name) or b"")[:2] == b"PK"
        assert given.board.logged("report.filed")[0]["period"] == "2026-11"
        assert [path.name for path in (tmp_path / "reports").iterdir()] == [file.name]


async def test_quarter_and_year_end_with_their_last_month(tmp_path: Path) -> None:
    async with reporting() as given:
        given.board.clock.advance(timedelta(days=30))
        await given.board.arrive(PROVINCE)
        await given.count()
        given.board.clock.advance(timedelta(days=10))
        keeper = filing(given, tmp_path)
        assert await keeper.step() == [f"bao-cao-2026{part}.xlsx" for part in ("-12", "-Q4", "")]
        assert len(keeper.files()) == 3


async def test_nothing_is_filed_while_much_is_not_counted(tmp_path: Path) -> None:
    async with reporting() as given:
        for _ in range(LINES_IN_MOTION // 3 + 1):
            await given.board.arrive(PROVINCE)
        given.board.clock.advance(timedelta(days=8))
        keeper = filing(given, tmp_path)
        assert await keeper.step() == []
        await given.count()
        assert await keeper.step() == ["bao-cao-2026-11.xlsx"]


@pytest.mark.parametrize("name", ["../secrets.key", "bao-cao-2026-11.xlsx/..", "bao-cao-.xlsx", "", "\x00"])
async def test_only_reports_are_read(tmp_path: Path, name: str) -> None:
    async with reporting() as given:
        assert filing(given, tmp_path).read(name) is None
        assert filing(given, tmp_path).files() == []


async def test_folder_that_cannot_be_written_leaves_no_half_of_a_report(tmp_path: Path) -> None:
    async with reporting() as given:
        (tmp_path / "reports").write_text("a file in the place of the folder")
        given.board.clock.advance(timedelta(days=8))
        with pytest.raises(OSError, match="reports"):
            await filing(given, tmp_path).step()


def test_periods_that_ended() -> None:
    assert [period.name for period in ended(read_period("2026-12"))] == ["2026-11"]
    assert [period.name for period in ended(read_period("2026-10"))] == ["2026-09", "2026-Q3"]
    assert [period.name for period in ended(read_period("2027-01"))] == ["2026-12", "2026-Q4", "2026"]
    assert name_of(read_period("2026-Q4")) == "bao-cao-2026-Q4.xlsx"
