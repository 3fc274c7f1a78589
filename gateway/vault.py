"""
The vault: secrets that must be used in clear, encrypted with a key that lies outside the database.

Whoever has only the database, or a copy of it, can read none of them. The key file is made at the first use,
for its owner alone; a database that already holds secrets is useless with another.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from gateway.config.values import unreadable
from gateway.core.catalogue import KEY_FILE_OPEN, VAULT_KEY
from gateway.core.errors import Misconfigured, find
from gateway.durable import sync_folder


class FileVault:
    """ports.Vault with the key in a file (AES-128-CBC and HMAC-SHA256, as Fernet puts them together)."""

    def __init__(self, key_file: Path) -> None:
        self._file = key_file
        self._key: Fernet | None = None

    def seal(self, secret: str) -> str:
        """The secret, encrypted, as ASCII text. Raises: Misconfigured."""
        return self._fernet().encrypt(secret.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """What `seal` was given. Raises: Misconfigured if the key file is another or cannot be used."""
        try:
            return self._fernet().decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise Misconfigured(find(VAULT_KEY, path=self._file)) from None

    def _fernet(self) -> Fernet:
        if self._key is None:
            self._key = self._read()
        return self._key

    def _read(self) -> Fernet:
        try:
            self._make()
            if stat.S_IMODE(self._file.stat().st_mode) & 0o077:
                raise Misconfigured(find(KEY_FILE_OPEN, path=self._file))
            return Fernet(self._file.read_bytes().strip())
        except OSError as error:
            raise Misconfigured(unreadable(self._file, error)) from error
        except ValueError:
            raise Misconfigured(find(VAULT_KEY, path=self._file)) from None

    def _make(self) -> None:
        """Make the key file unless it is there; it appears whole or not at all."""
        if self._file.exists():
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(handle, Fernet.generate_key())
            os.fsync(handle)
        finally:
            os.close(handle)
        try:
            os.link(draft, self._file)  # unlike a rename, it never replaces a key that another has just made
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        sync_folder(self._file.parent)  # before anything that it seals is kept: without it that is lost
