from datetime import timedelta

from adapters.folder.settling import QUIET, Settling
from tests.kit.clock import START

SECOND = timedelta(seconds=1)


def test_nothing_is_quiet_at_the_first_look() -> None:
    assert Settling().look("a", 1, START) is None


def test_what_stays_the_same_is_quiet_and_for_how_long() -> None:
    settling = Settling()
    settling.look("a", 1, START)
    assert settling.look("a", 1, START + QUIET - SECOND) is None
    assert settling.look("a", 1, START + QUIET) == QUIET
    assert settling.look("a", 1, START + 10 * QUIET) == 10 * QUIET


def test_a_change_begins_anew() -> None:
    settling = Settling()
    settling.look("a", 1, START)
    assert settling.look("a", 2, START + 2 * QUIET) is None
    assert settling.look("a", 2, START + 3 * QUIET) == QUIET


def test_what_was_gone_and_came_back_begins_anew() -> None:
    settling = Settling()
    settling.look("a", 1, START)
    settling.keep_only([])
    assert settling.look("a", 1, START + QUIET) is None
