"""
The book of pages: one line for each module of `pages`.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.http.console.declared import Chapter, Leaf, Page
from gateway.http.console.pages import (
    account,
    accounts,
    agency,
    alerts,
    box,
    box_diary,
    box_letter,
    box_moves,
    box_sending,
    box_sent,
    box_statuses,
    directory,
    directory_changes,
    failures,
    journal,
    letter,
    letters,
    login,
    openid,
    overview,
    paper,
    partners,
    quarantine,
    report_mails,
    reports,
    sample,
)
from gateway.ports import Role

LEAVES: Sequence[Leaf] = (
    login.LEAF,
    openid.LEAF,
    overview.LEAF,
    letters.LEAF,
    letter.LEAF,
    failures.LEAF,
    quarantine.LEAF,
    partners.LEAF,
    agency.LEAF,
    directory.LEAF,
    directory_changes.LEAF,
    reports.LEAF,
    report_mails.LEAF,
    paper.LEAF,
    sample.LEAF,
    journal.LEAF,
    box.LEAF,
    box_letter.LEAF,
    box_moves.LEAF,
    box_sent.LEAF,
    box_statuses.LEAF,
    box_sending.LEAF,
    box_diary.LEAF,
    alerts.LEAF,
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
