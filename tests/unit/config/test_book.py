"""
The book of settings is complete, and its defaults are written as a person would write them.
"""

from __future__ import annotations

from gateway.config import Config, section_titles, settings


def by_name() -> dict[str, tuple[str, str]]:
    return {f"{s.section}.{s.key}": (s.kind, s.default) for s in settings()}


def test_every_setting_has_a_sentence_in_both_languages() -> None:
    assert [s.key for s in settings() if not s.vi or not s.en] == []


def test_every_section_has_a_title_and_at_least_one_setting() -> None:
    assert section_titles().keys() == Config.model_fields.keys() - {"adapters"}
    assert all(" · " in title for title in section_titles().values())
    assert {s.section for s in settings()} >= Config.model_fields.keys() - {"adapters"}


def test_defaults_and_kinds_are_written_for_people() -> None:
    book = by_name()
    assert book["node.id"] == ("text", "")
    assert book["http.port"] == ("number", "8710")
    assert book["http.client_certificates"] == ("off | optional | required", "off")
    assert book["http.trusted_proxies"] == ("networks (10.1.0.0/16, comma between)", "—")
    assert book["calendar.make_up_days"] == ("days (2026-02-17, comma between)", "—")
    assert book["calendar.morning"] == ("hours (07:30-11:30)", "07:30-11:30")
    assert book["delivery.retry_longest"] == ("duration (20s, 30min, 2h, 1d)", "30min")
    assert book["limits.document_bytes"] == ("size (64KiB, 2GiB)", "2GiB")
    assert book["store.password"] == ("env:NAME or file:PATH", "—")
    assert book["delivery.successor"] == ("follow | refuse", "follow")


def test_each_variable_is_named_once() -> None:
    variables = [s.variable for s in settings() if s.variable]
    assert len(variables) == len(set(variables))
    assert "TRUC_DELIVERY_TTL_WORKING_DAYS" in variables
