"""
One letter: where it is, who has it, when it is tried again; its content for those who may, with a reason.

Users of agencies see the same way of a letter that they sent or get, without what happens inside this node.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gateway.core.business import Relation
from gateway.core.catalogue import FAULTS, GIVEN_BACK, MOVED_ON, UNKNOWN_LETTER
from gateway.core.delivery import LEGAL, Delivery, Event, GiveBack, Hold, Release, SendAgain, Target
from gateway.core.edxml.pretty import pretty
from gateway.core.errors import Fault, Rejected, find
from gateway.core.model import AgencyCode, LetterId
from gateway.core.stages import Stage
from gateway.core.tracking import RecipientTrack, Tracking
from gateway.core.whereabouts import where
from gateway.evidence import evidence_chunks
from gateway.http.console.declared import (
    EVERYBODY,
    OPERATORS,
    ROOT,
    Action,
    Chapter,
    Done,
    Fragment,
    Leaf,
    Page,
    Shown,
)
from gateway.http.console.forms import Form
from gateway.http.console.trackings import FEW, LATE, Traced
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.ports import Caller, Role, StoredLetter, TrackRecord, Try
from gateway.v1.ranges import attachment_called
from gateway.v1.request import is_letter_id, letter_id_of
from gateway.v1.seals import SealShape, VerificationShape
from gateway.v1.transfer import write_all
from signing.asice import AGENCY_SIGNATURE

PATH = f"{ROOT}/letters/{{letter_id}}"
PLACES = 100
TRIES = 100
ASICE = "application/vnd.etsi.asic-e+zip"
LONGEST_REASON = 200

OVERDUE = said("quá hạn")
OUTCOMES: Mapping[str, str] = {
    "": said("đang thử"),
    "confirmed": said("môi giới đã nhận đủ"),
    "taken": said("nút kề đã nhận"),
    "missing": said("nút kề còn thiếu phần"),
    "refused": said("nút kề không nhận"),
    "failed": said("không thành"),
    "offered": said("đã đặt ở hộp của đơn vị"),
    "acknowledged": said("đơn vị đã nhận"),
    "expired": said("hết thời hạn"),
    "unwelcome": said("không được giao ở đây"),
    "unreadable": said("không xử lý được"),
    "lost": said("tiến trình dừng giữa chừng"),
}


@dataclass(frozen=True, slots=True)
class Move:
    """What an operator may do with one delivery."""

    name: str
    event: Event
    button: str
    sure: str
    done: str
    kind: str = ""


MOVES: Sequence[Move] = (
    Move(
        "send_again",
        SendAgain(),
        said("Gửi lại ngay"),
        said("Gửi lại ngay, không chờ lần thử kế tiếp?"),
        said("Sẽ gửi lại ngay."),
    ),
    Move(
        "release",
        Release(),
        said("Cho đi tiếp"),
        said("Cho văn bản đi tiếp?"),
        said("Đã cho đi tiếp."),
    ),
    Move("hold", Hold(), said("Tạm giữ văn bản"), said("Tạm giữ văn bản này?"), said("Đã tạm giữ.")),
    Move(
        "give_back",
        GiveBack(GIVEN_BACK.code),
        said("Trả lại bên gửi"),
        said("Trả lại bên gửi? Không hoàn tác được; bên gửi được thông báo."),
        said("Trục trả lại bên gửi; bên gửi được thông báo."),
        "danger",
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A delivery of this node, what is wrong with it, and what may be done."""

    delivery: Delivery
    fault: Fault | None
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One recipient as the page shows it. `reads`: whoever looks may read what people wrote with a status."""

    track: RecipientTrack
    where: tuple[str, str]
    seal: SealShape
    fault: Fault | None
    reads: bool


@dataclass(frozen=True, slots=True)
class Section:
    """Which recipients of a letter a page shows: from one on, of those who stand somewhere (or all)."""

    letter_id: LetterId
    first: int = 0
    which: str = ""

    @classmethod
    def named(cls, about: str) -> Section:
        """What `live` has written. Raises: Rejected (UNKNOWN_LETTER)"""
        letter_id, _, rest = about.partition(".")
        if not is_letter_id(letter_id):
            raise Rejected(find(UNKNOWN_LETTER, letter_id=about))
        first, _, which = rest.partition(".")
        return cls(LetterId(letter_id), int(first) if first.isascii() and first.isdigit() else 0, which)

    @property
    def live(self) -> str:
        """Its name as a part of a page that moves."""
        return f"{self.letter_id}.{self.first}.{self.which}" if self.first or self.which else self.letter_id


# --- where it is ---------------------------------------------------------------------------------


async def open_letter(view: View) -> Mapping[str, Any]:
    """The page."""
    letter_id = letter_id_of(view.request)
    section = Section(letter_id, view.query_number("from") or 0, view.query("which"))
    return {
        **await _way(view, section),
        "live": section.live,
        "letter_id": letter_id,
        "checked": (),
        "now": view.around.clock.now(),
        **await _inside(view, letter_id),
    }


async def way(view: View) -> Mapping[str, Any]:
    """The part that moves."""
    return await _way(view, Section.named(view.about))


async def _way(view: View, section: Section) -> Mapping[str, Any]:
    traced = await view.whereabouts(_looking(view), section.letter_id)
    tracking, first = traced.tracking, section.first
    which = section.which if section.which in traced.counts else ""
    chosen = traced.which(which)
    return {
        "tracking": tracking,
        "where_in_all": traced.where,
        "counts": _counts(view, traced),
        "which": which,
        "recipients": [_told(view, tracking, track) for track in chosen[first : first + FEW]],
        "first": first,
        "last": min(first + FEW, len(chosen)),
        "number": len(chosen),
        "relations": {relation.value: (relation.vi, relation.en) for relation in Relation},
        "sees_subject": view.role is Role.AGENCY and await may_read(view, section.letter_id, tracking.sender),
    }


def _looking(view: View) -> Caller:
    """As whom the way of a letter is asked for: IT sees that of every letter, and what is in none."""
    if view.role is Role.AGENCY:
        return view.caller
    return Caller(f"console:{view.account.name}", frozenset(), is_operator=True)


def _counts(view: View, traced: Traced) -> list[tuple[str, str, int]]:
    """How many recipients stand where: key, words, number. None for a letter that one page shows whole."""
    if len(traced.recipients) <= FEW:
        return []
    return [
        (key, view.words(OVERDUE) if key == LATE else view.words.choose(Stage(key).vi, Stage(key).en), number)
        for key, number in traced.counts.items()
    ]


def _told(view: View, tracking: Tracking, track: RecipientTrack) -> Told:
    reads = view.role is Role.AGENCY and bool({tracking.sender, track.code} & view.agencies)
    return Told(track, where(track), SealShape.of(track.seal), FAULTS.get(track.last_code), reads)


async def may_read(view: View, letter_id: LetterId, sender: str) -> bool:
    """Whether the agency that looks sent it, or was handed it: tracking tells of others, too."""
    return sender in view.agencies or bool(await view.store.mail(letter_id, view.agencies))


async def _inside(view: View, letter_id: LetterId) -> Mapping[str, Any]:
    """What happens to it inside this node; not for users of agencies."""
    places: list[Place] = []
    tries: Sequence[Try] = ()
    may_move = view.role in OPERATORS
    if view.role is not Role.AGENCY:
        record = await _record(view, letter_id)
        places = [_place(delivery, may_move=may_move) for delivery in record.deliveries[:PLACES]]
        tries = await view.store.tries(letter_id, TRIES)
    return {
        "places": places,
        "may_move": may_move,
        "tries": tries,
        "outcomes": OUTCOMES,
        "faults_by_code": FAULTS,
    }


async def _record(view: View, letter_id: LetterId) -> TrackRecord:
    record = await view.store.track(letter_id)
    if record is None:
        raise Rejected(find(UNKNOWN_LETTER, letter_id=letter_id))
    return record


def _place(delivery: Delivery, *, may_move: bool) -> Place:
    lawful = LEGAL[delivery.state]
    moves = tuple(move for move in MOVES if may_move and type(move.event) in lawful)
    return Place(delivery, FAULTS.get(delivery.last_code), moves)


def _named(view: View, form: Form) -> LetterId:
    """The letter that a form is about: as the address has it, and as the journal was told."""
    letter_id = letter_id_of(view.request)
    if form.text("letter_id", most=64) != letter_id:
        raise Rejected(find(MOVED_ON))
    return letter_id


def moving(move: Move) -> Any:
    """The handler of one move."""

    async def do(view: View, form: Form) -> Done:
        letter_id = _named(view, form)
        to, now = form.text("to", most=200), view.around.clock.now()
        if await view.store.record(letter_id, Target.of_key(to), move.event, now) is None:
            raise Rejected(find(MOVED_ON))
        view.around.trackings.forget(letter_id)
        return Done(f"{ROOT}/letters/{letter_id}", move.done)

    return do


async def verify(view: View, form: Form) -> Shown:
    """Look at its seals again, by whom and what is trusted and revoked now. What came of it is journaled."""
    letter_id = _named(view, form)
    verdicts = await view.around.office.verifications(_looking(view), letter_id)
    outcomes = {
        "agency_seal" if name == AGENCY_SIGNATURE else "seal": verdict.outcome.value
        for name, verdict in verdicts.items()
    }
    await view.store.note_act(view.act(detail=outcomes, letter_id=letter_id))
    checked = [
        (name, VerificationShape.of(verdict, agency=name == AGENCY_SIGNATURE))
        for name, verdict in verdicts.items()
    ]
    return Shown("letter.html", {**await open_letter(view), "checked": checked})


# --- what is in it -------------------------------------------------------------------------------


async def _opened(view: View, form: Form) -> StoredLetter:
    """The letter, once it is journaled who opens it and why."""
    letter_id = _named(view, form)
    reason = form.text("reason", most=LONGEST_REASON)
    form.check()
    if view.role is Role.AGENCY:
        letter = (await view.around.office.read(view.caller, letter_id)).letter
        await view.open_content(letter_id, view.agencies, reason)
        return letter
    record = await _record(view, letter_id)
    await view.open_content(letter_id, _whose(record), reason)
    return record.letter


def _whose(record: TrackRecord) -> set[AgencyCode]:
    """The agencies that may read who opened it: its sender, and those at whose doors here it is."""
    at_doors = {d.target.agency for d in record.deliveries if d.target.agency is not None}
    return {record.letter.routing.sender, *at_doors}


async def show_raw(view: View, form: Form) -> Shown:
    """The edXML, without the bytes of its attachments."""
    letter = await _opened(view, form)
    part = letter.part("envelope.xml")
    if part is None:
        raise Rejected(find(UNKNOWN_LETTER, letter_id=letter.routing.letter_id))
    blobs = view.store.blobs
    text = await asyncio.to_thread(lambda: pretty(b"".join(blobs.read(part))))
    return Shown("letter_raw.html", {"letter": letter, "text": text, "letter_id": letter.routing.letter_id})


async def download(view: View, form: Form) -> web.StreamResponse:
    """The letter with its evidence."""
    letter = await _opened(view, form)
    blobs, name = view.store.blobs, f"{letter.routing.letter_id}.asice"
    headers = {"Content-Type": ASICE, "Content-Disposition": attachment_called(name)}
    response = web.StreamResponse(headers=headers)
    await write_all(view.request, response, lambda: evidence_chunks(letter, blobs))
    return response


LETTER = Page(
    path=PATH,
    name="letter",
    title=said("Theo dõi văn bản"),
    template="letter.html",
    handler=open_letter,
    roles=EVERYBODY,
    chapter=Chapter.LETTERS,
    in_menu=False,
)
LEAF = Leaf(
    pages=(LETTER,),
    actions=(
        *(
            Action(
                path=f"{PATH}/{move.name}",
                name=f"letter_{move.name}",
                handler=moving(move),
                page=LETTER,
                roles=OPERATORS,
                told=("letter_id", "to"),
            )
            for move in MOVES
        ),
        Action(
            path=f"{PATH}/verify",
            name="letter_verified",
            handler=verify,
            page=LETTER,
            roles=OPERATORS,
            journals_itself=True,
        ),
        Action(
            path=f"{PATH}/raw",
            name="letter_shown",
            handler=show_raw,
            page=LETTER,
            roles=EVERYBODY,
            told=("letter_id",),
        ),
        Action(
            path=f"{PATH}/evidence",
            name="letter_downloaded",
            handler=download,
            page=LETTER,
            roles=EVERYBODY,
            told=("letter_id",),
        ),
    ),
    fragments=(
        Fragment(name="letter.way", template="letter_way.html", handler=way, roles=EVERYBODY, every=3.0),
    ),
)
