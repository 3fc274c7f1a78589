"""
Addresses that agencies give the node to call: which it may call at all.

A webhook makes the node send requests wherever somebody wishes, from inside the network it stands in. So what
an address may be is decided twice by the same rule: when it is given, and for the very number that a
connection goes to, since a name can be made to mean another number meanwhile.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

IpAddress = IPv4Address | IPv6Address

SECRET_PREFIX = "whsec_"  # noqa: S105
"""What the secrets of webhooks begin with, in the form that Standard Webhooks gives them: base64 follows."""

LONGEST_URL = 2000  # characters; what proxies and log files on the way still take
LONGEST_MAIL = 254  # characters of a mail address (RFC 5321, 4.5.3.1.3 without the angle brackets)

_VISIBLE = re.compile(r"[\x21-\x7e]+")
_MAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
_NAT64 = IPv6Network("64:ff9b::/96")  # an address of IPv4 in the clothes of IPv6 (RFC 6052)
_METADATA = frozenset(map(ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")))
"""Metadata services of clouds whose addresses do not look link-local."""


@dataclass(frozen=True, slots=True)
class Reach:
    """
    How far webhooks may go.

    `allow_http`: without encryption beyond this machine. `allow_private`: into private networks, where
    agencies' systems mostly are. `allow_loopback`: to this machine itself, whose programs trust it more than
    they should. Link-local addresses, where clouds and devices keep what only the machine itself may ask
    for, are never called.
    """

    allow_http: bool = False
    allow_private: bool = True
    allow_loopback: bool = True

    def objection(self, url: str) -> str:
        """What is wrong with a webhook's address, in a few signs that both languages read; "" if nothing."""
        if len(url) > LONGEST_URL:
            return f"≤ {LONGEST_URL}"
        parts = _split(url)
        if parts is None or parts.scheme not in ("https", "http") or not parts.hostname:
            return "https://…"
        if "@" in parts.netloc:
            return "https://user:password@…"
        if parts.fragment or "#" in url:
            return "#"
        try:
            address = ip_address(parts.hostname)
        except ValueError:
            is_here = parts.hostname.rstrip(".").lower() == "localhost"
            if is_here and not self.allow_loopback:
                return f"{parts.scheme}://{parts.hostname}"
            return "https://…" if parts.scheme == "http" and not (is_here or self.allow_http) else ""
        return "" if self.permits(parts.scheme, address) else f"{parts.scheme}://{parts.hostname}"

    def permits(self, scheme: str, address: IpAddress) -> bool:
        """Whether a connection may go to this number."""
        address = _itself(address)
        if (
            address.is_link_local
            or address.is_multicast
            or address.is_unspecified
            or (address.is_reserved and not address.is_loopback)
            or address in _METADATA
        ):
            return False
        if address.is_loopback:
            return self.allow_loopback
        if scheme != "https" and not self.allow_http:
            return False
        return address.is_global or self.allow_private


def host_of(url: str) -> str:
    """Host and port of an address that `Reach` found no fault with."""
    return urlsplit(url).netloc.lower()


def mail_objection(address: str) -> str:
    """What is wrong with a mail address, in a few signs that both languages read; "" if nothing."""
    if len(address) > LONGEST_MAIL:
        return f"≤ {LONGEST_MAIL}"
    return "" if _MAIL.fullmatch(address) else "ten@donvi.gov.vn"


def _split(url: str) -> SplitResult | None:
    """The parts of an address; None if it is none, or if two readers could read it differently."""
    if _VISIBLE.fullmatch(url) is None or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port  # read here, since reading it is what finds the fault
    except ValueError:
        return None
    return None if port == 0 else parts


def _itself(address: IpAddress) -> IpAddress:
    """The address of IPv4 that one of IPv6 stands for, or the address."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
