from __future__ import annotations

from gateway.core.periods import read_period
from gateway.http.console.reading_period import MONTHS, QUARTERS, YEARS, words_of
from gateway.http.console.words import words
from gateway.ports import Role
from tests.kit.console import Console


def test_periods_are_told_in_words() -> None:
    spoken = words("vi")
    assert words_of(read_period("2026-11"), spoken) == "Tháng 11/2026"
    assert words_of(read_period("2026-Q4"), spoken) == "Quý 4/2026"
    assert words_of(read_period("2026"), spoken) == "Năm 2026"


async def test_latest_periods_can_be_chosen_and_the_chosen_one_stays(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        page = await person.open("/console/reports?period=2020-Q2")
        select = page.text.partition('name="period"')[2].partition("</select>")[0]
        assert select.count("<option") == MONTHS + QUARTERS + YEARS + 2  # the chosen one, days
        assert '<option value="2020-Q2" selected>Quý 2/2020' in select


async def test_days_that_were_chosen_stay_chosen(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        page = await person.open("/console/reports?period=days&first=2026-02-03&last=2026-02-09")
        assert "03/02/2026 – 09/02/2026" in page.words
        assert 'value="2026-02-03"' in page.text
        assert "report.csv?period=days&amp;first=2026-02-03&amp;last=2026-02-09" in page.text
