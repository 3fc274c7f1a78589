"""
The sections of the agencies' doors: closed until somebody opens them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.config import Config, parse
from gateway.core.errors import Misconfigured


def settings(**sections: Any) -> Config:
    return parse({"node": {"id": "H14"}, **sections}, {}, base=Path("/etc/truc"))


def test_every_door_but_v1_is_closed_until_it_is_set() -> None:
    config = settings()
    assert (config.vxp.enabled, config.mail.host, config.folder.root, config.uplink.endpoint) == (
        False,
        "",
        None,
        "",
    )


def test_adapter_gets_the_section_that_bears_its_name() -> None:
    config = settings(folder={"root": "offices"}, adapters={"spool": {"path": "spool"}})
    assert config.section("folder") is config.folder
    assert config.folder.root == Path("/etc/truc/offices")
    assert config.section("spool") == {"path": "spool"}
    assert config.section("lgsp") == {}
    assert config.section("adapters") == {}  # no adapter may read the tables of all others


def test_key_of_the_vault_lies_in_the_data_folder_unless_said_otherwise() -> None:
    assert settings().secrets_key == Path("/etc/truc/var/secrets.key")
    kept = settings(node={"id": "H14", "secrets_key": "/run/secrets/truc.key"})
    assert kept.secrets_key == Path("/run/secrets/truc.key")


@pytest.mark.parametrize(
    ("sections", "key"),
    [
        ({"uplink": {"endpoint": "vxp.example.gov.vn"}}, "uplink.endpoint"),
        ({"uplink": {"poll_every": "0s"}}, "uplink.poll_every"),
        ({"mail": {"security": "ssl"}}, "mail.security"),
        ({"mail": {"password": "hunter2"}}, "mail.password"),
        ({"folder": {"poll_every": "10ms"}}, "folder.poll_every"),
        ({"webhook": {"timeout": 0}}, "webhook.timeout"),
        ({"vxp": {"enabeld": True}}, "vxp.enabeld"),
        ({"node": {"id": "H14", "url": "truc.gov.vn"}}, "node.url"),
    ],
)
def test_value_that_cannot_work_is_named(sections: dict[str, Any], key: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        settings(**sections)
    assert [finding.params["key"] for finding in refused.value.findings] == [key]


def test_variables_reach_the_doors_too() -> None:
    config = parse(
        {"node": {"id": "H14"}},
        {"TRUC_VXP_ENABLED": "true", "TRUC_VXP_PORT": "9280", "TRUC_UPLINK_SYSTEM_ID": "vxp.h14"},
        base=Path("/"),
    )
    assert (config.vxp.enabled, config.vxp.port, config.uplink.system_id) == (True, 9280, "vxp.h14")
