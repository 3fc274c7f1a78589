"""
Who is at the other end: what is believed of headers that anyone can write.
"""

from __future__ import annotations

from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from gateway.core.errors import Rejected
from gateway.v1.origin import check_certificate, client_address, fingerprint_of, is_proxy

PROXIES = (ip_network("10.0.0.0/8"), ip_network("2001:db8:5::/48"))
INNER, EDGE = "10.0.0.1", "10.0.0.2"


class Line:
    """A transport as far as it is asked: where the peer is, and its TLS."""

    def __init__(self, peer: str | None, certificate: bytes | None = None) -> None:
        tls = SimpleNamespace(getpeercert=lambda binary_form: certificate)
        self._known = {"peername": (peer, 4711) if peer else None, "ssl_object": tls if certificate else None}

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self._known.get(name, default)


def asking(peer: str | None, *headers: tuple[str, str], certificate: bytes | None = None) -> Any:
    line: Any = Line(peer, certificate)
    return make_mocked_request("GET", "/", headers=CIMultiDict(headers), transport=line)


FOR, RFC = "X-Forwarded-For", "Forwarded"


@pytest.mark.parametrize(
    ("peer", "headers", "expected"),
    [
        # nobody vouches for it
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", [(FOR, "203.0.113.9")], "192.0.2.7"),
        ("192.0.2.7", [(RFC, "for=203.0.113.9")], "192.0.2.7"),
        # the proxy does
        (EDGE, [], EDGE),
        (EDGE, [(FOR, "203.0.113.9")], "203.0.113.9"),
        (EDGE, [(RFC, "for=203.0.113.9;proto=https;by=10.0.0.2")], "203.0.113.9"),
        (EDGE, [(RFC, 'proto=https; For="203.0.113.9:4711"')], "203.0.113.9"),
        (EDGE, [(RFC, 'for="[2001:db8::9]:4711"')], "2001:db8::9"),
        (EDGE, [(FOR, "2001:db8::9")], "2001:db8::9"),
        (EDGE, [(FOR, "203.0.113.9:4711")], "203.0.113.9"),
        ("2001:db8:5::1", [(FOR, "203.0.113.9")], "203.0.113.9"),
        # an IPv4 proxy on a socket of both kinds
        ("::ffff:10.0.0.2", [(FOR, "::ffff:203.0.113.9")], "203.0.113.9"),
        # what the client wrote stands to the left, and is not read
        (EDGE, [(FOR, "198.51.100.1, 203.0.113.9")], "203.0.113.9"),
        (EDGE, [(FOR, "198.51.100.1"), (FOR, "203.0.113.9")], "203.0.113.9"),
        (EDGE, [(FOR, "10.9.9.9, 203.0.113.9")], "203.0.113.9"),
        (EDGE, [(RFC, "for=198.51.100.1, for=203.0.113.9")], "203.0.113.9"),
        # two proxies in a row
        (INNER, [(FOR, f"198.51.100.1, 203.0.113.9, {EDGE}")], "203.0.113.9"),
        (INNER, [(FOR, f"10.0.0.7, {EDGE}")], "10.0.0.7"),
        # rubbish ends the way
        (EDGE, [(FOR, "203.0.113.9, unknown")], EDGE),
        (EDGE, [(FOR, f"unknown, {INNER}")], INNER),
        (EDGE, [(RFC, "for=_hidden")], EDGE),
        (EDGE, [(RFC, "proto=https")], EDGE),
        (EDGE, [(RFC, 'for="')], EDGE),
        (EDGE, [(FOR, "")], EDGE),
        (EDGE, [(FOR, ", ,")], EDGE),
        (EDGE, [(FOR, "203.0.113.9\x00")], EDGE),
        (EDGE, [(FOR, "0x7f.1")], EDGE),
        (EDGE, [(FOR, "[203.0.113.9")], EDGE),
        (EDGE, [(FOR, f"203.0.113.9, {', '.join([INNER] * 99)}")], INNER),
        (EDGE, [(FOR, "," * 1_000_000)], EDGE),
        # one header written by the proxy, the other let through from the client
        (EDGE, [(FOR, "203.0.113.9"), (RFC, "for=198.51.100.1")], EDGE),
        (EDGE, [(FOR, "203.0.113.9"), (RFC, "for=203.0.113.9")], "203.0.113.9"),
        # no address at all (a Unix socket)
        (None, [(FOR, "203.0.113.9")], ""),
    ],
)
def test_address_is_the_nearest_that_is_no_trusted_proxy(
    peer: str | None, headers: list[tuple[str, str]], expected: str
) -> None:
    assert client_address(asking(peer, *headers), PROXIES) == expected


def test_without_trusted_proxies_no_header_is_believed() -> None:
    assert client_address(asking(EDGE, (FOR, "203.0.113.9")), ()) == EDGE


@pytest.mark.parametrize(
    ("address", "expected"),
    [(EDGE, True), ("::ffff:10.0.0.2", True), ("192.0.2.7", False), ("local", False), ("", False)],
)
def test_proxy_is_known_by_its_network(address: str, expected: bool) -> None:
    assert is_proxy(address, PROXIES) is expected


def test_certificate_is_known_by_its_digest() -> None:
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert fingerprint_of(asking(EDGE, certificate=b"abc")) == digest
    assert fingerprint_of(asking(EDGE)) == ""
    check_certificate(asking(EDGE, certificate=b"abc"), digest.upper())


@pytest.mark.parametrize("certificate", [None, b"abd"])
def test_bound_key_is_refused_without_its_certificate(certificate: bytes | None) -> None:
    request = asking(EDGE, certificate=certificate)
    check_certificate(request, "")  # a key that is not bound
    with pytest.raises(Rejected) as refused:
        check_certificate(request, "ba7816bf" * 8)
    assert refused.value.code == "TRUC-421"
