"""
The capture of the real Java SDK's requests, read in place.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from tests.kit.samples import sample_folder

SECRET = "c2VjcmV0"
"""What the SDK signed the capture with."""

SYSTEM_ID = "vxp.test.01"

_BODY = re.compile(r"^\[body (\d+) bytes\] (b'.*') \.\.\. b'.*'$")


@dataclass(frozen=True)
class Captured:
    """One request as it went over the line; header names and their order are the SDK's."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def function(self) -> str:
        return self.path.rpartition("/")[2]

    def header(self, name: str) -> str:
        return next((value for named, value in self.headers if named.lower() == name.lower()), "")

    @property
    def signed_names(self) -> list[str]:
        return self.header("XroadVnpt-sign-header-key").split(";")

    @property
    def parameters(self) -> dict[str, str]:
        """Name without prefix → value, of everything that was signed."""
        return {name: self.header(f"XroadVnpt-{name}") for name in self.signed_names}


def captured() -> list[Captured]:
    """All requests of the capture, in their order."""
    text = (sample_folder() / "http" / "capture_sdk201.txt").read_text(encoding="utf-8")
    return [_read(block) for block in text.split(">>> ")[1:]]


def _read(block: str) -> Captured:
    first, *lines = block.strip().splitlines()
    method, path, _ = first.split(" ")
    headers = [line.split(": ", 1) for line in lines if line and not line.startswith("[body ")]
    told = _BODY.match(next(line for line in lines if line.startswith("[body ")))
    assert told is not None
    body: bytes = ast.literal_eval(told[2])
    assert len(body) == int(told[1]), "the capture shows a body only in part"
    return Captured(method, path, tuple((name, value) for name, value in headers), body)
