"""
`truc track`: where a letter is, once or for as long as somebody watches.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from gateway.cli.opened import Key, NodeUrl, node_at
from gateway.cli.screen import AsJson, Screen, speaking

if TYPE_CHECKING:
    from gateway.client import TrucClient
    from gateway.v1.deadlines import DeadlineShape
    from gateway.v1.links import LinkShape, RequestShape
    from gateway.v1.shapes import RecipientTracking, TrackingShape

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
LETTER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
COLUMNS = ("chặng · hop", "tới lúc · at", "mất · took")


def track(
    text: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="letter_id, mã định danh văn bản, hoặc số/ký hiệu · letter_id, id or number"
        ),
    ],
    url: NodeUrl,
    key: Key,
    watch: Annotated[
        bool, typer.Option("--watch", help="Theo dõi tới khi xong, Ctrl-C để dừng · Until it is done")
    ] = False,
    every: Annotated[
        float, typer.Option(min=0.2, max=3600, help="Với --watch: hỏi lại sau mấy giây · Seconds between")
    ] = 1.0,
    as_json: AsJson = False,
) -> None:
    """
    Văn bản đang ở đâu · Where a letter is.

    Với --watch chỉ in lại khi có gì mới · With --watch it is printed again only when something changed.

    \b
    truc track 0199f2d0-…
    truc track 7816/VPCP-TTĐT --json
    truc track 0199f2d0-… --watch
    """
    with speaking(as_json) as screen:
        asyncio.run(_track(screen, text, url, key, every if watch else None))


async def _track(screen: Screen, text: str, url: str, key: str, every: float | None) -> None:
    async with node_at(url, key) as office:
        if every is None:
            show(screen, await letters_of(office, text))
            return
        seconds = every
        async for letters in changes(lambda: letters_of(office, text), lambda: asyncio.sleep(seconds)):
            show(screen, letters)


async def letters_of(office: TrucClient, text: str) -> Sequence[TrackingShape]:
    """The letters that somebody means. Raises: Rejected (UNKNOWN_LETTER)."""
    from gateway.core.catalogue import UNKNOWN_LETTER
    from gateway.core.errors import Rejected, find

    is_id = LETTER_ID.fullmatch(text.lower())
    letters = (await office.track(text.lower()),) if is_id else await office.find(text)
    if not letters:
        raise Rejected(find(UNKNOWN_LETTER, letter_id=text))
    return letters


async def changes(
    ask: Callable[[], Awaitable[Sequence[TrackingShape]]], pause: Callable[[], Awaitable[None]]
) -> AsyncIterator[Sequence[TrackingShape]]:
    """What `ask` says, whenever it is something new, until nothing can become of any letter."""
    before: Sequence[TrackingShape] | None = None
    while True:
        letters = tuple(await ask())
        if letters != before:
            yield letters
        before = letters
        if all(letter.is_final for letter in letters):
            return
        await pause()


def show(screen: Screen, letters: Sequence[TrackingShape]) -> None:
    """Where each of them is, for people or for programs."""
    screen.data({"letters": [letter.model_dump(mode="json") for letter in letters]})
    for letter in letters:
        name = letter.code or letter.document_id or letter.status_code
        screen.line("  ".join(filter(None, (letter.letter_id, name, letter.subject))))
        sent, ends = _time(letter.accepted_at), _time(letter.expires_at)
        screen.line(
            f"  bên gửi · from {letter.sender} {letter.sender_name}, nút · node {letter.origin}, {sent}"
        )
        if not letter.is_final:
            screen.line(f"  thời hạn trên trục · returned after {ends}")
        for text in (*_deadlines(letter.deadlines), *map(_link, letter.links)):
            screen.line(f"  {text}")
        for recipient in letter.recipients:
            _show_recipient(screen, recipient)
        screen.line(f"  ⇒ {letter.where.vi} · {letter.where.en}")


def _show_recipient(screen: Screen, recipient: RecipientTracking) -> None:
    code = recipient.code if recipient.code == recipient.named else f"{recipient.named} → {recipient.code}"
    screen.line(f"  {code} {recipient.name}: {recipient.stage.vi} · {recipient.stage.en}")
    if recipient.crossings:
        screen.table(COLUMNS, _hops(recipient))
    for text in _remarks(recipient):
        screen.line(f"      {text}")


def _hops(recipient: RecipientTracking) -> Iterator[tuple[str, str, str]]:
    for crossing in recipient.crossings:
        at = "…" if crossing.at is None else _time(crossing.at)
        took = "…" if crossing.seconds is None else f"{crossing.seconds:.2f}s"
        yield f"      {crossing.from_node} ▸ {crossing.to_node}", at, took


def _remarks(recipient: RecipientTracking) -> Iterator[str]:
    yield f"{recipient.where.vi} · {recipient.where.en}"
    if recipient.attempts > 1:
        yield f"số lần thử · tries: {recipient.attempts}"
    if recipient.trouble:
        yield f"{recipient.trouble.code} {recipient.trouble.vi} · {recipient.trouble.en}"
    if recipient.expected_at:
        yield f"dự kiến tới · expected {_time(recipient.expected_at)}"
    yield f"niêm phong · seal: {recipient.seal.vi} · {recipient.seal.en}"
    for status in recipient.statuses:
        words = f" — {status.description}" if status.description else ""
        yield f"{_time(status.arrived_at)}  {status.code} {status.vi} · {status.en}{words}"
    yield from map(_request, recipient.requests)
    yield from _deadlines(recipient.deadlines)


def _link(link: LinkShape) -> str:
    """Another document that belongs to this one; the arrow points from the later to the earlier."""
    arrow = "↩" if link.is_later else "↪"
    name = " ".join(filter(None, (link.code or link.letter_id, link.subject)))
    return f"{arrow} {link.vi} · {link.en}: {name} ({link.letter_id})"


def _request(asked: RequestShape) -> str:
    """What the receiver was asked to do, and what it said."""
    outcome = f"{asked.outcome.vi} · {asked.outcome.en}"
    flag = " (!)" if asked.needs_attention else ""
    return f"{_time(asked.at)}  {asked.words.vi} · {asked.words.en}: {outcome}{flag}"


def _deadlines(deadlines: Sequence[DeadlineShape]) -> Iterator[str]:
    from gateway.core.time_limits import LABEL_EN, LABEL_VI

    if deadlines:
        yield f"{LABEL_VI} · {LABEL_EN}:"
    for each in deadlines:
        until = f", hạn · due {_time(each.due_at)}" if each.due_at else ""
        done = f", xong · done {_time(each.fulfilled_at)}" if each.fulfilled_at else ""
        state = f"{each.state_in_words.vi} · {each.state_in_words.en}"
        yield f"  [{', '.join(each.clauses)}] {each.vi} · {each.en}: {state}{until}{done}"


def _time(at: datetime) -> str:
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")
