"""
What the demo shows: a live table while letters travel, then the account of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from gateway.core.calendar import VIETNAM
from gateway.core.model import Kind, LetterId
from gateway.sandbox.mail import Sent
from gateway.sandbox.robots import REPORTS, Ledger
from gateway.v1.shapes import RecipientTracking, TrackingShape
from signing.report import SEAL_OUTCOMES
from signing.verdict import Outcome

ROWS = 40  # what fits a screen; every letter is in the account at the end


@dataclass(frozen=True, slots=True)
class Account:
    """What was promised against what was seen."""

    sent: int
    refused: int
    delivered: int
    byte_equal: int
    sealed: int
    doubled: int
    statuses_expected: int
    statuses_back: int
    stuck: tuple[Sent, ...]
    refusals_are_ours: bool  #: the letters are of our own making, so none should be refused

    def as_dict(self, tracks: Mapping[LetterId, TrackingShape]) -> dict[str, Any]:
        """The account for programs; each stuck letter with where it is."""
        return {
            "sent": self.sent,
            "refused": self.refused,
            "delivered": self.delivered,
            "byte_equal": self.byte_equal,
            "sealed": self.sealed,
            "doubled": self.doubled,
            "statuses_expected": self.statuses_expected,
            "statuses_back": self.statuses_back,
            "agrees": self.agrees,
            "stuck": [
                {"name": s.name, "letter_id": s.letter_id, "where": stuck_line(s, _of(s, tracks))}
                for s in self.stuck
            ],
        }

    @property
    def agrees(self) -> bool:
        """Whether every letter that was accepted arrived unchanged, once, and was reported on.

        A refused file of the visitor is an answer, not a loss: its sender was told why, and still has it.
        """
        return (
            not self.stuck
            and not (self.refused and self.refusals_are_ours)
            and self.sent > 0
            and self.sent == self.delivered == self.byte_equal == self.sealed
            and self.doubled == 0
            and self.statuses_back >= self.statuses_expected
        )


def live_table(sent: Sequence[Sent], tracks: Mapping[LetterId, TrackingShape]) -> Table:
    """The letters under way, hop by hop."""
    table = Table(
        "văn bản · letter", "chặng · hops", "ở đâu · where", "trạng thái · status", title="Trục", expand=True
    )
    moving = [s for s in sent if s.letter_id is None or not _done(tracks.get(s.letter_id))]
    rest = [s for s in sent if s not in moving]
    for letter in [*moving, *rest][:ROWS]:
        track = tracks.get(letter.letter_id) if letter.letter_id else None
        if track is None:
            table.add_row(letter.name, "", letter.refused or "chờ gửi · to be sent", "")
            continue
        recipient = track.recipients[0]
        table.add_row(letter.name, hops(recipient), where(recipient), statuses(recipient))
    if len(sent) > ROWS:
        table.caption = f"… và {len(sent) - ROWS} văn bản khác · and {len(sent) - ROWS} more"
    return table


def _done(track: TrackingShape | None) -> bool:
    return (
        track is not None
        and track.is_final
        and all(len(r.statuses) >= len(REPORTS) for r in track.recipients)
    )


def hops(recipient: RecipientTracking) -> str:
    """The links crossed, with the time each took: `H14.40.20 ▸12▸ H14.40 ▸9▸ H14` in milliseconds."""
    text = recipient.way[0] if recipient.way else ""
    for crossing in recipient.crossings:
        took = f"{crossing.seconds * 1000:.0f}" if crossing.seconds is not None else "?"
        text += f" ▸{took}ms▸ {crossing.to_node}"
    return str(text)


def where(recipient: RecipientTracking) -> str:
    """Who has it now."""
    text = recipient.stage.vi
    if not recipient.stage.is_final:
        text += f" · {recipient.at}"
    if recipient.trouble:
        text += f" ({recipient.trouble.code})"
    return text


def statuses(recipient: RecipientTracking) -> str:
    """The statuses that came back, in order."""
    return " ".join(line.code for line in recipient.statuses)


def tracking_line(letter: Sent, recipient: RecipientTracking, verdict: Outcome | None) -> str:
    """One letter's way in one line, and what its seal was worth where it was handed over."""
    seal = f", {SEAL_OUTCOMES[verdict].vi}" if verdict is not None else ""
    return f"{letter.name}: {hops(recipient)} — {where(recipient)}{seal} [{statuses(recipient)}]"


