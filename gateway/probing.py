"""
Tries a connection as far as it goes: the name, the machine, the encryption; and says in words where it ends.

Nothing is sent beyond the handshake. What a service says after it is for the service's own room to try.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from gateway.core.calendar import today
from gateway.ports import Step, Tried
from signing.certificates import UNREADABLE_CERTIFICATE, load_certificate

STEP_SECONDS = 5.0  # of each step: an operator waits for the answer before a page
MOST_NUMBERS = 4  # of a name that are tried

_EXPIRED, _NOT_YET, _WRONG_NAME = 10, 9, 62
_OWN_HAND, _UNKNOWN = (18, 19), (2, 20, 21)
"""What OpenSSL says of a certificate (x509_vfy.h)."""


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where to connect; `context` None: without encryption. `permits` says which numbers may be called at all.
    """

    host: str
    port: int
    context: ssl.SSLContext | None = None
    permits: Callable[[str], bool] = lambda _number: True


async def probe(place: Place, now: datetime) -> list[Step]:
    """The steps up to the first that fails; at most some seconds."""
    steps, numbers = await _resolve(place)
    if not numbers:
        return steps
    reached = await _reach(place, numbers)
    steps.append(reached[0])
    if reached[1] and place.context is not None:
        steps.append(await _shake_hands(place, place.context, reached[1], now))
    return steps


def went_well(steps: Sequence[Step]) -> bool:
    """Whether there were steps and every one was good."""
    return bool(steps) and all(step.is_good for step in steps)


# --- the name, the machine -----------------------------------------------------------------------


