"""
The vault: nothing to read without the key file, and no silent nonsense with another.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from gateway.core.errors import Misconfigured
from gateway.vault import FileVault


def test_secret_comes_back_and_is_not_in_what_is_kept(tmp_path: Path) -> None:
    sealed = FileVault(tmp_path / "secrets.key").seal("mật khẩu c2VjcmV0")
    assert "c2VjcmV0" not in sealed
    assert sealed.isascii()
    assert FileVault(tmp_path / "secrets.key").open(sealed) == "mật khẩu c2VjcmV0"


def test_key_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "var" / "secrets.key"
    FileVault(file).seal("a")
    first = file.read_bytes()
    FileVault(file).seal("b")
    assert file.read_bytes() == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secrets.key"]


def test_name_of_a_new_key_file_is_durable_before_anything_is_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut would otherwise leave a database full of secrets and no key to any of them."""
    made: list[bool] = []

    def sync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            made.append((tmp_path / "secrets.key").exists())

    monkeypatch.setattr(os, "fsync", sync)
    FileVault(tmp_path / "secrets.key").seal("x")
    assert made == [True]


def test_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secrets.key"
    FileVault(file).seal("a")
    file.chmod(0o640)
    with pytest.raises(Misconfigured) as refused:
        FileVault(file).seal("a")
    assert refused.value.code == "TRUC-804"


def test_another_key_opens_nothing_and_says_so(tmp_path: Path) -> None:
    sealed = FileVault(tmp_path / "one.key").seal("a")
    with pytest.raises(Misconfigured) as refused:
        FileVault(tmp_path / "other.key").open(sealed)
    assert refused.value.code == "TRUC-811"


def test_damaged_key_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "secrets.key"
    file.write_bytes(b"not a key")
    file.chmod(0o600)
    with pytest.raises(Misconfigured) as refused:
        FileVault(file).seal("a")
    assert (refused.value.code, str(file) in refused.value.first.vi) == ("TRUC-811", True)


def test_folder_in_its_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "secrets.key").mkdir(mode=0o700)
    with pytest.raises(Misconfigured) as refused:
        FileVault(tmp_path / "secrets.key").seal("a")
    assert refused.value.code == "TRUC-803"
