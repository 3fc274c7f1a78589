"""
`truc verify`: anybody's look at a sealed file, years later, without a node, a database or the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BufferedReader, FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from gateway.cli import letter_file
from gateway.cli.letter_file import Step
from gateway.cli.screen import AsJson, Exit, Screen, size_text, speaking
from gateway.core.file_names import safe_name

if TYPE_CHECKING:
    from gateway.core.model import Routing
    from gateway.sealed_file import Inspection
    from signing.trust import Trust
    from signing.verdict import Objection

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

VERDICTS = """
Mã kết thúc · Exit codes: 0 hợp lệ · passed, 1 không hợp lệ · failed, 2 sai cách dùng · wrong usage,
3 chưa đủ căn cứ kiểm tra, ví dụ thiếu danh sách thu hồi · undetermined, such as without revocation lists.
"""

READINGS = 5
"""How often a container is read: hashed; measured, rebuilt and compared; joined."""

SHOWN_RECIPIENTS = 20
"""A letter may have 10,000; programs get them all."""


def verify(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="Tệp .asice · .asice file")
    ],
    trust: Annotated[
        list[Path],
        typer.Option(
            exists=True,
            metavar="PEM",
            help="Chứng thư gốc được tin cậy, tệp hoặc thư mục, lặp lại được · Trusted roots, repeatable",
        ),
    ],
    crl: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            metavar="DIR|FILE",
            help="Danh sách thu hồi, lặp lại được · Revocation lists, repeatable",
        ),
    ] = None,
    at: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="Thời điểm chắc chắn đã có tệp, thay cho lúc tiếp nhận · When the file is known to have "
            "existed, instead of its acceptance",
        ),
    ] = "",
    extract: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            file_okay=False,
            help="Ghi bản gốc và tệp đính kèm ra thư mục · Write the original and its attachments there",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Kiểm tra một tệp .asice · Verify a sealed file.

    Niêm phong, từng byte của tệp, chứng thư, thu hồi, và bản gốc ghép lại; không cần nút hay mạng.
    Its seals, every byte, certificates, revocation, and the joined original; needs no node and no network.

    \b
    truc verify congvan.asice --trust root.pem --crl ./crl
    truc verify congvan.asice --trust root.pem --crl ./crl --extract ./congvan
    truc verify congvan.asice --trust root.pem --at 2026-11-22T10:00+07:00 --json
    """
    moment, trusted = _moment(at), _trusted(trust, crl or [])
    with speaking(as_json) as screen:
        from gateway.sealed_file import inspect

        with _Watched(FileIO(file)) as watched:
            with screen.progress("Đang kiểm tra · verifying", READINGS * file.stat().st_size) as step:
                watched.step = step
                inspection = inspect(watched, trusted, now=datetime.now(UTC), at=moment)
            written = _extract(inspection, extract, file.stem) if extract else []
        screen.data({**as_dict(inspection), "file": str(file), "extracted": [str(path) for path in written]})
        _tell(screen, file, inspection)
        for path in written:
            screen.line(f"  {path}")
        if extract and not written:
            screen.note("Không ghi gì ra: tệp không hợp lệ · Nothing was written: the file is not valid")
        raise typer.Exit(_exit_code(inspection))


class _Watched(BufferedReader):
    """A file that tells how much of it was read."""

    step: Step | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if self.step is not None:
            self.step(len(data))
        return data


def _exit_code(inspection: Inspection) -> Exit:
    from signing.verdict import Outcome

    codes = {Outcome.PASSED: Exit.DONE, Outcome.UNDETERMINED: Exit.LATER, Outcome.FAILED: Exit.FAILED}
    return codes[inspection.outcome]


# --- the question --------------------------------------------------------------------------------


