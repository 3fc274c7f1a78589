"""
`truc doctor`: what is wrong with a node, and how to mend it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.opened import ConfigFile, now, settings_of
from gateway.cli.screen import AsJson, Exit, Screen, speaking

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.doctor.checks import Check
    from gateway.doctor.hall import StoreSeen

_SIGNS = {"good": "✓", "warning": "!", "bad": "✕", "unknown": "?"}


def doctor(
    config: ConfigFile,
    time_from: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="So giờ với máy chủ web này, ví dụ nút kề · Compare the clock with this web server",
        ),
    ] = "",
    rabbitmqctl: Annotated[
        str,
        typer.Option(
            metavar="CMD", help="Lệnh rabbitmqctl, để xem cả quyền · The command, to see permissions too"
        ),
    ] = "",
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            dir_okay=False,
            help="Ghi báo cáo không có bí mật · A report without secrets",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Khám một nút: điều gì sai và sửa thế nào · Look a node over: what is wrong, and how to mend it.

    Cấu hình, bí mật, khóa, chứng thư, đĩa, kho, giờ, trạm trung chuyển, nút kề; nút chạy hay không đều được.
    Settings, secrets, keys, certificates, disk, store, clock, broker, neighbours; the node may run or not.

    \b
    truc doctor -c node.toml
    truc doctor -c node.toml --report doctor.json --time-from https://truc.tinh.gov.vn
    """
    with speaking(as_json) as screen:
        from gateway.doctor.checks import Verdict

        found = asyncio.run(_look(config, time_from, rabbitmqctl))
        if report is not None:
            from gateway.doctor.report import report_of, write_report

            write_report(report, report_of(found[0], found[1], found[2], now()))
            screen.note(f"Báo cáo · report: {report}")
        _tell(screen, found[1])
        if any(check.verdict is Verdict.BAD for check in found[1]):
            raise typer.Exit(Exit.FAILED)


async def _look(
    file: Path, time_from: str, rabbitmqctl: str
) -> tuple[Config | None, list[Check], StoreSeen | None]:
    from gateway.clock import SystemClock
    from gateway.core.errors import TrucError
    from gateway.doctor import hall, machine
    from gateway.doctor.checks import Part, good, of_error

    environ = os.environ
    try:
        config = settings_of(file)
    except TrucError as error:
        return None, of_error(Part.CONFIG, error), None
    checks = [good(Part.CONFIG, f"đọc được, nút {config.node.id}", f"sound, node {config.node.id}")]
    checks += machine.look_at_secrets(config, environ)
    checks += machine.look_at_keys(config, environ)
    checks += machine.look_at_certificates(config, environ, now())
    checks += machine.look_at_disk(config)
    seen = await hall.look_at_store(config, environ, SystemClock())
    directory = hall.directory_of(config, seen)
    checks += seen.checks
    others: dict[str, timedelta | None] = {}
    if seen.clock_off is not None:
        others["database"] = seen.clock_off
    if time_from:
        others[time_from] = await asyncio.to_thread(_off, time_from)
    checks += machine.look_at_clock(config, others, is_synchronised=machine.kernel_synchronised())
    if directory is not None:
        checks += await hall.look_at_broker(config, directory, environ, rabbitmqctl)
        checks += await hall.look_at_neighbours(config, directory, environ, now())
    return config, checks, seen


def _off(url: str) -> timedelta | None:
    from gateway.doctor.machine import web_date, web_difference

    before = now()
    date = web_date(url)
    return web_difference(before, date, now())


def _tell(screen: Screen, checks: list[Check]) -> None:
    numbers: Mapping[str, int] = {
        verdict: sum(check.verdict.value == verdict for check in checks) for verdict in _SIGNS
    }
    screen.data({"ok": not numbers["bad"], "counts": numbers, "checks": [c.as_dict() for c in checks]})
    for check in checks:
        screen.line(f"{_SIGNS[check.verdict.value]} {check.part.value:<13} {check.vi} · {check.en}")
        if check.mend_vi:
            screen.line(f"  → {check.mend_vi} · {check.mend_en}")
