from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from gateway.core.delivery import State
from gateway.http.console.rendering import ROLE_NAMES, STATE_NAMES, TEMPLATES, Painter, trusted
from gateway.http.console.static_files import StaticFiles
from gateway.ports import Role


def painted(folder: Path, template: str, language: str = "vi", **told: object) -> str:
    (folder / "page.html").write_text(template, "utf-8")
    return Painter(StaticFiles(), "H14", folder).paint(language, "page.html", told)


def test_everything_that_is_filled_in_is_escaped(tmp_path: Path) -> None:
    markup = "<script>alert(1)</script>\"'"
    told = painted(tmp_path, '<p title="{{ x }}">{{ x }} {{ _("Chờ đến %(hour)s", hour=x) }}</p>', x=markup)
    assert "<script" not in told
    assert told.count("&lt;script&gt;") == 3
    assert "\"'" not in told


def test_name_that_a_template_does_not_know_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(UndefinedError):
        painted(tmp_path, "{{ forgotten }}")


def test_words_and_numbers_are_those_of_the_language(tmp_path: Path) -> None:
    template = '{{ _("Đường nối") }} {{ 1234|number }} {{ name|words }} {{ language }}'
    assert painted(tmp_path, template, name="Nút kề") == "Đường nối 1.234 Nút kề vi"
    assert painted(tmp_path, template, "en", name="Nút kề") == "Links 1,234 Neighbour en"


def test_drawing_of_ours_stays_markup(tmp_path: Path) -> None:
    assert painted(tmp_path, "{{ x }}", x=trusted("<svg/>")) == "<svg/>"


def test_every_role_and_state_has_words() -> None:
    assert set(ROLE_NAMES) == set(Role)
    assert set(STATE_NAMES) == set(State)
    assert {kind for kind, _ in STATE_NAMES.values()} == {"good", "move", "wait", "stop", "bad"}


@pytest.mark.parametrize("template", sorted(p.name for p in TEMPLATES.glob("*.html")))
def test_template_has_no_script_or_style_of_its_own(template: str) -> None:
    text = (TEMPLATES / template).read_text("utf-8")
    for forbidden in ("<style", "style=", "onclick", "onload", "javascript:", "|safe", "http://", "https://"):
        assert forbidden not in text
    assert text.count("<script") == text.count('<script src="{{ static(')