def stuck_line(letter: Sent, track: TrackingShape | None) -> str:
    """Which letter is stuck, where, since when, and what happens next."""
    if letter.letter_id is None:
        return f"{letter.name}: chưa nút nào nhận · no node accepted it ({letter.refused or 'no answer'})"
    if track is None:
        return f"{letter.name} ({letter.letter_id}): không tra cứu được · cannot be tracked"
    recipient = track.recipients[0]
    text = f"{letter.name} ({letter.letter_id}): ở nút {recipient.at}, {recipient.stage.vi}"
    following = _next(recipient)
    if following:
        text += f", chờ sang {following} · at {recipient.at}, waiting for {following}"
    if recipient.since:
        text += f", từ · since {_time(recipient.since)}"
    if recipient.next_try_at:
        text += f", lần thử kế tiếp · next try {_time(recipient.next_try_at)}"
    if recipient.trouble:
        text += f" — {recipient.trouble.code} {recipient.trouble.vi} · {recipient.trouble.en}"
    return text


def _next(recipient: RecipientTracking) -> str:
    if recipient.at in recipient.way[:-1]:
        return recipient.way[recipient.way.index(recipient.at) + 1]
    return ""


def _time(at: datetime) -> str:
    return at.astimezone(VIETNAM).strftime("%H:%M:%S")


def account(
    sent: Sequence[Sent],
    ledger: Ledger,
    tracks: Mapping[LetterId, TrackingShape],
    *,
    refusals_are_ours: bool,
) -> Account:
    """Promised against seen."""
    ours = [s for s in sent if s.letter_id is not None]
    seen = [s for s in ours if s.letter_id in ledger.seen]
    equal = [s for s in seen if s.letter_id is not None and ledger.seen[s.letter_id] == s.sha256]
    ids = {s.letter_id for s in ours}
    documents = [s for s in ours if (t := _of(s, tracks)) and t.kind is Kind.DOCUMENT]
    return Account(
        sent=len(ours),
        refused=sum(1 for s in sent if s.refused),
        delivered=len(seen),
        byte_equal=len(equal),
        sealed=sum(1 for s in seen if s.letter_id and ledger.verdicts.get(s.letter_id) is Outcome.PASSED),
        doubled=len(ledger.doubled),
        statuses_expected=len(REPORTS) * len(documents),
        statuses_back=sum(1 for letter_id in ledger.statuses if letter_id not in ids),
        stuck=tuple(s for s in sent if s.letter_id not in ledger.seen and not s.refused),
        refusals_are_ours=refusals_are_ours,
    )


def print_account(console: Console, told: Account, seconds: float) -> None:
    """The last lines of the demo."""
    table = Table("", "", show_header=False, box=None)
    rows = [
        (
            "đã gửi · sent",
            f"{told.sent}" + (f" (+{told.refused} bị từ chối · refused)" if told.refused else ""),
        ),
        ("đã giao · delivered", f"{told.delivered}"),
        ("nguyên vẹn từng byte · byte-equal", f"{told.byte_equal}"),
        ("niêm phong nguyên vẹn · seal valid", f"{told.sealed}"),
        ("giao hai lần · doubled", f"{told.doubled}"),
        ("trạng thái báo về · statuses back", f"{told.statuses_back} / {told.statuses_expected}"),
        ("thời gian · time", f"{seconds:.1f} s"),
    ]
    for name, value in rows:
        table.add_row(name, value)
    console.print(table)


def _of(letter: Sent, tracks: Mapping[LetterId, TrackingShape]) -> TrackingShape | None:
    return tracks.get(letter.letter_id) if letter.letter_id else None
