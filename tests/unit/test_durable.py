"""
What survives a power cut.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from gateway.durable import sync_folder


def test_folder_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_mode))
    sync_folder(tmp_path)
    assert [stat.S_ISDIR(mode) for mode in synced] == [True]


def test_folder_that_cannot_be_synced_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unable(_descriptor: int) -> None:
        raise OSError(22, os.strerror(22))

    monkeypatch.setattr(os, "fsync", unable)
    sync_folder(tmp_path)


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_disk_that_fails_is_no_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def failing(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError) as failed:
        sync_folder(tmp_path)
    assert failed.value.errno == number
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "not there")
