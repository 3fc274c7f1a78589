"""
The server's side of TLS: certificates from files, put in force again when the files change.

A renewed certificate counts for new connections without a restart; running ones keep what they began with.
"""

from __future__ import annotations

import hashlib
import ssl
import stat
from collections.abc import Mapping
from pathlib import Path

from gateway.config import ListenerSection, TlsFiles
from gateway.core.catalogue import CONFIG_BAD_VALUE, CONFIG_NO_FILE, KEY_FILE_OPEN
from gateway.core.errors import Misconfigured, find
from gateway.observe import Log
from gateway.ports import Clock

LOOK_AGAIN_SECONDS = 10.0  # certificates are renewed weeks ahead; this soon a new one counts

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!SHA1:!AESCCM"
"""For TLS 1.2, all with forward secrecy (TLS 1.3 has its own). CBC with SHA-2 comes last, for the agencies'
Windows Server 2012 R2, which knows no GCM with an RSA certificate."""


def server_tls(section: ListenerSection, environ: Mapping[str, str], log: Log) -> ServerTls | None:
    """What a section says about HTTPS, ready for `listening`; None for plain HTTP.

    Raises: Misconfigured if the files cannot be used.
    """
    files = section.tls_files()
    return None if files is None else ServerTls(files, environ, log)


class ServerTls:
    """The certificate of one listening socket, and whose certificates it asks for."""

    def __init__(self, files: TlsFiles, environ: Mapping[str, str], log: Log) -> None:
        """Raises: Misconfigured if the files cannot be used."""
        self._files, self._environ, self._log = files, environ, log
        self._stamp = self._state()
        self._context = _Current(ssl.PROTOCOL_TLS_SERVER)
        self._context.in_force = _loaded(files, environ)

    @property
    def context(self) -> ssl.SSLContext:
        """What a listening socket is given, once and for all: each connection gets what is in force then."""
        return self._context

    def look(self) -> None:
        """Put changed files in force. Those that cannot be used are logged, and those of before stay."""
        stamp = self._state()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._context.in_force = _loaded(self._files, self._environ)
        except Misconfigured as refused:
            self._log.error("tls.refused", code=refused.code, error=refused.first.en)
        else:
            self._log.info("tls.renewed", certificate=_fingerprint(self._files.cert))

    async def keep_current(self, clock: Clock) -> None:
        """Look at the files for ever: a few stat() calls, and a millisecond of reading after a change."""
        while True:
            await clock.sleep(LOOK_AGAIN_SECONDS)
            self.look()

    def _state(self) -> object:
        return [_stamp_of(path) for path in self._files.paths()]


class _Current(ssl.SSLContext):
    """
    A context that lets the one in force speak with each new connection.

    Loading into a context in use could leave a new certificate beside an old key, and could never take a
    client authority out again. A context of its own per state also forgets the sessions of the one before.
    """

    in_force: ssl.SSLContext

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """How asyncio and uvloop begin a connection."""
        return self.in_force.wrap_bio(incoming, outgoing, server_side, server_hostname, session)


def _loaded(files: TlsFiles, environ: Mapping[str, str]) -> ssl.SSLContext:
    """A context from the files as they are now. Raises: Misconfigured."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    for path in files.paths():
        _check_readable(path)
    if files.key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Misconfigured(find(KEY_FILE_OPEN, path=files.key))
    # Never None: OpenSSL would then ask for the password of an encrypted key at the terminal, and wait.
    password = "" if files.key_password is None else files.key_password.read(environ)
    try:
        context.load_cert_chain(files.cert, files.key, password)
    except (OSError, ValueError) as error:  # a ValueError: the password is longer than OpenSSL takes
        raise _unusable("tls_cert, tls_key", error) from error
    if files.client_ca is not None:
        try:
            context.load_verify_locations(files.client_ca)
        except OSError as error:
            raise _unusable("client_ca", error) from error
        context.verify_mode = ssl.CERT_REQUIRED if files.clients_need_one else ssl.CERT_OPTIONAL
        # An operator may trust one issuing authority of a large root without trusting all others below it.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise Misconfigured(find(CONFIG_NO_FILE, path=path, detail=detail)) from error


def _unusable(key: str, error: Exception) -> Misconfigured:
    """In OpenSSL's own word, such as KEY_VALUES_MISMATCH: an operator finds it on the web."""
    reason = error.reason if isinstance(error, ssl.SSLError) else ""
    return Misconfigured(find(CONFIG_BAD_VALUE, key=key, detail=reason or type(error).__name__))


def _fingerprint(path: Path) -> str:
    """The SHA-256 of the first certificate of a file, by which an operator recognises it."""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    text = path.read_text("latin-1")
    first = begin + text.partition(begin)[2].partition(end)[0] + end
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def _stamp_of(path: Path) -> object:
    """What changes when a file is written or another is put in its place; None if it is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
