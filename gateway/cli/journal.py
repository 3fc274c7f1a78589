"""
`truc journal`: the lines of the audit log, for other systems.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.opened import ConfigFile, store_of
from gateway.cli.screen import EXIT_CODES, AsJson, speaking

if TYPE_CHECKING:
    from gateway.ports import JournalRow, Store

app = typer.Typer(no_args_is_help=True, help="Nhật ký kiểm toán của nút · The audit log of a node")

PAGE = 1_000  # lines of one question


class Form(StrEnum):
    """How a line is written."""

    SYSLOG = "syslog"
    JSON = "json"


@app.callback()
def journal() -> None:
    """Nhật ký kiểm toán của nút · The audit log of a node."""


@app.command(epilog=EXIT_CODES)
def export(
    config: ConfigFile,
    after: Annotated[int, typer.Option(min=0, help="Chỉ những dòng sau số này · Only lines after this")] = 0,
    form: Annotated[
        Form, typer.Option("--format", help="syslog (RFC 5424) hoặc json · One line each, either way")
    ] = Form.JSON,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", dir_okay=False, help="Ghi vào tệp · Write to a file"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Xuất nhật ký, mỗi dòng một sự kiện · Export the journal, a line for each event.

    Chuyển liên tục sang SIEM: mục [syslog] của cấu hình · To hand it on all the time: section [syslog].

    \b
    truc journal export -c node.toml -o nhat-ky.jsonl
    truc journal export -c node.toml --format syslog --after 12000
    """
    with speaking(as_json) as screen:
        written, last = asyncio.run(_export(config, after, form, output))
        if output is not None:  # else the lines themselves are the answer
            screen.data({"file": str(output), "lines": written, "last": last})
        screen.note(f"{written} dòng, đến số {last} · {written} lines, up to number {last}")


async def _export(config: Path, after: int, form: Form, output: Path | None) -> tuple[int, int]:
    from contextlib import ExitStack

    from gateway.core.syslog import SyslogForm, json_line

    written, last = 0, after
    async with store_of(config) as (settings, store):
        syslog = SyslogForm(settings.node.id, settings.syslog.facility)
        with ExitStack() as stack:
            file = sys.stdout if output is None else stack.enter_context(output.open("w", encoding="ascii"))
            async for row in _lines(store, after):
                line = syslog.message(row).decode() if form is Form.SYSLOG else json_line(syslog.node, row)
                file.write(line + "\n")
                written, last = written + 1, row.number
    return written, last


async def _lines(store: Store, after: int) -> AsyncIterator[JournalRow]:
    while rows := await store.journal(after, PAGE):
        for row in rows:
            yield row
        after = rows[-1].number
