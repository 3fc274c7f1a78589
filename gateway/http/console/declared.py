"""
How pages are declared: what can be opened, what can be done, what moves by itself, and by whom.

A page is closed until its declaration says for whom it is open. All that is the same for every page (login,
roles, the form's token, the journal, errors, the two languages) is done around its handler, not in it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gateway.ports import Role

if TYPE_CHECKING:
    from aiohttp import web

    from gateway.http.console.forms import Form
    from gateway.http.console.view import View

ROOT = "/console"

EVERYBODY = frozenset(Role)
"""All who have logged in."""
IT = EVERYBODY - {Role.AGENCY}
OPERATORS = frozenset({Role.OPERATOR, Role.ADMINISTRATOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})


class Owed(StrEnum):
    """What somebody who has logged in must do before anything else."""

    CODE = "/console/login/code"  #: show a one-time code
    PASSWORD = "/console/account/password"  # noqa: S105 - a path: change a password that was given out
    TOTP = "/console/account/totp"  #: set up one-time codes, as administrators must


class Chapter(StrEnum):
    """Where a page stands in the navigation; in this order."""

    NONE = ""
    OVERVIEW = "overview"
    LETTERS = "letters"
    MAILBOX = "mailbox"
    FAILURES = "failures"
    PARTNERS = "partners"
    DIRECTORY = "directory"
    REPORTS = "reports"
    ALERTS = "alerts"
    JOURNAL = "journal"
    ACCOUNTS = "accounts"


@dataclass(frozen=True, slots=True)
class Done:
    """An action came about: go to a page of ours and say so there."""

    to: str
    say: str = ""  #: marked by `said`; may hold `%(name)s`
    filled: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shown:
    """An action has something to show at once and never again, such as a password that was made."""

    template: str
    context: Mapping[str, Any]


Opens = Callable[["View"], Awaitable["Mapping[str, Any] | web.StreamResponse"]]
Acts = Callable[["View", "Form"], Awaitable["Done | Shown | web.StreamResponse"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    What GET shows. `handler` gives the context of `template`, or a whole response (a download).

    `roles` None: open without a login. `chapter` puts it into the navigation under `title`, for these roles;
    a page below another one names that one's chapter and `in_menu` False.
    """

    path: str
    name: str
    title: str
    template: str
    handler: Opens
    roles: frozenset[Role] | None
    chapter: Chapter = Chapter.NONE
    in_menu: bool = True
    settles: Owed | None = None  #: it stays open while this is owed


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """
    What POST does. The journal gets `console.<name>` with the fields `told` before it is done.

    `page` is shown again, with what was typed, when a field is wrong. `journals_itself`: the line is written
    by the very transaction that makes the change (`view.act()`), so not beforehand. `takes_files`: the form
    is multipart, its handler gets a `Posted`.
    """

    path: str
    name: str
    handler: Acts
    page: Page
    roles: frozenset[Role] | None
    told: tuple[str, ...] = ()
    journals_itself: bool = False
    takes_files: bool = False
    settles: Owed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """
    A part of a page that is made anew every `every` seconds and sent when it has changed.

    It stands in the page as `<div data-live="name">{% include template %}</div>`; `handler` gives what the
    template needs, and the page's own handler includes it. `data-live="name:thing"`: the handler finds
    `thing` as `view.about`.
    """

    name: str
    template: str
    handler: Callable[[View], Awaitable[Mapping[str, Any]]]
    roles: frozenset[Role]
    every: float = 5.0


@dataclass(frozen=True, slots=True)
class Leaf:
    """What one module of `pages` declares."""

    pages: tuple[Page, ...] = ()
    actions: tuple[Action, ...] = ()
    fragments: tuple[Fragment, ...] = ()
