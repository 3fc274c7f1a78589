from __future__ import annotations

import pytest

from gateway.http.console.forms import Form, Misfilled
from gateway.ports import Role


def faults(form: Form) -> set[str]:
    with pytest.raises(Misfilled) as wrong:
        form.check()
    return set(wrong.value.faults)


def test_fields_are_read_without_the_spaces_around_them() -> None:
    form = Form({"name": "  lan ", "role": "viewer", "box": "1", "secret": " a b "})
    assert (form.text("name"), form.choice("role", Role)) == ("lan", Role.VIEWER)
    assert (form.flag("box"), form.flag("other")) == (True, False)
    assert form.secret("secret") == " a b "
    form.check()


def test_all_faults_are_told_at_once() -> None:
    form = Form({"long": "x" * 11, "short": "xy", "role": "king"})
    form.text("long", most=10)
    form.text("short", least=3)
    form.text("empty", least=1)
    form.secret("password")
    form.choice("role", Role)
    assert faults(form) == {"long", "short", "empty", "password", "role"}


def test_first_fault_of_a_field_counts() -> None:
    form = Form({})
    form.text("name", least=1)
    form.fault("name", "another")
    with pytest.raises(Misfilled) as wrong:
        form.check()
    assert wrong.value.faults["name"][0] == "Chưa điền."


def test_sign_that_no_database_keeps_is_refused_at_once() -> None:
    with pytest.raises(Misfilled) as wrong:
        Form({"name": "a\0b"}).text("name")
    assert set(wrong.value.faults) == {"name"}
