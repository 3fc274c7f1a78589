"""
Certificates for servers and clients of a test, as files, and what a client needs to speak to such a server.
"""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path

from gateway.clock import SystemClock
from signing.devpki import DevPki, Issued, Usage, create, write_pem


class Certificates:
    """One authority and the folder where its certificates lie."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._now = folder, SystemClock().now()  # OpenSSL knows no other clock
        self.pki: DevPki = create(self._now)
        self.pki.write(folder, self._now)
        self.root = folder / "root.pem"

    def server(self, name: str = "server.pem") -> Path:
        """A new server certificate with its chain and key in one file, in place of the one of that name."""
        return self._written(name, self.pki.issue("may chu", self._now, usage=Usage.WEB_SERVER))

    def client(self, name: str = "client.pem") -> Path:
        """A new client certificate with its chain and key in one file."""
        return self._written(name, self.pki.issue("QLVB", self._now))

    def _written(self, name: str, issued: Issued) -> Path:
        write_pem(self.folder / name, issued)
        return self.folder / name

    def trusting(self, client: Path | None = None) -> ssl.SSLContext:
        """A client that trusts the root alone; throw-away certificates name no host."""
        context = ssl.create_default_context(cafile=self.root)
        context.check_hostname = False
        if client is not None:
            context.load_cert_chain(client)
        return context


def fingerprint(file: Path) -> str:
    """The SHA-256 of the first certificate of a file, in hexadecimal."""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    first = begin + file.read_text("ascii").partition(begin)[2].partition(end)[0] + end
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()
