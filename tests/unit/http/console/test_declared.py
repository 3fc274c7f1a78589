from __future__ import annotations

import pytest

from gateway.http.console.book import LEAVES
from gateway.http.console.declared import ADMINISTRATORS, IT, OPERATORS, Owed
from gateway.ports import Role


def test_sets_of_roles_lie_in_each_other() -> None:
    assert ADMINISTRATORS < OPERATORS < IT < set(Role)
    assert Role.AGENCY not in IT
    assert Role.AUDITOR not in OPERATORS


@pytest.mark.parametrize("owed", Owed)
def test_what_is_owed_can_be_settled(owed: Owed) -> None:
    """Else a person would be sent to a page that sends him there again."""
    assert [p.path for leaf in LEAVES for p in leaf.pages if p.settles is owed] == [owed.value]
    assert [a.path for leaf in LEAVES for a in leaf.actions if a.settles is owed] == [owed.value]
