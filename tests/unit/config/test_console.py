from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.config import parse
from gateway.core.errors import Misconfigured

NODE = {"node": {"id": "H14"}}


def test_console_is_closed_and_local_until_somebody_opens_it() -> None:
    console = parse(NODE, {}, base=Path()).console
    assert (console.enabled, console.host, console.port) == (False, "127.0.0.1", 8720)
    assert (console.session_idle, console.session_longest) == (timedelta(minutes=30), timedelta(hours=12))


def test_settings_come_from_file_and_environment() -> None:
    data = {
        **NODE,
        "oidc": {
            "issuer": "https://sso.example",
            "client_id": "truc",
            "client_secret": "env:S",
            "roles": {"a": "auditor"},
        },
    }
    environ = {"TRUC_CONSOLE_ENABLED": "true", "TRUC_CONSOLE_HOST": "::", "TRUC_OIDC_LABEL": "SSO"}
    config = parse(data, environ, base=Path())
    assert (config.console.enabled, config.console.host, config.oidc.label) == (True, "::", "SSO")
    assert config.oidc.roles == {"a": "auditor"}


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("console", {"url": "truc.example"}),
        ("console", {"url": "https://truc.example/console"}),
        ("console", {"lock_after": 1}),
        ("console", {"session_idle": "1s"}),
        ("console", {"tls_cert": "cert.pem"}),
        ("oidc", {"issuer": "https://sso.example"}),
        ("oidc", {"issuer": "ftp://sso.example", "client_id": "x"}),
        ("oidc", {"roles": {"a": "king"}}),
        ("oidc", {"client_secret": "in clear"}),
    ],
)
def test_value_that_cannot_be_meant_is_refused(section: str, values: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured) as refused:
        parse({**NODE, section: values}, {}, base=Path())
    assert all(finding.params["key"].startswith(section) for finding in refused.value.findings)
