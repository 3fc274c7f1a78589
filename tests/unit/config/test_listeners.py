"""
Listening sockets: what fits together, and networks as people write them.
"""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from gateway.config import Config, Secret, TlsFiles, parse
from gateway.core.errors import Misconfigured

CERT = {"tls_cert": "web.pem", "tls_key": "web.key"}
CLIENTS = {"client_ca": "clients.pem", "client_certificates": "optional"}


def read(http: dict[str, Any], environ: dict[str, str] | None = None) -> Config:
    return parse({"node": {"id": "H14"}, "http": http}, environ or {}, base=Path("/etc/truc"))


def fault(http: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(Misconfigured) as refused:
        read(http)
    (finding,) = refused.value.findings
    return finding.code, finding.en


def test_a_socket_is_plain_and_trusts_nobody_unless_told() -> None:
    http = read({}).http
    assert (http.host, http.port, http.tls_files(), http.trusted_proxies) == ("127.0.0.1", 8710, None, ())
    assert http.requests_per_minute == 600


def test_certificate_files_are_taken_from_the_folder_of_the_configuration() -> None:
    tls = read({**CERT, **CLIENTS, "tls_key_password": "env:TLS"}).http.tls_files()
    folder = Path("/etc/truc")
    assert tls == TlsFiles(
        folder / "web.pem", folder / "web.key", Secret("env", "TLS"), folder / "clients.pem"
    )
    assert tls.paths() == (folder / "web.pem", folder / "web.key", folder / "clients.pem")


def test_clients_may_be_obliged_to_show_a_certificate() -> None:
    tls = read({**CERT, **CLIENTS, "client_certificates": "required"}).http.tls_files()
    assert tls is not None
    assert tls.clients_need_one


@pytest.mark.parametrize(
    ("http", "told"),
    [
        ({"tls_cert": "web.pem"}, "tls_cert and tls_key go together"),
        ({"tls_key": "web.key"}, "tls_cert and tls_key go together"),
        ({"tls_key_password": "env:TLS"}, "tls_key_password needs tls_key"),
        ({**CERT, "client_ca": "clients.pem"}, "optional or required"),
        ({**CERT, "client_certificates": "required"}, "optional or required"),
        (CLIENTS, "client certificates need tls_cert"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(http: dict[str, Any], told: str) -> None:
    code, sentence = fault(http)
    assert code == "TRUC-802"
    assert told in sentence
    assert '"http"' in sentence


@pytest.mark.parametrize(
    "written",
    ["10.1.0.0/16, 192.0.2.7,2001:db8::/32,", ["10.1.0.0/16", "192.0.2.7", "2001:db8::/32"]],
)
def test_networks_are_written_as_a_list_or_with_commas(written: Any) -> None:
    expected = tuple(map(ip_network, ("10.1.0.0/16", "192.0.2.7/32", "2001:db8::/32")))
    assert read({"trusted_proxies": written}).http.trusted_proxies == expected


def test_networks_come_from_the_environment_too() -> None:
    environ = {"TRUC_HTTP_TRUSTED_PROXIES": "10.0.0.0/8"}
    assert read({}, environ).http.trusted_proxies == (ip_network("10.0.0.0/8"),)
    assert read({}, {"TRUC_HTTP_TRUSTED_PROXIES": ""}).http.trusted_proxies == ()


@pytest.mark.parametrize(
    "written", ["10.1.2.3/8", "proxy.local", "10.0.0.0/33", [5], 5, {"a": 1}, [""], ["a,b"]]
)
def test_what_is_no_network_is_refused(written: Any) -> None:
    """10.1.2.3/8 too: its writer meant one address, and would trust a whole network."""
    code, sentence = fault({"trusted_proxies": written})
    assert (code, "write networks as 10.1.0.0/16" in sentence) == ("TRUC-802", True)


@pytest.mark.parametrize("written", [-1, "many"])
def test_rate_is_a_number(written: Any) -> None:
    assert fault({"requests_per_minute": written})[0] == "TRUC-802"


def test_door_of_the_national_protocol_has_a_socket_of_its_own() -> None:
    config = parse({"node": {"id": "H14"}, "vxp": CERT}, {}, base=Path("/etc/truc"))
    assert config.vxp.port == 8280
    assert config.vxp.tls_files() is not None
    assert config.http.tls_files() is None
