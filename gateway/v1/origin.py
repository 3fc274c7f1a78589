"""
Who is at the other end of a connection: its address, also behind a proxy, and its TLS certificate.

What a request says of itself counts only as far as a proxy that the operator trusts has vouched for it;
otherwise anyone could write another's address into the log.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import web

from gateway.core.catalogue import CERTIFICATE_MISMATCH
from gateway.core.errors import Rejected, find

Networks = tuple[IPv4Network | IPv6Network, ...]
Address = IPv4Address | IPv6Address

PROXIES: web.AppKey[Networks] = web.AppKey("truc_proxies", tuple)
"""The proxies that an application trusts; none if it says nothing."""

HOPS = 16  # proxies in a row; more names than this in a header are somebody's rubbish, not a way

_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*("[^"]*"|[^;"\s]*)\s*(?:;|$)', re.IGNORECASE)
_V4_WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}")
_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?")


def is_proxy(address: str, proxies: Networks) -> bool:
    """Whether an address lies in one of these networks."""
    return (parsed := _address(address)) is not None and _lies_in(parsed, proxies)


def client_address(request: web.BaseRequest, proxies: Networks) -> str:
    """
    The address of whoever sent a request: the nearest one that is no trusted proxy; "" if there is none.

    `Forwarded` and `X-Forwarded-For` are read from the right, since everything left of what our own proxies
    wrote was sent by the client. Where both stand there and disagree, neither is believed: a proxy writes one
    of them and lets the other pass.
    """
    peer = _address(request.remote or "")
    if peer is None:
        return ""
    if not _lies_in(peer, proxies):
        return str(peer)
    ways = [way for way in (_forwarded(request), _forwarded_for(request)) if way]
    found = {_nearest(peer, way, proxies) for way in ways}
    return str(found.pop()) if len(found) == 1 else str(peer)


def fingerprint_of(request: web.BaseRequest) -> str:
    """The SHA-256 of the client's certificate in hexadecimal; "" for a client that showed none."""
    tls = None if request.transport is None else request.transport.get_extra_info("ssl_object")
    certificate: bytes | None = None if tls is None else tls.getpeercert(binary_form=True)
    return "" if certificate is None else hashlib.sha256(certificate).hexdigest()


def check_certificate(request: web.BaseRequest, bound: str) -> None:
    """Refuse a key that is bound to a certificate, unless the request came with it. "" is not bound.

    Raises: Rejected (CERTIFICATE_MISMATCH).
    """
    if bound and fingerprint_of(request) != bound.lower():
        raise Rejected(find(CERTIFICATE_MISMATCH))


def _nearest(peer: Address, way: list[str], proxies: Networks) -> Address:
    """The first of `way`, nearest first, that is no proxy; what stands behind rubbish is not believed."""
    nearest = peer
    for text in way:
        address = _address(text)
        if address is None:
            break
        nearest = address
        if not _lies_in(address, proxies):
            break
    return nearest


def _forwarded_for(request: web.BaseRequest) -> list[str]:
    """The addresses of X-Forwarded-For, nearest first."""
    return [text.strip() for text in _last(request, "X-Forwarded-For")]


def _forwarded(request: web.BaseRequest) -> list[str]:
    """The addresses of Forwarded (RFC 7239), nearest first; "" where an element names none."""
    return [
        match[1].strip('"') if (match := _FOR.search(element)) else ""
        for element in _last(request, "Forwarded")
    ]


def _last(request: web.BaseRequest, header: str) -> Iterator[str]:
    """The elements of a list header from the right; at most HOPS, then what is left as one."""
    values = request.headers.getall(header, ())
    if values:
        yield from reversed(",".join(values).rsplit(",", HOPS))


def _address(text: str) -> Address | None:
    """An address, perhaps with a port; one of IPv4 that came over an IPv6 socket is one of IPv4."""
    if with_port := _V4_WITH_PORT.fullmatch(text) or _BRACKETED.fullmatch(text):
        text = with_port[1]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _lies_in(address: Address, networks: Networks) -> bool:
    return any(address in network for network in networks)
