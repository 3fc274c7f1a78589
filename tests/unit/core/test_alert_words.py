from __future__ import annotations

from dataclasses import replace

from gateway.core.alert_words import WORDS, News, sentences, text, title
from gateway.core.alerts import Alert, AlertKind
from tests.kit.clock import START

LINK = Alert(kind=AlertKind.LINK, place="H21", began_at=START, last_at=START)
DISK = Alert(kind=AlertKind.DISK, began_at=START, last_at=START, value=9.5, limit=10)
URL = "https://truc.example/console/alerts"


def test_every_kind_has_its_words() -> None:
    assert set(WORDS) == set(AlertKind)
    for kind in AlertKind:
        alert = Alert(kind=kind, place="H21", began_at=START, last_at=START, value=1, limit=2)
        assert all("{" not in sentence for sentence in sentences(alert))


def test_one_message_tells_everything_in_vietnamese_first() -> None:
    news = News(raised=[LINK, DISK], ended=[replace(LINK, place="H14", ended_at=START)])
    assert title(news, "G22") == "[Trục G22] CẢNH BÁO: mất kết nối tới H21 (+2)"
    told = text(news, "G22", URL)
    vietnamese, english = told.split("\n\n", 1)
    assert "CẢNH BÁO: ổ đĩa dữ liệu chỉ còn trống 9,5 %" in vietnamese
    assert "ĐÃ HẾT: mất kết nối tới H14" in vietnamese
    assert "lúc 08:30 2/3/2026" in vietnamese
    assert "ALERT: only 9.5 % of the data disk is free" in english
    assert told.rstrip().endswith(URL)


def test_test_message_tells_that_it_is_one() -> None:
    assert "Tin thử" in title(News(), "G22")
    assert "There is nothing to do." in text(News(), "G22", "")
