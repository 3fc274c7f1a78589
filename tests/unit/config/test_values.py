"""
Secrets: named in the settings, read where they lie, never from a file that others may read.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import Secret
from gateway.core.catalogue import CONFIG_BAD_VALUE, CONFIG_NO_FILE, KEY_FILE_OPEN
from gateway.core.errors import Fault, Misconfigured


def fault_of(secret: Secret) -> Fault:
    with pytest.raises(Misconfigured) as caught:
        secret.read({})
    return caught.value.first.fault


def test_secret_from_the_environment() -> None:
    assert Secret("env", "PASSWORD").read({"PASSWORD": "geheim"}) == "geheim"


def test_missing_variable_is_told() -> None:
    assert fault_of(Secret("env", "PASSWORD")) is CONFIG_BAD_VALUE


def test_secret_from_a_file_loses_only_the_last_line_end(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(" geheim \r\n", "utf-8")
    file.chmod(0o600)
    assert Secret("file", str(file)).read({}) == " geheim "


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "password"
    file.write_text("geheim", "utf-8")
    file.chmod(mode)
    assert fault_of(Secret("file", str(file))) is KEY_FILE_OPEN


def test_missing_file_is_told(tmp_path: Path) -> None:
    assert fault_of(Secret("file", str(tmp_path / "none"))) is CONFIG_NO_FILE


def test_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"\xff\xff")
    file.chmod(0o600)
    assert fault_of(Secret("file", str(file))) is CONFIG_NO_FILE
