"""
The kinds of values that a setting can have, as people write them.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from gateway.core.calendar import Span
from gateway.core.catalogue import CONFIG_BAD_VALUE, CONFIG_NO_FILE, KEY_FILE_OPEN
from gateway.core.errors import Finding, Misconfigured, find


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret lies; never the secret itself, so that printing a Config reveals nothing."""

    source: Literal["env", "file"]
    name: str

    def read(self, environ: Mapping[str, str]) -> str:
        """The secret, without the newline that editors put at the end of a file.

        Raises: Misconfigured if the variable or file is missing, or if others may read the file.
        """
        if self.source == "env":
            if self.name not in environ:
                raise Misconfigured(
                    find(CONFIG_BAD_VALUE, key=f"env:{self.name}", detail="biến chưa đặt · it is not set")
                )
            return environ[self.name]
        path = Path(self.name)
        try:
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise Misconfigured(find(KEY_FILE_OPEN, path=path))
            return path.read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(unreadable(path, error)) from error


_NETWORK = "ghi mạng như 10.1.0.0/16 hoặc 2001:db8::/32 · write networks as 10.1.0.0/16 or 2001:db8::/32"


def _secret(value: object, info: ValidationInfo) -> object:
    if isinstance(value, Secret):
        return value
    source, _, name = str(value).partition(":")
    if source not in ("env", "file") or not name:
        raise ValueError("phải là env:TÊN_BIẾN hoặc file:ĐƯỜNG_DẪN · write env:NAME or file:PATH")
    if source == "file":
        name = str(_path(Path(name), info))
    return Secret("env" if source == "env" else "file", name)


def _path(value: Path, info: ValidationInfo) -> Path:
    base: Path = (info.context or {}).get("base", Path())
    return base / value.expanduser()


def _duration(value: object) -> object:
    """`20s`, `30 min`, `2h`, `1d`; a bare number counts seconds."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|min|h|d)?\s*", str(value))
    if match is None:
        raise ValueError("ghi như 20s, 30min, 2h, 1d · write 20s, 30min, 2h or 1d")
    unit = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}[match[2] or "s"]
    return timedelta(**{unit: float(match[1])})


def _listed(value: object) -> object:
    """Several values with commas between, or a list."""
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _span(value: object) -> object:
    """`07:30-11:30`."""
    if isinstance(value, Span):
        return value
    match = re.fullmatch(r"\s*(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})\s*", str(value))
    try:
        if match is not None:
            return Span(*(time.fromisoformat(hour.zfill(5)) for hour in match.groups()))
    except ValueError:
        pass  # 25:00, or it ends before it begins
    raise ValueError("ghi như 07:30-11:30 · write 07:30-11:30")


def _networks(value: object) -> object:
    """`10.1.0.0/16`, `2001:db8::/32`, or one address; several in a list or with commas between."""
    if isinstance(value, str):
        value = [part for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple):
        raise ValueError(_NETWORK)  # a TypeError would pass through pydantic and end the program
    try:
        # str(): a bare number would be taken for an address, 5 for 0.0.0.5
        return tuple(ip_network(str(part).strip()) for part in value)
    except ValueError as error:
        raise ValueError(_NETWORK) from error


def _no_password(url: str) -> str:
    if urlsplit(url).password is not None:
        raise ValueError(
            "không ghi mật khẩu ở đây, dùng khóa password · put no password here, use the key password"
        )
    return url


Listed = BeforeValidator(_listed)
FilePath = Annotated[Path, AfterValidator(_path)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Days = Annotated[tuple[date, ...], Listed]
Hours = Annotated[Span, BeforeValidator(_span)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_networks)]
Url = Annotated[str, AfterValidator(_no_password)]
SecretReference = Annotated[Secret, BeforeValidator(_secret)]


def unreadable(path: Path, error: Exception) -> Finding:
    """The finding for a file that the node needs and cannot read."""
    reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
    return find(CONFIG_NO_FILE, path=path, detail=reason or type(error).__name__)
