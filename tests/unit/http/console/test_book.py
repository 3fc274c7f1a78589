from __future__ import annotations

from pathlib import Path

from gateway.http.console import pages
from gateway.http.console.book import LEAVES, menu_of
from gateway.http.console.declared import ROOT
from gateway.http.console.rendering import TEMPLATES
from gateway.ports import Role


def test_every_module_of_pages_is_in_the_book() -> None:
    modules = {p.stem for p in Path(pages.__file__).parent.glob("*.py")} - {"__init__"}
    assert len(LEAVES) == len(modules)


def test_what_is_declared_exists_once_and_lies_below_the_root() -> None:
    every = [page for leaf in LEAVES for page in leaf.pages]
    for names in ([p.path for p in every], [p.name for p in every]):
        assert len(names) == len(set(names))
    assert all(page.path.startswith(f"{ROOT}/") for page in every)
    used = {page.template for page in every} | {f.template for leaf in LEAVES for f in leaf.fragments}
    assert not [name for name in used if name and not (TEMPLATES / name).is_file()]  # "": a download


def test_navigation_shows_what_the_role_may_open() -> None:
    shown = [page.name for page in menu_of(Role.ADMINISTRATOR)]
    assert [name for name in shown if name in ("overview", "journal", "accounts")] == shown[:1] + shown[-2:]
    assert "accounts" not in [page.name for page in menu_of(Role.VIEWER)]
    for role in Role:
        assert all(page.roles and role in page.roles for page in menu_of(role))
