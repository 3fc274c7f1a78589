"""
`truc inbox`, `fetch`, `report`: an agency at its node, over the API.
"""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple
from zoneinfo import ZoneInfo

import typer

from gateway.cli import letter_file
from gateway.cli.opened import Key, NodeUrl, node_at
from gateway.cli.screen import AsJson, Screen, size_text, speaking
from gateway.cli.sending import steps
from gateway.core.file_names import safe_name

if TYPE_CHECKING:
    pass

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
LETTER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Letter = Annotated[str, typer.Argument(metavar="ID", help="letter_id")]


class KindChoice(StrEnum):
    """What to list."""

    DOCUMENT = "document"
    STATUS = "status"


# --- inbox and fetch -----------------------------------------------------------------------------


def inbox(
    url: NodeUrl,
    key: Key,
    kind: Annotated[
        KindChoice | None, typer.Option(help="Chỉ văn bản hoặc chỉ trạng thái · Only one kind")
    ] = None,
    after: Annotated[int, typer.Option(min=0, help="Bỏ qua tới số này · Skip up to this number")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Nhiều nhất · At most")] = 100,
    wait: Annotated[
        int,
        typer.Option(min=0, max=55, help="Chưa có gì thì đợi mấy giây · Seconds to wait for something"),
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """
    Văn bản chờ đơn vị lấy về · What waits for pick-up.

    \b
    truc inbox
    truc inbox --wait 55
    truc inbox --kind document --json
    """
    with speaking(as_json) as screen:
        asyncio.run(_inbox(screen, url, key, kind, after, limit, wait))


async def _inbox(
    screen: Screen, url: str, key: str, kind: KindChoice | None, after: int, limit: int, wait: int
) -> None:
    from gateway.core.model import Kind

    wanted = Kind(kind.value) if kind else None
    async with node_at(url, key) as office:
        page = await office.inbox(kind=wanted, after=after, limit=limit, wait=wait)
    screen.data(page.model_dump(mode="json"))
    screen.table(
        (
            *("letter_id", "bên gửi · from", "số, ký hiệu · code", "trích yếu · subject", ""),
            *("từ · since", "ở đâu · where"),
        ),
        [
            (
                *(line.letter_id, line.sender, line.code or line.status_code, line.subject),
                *(size_text(line.size), _time(line.waiting_since), line.where.vi),
            )
            for line in page.items
        ],
    )
    if page.next is not None:
        screen.note(f"Còn nữa · more: truc inbox --after {page.next}")


def fetch(
    letter_id: Letter,
    url: NodeUrl,
    key: Key,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", dir_okay=False, help="Tệp đích, mặc định ID.edxml · Where to"),
    ] = None,
    extract: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="Bung tệp đính kèm vào thư mục · Unpack into"),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(
            metavar="ASICE", dir_okay=False, help="Ghi cả văn bản và niêm phong vào một tệp · With its seals"
        ),
    ] = None,
    ack: Annotated[bool, typer.Option("--ack", help="Rồi xác nhận đã nhận · Then acknowledge it")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Lấy một văn bản về · Fetch a letter.

    Nguyên vẹn từng byte như bên gửi đã gửi · Byte for byte as it was sent.

    \b
    truc fetch 0199f2d0-… -o congvan.edxml
    truc fetch 0199f2d0-… --extract ./congvan --ack
    truc fetch 0199f2d0-… --evidence congvan.asice
    """
    with speaking(as_json) as screen:
        wish = _Wish(output, extract, evidence, ack)
        asyncio.run(_fetch(screen, letter_id, url, key, wish))


class _Wish(NamedTuple):
    """What `truc fetch` shall write, and whether to acknowledge."""

    output: Path | None
    folder: Path | None
    evidence: Path | None
    ack: bool


async def _fetch(screen: Screen, letter_id: str, url: str, key: str, wish: _Wish) -> None:
    output, folder, evidence, ack = wish
    target = output or (folder or Path()) / f"{safe_name(letter_id, 'van-ban')}.edxml"
    target.parent.mkdir(parents=True, exist_ok=True)
    async with node_at(url, key) as office:
        with screen.progress(letter_id, None) as step:
            fetched = await office.fetch(letter_id, target, progress=steps(step))
        files: list[Path] = []
        if folder is not None:
            with letter_file.opened(target, lambda _read: None) as letter:
                files = letter_file.extract(letter, folder, beside=target)
        if evidence is not None:
            await office.evidence(letter_id, evidence)
        if ack:
            await office.ack(letter_id)
    screen.data(
        {
            "letter_id": letter_id,
            "file": str(target),
            "size": fetched.size,
            "sha256": fetched.sha256,
            "extracted": [str(f) for f in files],
            "evidence": str(evidence) if evidence else None,
            "acknowledged": ack,
        }
    )
    screen.line(f"{target} ({size_text(fetched.size)})")
    for file in [*files, *([evidence] if evidence else [])]:
        screen.line(f"  {file}")


# --- report ----------------------------------------------------------------------------


def report(
    letter_id: Letter,
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="01–06, 15, 16 của bên nhận; 13 của bên gửi · Status code")
    ],
    url: NodeUrl,
    key: Key,
    reason: Annotated[
        str, typer.Option(help="Lý do; cần cho 02, 13, 16 · Reason; needed for 02, 13, 16")
    ] = "",
    staff: Annotated[str, typer.Option(help="Người thực hiện · Who did it")] = "",
    as_json: AsJson = False,
) -> None:
    """
    Báo trạng thái của văn bản · Report a status.

    \b
    truc report 0199f2d0-… 03
    truc report 0199f2d0-… 02 --reason "Sai nơi nhận"
    """
    with speaking(as_json) as screen:
        asyncio.run(_report(screen, letter_id, code, url, key, reason=reason, staff=staff))


async def _report(
    screen: Screen, letter_id: str, code: str, url: str, key: str, *, reason: str, staff: str
) -> None:
    async with node_at(url, key) as office:
        answer = await office.report(letter_id, code, description=reason, staff=staff)
    screen.data(answer.model_dump(mode="json"))
    screen.line(f"Đã gửi trạng thái · status sent: {code} ({answer.letter_id})")
    screen.findings(f.finding() for f in answer.findings)


def _time(at: datetime) -> str:
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")
