"""
The pictures of the console under docs/ are of the pages that there are.
"""

from __future__ import annotations

from tests.browser.gallery.__main__ import FOLDER
from tests.browser.gallery.scene import PEOPLE
from tests.browser.gallery.shots import NOBODY, SHOTS, gallery, pages_shown, stray

MOST = 6 * 1024 * 1024  # a clone carries every version of them


def test_every_page_of_the_book_has_a_picture() -> None:
    shown = {shot.page for shot in SHOTS} - {""}
    assert pages_shown().keys() - shown == set(), "add a Shot to tests/browser/gallery/shots.py"
    assert shown - pages_shown().keys() == set(), "these pages are gone"


def test_pages_are_photographed_by_somebody_who_may_open_them() -> None:
    pages = pages_shown()
    wrong = [
        shot.name
        for shot in SHOTS
        if (roles := pages[shot.page].roles if shot.page else None) is not None
        and shot.by != NOBODY
        and PEOPLE[shot.by].role not in roles
    ]
    assert wrong == []


def test_all_pictures_were_taken_and_none_is_left_over() -> None:
    missing = [file for shot in SHOTS for file in shot.files() if not (FOLDER / file).is_file()]
    assert missing == [], "run `make screenshots`"
    assert stray(FOLDER) == []
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < MOST


def test_gallery_page_is_fresh() -> None:
    assert (FOLDER / "README.md").read_text("utf-8") == gallery(), "run `make screenshots`"
