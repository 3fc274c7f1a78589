"""
The life of a document after it was sent: statuses, what they belong to, and what the axis itself writes.

A status is a message like any other. None is ever refused for coming late, twice or out of order: clients do
all three. What is decided here is only what is shown, and which document a message speaks of.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from gateway.core.calendar import VIETNAM
from gateway.core.codes import normal
from gateway.core.directory import Agency, Directory, NodeRow
from gateway.core.errors import Finding
from gateway.core.model import Envelope, InReplyTo, Kind, LetterFacts, Organ, Staff, issue_day

# --- the codes ----------------------------------------------------------------------------------


class Party(StrEnum):
    """Who sends a status."""

    RECEIVER = "receiver"
    SENDER = "sender"


@dataclass(frozen=True, slots=True)
class StatusCode:
    """
    One line of the table of statuses.

    `rank` orders the states of handling for display, the highest is shown; 0: not a state of handling, but a
    request or its answer. `needs_reason`: Description must say why.
    """

    code: str
    vi: str
    en: str
    sent_by: Party
    rank: int = 0
    needs_reason: bool = False


ARRIVED: Final = "01"
REJECTED: Final = "02"
REGISTERED: Final = "03"
ASSIGNED: Final = "04"
IN_PROGRESS: Final = "05"
FINISHED: Final = "06"
TAKE_BACK: Final = "13"
CONSENT: Final = "15"
REFUSAL: Final = "16"

_BY_RECEIVER, _BY_SENDER = Party.RECEIVER, Party.SENDER
STATUSES: Final[Mapping[str, StatusCode]] = MappingProxyType(
    {
        row.code: row
        for row in (
            StatusCode(ARRIVED, "Đã đến", "Arrived", _BY_RECEIVER, 1),
            StatusCode(REGISTERED, "Đã tiếp nhận, vào sổ văn bản đến", "Registered", _BY_RECEIVER, 2),
            StatusCode(ASSIGNED, "Phân công", "Assigned", _BY_RECEIVER, 3),
            StatusCode(IN_PROGRESS, "Đang xử lý", "In progress", _BY_RECEIVER, 4),
            StatusCode(FINISHED, "Hoàn thành", "Finished", _BY_RECEIVER, 5),
            # Above all others: nothing follows a refusal, and one must not be hidden by what arrives late.
            StatusCode(REJECTED, "Từ chối tiếp nhận", "Rejected", _BY_RECEIVER, 6, needs_reason=True),
            StatusCode(TAKE_BACK, "Yêu cầu lấy lại", "Take-back requested", _BY_SENDER, needs_reason=True),
            StatusCode(CONSENT, "Đồng ý cập nhật, lấy lại", "Consent", _BY_RECEIVER),
            StatusCode(REFUSAL, "Từ chối cập nhật, lấy lại", "Refusal", _BY_RECEIVER, needs_reason=True),
        )
    }
)
"""
Every status with a meaning, by code; unknown ones are stored and relayed.

Spec: QCVN102/StatusCode, QD28/10.2h
"""


def normal_code(code: str) -> str:
    """A status code as the table has it: `1` is `01`; anything else stays as it is, trimmed."""
    text = code.strip()
    return f"0{text}" if len(text) == 1 and text.isascii() and text.isdigit() else text


def highest(codes: Iterable[str]) -> str:
    """
    The state to show for one document and one receiver, given its statuses in the order they came; or "".

    States of handling count in any order. A take-back request (13) is shown while it is open; consent (15)
    to it ends the document, refusal (16) lets the former state go on. A 15 or 16 without an open 13
    answers a recall, update or replacement, which is a document of its own, and changes nothing here.
    """
    shown, asked = "", False
    for code in map(normal_code, codes):
        row = STATUSES.get(code)
        if code == TAKE_BACK:
            asked = True
        elif code == CONSENT and asked:
            return CONSENT
        elif code == REFUSAL:
            asked = False
        elif row is not None and row.rank > (STATUSES[shown].rank if shown else 0):
            shown = code
    return TAKE_BACK if asked else shown


# --- which document a message speaks of ---------------------------------------------------------


class Match(IntEnum):
    """How surely a reference means a document; of several documents the best match is meant."""

    NONE = 0
    NUMBER = 1  #: organ, number and notation, and no date to compare
    NUMBER_AND_DATE = 2
    DOCUMENT_ID = 3


def same_code(a: str, b: str) -> bool:
    """Whether two codes are the same text; a directory knows more (aliases, successors)."""
    return normal(a) == normal(b)


def same_organ_in(directory: Directory) -> Callable[[str, str], bool]:
    """Whether two codes name one organ, as this directory knows them."""

    def same_organ(a: str, b: str) -> bool:
        first, second = directory.find(a), directory.find(b)
        return same_code(a, b) or (first is not None and second is not None and first.code == second.code)

    return same_organ


def matches(
    reference: InReplyTo,
    facts: LetterFacts,
    sender: str,
    *,
    same_organ: Callable[[str, str], bool] = same_code,
) -> Match:
    """
    How surely `reference` means the document with these facts, sent by the agency `sender`.

    By DocumentId first; else by organ, number and notation, and date, since clients name ids wrongly. The
    organ must agree wherever it is named: many systems use bare row numbers as DocumentId. Numbers begin anew
    each year, so dates that can be read and differ mean two documents. `reference` comes from `references`.

    Spec: ND30/VI (same id, or same number, notation and organ)
    """
    organ = reference.organ.strip()
    if organ and not same_organ(organ, sender):
        return Match.NONE
    if reference.document_id.strip() and _loose(reference.document_id) == _loose(facts.document_id):
        return Match.DOCUMENT_ID
    if not organ or not reference.code.strip() or _loose(reference.code) != _loose(facts.code):
        return Match.NONE
    named, issued = issue_day(reference.issue_date), issue_day(facts.issue_date)
    if named is None or issued is None:
        return Match.NUMBER
    return Match.NUMBER_AND_DATE if named == issued else Match.NONE


def references(envelope: Envelope) -> tuple[InReplyTo, ...]:
    """
    The documents that a message answers or reports on, each with the organ that sent it.

    A status names in ResponseFor/OrganId the organ it goes to: the document's sender; only in a 13 that is
    the receiver, and the document is the reporting organ's own.

    Spec: QCVN102/ResponseFor
    """
    if envelope.kind is Kind.STATUS and normal_code(envelope.status_code) == TAKE_BACK:
        return tuple(replace(named, organ=envelope.sender.code) for named in envelope.in_reply_to)
    return envelope.in_reply_to


def status_recipient(envelope: Envelope) -> str:
    """
    The code that a status message goes to: ResponseFor/OrganId, else its first To; "" if it names neither.

    Spec: QCVN102/ResponseFor
    """
    named = [reference.organ for reference in envelope.in_reply_to]
    named += [organ.code for organ in envelope.recipients]
    return next((code.strip() for code in named if code.strip()), "")


def _loose(text: str) -> str:
    """Ids and numbers as people compare them: composed letters, no spaces, no regard to case."""
    return "".join(unicodedata.normalize("NFC", text).split()).casefold()


# --- what is written here -----------------------------------------------------------------------

AUTOMATIC: Final = "[Trục] Trạng thái tự động"
"""How the Description of a 01 begins that the gateway made in an agency's name."""

