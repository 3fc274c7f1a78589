"""
The book of pages: one line for each module of `pages`.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.http.console.declared import Chapter, Leaf, Page
from gateway.http.console.pages import account, accounts, journal, login, openid, overview
from gateway.ports import Role

LEAVES: Sequence[Leaf] = (
    login.LEAF,
    openid.LEAF,
    overview.LEAF,
    journal.LEAF,
    accounts.LEAF,
    account.LEAF,
)


def menu_of(role: Role, leaves: Sequence[Leaf] = LEAVES) -> Sequence[Page]:
    """The pages that the navigation shows to a role, chapter by chapter."""
    order = list(Chapter)
    pages = [
        page
        for leaf in leaves
        for page in leaf.pages
        if page.chapter is not Chapter.NONE and page.in_menu and page.roles and role in page.roles
    ]
    return sorted(pages, key=lambda page: order.index(page.chapter))
