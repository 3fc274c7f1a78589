from __future__ import annotations

from datetime import date

from gateway.core.periods import read_period
from gateway.ports import Act, PaperOnly
from tests.kit.office import COMMUNE, DISTRICT, NOW, PROVINCE
from tests.unit.reports.reporting import reporting


async def test_report_has_the_figures_of_the_period_and_its_course() -> None:
    async with reporting() as given:
        told = await given.desk.report(given.desk.this_month())
        assert told.report.period.name == "2026-11"
        assert told.report.total.figures.received == 2
        assert {each.code for each in told.report.silent} == {DISTRICT, COMMUNE}
        assert (told.is_monthly, len(told.course)) == (False, 23)  # those days that have begun
        assert told.course[date(2026, 11, 23)].received == 2
        assert told.course[date(2026, 11, 22)].received == 0
        assert told.counted.lines_left == 0
        year = await given.desk.report(read_period("2026"))
        assert (year.is_monthly, len(year.course)) == (True, 11)
        assert [day for day, figures in year.course.items() if figures.received] == [date(2026, 11, 1)]
        assert (await given.desk.report(read_period("2025"))).report.total.figures.received == 0


async def test_report_of_some_agencies_tells_of_no_other() -> None:
    async with reporting() as given:
        month = date(2026, 11, 1)
        act = Act(event="console.paper_only", by="an", at=NOW)
        await given.board.store.set_paper_only([PaperOnly(PROVINCE, month, 9)], act)
        told = await given.desk.report(given.desk.this_month(), [DISTRICT])
        assert told.report.by_agency == ()
        assert [each.code for each in told.report.silent] == [DISTRICT]
        assert (told.report.total.figures.received, told.report.total.paper_only) == (0, None)
