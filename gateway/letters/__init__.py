"""
Lifelike letters in every dialect of edXML that is really sent, for the demonstration, the tests, the bench.

Nothing is read from a clock or from chance: the time and the `Random` are handed in, so the same arguments
give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from random import Random

from gateway.core.calendar import VIETNAM
from gateway.core.model import Envelope, InReplyTo, Kind, Organ, Staff
from gateway.letters.content import DEFAULT_SIZE, Letter, draft
from gateway.letters.dialects import Dialect, as_written, render
from gateway.letters.readdress import readdress
from gateway.letters.statuses import StatusDialect, render_status

__all__ = [
    "DEFAULT_SIZE",
    "DIALECTS",
    "Dialect",
    "Letter",
    "StatusDialect",
    "as_written",
    "compose",
    "compose_pieces",
    "draft",
    "readdress",
    "render",
    "render_status",
    "status",
]

DIALECTS = tuple(Dialect)
FIRST_ISSUE = datetime(2025, 7, 1, 8, 0, tzinfo=VIETNAM)
"""When letters are issued for which no time is given: the first day of local government in two levels."""


def compose(
    dialect: Dialect,
    sender: Organ,
    recipients: Sequence[Organ],
    number: int,
    rng: Random,
    *,
    at: datetime = FIRST_ISSUE,
    size: int = DEFAULT_SIZE,
) -> bytes:
    """
    The `number`-th letter of `sender` as edXML of that dialect.

    `at` (aware) is when it is issued; `size` is about how many bytes its main attachment has, before base64.
    """
    return b"".join(compose_pieces(dialect, sender, recipients, number, rng, at=at, size=size))


def compose_pieces(
    dialect: Dialect,
    sender: Organ,
    recipients: Sequence[Organ],
    number: int,
    rng: Random,
    *,
    at: datetime = FIRST_ISSUE,
    size: int = DEFAULT_SIZE,
) -> Iterator[bytes]:
    """The same in pieces, at flat memory however large `size` is."""
    return render(draft(sender, recipients, number, rng, at, size), dialect)


def status(
    sender: Organ,
    about: InReplyTo,
    code: str,
    *,
    at: datetime,
    description: str = "",
    staff: Staff | None = None,
) -> Envelope:
    """The status message by which `sender` tells `about.organ` what became of a document."""
    return Envelope(
        kind=Kind.STATUS,
        sender=sender,
        recipients=(Organ(about.organ),),
        in_reply_to=(about,),
        status_code=code,
        description=description,
        timestamp=f"{at.astimezone(VIETNAM):%Y/%m/%d %H:%M:%S}",
        staff=staff,
    )
