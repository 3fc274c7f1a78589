from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.config import Config
from gateway.doctor.checks import Part, Verdict
from gateway.doctor.machine import (
    kernel_synchronised,
    look_at_clock,
    look_at_disk,
    secrets_of,
    web_date,
    web_difference,
)
from tests.kit.clock import START

CONFIG = Config.model_validate(
    {
        "node": {"id": "H14"},
        "store": {"password": "env:A"},
        "broker": {"links": {"G22": {"url": "amqp://h14@mq/G22", "password": "env:B"}}},
        "alerts": {"ways": {"duty": {"url": "env:C"}}},
        "oidc": {"issuer": "https://sso", "client_id": "truc", "client_secret": "env:D"},
    }
)


def test_every_secret_of_the_settings_is_found() -> None:
    assert {(path, secret.name) for path, secret in secrets_of(CONFIG)} == {
        ("store.password", "A"),
        ("broker.links.G22.password", "B"),
        ("alerts.ways.duty.url", "C"),
        ("oidc.client_secret", "D"),
    }


def test_clock_that_is_off_is_told_with_how_far() -> None:
    others = {"database": timedelta(seconds=9), "https://near": timedelta(0), "https://far": None}
    checks = look_at_clock(CONFIG, others, is_synchronised=False)
    verdicts = [check.verdict for check in checks]
    assert verdicts == [Verdict.BAD, Verdict.GOOD, Verdict.UNKNOWN, Verdict.WARNING]
    assert "9.0" in checks[0].en
    assert checks[0].mend_vi
    assert look_at_clock(CONFIG, {}, is_synchronised=None)[0].verdict is Verdict.UNKNOWN
    assert look_at_clock(CONFIG, {}, is_synchronised=True)[0].verdict is Verdict.GOOD


@pytest.mark.parametrize(
    ("date", "off"),
    [
        ("Mon, 02 Mar 2026 01:30:00 GMT", 0),
        ("Mon, 02 Mar 2026 01:29:59 GMT", 0),
        ("Mon, 02 Mar 2026 01:30:30 GMT", 29),
        ("Mon, 02 Mar 2026 01:20:00 GMT", 599),
    ],
)
def test_header_date_is_good_to_a_second(date: str, off: int) -> None:
    assert web_difference(START, date, START + timedelta(seconds=1)) == timedelta(seconds=off)


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Mar 2026 01:30:00 GMT", "\x00"])
def test_header_that_is_no_date_tells_nothing(date: str) -> None:
    assert web_difference(START, date, START) is None


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:1/", "https://127.0.0.1:99999/", "http://[::"])
def test_server_that_is_not_there_tells_no_date(url: str) -> None:
    assert web_date(url) == ""


def test_kernel_knows_or_can_not_be_asked() -> None:
    assert kernel_synchronised() in (True, False, None)


def test_data_folder_that_is_not_there_is_bad() -> None:
    config = Config.model_validate({"node": {"id": "H14", "data_dir": "/nowhere/at/all"}})
    (check,) = look_at_disk(config)
    assert (check.part, check.verdict) == (Part.DISK, Verdict.BAD)
