"""
`truc check`: everything that intake would say about a file, without sending it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from gateway.cli.letter_file import Step, opened
from gateway.cli.screen import AsJson, Exit, Screen, size_text, speaking

if TYPE_CHECKING:
    from gateway.core.directory import Directory
    from gateway.core.errors import Finding
    from gateway.core.model import Envelope

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class Checked:
    """One file and what was found in it. `envelope` is None if it could not be read at all."""

    path: Path
    envelope: Envelope | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        return sum(f.is_error for f in self.findings)

    def as_dict(self) -> dict[str, object]:
        return {
            "file": str(self.path),
            "ok": not self.errors,
            "errors": self.errors,
            "warnings": len(self.findings) - self.errors,
            "kind": self.envelope.kind.value if self.envelope else None,
            "document_id": self.envelope.document_id if self.envelope else None,
            "findings": [f.as_dict() for f in self.findings],
        }


def check(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", exists=True, dir_okay=False, help="Tệp edXML · edXML files"),
    ],
    directory: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Danh mục để tra bên nhận; không có thì bỏ qua · Directory to look recipients up in",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Kiểm tra tệp edXML · Check edXML files before sending.

    Mọi vấn đề cùng lúc: mã, mức độ, dòng trong tệp của bạn, phần tử, điều khoản.
    All findings at once: code, severity, the line of your own file, element, clause.

    \b
    truc check congvan.edxml
    truc check --directory danhmuc.toml --json *.edxml
    """
    with speaking(as_json) as screen:
        agencies = _directory(directory) if directory else None
        total = sum(path.stat().st_size for path in files)
        with screen.progress("Đang kiểm tra · checking", total) as step:
            results = [check_file(path, agencies, step) for path in files]
        for checked in results:
            _tell(screen, checked)
        screen.data({"files": [c.as_dict() for c in results]})
        if any(c.errors for c in results):
            raise typer.Exit(Exit.FAILED)


def check_file(path: Path, directory: Directory | None, step: Step) -> Checked:
    """Read one file as intake reads it."""
    from gateway.core.errors import Rejected
    from gateway.core.validate import validate

    try:
        with opened(path, step) as letter:
            found = validate(
                letter.reading,
                letter.split,
                today=datetime.now(UTC).astimezone(VIETNAM).date(),
                directory=directory,
                looks=letter.looks,
            )
            findings = (*letter.split.findings, *letter.reading.findings, *found)
            return Checked(path, letter.reading.envelope, findings)
    except Rejected as refused:
        return Checked(path, None, refused.findings)


def _directory(path: Path) -> Directory:
    """Raises: Misconfigured if the directory cannot be used."""
    from gateway.core.directory import check as check_directory
    from gateway.core.directory import load_toml
    from gateway.core.errors import Misconfigured

    directory = load_toml(path.read_bytes())
    if faults := check_directory(directory):
        raise Misconfigured(*faults)
    return directory


def _tell(screen: Screen, checked: Checked) -> None:
    warnings = len(checked.findings) - checked.errors
    size = size_text(checked.path.stat().st_size)
    vi = f"{checked.errors} lỗi, {warnings} cảnh báo"
    en = f"{checked.errors} errors, {warnings} warnings"
    screen.line(f"{checked.path} ({size}): {vi} · {en}")
    screen.findings(_in_order(checked.findings))


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Errors first, then by line."""
    return sorted(findings, key=lambda f: (not f.is_error, f.line or 0))
