"""
The doctor's look at the machine: secrets, keys, certificates, disk and clock.
"""

from __future__ import annotations

import ctypes
import http.client
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from gateway.alerts.certificates import certificate_ends
from gateway.alerts.watch import difference
from gateway.config import Config, Secret, Section
from gateway.core.calendar import VIETNAM
from gateway.core.errors import TrucError
from gateway.doctor.checks import Check, Part, Verdict, good, of_error, unknown
from gateway.seals import seal_of
from gateway.vault import FileVault

ANSWER_SECONDS = 5.0
NOT_SYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)
TIMEX_BYTES = 256  # more than the kernel writes (208)
DATE_GRAIN = timedelta(seconds=1)  # of the header Date


def secrets_of(section: Section, path: str = "") -> Iterator[tuple[str, Secret]]:
    """Every secret that the settings name, with the name of its setting."""
    for name in type(section).model_fields:
        yield from _secrets(getattr(section, name), f"{path}{name}")


def _secrets(value: object, path: str) -> Iterator[tuple[str, Secret]]:
    if isinstance(value, Secret):
        yield path, value
    elif isinstance(value, Section):
        yield from secrets_of(value, f"{path}.")
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _secrets(each, f"{path}.{key}")


def look_at_secrets(config: Config, environ: Mapping[str, str]) -> list[Check]:
    """Whether each secret is there and closed to others."""
    checks: list[Check] = []
    found = list(secrets_of(config))
    for _, secret in found:
        try:
            secret.read(environ)
        except TrucError as error:
            checks += of_error(Part.SECRETS, error)
    if not checks:
        checks = [good(Part.SECRETS, f"đọc được cả {len(found)} bí mật", f"all {len(found)} can be read")]
    return checks


def look_at_keys(config: Config, environ: Mapping[str, str]) -> list[Check]:
    """The key of the seal, whom the node trusts, and the key of the vault."""
    checks: list[Check] = []
    try:
        key, trust = seal_of(config, environ)
        trust.current()
        vi, en = "khóa niêm phong và gốc tin cậy dùng được", "the key of the seal and its roots can be used"
        checks.append(good(Part.KEYS, f"{vi} ({key.method.rpartition('#')[2]})", en))
    except TrucError as error:
        checks += of_error(Part.KEYS, error)
    if not config.secrets_key.exists():
        vi, en = "tệp khóa két chưa có, sẽ được tạo khi cần", "the key of the vault is made once it is needed"
        return [*checks, unknown(Part.KEYS, vi, en)]
    try:
        FileVault(config.secrets_key).seal("")
        checks.append(good(Part.KEYS, "khóa két dùng được", "the key of the vault can be used"))
    except TrucError as error:
        checks += of_error(Part.KEYS, error)
    return checks


def look_at_certificates(config: Config, environ: Mapping[str, str], now: datetime) -> list[Check]:
    """When each certificate of this node ends."""
    try:
        ends = certificate_ends(config, environ)
    except TrucError as error:
        return of_error(Part.CERTIFICATES, error)
    if not ends:
        vi, en = "không đọc được chứng thư nào", "no certificate could be read"
        return [unknown(Part.CERTIFICATES, vi, en)]
    checks = []
    for name, ends_at in ends.items():
        day = ends_at.astimezone(VIETNAM)
        vi, en = f"{name}: đến {day:%d/%m/%Y}", f"{name}: until {day:%Y-%m-%d}"
        verdict = Verdict.GOOD
        if ends_at <= now:
            verdict = Verdict.BAD
        elif ends_at - now <= config.alerts.certificate_before:
            verdict = Verdict.WARNING
        mend = ("", "") if verdict is Verdict.GOOD else ("Xin chứng thư mới và thay tệp", "Renew it")
        checks.append(Check(Part.CERTIFICATES, verdict, vi, en, *mend))
    return checks


def look_at_disk(config: Config) -> list[Check]:
    """Whether the data folder can be written, and how much is free there."""
    folder = config.node.data_dir
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        vi, en = f"không ghi được vào {folder}", f"{folder} cannot be written"
        mend = "Tạo thư mục, cho tài khoản chạy nút quyền ghi", "Make it, and let the node's user write there"
        return [Check(Part.DISK, Verdict.BAD, vi, en, *mend)]
    usage = shutil.disk_usage(folder)
    share, gibibytes = 100 * usage.free / usage.total, usage.free / 2**30
    vi, en = f"còn trống {share:.0f} % ({gibibytes:.1f} GiB)", f"{share:.0f} % free ({gibibytes:.1f} GiB)"
    if share >= config.alerts.disk_free_percent:
        return [good(Part.DISK, vi, en)]
    mend = "Giải phóng hoặc thêm dung lượng", "Free or add space"
    return [Check(Part.DISK, Verdict.BAD, vi, en, *mend)]


def look_at_clock(
    config: Config, others: Mapping[str, timedelta | None], *, is_synchronised: bool | None
) -> list[Check]:
    """How far our clock is from others (None: they did not answer), and whether the kernel says it is set."""
    checks = []
    for name, off in others.items():
        if off is None:
            checks.append(unknown(Part.CLOCK, f"{name} không cho biết giờ", f"{name} tells no time"))
            continue
        seconds = off.total_seconds()
        vi, en = f"lệch {seconds:.1f} giây so với {name}", f"{seconds:.1f} seconds off from {name}"
        if off < config.alerts.clock_off:
            checks.append(good(Part.CLOCK, vi, en))
            continue
        mend = "Bật đồng bộ giờ (NTP) trên cả hai máy", "Let NTP set the clocks of both machines"
        checks.append(Check(Part.CLOCK, Verdict.BAD, vi, en, *mend))
    if is_synchronised is None:
        vi, en = "không hỏi được hệ điều hành", "the system could not be asked"
        checks.append(unknown(Part.CLOCK, vi, en))
    elif is_synchronised:
        checks.append(good(Part.CLOCK, "hệ điều hành đang đồng bộ giờ", "the system keeps the clock set"))
    else:
        vi, en = "hệ điều hành không đồng bộ giờ", "nothing sets the clock of this system"
        mend = "Bật chrony hoặc systemd-timesyncd", "Switch on chrony or systemd-timesyncd"
        checks.append(Check(Part.CLOCK, Verdict.WARNING, vi, en, *mend))
    return checks


def kernel_synchronised() -> bool | None:
    """Whether something sets the clock, as the Linux kernel knows; None where it cannot be asked."""
    if sys.platform != "linux":
        return None
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else bool(state != NOT_SYNCHRONISED)


def web_difference(before: datetime, date: str, after: datetime) -> timedelta | None:
    """How far a server's header Date is from our clock; None for a header that cannot be read."""
    try:
        there = parsedate_to_datetime(date)
    except ValueError:
        return None
    if there.tzinfo is None:
        return None
    return difference(before - DATE_GRAIN, there, after)


def web_date(url: str) -> str:
    """The header Date of a server, "" if it tells none."""
    try:
        at = urlsplit(url)
        kind = http.client.HTTPSConnection if at.scheme == "https" else http.client.HTTPConnection
        connection = kind(at.hostname or "", at.port, timeout=ANSWER_SECONDS)
        try:
            connection.request("HEAD", at.path or "/")
            return connection.getresponse().getheader("Date") or ""
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError):
        return ""
