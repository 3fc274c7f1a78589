"""
Reading settings: the file, the environment over it, and faults that name what is wrong.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.config import Config, load, parse
from gateway.core.catalogue import CONFIG_BAD_VALUE, CONFIG_NO_FILE, CONFIG_UNKNOWN_KEY
from gateway.core.errors import Finding, Misconfigured

NODE = {"node": {"id": "H14"}}


def read(data: dict[str, Any], environ: dict[str, str] | None = None) -> Config:
    return parse(data, environ or {}, base=Path("/etc/truc"))


def faults(data: dict[str, Any], environ: dict[str, str] | None = None) -> tuple[Finding, ...]:
    with pytest.raises(Misconfigured) as caught:
        read(data, environ)
    return caught.value.findings


def test_a_node_needs_nothing_but_its_name() -> None:
    config = read(NODE)
    assert config.node.id == "H14"
    assert config.http.host == "127.0.0.1"
    assert config.delivery.ttl_working_days == 5
    assert config.store_url({}) == "sqlite:////etc/truc/var/truc.db"


def test_paths_are_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.write_text('[node]\nid = "H14"\ndata_dir = "data"\ndirectory = "/srv/directory.toml"\n', "utf-8")
    config = load(file, {})
    assert config.node.data_dir == tmp_path / "data"
    assert config.node.directory == Path("/srv/directory.toml")


def test_values_are_written_as_people_write_them() -> None:
    config = read(
        {
            **NODE,
            "delivery": {"retry_first": "2 min", "retry_longest": "1.5h", "offer_again_after": 90},
            "limits": {"document_bytes": "1GiB", "text_bytes": 4096},
            "calendar": {
                "extra_holidays": [date(2026, 2, 13)],
                "make_up_days": ["2026-02-28"],
                "morning": "8:00-12:00",
            },
        }
    )
    assert config.delivery.retry_first == timedelta(minutes=2)
    assert config.delivery.retry_longest == timedelta(minutes=90)
    assert config.delivery.offer_again_after == timedelta(seconds=90)
    assert config.limits.document_bytes == 1024**3
    assert config.calendar.extra_holidays == (date(2026, 2, 13),)
    assert config.calendar.make_up_days == (date(2026, 2, 28),)
    assert (str(config.calendar.hours().morning), str(config.calendar.hours().afternoon)) == (
        "08:00-12:00",
        "13:00-17:00",
    )


def test_environment_wins_over_the_file() -> None:
    config = read(
        {**NODE, "http": {"port": 1}},
        {
            "TRUC_HTTP_PORT": "2",
            "TRUC_NODE_DATA_DIR": "elsewhere",
            "TRUC_CALENDAR_EXTRA_HOLIDAYS": "2026-02-13, 2026-02-14",
        },
    )
    assert config.http.port == 2
    assert config.node.data_dir == Path("/etc/truc/elsewhere")
    assert config.calendar.extra_holidays == (date(2026, 2, 13), date(2026, 2, 14))


@pytest.mark.parametrize(
    ("data", "key", "nearest"),
    [
        ({"htp": {}}, "htp", "http"),
        ({"http": {"prot": 1}}, "http.prot", "port"),
        ({"broker": {"links": {"G22": {"url": "amqp://g22/x", "pasword": "env:X"}}}},
         "broker.links.G22.pasword", "password"),
    ],
)  # fmt: skip
def test_unknown_key_is_told_with_the_nearest_known_one(data: dict[str, Any], key: str, nearest: str) -> None:
    (fault,) = faults({**NODE, **data})
    assert fault.fault is CONFIG_UNKNOWN_KEY
    assert fault.params == {"key": key, "nearest": nearest}


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("TRUC_HTTP_PROT", "TRUC_HTTP_PORT"),
        ("TRUC_STROE_URL", "TRUC_STORE_URL"),
        ("TRUC_LOG", "TRUC_LOG_LEVEL"),
    ],
)
def test_unknown_variable_is_told_with_the_nearest_known_one(variable: str, nearest: str) -> None:
    (fault,) = faults(NODE, {variable: "1"})
    assert fault.fault is CONFIG_UNKNOWN_KEY
    assert fault.params == {"key": variable, "nearest": nearest}


@pytest.mark.parametrize("variable", ["TRUC_URL", "TRUC_KEY", "TRUC_SAMPLES", "TRUC_SERVICE_HOST", "HOME"])
def test_variables_of_others_are_left_alone(variable: str) -> None:
    """A cluster sets TRUC_SERVICE_HOST beside a service called truc."""
    assert read(NODE, {variable: "1"}) == read(NODE)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({}, "node"),
        ({"node": {}}, "node.id"),
        ({"node": {"id": "H 14"}}, "node.id"),
        ({"node": "H14"}, "node"),
        ({**NODE, "http": {"port": 70_000}}, "http.port"),
        ({**NODE, "http": {"port": "web"}}, "http.port"),
        ({**NODE, "limits": {"depth": 1}}, "limits.depth"),
        ({**NODE, "limits": {"text_bytes": "much"}}, "limits.text_bytes"),
        ({**NODE, "delivery": {"retry_first": "5 weeks"}}, "delivery.retry_first"),
        ({**NODE, "delivery": {"retry_first": True}}, "delivery.retry_first"),
        ({**NODE, "delivery": {"retry_first": 0}}, "delivery.retry_first"),
        ({**NODE, "delivery": {"successor": "perhaps"}}, "delivery.successor"),
        ({**NODE, "calendar": {"extra_holidays": ["13/02"]}}, "calendar.extra_holidays.0"),
        *(
            ({**NODE, "calendar": {"morning": hours}}, "calendar.morning")
            for hours in ("7h30", "11:30-07:30", "07:30-25:00", "07:61-11:30", "", 7)
        ),
        ({**NODE, "store": {"url": "postgresql://a:secret@h/db"}}, "store.url"),
        ({**NODE, "store": {"password": "secret"}}, "store.password"),
        ({**NODE, "broker": {"links": {"G22": {"url": "http://h"}}}}, "broker.links.G22.url"),
    ],
)
def test_bad_value_is_told_with_its_key(data: dict[str, Any], key: str) -> None:
    (fault,) = faults(data)
    assert fault.fault is CONFIG_BAD_VALUE
    assert fault.params["key"] == key


def test_a_password_in_a_url_is_not_repeated_in_the_answer() -> None:
    (fault,) = faults({**NODE, "store": {"url": "postgresql://a:geheim@h/db"}})
    assert "geheim" not in fault.vi + fault.en


def test_all_faults_are_told_at_once() -> None:
    found = faults({"node": {"id": "H14", "idd": 1}, "http": {"port": -1}}, {"TRUC_HTTP_PROT": "1"})
    assert {f.params["key"] for f in found} == {"node.idd", "http.port", "TRUC_HTTP_PROT"}


def test_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        load(tmp_path / "none.toml", {})
    assert caught.value.first.fault is CONFIG_NO_FILE
    assert caught.value.first.params["path"] == str(tmp_path / "none.toml")


@pytest.mark.parametrize("content", [b"[node", b"\xff\xfe"])
def test_file_that_is_no_toml_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "node.toml"
    file.write_bytes(content)
    with pytest.raises(Misconfigured) as caught:
        load(file, {})
    assert caught.value.first.fault is CONFIG_BAD_VALUE
