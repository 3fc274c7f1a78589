"""
What every section is made of: frozen, strict, in both languages.
"""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.config.section import Section, setting


class Kettle(Section):
    """Ấm nước · A kettle"""

    litres: int = setting(2, "Dung tích", "How much it holds", ge=1)


def test_setting_bears_its_sentence_in_both_languages() -> None:
    field = Kettle.model_fields["litres"]
    assert (field.title, field.description) == ("Dung tích", "How much it holds")


@pytest.mark.parametrize("wrong", [{"liters": 3}, {"litres": 0}, {"litres": "many"}])
def test_unknown_keys_and_bad_values_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Kettle.model_validate(wrong)


def test_settings_never_change_while_a_node_runs() -> None:
    with pytest.raises(ValidationError):
        Kettle().litres = 3  # type: ignore[misc]
