"""
How commands speak: Vietnamese first with English beside it, JSON for programs, progress for the impatient.

Answers go to standard output, everything else to standard error, so that a pipe holds only the answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from gateway.core.errors import Finding, TrucError


class Exit(IntEnum):
    """What a script can rely on."""

    DONE = 0
    FAILED = 1  #: refused, failed, or errors were found
    USAGE = 2  #: the command line itself is wrong
    LATER = 3  #: nothing is wrong; the same command may work later


EXIT_CODES = """
Mã kết thúc · Exit codes: 0 xong · done, 1 bị từ chối hoặc lỗi · refused or failed,
2 sai cách dùng · wrong usage, 3 chưa sẵn sàng, thử lại sau · unavailable, try again later.
"""

AsJson = Annotated[
    bool, typer.Option("--json", help="Kết quả dạng JSON cho chương trình · Answer as JSON for programs")
]


class Screen:
    """Where one command speaks."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def line(self, text: str = "") -> None:
        """A line for people; programs that asked for JSON do not get it."""
        if not self.as_json:
            typer.echo(text)

    def note(self, text: str) -> None:
        """A remark beside the answer."""
        typer.echo(text, err=True)

    def data(self, answer: object) -> None:
        """The answer for programs; people do not see it."""
        if self.as_json:
            typer.echo(json.dumps(answer, ensure_ascii=False, indent=2, default=str))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table on a terminal, tab-separated lines in a pipe."""
        if self.as_json:
            return
        if not sys.stdout.isatty():
            for row in rows:
                typer.echo("\t".join(str(cell) for cell in row))
            return
        from rich.console import Console
        from rich.table import Table

        drawn = Table(*columns, box=None, pad_edge=False, header_style="bold")
        for row in rows:
            drawn.add_row(*(str(cell) for cell in row))
        Console().print(drawn)

    def findings(self, findings: Iterable[Finding]) -> None:
        """What was found, as people read it."""
        for finding in findings:
            for text in told(finding):
                self.line(text)

    @contextmanager
    def progress(
        self, what: str, total: int | None, *, of_bytes: bool = True
    ) -> Iterator[Callable[[int], None]]:
        """
        A bar of `total` bytes, or of so many other things, while work goes on; nothing if nobody watches.
        """
        if not sys.stderr.isatty():
            yield lambda _step: None
            return
        from rich import progress as bar
        from rich.console import Console

        of = (bar.DownloadColumn(), bar.TransferSpeedColumn()) if of_bytes else (bar.MofNCompleteColumn(),)
        columns = (bar.TextColumn("{task.description}"), bar.BarColumn(), *of)
        with bar.Progress(*columns, console=Console(stderr=True), transient=True) as shown:
            task = shown.add_task(what, total=total)
            yield lambda step: shown.advance(task, step)


@contextmanager
def speaking(as_json: bool) -> Iterator[Screen]:
    """
    A screen for one command. What goes wrong in it is told in both languages, and decides the exit code.
    """
    from gateway.core.errors import TrucError

    screen = Screen(as_json=as_json)
    try:
        yield screen
    except TrucError as error:
        _tell_error(screen, error)
        raise typer.Exit(_exit_code(error)) from error
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        where, why = error.filename or "", error.strerror or type(error).__name__
        screen.data({"error": {"file": str(where), "reason": why}})
        screen.note(f"Không đọc hoặc ghi được · Cannot read or write {where}: {why}")
        raise typer.Exit(Exit.FAILED) from error


def _tell_error(screen: Screen, error: TrucError) -> None:
    screen.data({"error": error.first.as_dict(), "findings": [f.as_dict() for f in error.findings]})
    for finding in error.findings:
        for text in told(finding):
            screen.note(text)


def _exit_code(error: TrucError) -> Exit:
    from gateway.core.errors import Unavailable

    return Exit.LATER if isinstance(error, Unavailable) else Exit.FAILED


_SEVERITY = {"error": "LỖI", "warning": "cảnh báo"}


def told(finding: Finding) -> Iterator[str]:
    """A finding in four lines: where and what, in both languages, and what to do next."""
    line = f"dòng {finding.line}" if finding.line is not None else "—"
    place = "  ".join(p for p in (finding.element, f"[{finding.clause}]" if finding.clause else "") if p)
    yield f"  {line:<12} {_SEVERITY[finding.fault.severity.value]:<9} {finding.code}  {place}".rstrip()
    yield f"      {finding.vi}"
    yield f"      {finding.en}"
    yield f"      → {finding.fault.next_vi} · {finding.fault.next_en}"


def size_text(size: int) -> str:
    """A number of bytes as people read it."""
    if size < 1024:
        return f"{size} B"
    amount, unit = size / 1024, "KiB"
    for larger in ("MiB", "GiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.1f} {unit}"


def fields(of: Mapping[str, Any], *names: str) -> list[Any]:
    """Some values of an answer, for one row of a table."""
    return [of[name] for name in names]
