from __future__ import annotations

import re
from random import Random

import pytest

from gateway.core.model import AgencyCode, NodeId
from gateway.http.console.book import LEAVES
from gateway.http.console.declared import Fragment, Page
from tests.bench.filling import COURSE, KINDS, MAIL, WAITING, agency_of, is_whole
from tests.bench.pages import FILES, PAGES, PARTS, ROLES, Correspondents, Scene

DECLARED: dict[str, Page] = {page.name: page for leaf in LEAVES for page in leaf.pages}
MOVING: dict[str, Fragment] = {each.name: each for leaf in LEAVES for each in leaf.fragments}
OF_PAGES = [(name, case) for name, ways in PAGES.items() for case in ways]
OF_PARTS = [(name, case) for name, ways in PARTS.items() for case in ways]


@pytest.fixture
def scene() -> Scene:
    people = Correspondents(AgencyCode("900"), [AgencyCode(f"{n:03}") for n in range(100)], NodeId("H91.10"))
    return Scene(1_000, Random(1), people, "H91,2026/03/02,9000001/UBND", "V/v số 1 & 2")


def test_every_page_and_every_part_that_moves_is_asked_for() -> None:
    assert set(PAGES) == set(DECLARED)
    assert set(PARTS) == set(MOVING)
    assert {page for page, _, _ in FILES.values()} <= set(DECLARED)


@pytest.mark.parametrize(("name", "case"), OF_PAGES)
def test_who_asks_for_a_page_may_see_it_and_its_address_is_filled_in(
    scene: Scene, name: str, case: str
) -> None:
    page, asked = DECLARED[name], PAGES[name][case]
    assert page.roles is None or ROLES[asked.by] in page.roles
    assert set(asked.names) == set(re.findall(r"{(\w+)}", page.path))
    for text in (asked.query, *asked.names.values()):
        assert "{" not in scene.filled(text)


@pytest.mark.parametrize(("name", "case"), OF_PARTS)
def test_who_asks_for_a_part_may_see_it(scene: Scene, name: str, case: str) -> None:
    asked = PARTS[name][case]
    assert ROLES[asked.by] in MOVING[name].roles
    assert "{" not in scene.filled(asked.query)


def test_what_is_filled_into_an_address_is_quoted(scene: Scene) -> None:
    assert scene.filled("subject={subject}") == "subject=V%2Fv%20s%E1%BB%91%201%20%26%202"


def test_letters_that_are_asked_for_are_of_their_kind_and_of_their_agency(scene: Scene) -> None:
    for _ in range(50):
        assert scene.any_of(WAITING) % KINDS == WAITING
        mail = scene.any_of(MAIL, 3, is_read=True)
        assert (mail % KINDS, agency_of(mail), is_whole(mail)) == (MAIL, 3, True)
        assert agency_of(scene.any_of(COURSE, 0, 1), 1) == 0


def test_document_is_called_as_its_copy_is(scene: Scene) -> None:
    assert scene.document(8, WAITING) == "H91,2026/03/02,1000009/UBND"
