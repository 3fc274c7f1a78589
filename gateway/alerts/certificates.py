"""
When the certificates of a node end: that of its seal, and those of its listeners.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from gateway.config import Config
from gateway.core.errors import Misconfigured
from signing.expiry import first_end
from signing.keys import KeyRefused, load_key


def certificate_ends(config: Config, environ: Mapping[str, str]) -> dict[str, datetime]:
    """
    When each ends, by the name of its section.

    What cannot be read is left out: no node starts with it, and a file that is being replaced is whole again
    a moment later. Nothing that is wrong here may keep the watch from looking at the rest.
    """
    found: dict[str, datetime] = {}
    seal = config.seal
    if seal.key_file is not None:
        with suppress(Misconfigured, KeyRefused, OSError):
            password = None if seal.key_password is None else seal.key_password.read(environ).encode()
            found["seal"] = load_key(seal.key_file, passphrase=password).certificate.not_valid_after_utc
    for name, section in (("http", config.http), ("vxp", config.vxp), ("console", config.console)):
        files = section.tls_files()
        if files is None:
            continue
        with suppress(OSError):
            if (ends_at := first_end(files.cert.read_bytes())) is not None:
                found[name] = ends_at
    return found
