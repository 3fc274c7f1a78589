"""
Pages from templates. All that is filled in is escaped; a name that a template does not know is a fault.

Each language has its own templates, compiled once with its words in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gateway.core.delivery import State
from gateway.core.errors import Fault, find
from gateway.core.sentences import without_gaps
from gateway.http.console.formats import Formats
from gateway.http.console.journal_words import EVENTS, FIELDS
from gateway.http.console.static_files import StaticFiles
from gateway.http.console.way_words import DIALECTS, WAYS
from gateway.http.console.words import LANGUAGES, Words, said, words
from gateway.ports import Role

TEMPLATES = Path(__file__).parent / "templates"

ROLE_NAMES: Mapping[Role, str] = {
    Role.VIEWER: said("Người theo dõi"),
    Role.OPERATOR: said("Người vận hành"),
    Role.ADMINISTRATOR: said("Người quản trị"),
    Role.AUDITOR: said("Người kiểm tra"),
    Role.AGENCY: said("Người dùng của đơn vị"),
}

STATE_NAMES: Mapping[State, tuple[str, str]] = {
    State.QUEUED: ("wait", said("Đang chờ gửi")),
    State.TRYING: ("move", said("Đang gửi")),
    State.SENT: ("move", said("Chờ nút kề xác nhận")),
    State.TAKEN: ("good", said("Nút kề đã nhận")),
    State.WAITING: ("wait", said("Chờ đơn vị lấy về")),
    State.DELIVERED: ("good", said("Đã giao vào hệ thống của đơn vị")),
    State.HELD: ("stop", said("Tạm giữ")),
    State.QUARANTINED: ("bad", said("Cách ly (chờ kiểm tra)")),
    State.RETURNED: ("bad", said("Trục trả lại bên gửi")),
    State.STOPPED: ("stop", said("Đã dừng trên đường")),
}
"""Of each state of a delivery: the kind of its badge (good, move, wait, stop, bad), and its words."""


class Painter:
    """Makes pages."""

    def __init__(self, static: StaticFiles, node: str, folder: Path = TEMPLATES) -> None:
        self._languages = {name: _environment(name, static, node, folder) for name in LANGUAGES}

    def paint(self, language: str, template: str, context: Mapping[str, Any]) -> str:
        """A template with what belongs into it, as HTML."""
        return self._languages[language].get_template(template).render(context)


def _environment(language: str, static: StaticFiles, node: str, folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    spoken = words(language)
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        spoken.gettext,
        spoken.ngettext,
        newstyle=True,
        pgettext=spoken.pgettext,
        npgettext=spoken.npgettext,
    )
    environment.filters.update(Formats(spoken).filters())
    environment.filters["words"] = spoken
    environment.filters["cause"] = partial(_cause, spoken)
    environment.filters["remedy"] = lambda fault: spoken.choose(fault.next_vi, fault.next_en)
    environment.globals.update(
        language=language,
        languages=LANGUAGES,
        static=static.address,
        node=node,
        role_names=ROLE_NAMES,
        state_names=STATE_NAMES,
        event_names=EVENTS,
        field_names=FIELDS,
        way_names=WAYS,
        dialect_names=DIALECTS,
        Role=Role,
    )
    return environment


def _cause(spoken: Words, fault: Fault, *, neighbour: str = "…", organ: str = "…") -> str:
    """What a fault is, with as much filled in as is known; no gap is left at its end."""
    finding = find(fault, neighbour=neighbour, organ=organ)
    return without_gaps(spoken.choose(finding.vi, finding.en)).rstrip(" …:")


def trusted(markup: str) -> Markup:
    """Markup that we made ourselves, such as the drawing of a QR code; never what came from outside."""
    return Markup(markup)  # noqa: S704
