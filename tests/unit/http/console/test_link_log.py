from __future__ import annotations

from datetime import timedelta

from gateway.http.console.link_log import LinkLog, LinkState
from tests.kit.builders import CENTRAL, COMMUNE
from tests.kit.clock import START

LATER = START + timedelta(minutes=1)


def test_what_was_so_when_the_watch_began_is_marked() -> None:
    log = LinkLog()
    assert log.note({CENTRAL: True}, START) == {CENTRAL: LinkState(True, START, is_first=True)}
    assert log.note({CENTRAL: True}, LATER) == {CENTRAL: LinkState(True, START, is_first=True)}


def test_each_change_begins_anew() -> None:
    log = LinkLog()
    log.note({CENTRAL: True}, START)
    assert log.note({CENTRAL: False}, LATER) == {CENTRAL: LinkState(False, LATER, is_first=False)}
    assert log.note({CENTRAL: True}, LATER)[CENTRAL] == LinkState(True, LATER, is_first=False)


def test_links_that_are_no_more_are_not_told() -> None:
    log = LinkLog()
    log.note({CENTRAL: True, COMMUNE: True}, START)
    assert list(log.note({COMMUNE: True}, LATER)) == [COMMUNE]