def _moment(text: str) -> datetime | None:
    """A time as people write it; without a zone it is Vietnam's."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        told = "ghi như 2026-11-22T10:00+07:00 · write 2026-11-22T10:00+07:00"
        raise typer.BadParameter(told, param_hint="--at") from error
    return at if at.tzinfo else at.replace(tzinfo=VIETNAM)


def _trusted(roots: Sequence[Path], lists: Sequence[Path]) -> Trust:
    """Whom the caller trusts. What cannot be used is wrong usage: it says nothing about the letter."""
    from signing.trust import TrustUnreadable, load_trust

    try:
        trust = load_trust(roots, revocation_lists=lists)
    except TrustUnreadable as error:
        raise typer.BadParameter(f"không đọc được · {error}", param_hint="--trust, --crl") from error
    if not trust.roots:
        raise typer.BadParameter("không có chứng thư nào · it holds no certificate", param_hint="--trust")
    return trust


# --- the answer ----------------------------------------------------------------------------------


def as_dict(inspection: Inspection) -> dict[str, Any]:
    """The answer as programs read it: that of the seal room, and what stands in the letter's own papers."""
    from signing.report import FILE_OUTCOMES, examination_dict

    words, original = FILE_OUTCOMES[inspection.outcome], inspection.original
    return {
        **examination_dict(inspection.examination),
        "outcome": inspection.outcome.value,
        "vi": words.vi,
        "en": words.en,
        "findings": [finding.as_dict() for finding in inspection.findings],
        "letter": _label(inspection.routing) if inspection.routing else None,
        "original": {"sha256": original.sha256, "size": original.size} if original else None,
    }


def _label(routing: Routing) -> dict[str, Any]:
    return {
        "letter_id": routing.letter_id,
        "kind": routing.kind.value,
        "origin": routing.origin,
        "sender": routing.sender,
        "recipients": [{"named": a.named, "code": a.code, "node": a.node} for a in routing.recipients],
        "accepted_at": routing.accepted_at.isoformat(),
        "expires_at": routing.expires_at.isoformat(),
        "original_sha256": routing.original_sha256,
        "original_size": routing.original_size,
    }


def _tell(screen: Screen, file: Path, inspection: Inspection) -> None:
    """The answer for people."""
    from signing.asice import AGENCY_SIGNATURE
    from signing.report import FILE_OUTCOMES, verdict_text

    vi, en = FILE_OUTCOMES[inspection.outcome]
    screen.line(f"{file} ({size_text(file.stat().st_size)}): {vi.upper()} · {en.upper()}")
    for objection in inspection.examination.objections:
        screen.line(_reason(objection))
    screen.findings(inspection.findings)
    for member, verdict in inspection.examination.verdicts.items():
        screen.line()
        screen.line(f"{member}:")
        screen.line(verdict_text(verdict, agency=member == AGENCY_SIGNATURE))
    for line in _letter_lines(inspection):
        screen.line(line)


def _reason(objection: Objection) -> str:
    from signing.report import REASONS

    vi, en = REASONS[objection.reason]
    where = f"{objection.member}: " if objection.member else ""
    because = f" ({objection.detail})" if objection.detail else ""
    return f"  - {where}{vi} · {en} [{objection.reason}]{because}"


def _letter_lines(inspection: Inspection) -> Iterator[str]:
    """The letter's own papers; unless everything passed they are only what the file claims."""
    from signing.verdict import Outcome

    routing, original = inspection.routing, inspection.original
    if routing or original:
        yield ""
    if routing is not None:
        claimed = "" if inspection.outcome is Outcome.PASSED else " (theo lời khai · as claimed)"
        yield f"routing.json{claimed}:"
        yield f"    letter_id: {routing.letter_id}"
        yield f"    nút gốc · origin: {routing.origin}"
        yield f"    bên gửi · sender: {routing.sender}"
        for recipient in routing.recipients[:SHOWN_RECIPIENTS]:
            named = f" ({recipient.named})" if recipient.named != recipient.code else ""
            yield f"    bên nhận · recipient: {recipient.code}{named}, nút · node {recipient.node}"
        more = len(routing.recipients) - SHOWN_RECIPIENTS
        if more > 0:
            yield f"    … và {more} nơi nhận nữa · and {more} more"
        yield f"    tiếp nhận lúc · accepted at: {_time(routing.accepted_at)}"
    if original is not None:
        same = ", đúng như routing.json · as routing.json says" if routing else ""
        yield f"bản gốc · original: {size_text(original.size)}, SHA-256 {original.sha256}{same}"


def _time(at: datetime) -> str:
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S %z")


def _extract(inspection: Inspection, folder: Path, stem: str) -> list[Path]:
    """The original, and beside it a folder of its attachments, whose names a stranger chose."""
    letter = inspection.letter
    if letter is None:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    name = inspection.routing.letter_id if inspection.routing else stem
    original = folder / f"{safe_name(name, 'van-ban')}.edxml"
    with original.open("wb") as file:
        file.writelines(letter.original())
    with letter_file.opened(original, lambda _read: None) as opened:
        return [original, *letter_file.extract(opened, folder / "tep-dinh-kem")]
