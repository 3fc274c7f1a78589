"""
`truc send`: edXML as it is, large edXML over a line that breaks, or files that the node puts into edXML.
"""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from gateway.cli.opened import Key, NodeUrl, node_at
from gateway.cli.screen import AsJson, Exit, Screen, speaking

if TYPE_CHECKING:
    from gateway.client import TrucClient
    from gateway.v1.metadata import LetterMetadata
    from gateway.v1.shapes import LetterAnswer


def send(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…",
            exists=True,
            dir_okay=False,
            help="Tệp edXML; với --subject: các tệp đính kèm · edXML files; with --subject: the attachments",
        ),
    ],
    url: NodeUrl,
    key: Key,
    to: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE", help="Chỉ gửi tới mã hoặc nhóm này, lặp lại được · Only to this code or group"
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Kiểm tra tại nút, không gửi · Let the node check, send nothing")
    ] = False,
    resumable: Annotated[
        bool,
        typer.Option(
            "--resumable", help="Gửi từng đoạn, đứt thì gửi tiếp · In pieces; goes on where it broke off"
        ),
    ] = False,
    subject: Annotated[
        str, typer.Option(help="Trích yếu: nút lập văn bản từ các tệp · Subject: the node makes the edXML")
    ] = "",
    code: Annotated[
        str, typer.Option(metavar="12/UBND-VX", help="Số/ký hiệu của văn bản đó · Its number and notation")
    ] = "",
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Ngày ban hành · Its date of issue")
    ] = None,
    type_name: Annotated[str, typer.Option("--type", help="Tên loại, ví dụ Công văn · Its type")] = "",
    urgency: Annotated[int, typer.Option(min=0, max=4, help="Độ khẩn 0-4 · Its urgency")] = 0,
    ttl: Annotated[
        str, typer.Option(metavar="3d", help="Quá 90m, 12h, 3d chưa tới thì trả lại · Return it after that")
    ] = "",
    deliver_by: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
            help="Phải tới trước giờ này, giờ Việt Nam · Must be there by then, time of Vietnam",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Gửi văn bản · Send documents.

    Gửi lại cùng một tệp không tạo văn bản thứ hai · Sending the same file again makes no second letter.

    \b
    export TRUC_URL=http://127.0.0.1:8710 TRUC_KEY=…
    truc send congvan.edxml
    truc send congvan.edxml --to 000.01.40.H14
    truc send congvan.edxml --to @xa:H14 --dry-run
    truc send lon.edxml --resumable
    truc send gap.edxml --ttl 12h
    truc send hoatoc.edxml --deliver-by 2026-11-23T17:00
    truc send a.pdf b.xlsx --to 000.01.40.H14 --code 12/UBND-VX --date 2026-11-23 --subject "V/v báo cáo"
    """
    metadata = None
    if subject:
        metadata = _metadata(to or [], subject, code, date, type_name, urgency)
    wish = _Wish(to or [], dry_run, resumable, _lifetime(ttl), _in_vietnam(deliver_by))
    with speaking(as_json) as screen:
        if metadata is not None:
            asyncio.run(_send_made(screen, files, url, key, metadata, wish))
            return
        exit_code = asyncio.run(_send(screen, files, url, key, wish))
        if exit_code:
            raise typer.Exit(exit_code)


class _Wish(NamedTuple):
    """How edXML is to be sent."""

    to: list[str]
    dry_run: bool
    resumable: bool
    ttl: timedelta | None
    deliver_by: datetime | None


def _in_vietnam(hour: datetime | None) -> datetime | None:
    from gateway.core.calendar import VIETNAM

    return None if hour is None else hour.replace(tzinfo=VIETNAM)


def _lifetime(text: str) -> timedelta | None:
    """Raises: typer.BadParameter."""
    from gateway.v1.lifetime import lifetime_of

    try:
        return lifetime_of(text) if text else None
    except ValueError as wrong:
        raise typer.BadParameter(f"--ttl: {wrong}") from None


def _metadata(
    to: list[str], subject: str, code: str, date: datetime | None, type_name: str, urgency: int
) -> LetterMetadata:
    """What the document says. Raises: typer.BadParameter for what is missing."""
    from gateway.v1.metadata import LetterMetadata

    number, _, notation = code.partition("/")
    if not to:
        raise typer.BadParameter("cần --to · --to is needed")
    if not number.strip() or not notation.strip():
        raise typer.BadParameter("cần --code 12/UBND-VX · --code 12/UBND-VX is needed")
    if date is None:
        raise typer.BadParameter("cần --date 2026-11-23 · --date 2026-11-23 is needed")
    return LetterMetadata.model_validate(
        {
            "recipients": tuple(to),
            "code_number": number,
            "code_notation": notation,
            "issue_date": date.date(),
            "subject": subject,
            "type_name": type_name,
            "urgency": urgency,
        }
    )


async def _send_made(
    screen: Screen, files: list[Path], url: str, key: str, metadata: LetterMetadata, wish: _Wish
) -> None:
    size = sum(path.stat().st_size for path in files)
    async with node_at(url, key) as office:
        with screen.progress(files[0].name, size) as step:
            answer = await office.send_files(
                metadata,
                files,
                dry_run=wish.dry_run,
                ttl=wish.ttl,
                deliver_by=wish.deliver_by,
                progress=steps(step),
            )
    screen.data({"letters": [answer.model_dump(mode="json")]})
    _tell_answer(screen, files[0], answer)


async def _send(screen: Screen, files: list[Path], url: str, key: str, wish: _Wish) -> Exit:
    from gateway.core.errors import Rejected, Unavailable

    answers: list[dict[str, Any]] = []
    code = Exit.DONE
    async with node_at(url, key) as office:
        for path in files:
            try:
                with screen.progress(path.name, path.stat().st_size) as step:
                    answer = await _send_one(office, path, wish, steps(step))
            except Rejected as refused:
                code = code or Exit.FAILED
                answers.append({"file": str(path), "findings": [f.as_dict() for f in refused.findings]})
                screen.line(f"{path}: bị từ chối · refused")
                screen.findings(refused.findings)
            except Unavailable as later:
                code = Exit.LATER
                answers.append({"file": str(path), "findings": [f.as_dict() for f in later.findings]})
                screen.line(f"{path}: chưa gửi được, thử lại sau · not sent, try again later")
                screen.findings(later.findings)
                break  # the node is away: the next file would fare no better
            else:
                answers.append({"file": str(path), **answer.model_dump(mode="json")})
                _tell_answer(screen, path, answer)
    screen.data({"letters": answers})
    return code


async def _send_one(office: TrucClient, path: Path, wish: _Wish, progress: Any) -> LetterAnswer:
    if not wish.resumable:
        return await office.send(
            path,
            to=wish.to,
            dry_run=wish.dry_run,
            ttl=wish.ttl,
            deliver_by=wish.deliver_by,
            progress=progress,
        )
    note = _Note(path)
    answer = await office.send_resumable(
        path,
        to=wish.to,
        dry_run=wish.dry_run,
        ttl=wish.ttl,
        deliver_by=wish.deliver_by,
        note=note,
        progress=progress,
    )
    note.drop()
    return answer


class _Note:
    """Which upload a file was begun with, kept beside it so that the next `truc send` goes on with that."""

    def __init__(self, path: Path) -> None:
        facts = path.stat()
        self._file = path.with_name(f".{path.name}.truc-upload")
        self._mark = {"size": facts.st_size, "mtime_ns": facts.st_mtime_ns}

    def upload_id(self) -> str | None:
        """None if there is none, or the file is another by now."""
        try:
            kept = json.loads(self._file.read_text())
            return str(kept["id"]) if kept["mark"] == self._mark else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, upload_id: str) -> None:
        self._file.write_text(json.dumps({"id": upload_id, "mark": self._mark}))

    def drop(self) -> None:
        self._file.unlink(missing_ok=True)


def steps(step: Any) -> Any:
    """Turns «so far» into «since the last time»."""
    before = 0

    def progress(done: int, _total: int | None) -> None:
        nonlocal before
        step(done - before)
        before = done

    return progress


def _tell_answer(screen: Screen, path: Path, answer: LetterAnswer) -> None:
    if not answer.letter_id:
        screen.line(f"{path}: nút sẽ nhận · the node would take it")
    elif answer.repeated:
        screen.line(f"{path}: {answer.letter_id} (đã gửi trước đó · sent before)")
    else:
        screen.line(f"{path}: {answer.letter_id}")
    for recipient in answer.recipients:
        if recipient.code:
            screen.line(f"  {recipient.named}: {recipient.code} {recipient.vi} · {recipient.en}")
        elif not answer.letter_id:  # what a group stands for is shown before it is sent
            screen.line(f"  {recipient.named}")
    screen.findings(f.finding() for f in answer.findings)
