"""
The journal speaks in words: of everything that people can do, and of everything that a store writes down.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gateway.core.delivery import EVENTS as MOVES
from gateway.http.console.book import LEAVES
from gateway.http.console.journal_words import EVENTS, FIELDS
from gateway.http.console.words import words
from gateway.ports import Role
from tests.kit.console import Console
from tests.kit.source_tree import modules


def written() -> Iterator[str]:
    """The events that stand as words in the source of the store."""
    for module in modules():
        if not module.name.startswith("gateway.store"):
            continue
        for node in ast.walk(module.tree):
            is_note = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if is_note and node.func.attr == "note" and len(node.args) > 1:
                for each in ast.walk(node.args[1]):
                    if isinstance(each, ast.Constant) and "." in str(each.value)[:-1]:
                        yield str(each.value)


def test_every_event_of_the_store_has_words() -> None:
    found = set(written())
    assert "letter.accepted" in found
    assert found - EVENTS.keys() == set()


def test_every_move_of_a_delivery_has_words() -> None:
    moves = {
        f"delivery.{''.join(f'_{c.lower()}' if c.isupper() else c for c in m.__name__)[1:]}" for m in MOVES
    }
    assert moves - EVENTS.keys() == set()


def test_every_action_of_the_console_has_words() -> None:
    actions = {f"console.{action.name}" for leaf in LEAVES for action in leaf.actions}
    assert actions - EVENTS.keys() == set()


def test_words_exist_in_both_languages() -> None:
    english = words("en")
    assert [said for said in (*EVENTS.values(), *FIELDS.values()) if english(said) == said] == []


async def test_journal_page_shows_words_beside_the_code(console: Console) -> None:
    async with console.person(Role.AUDITOR) as person:
        shown = (await person.open("/console/journal")).words
        assert "Đăng nhập console.login" in shown
        assert "người làm: auditor.one" in shown
        english = (await person.open("/console/language/en?to=/console/journal")).words
        assert "Log in console.login" in english


async def test_event_of_a_newer_release_is_shown_by_its_code(console: Console) -> None:
    await console.add(Role.VIEWER, "new.one")  # journalled as console.test, of which nobody has words
    async with console.person(Role.AUDITOR) as person:
        assert "console.test" in (await person.open("/console/journal")).words