NOTICE: Final = "[Trục] TRUC-"
"""How the Description of a notice of the axis begins."""

NAMED_IN_NOTICE: Final = 20  # recipients; a Description is read by a clerk, and some DMS cut it


def timestamp(at: datetime) -> str:
    """
    A moment as a status writes it: `yyyy/MM/dd HH:mm:ss`, time of Vietnam.

    Spec: QCVN102/Timestamp, QD28/14.4
    """
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone is no moment")
    return at.astimezone(VIETNAM).strftime("%Y/%m/%d %H:%M:%S")


def status(
    code: str,
    *,
    sender: Organ,
    to: str,
    facts: LetterFacts,
    at: datetime,
    description: str = "",
    staff: Staff | None = None,
) -> Envelope:
    """
    A status message about the document with these facts, from `sender` to the agency `to`.

    For 01-06, 15 and 16 `to` is the document's sender, for 13 its receiver.

    Spec: QCVN102/StatusCode, QCVN102/ResponseFor
    """
    issued = issue_day(facts.issue_date)
    return Envelope(
        kind=Kind.STATUS,
        sender=replace(sender, line=None),
        in_reply_to=(
            InReplyTo(
                organ=to,
                code=facts.code,
                document_id=facts.document_id,
                issue_date=issued.isoformat().replace("-", "/") if issued else "",
            ),
        ),
        status_code=normal_code(code),
        description=description,
        timestamp=timestamp(at),
        staff=staff,
    )


def arrived_status(agency: Agency, *, named: str, to: str, facts: LetterFacts, at: datetime) -> Envelope:
    """
    The 01 that the gateway makes in an agency's name after its acknowledgement, where its system makes none.

    `named` is the code in the letter's routing.json: systems match a status by the code they wrote to, so it
    is used as long as it is the agency's own (and not that of one it succeeded).

    Spec: QD28/6.3, ND30/21.2c
    """
    code = named.strip() if normal(named) in agency.codes else agency.code
    description = (
        f"{AUTOMATIC}: phần mềm của đơn vị đã nhận văn bản, văn thư chưa xử lý"
        " (automatic: the agency's system has the document, its clerk has not handled it yet)"
    )
    sender = Organ(code=code, name=agency.name)
    return status(ARRIVED, sender=sender, to=to, facts=facts, at=at, description=description)


def notice(
    node: NodeRow,
    finding: Finding,
    *,
    to: str,
    facts: LetterFacts,
    at: datetime,
    recipients: Sequence[str] = (),
) -> Envelope:
    """
    What the axis tells a sender whose letter it could not hand over to `recipients`.

    It speaks in the name of the node's own organ, never of a receiver. Its code is 02, the only one that
    document systems show as failed.
    """
    sender = Organ(code=node.organ_code, name=node.organ_name, address=node.organ_address)
    description = f"[Trục] {finding.code} {finding.vi}. {finding.fault.next_vi}."
    if recipients:
        description += f" Đơn vị nhận: {listed(recipients)}."
    description += f" ({finding.en}. {finding.fault.next_en}.)"
    return status(REJECTED, sender=sender, to=to, facts=facts, at=at, description=description)


def listed(recipients: Sequence[str]) -> str:
    """The first NAMED_IN_NOTICE of them, and how many more there are."""
    shown, more = ", ".join(recipients[:NAMED_IN_NOTICE]), len(recipients) - NAMED_IN_NOTICE
    return f"{shown} và {more} đơn vị khác (and {more} more)" if more > 0 else shown