async def _resolve(place: Place) -> tuple[list[Step], list[str]]:
    loop, host = asyncio.get_running_loop(), place.host
    try:
        async with asyncio.timeout(STEP_SECONDS):
            found = await loop.getaddrinfo(host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        vi = f"không phân giải được tên {host}: kiểm tra tên máy và DNS"
        return [Step(Tried.NAME, False, vi, f"the name {host} leads nowhere: check it, and DNS")], []
    numbers = list(dict.fromkeys(str(each[4][0]) for each in found))
    permitted = [number for number in numbers if place.permits(number)]
    told = ", ".join(numbers[:MOST_NUMBERS])
    if not permitted:
        vi = f"{host} là {told}: nút này không được phép gọi tới địa chỉ đó"
        return [Step(Tried.NAME, False, vi, f"{host} is {told}: this node may not call there")], []
    return [Step(Tried.NAME, True, f"{host} là {told}", f"{host} is {told}")], permitted[:MOST_NUMBERS]


async def _reach(place: Place, numbers: Sequence[str]) -> tuple[Step, str]:
    """The step, and the first number that answers ("" if none does)."""
    vi = en = ""
    for number in numbers:
        at = f"{number}:{place.port}" if ":" not in number else f"[{number}]:{place.port}"
        try:
            async with asyncio.timeout(STEP_SECONDS):
                _, writer = await asyncio.open_connection(number, place.port)
        except (OSError, TimeoutError) as error:
            vi, en = _not_reached(error)
            vi, en = f"{at}: {vi}", f"{at}: {en}"
            continue
        await _leave(writer)
        return Step(Tried.REACH, True, f"{at} trả lời", f"{at} answers"), number
    return Step(Tried.REACH, False, vi, en), ""


def _not_reached(error: OSError | TimeoutError) -> tuple[str, str]:
    if isinstance(error, ConnectionRefusedError):
        return (
            "máy có đó nhưng không dịch vụ nào nghe ở cổng này: kiểm tra cổng, và dịch vụ đã chạy chưa",
            "the machine is there, and nothing listens at this port: check the port, and the service",
        )
    if isinstance(error, TimeoutError):
        return (
            "không trả lời: kiểm tra tường lửa, đường truyền, máy có đang chạy không",
            "no answer: check firewall and line, and whether the machine runs",
        )
    words = os.strerror(error.errno) if error.errno and error.errno > 0 else type(error).__name__
    return f"không tới được ({words})", f"it can't be reached ({words})"


async def _leave(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(1.0):
            await writer.wait_closed()


# --- the encryption ------------------------------------------------------------------------------


async def _shake_hands(place: Place, context: ssl.SSLContext, number: str, now: datetime) -> Step:
    try:
        ends_at = await _certificate_end(place, context, number)
    except ssl.SSLCertVerificationError as error:
        ends_at = await _end_of_whatever_it_shows(place, number)
        vi, en = _certificate_words(error, place.host, ends_at, now)
        return Step(Tried.TLS, False, vi, en, ends_at)
    except (OSError, TimeoutError, ValueError) as error:
        vi, en = _handshake_words(error)
        return Step(Tried.TLS, False, vi, en)
    if ends_at is None:
        return Step(Tried.TLS, True, "đã mã hóa", "encrypted")
    until = f"{today(ends_at):%d/%m/%Y}", f"{today(ends_at):%Y-%m-%d}"
    vi = f"đã mã hóa, chứng thư của bên kia dùng được đến {until[0]}"
    return Step(Tried.TLS, True, vi, f"encrypted, its certificate is good until {until[1]}", ends_at)


async def _certificate_end(place: Place, context: ssl.SSLContext, number: str) -> datetime | None:
    """When the certificate that is shown ends. Raises: OSError (SSLError), TimeoutError"""
    async with asyncio.timeout(STEP_SECONDS):
        _, writer = await asyncio.open_connection(number, place.port, ssl=context, server_hostname=place.host)
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return load_certificate(shown).not_valid_after_utc if shown else None
    except UNREADABLE_CERTIFICATE:
        return None
    finally:
        await _leave(writer)


async def _end_of_whatever_it_shows(place: Place, number: str) -> datetime | None:
    """The same of a certificate that is not trusted, for nothing but to say when it ended."""
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    with suppress(OSError, TimeoutError):
        return await _certificate_end(place, unverified, number)
    return None


def _certificate_words(
    error: ssl.SSLCertVerificationError, host: str, ends_at: datetime | None, now: datetime
) -> tuple[str, str]:
    code = error.verify_code
    if code == _EXPIRED:
        vi, en = when(ends_at, now)
        return (
            f"chứng thư của bên kia hết hạn {vi}".strip(),
            f"certificate of the other side expired {en}".strip(),
        )
    if code == _NOT_YET:
        return (
            "chứng thư của bên kia chưa đến ngày có hiệu lực: kiểm tra cả giờ của máy này",
            "certificate of the other side is not valid yet: check the clock of this machine too",
        )
    if code == _WRONG_NAME:
        return (
            f"chứng thư của bên kia không ghi tên {host}",
            f"certificate of the other side does not name {host}",
        )
    if code in _OWN_HAND:
        return (
            "bên kia dùng chứng thư tự ký, máy này không tin",
            "the other side shows a certificate that it signed itself; this machine does not trust it",
        )
    if code in _UNKNOWN:
        return (
            "nơi cấp chứng thư của bên kia chưa được tin ở máy này",
            "who issued the certificate of the other side is not trusted on this machine",
        )
    return (
        f"chứng thư của bên kia không dùng được ({error.verify_message})",
        f"certificate of the other side can't be used ({error.verify_message})",
    )


def _handshake_words(error: OSError | TimeoutError | ValueError) -> tuple[str, str]:
    if isinstance(error, TimeoutError):
        return "bên kia không trả lời lời chào TLS", "the other side does not answer the TLS greeting"
    if isinstance(error, ssl.SSLError):
        reason = error.reason or ""
        if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
            return "cổng này không mã hóa (không phải TLS)", "this port does not speak TLS"
        if "CERTIFICATE" in reason:
            return (
                f"bên kia không nhận chứng thư của nút này ({reason})",
                f"the other side does not take the certificate of this node ({reason})",
            )
        return f"không bắt tay TLS được ({reason})", f"no TLS handshake ({reason})"
    return "bên kia cắt kết nối khi bắt tay TLS", "the other side hangs up at the TLS handshake"


def when(at: datetime | None, now: datetime) -> tuple[str, str]:
    """A day that is over, as people say it; ("", "") for none."""
    if at is None:
        return "", ""
    days = (today(now) - today(at)).days
    if days in (0, 1):
        return (("hôm nay", "today"), ("hôm qua", "yesterday"))[days]
    return f"ngày {today(at):%d/%m/%Y}", f"on {today(at):%Y-%m-%d}"
