"""
Notices of the axis, read back: whom they speak of, and the same as statuses of those.

Some document systems match a status by (From, To, Code) and never see one whose From is a node. For them, and
only at their own door, a notice can be written with From = the receiver; its text still says who speaks. On
the axis it stays what it is: the node's own word under the node's own seal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from gateway.core.catalogue import FAULTS, STOPPED
from gateway.core.codes import normal
from gateway.core.directory import Directory
from gateway.core.errors import Severity, Unavailable
from gateway.core.lifecycle import NOTICE
from gateway.core.model import Envelope, LetterFacts, NodeId, Organ
from gateway.core.routing import path

_CODE: Final = re.compile(re.escape(NOTICE) + r"([0-9]{3}) ")
_NAMED: Final = re.compile(r"(?<= Đơn vị nhận: )(.+?)(?=\. \()", re.DOTALL)  # as lifecycle.notice writes it
_MORE: Final = re.compile(r" và [0-9]+ đơn vị khác .*", re.DOTALL)

NOT_THE_RECEIVER: Final = (
    "Trục {what}; đây là lời của Trục, đơn vị nhận chưa trả lời."
    " (The axis says so in the place of the receiver, which has not answered.)"
)


@dataclass(frozen=True, slots=True)
class Told:
    """
    What a notice says: its code, and the recipients that it names, as their sender wrote them.

    `is_complete`: it names all that it is about, and not only the first of many.
    """

    code: str
    recipients: tuple[str, ...]
    is_complete: bool

    @property
    def is_final(self) -> bool:
        """Whether the letter will not arrive any more; one that only takes long may still be answered."""
        fault = FAULTS.get(self.code)
        return fault is not None and (fault is STOPPED or fault.severity is Severity.ERROR)


def read_notice(facts: LetterFacts, sender: str, directory: Directory) -> Told | None:
    """
    What a status with these facts says if it is a notice of the axis about somebody, else None.

    Only a node's own organ is believed: whoever else begins a Description so speaks for itself.
    """
    text = facts.extra.get("description", "")
    code, named = _CODE.match(text), _NAMED.findall(text)
    organs = {normal(row.organ_code) for row in directory.node_rows}
    if code is None or not named or normal(sender) not in organs:
        return None
    listed = _MORE.sub("", named[-1])
    recipients = tuple(dict.fromkeys(listed.split(", ")))
    if any(not name or name.split() != [name] for name in recipients):
        return None  # a code as somebody mistyped it: nobody's
    return Told(f"TRUC-{code[1]}", recipients, is_complete=listed == named[-1])


def about_one(notice: Envelope, recipient: str, *, sender: Organ) -> Envelope:
    """The same notice about one of its recipients, said by the node's organ `sender`."""
    spans = list(_NAMED.finditer(notice.description))
    begin, end = spans[-1].span()
    description = notice.description[:begin] + recipient + notice.description[end:]
    return replace(notice, sender=sender, description=description)


def in_receivers_name(notice: Envelope, receiver: Organ, code: str) -> Envelope:
    """
    The notice as a status of the receiver it is about. Spec: QCVN102/StatusCode

    It still begins as a notice does, and says in words that the axis speaks.
    """
    what = "dừng chuyển" if code == STOPPED.code else "trả lại"
    description = f"{notice.description} {NOT_THE_RECEIVER.format(what=what)}"
    return replace(notice, sender=receiver, description=description)


def organ_of(code: str, directory: Directory) -> Organ:
    """The organ with this code, named as the directory names it."""
    agency = directory.find(code)
    return Organ(code=code, name="" if agency is None else agency.name)


def speaks_of(directory: Directory, recipient: str, *, speaker: NodeId, here: NodeId) -> bool:
    """
    Whether a node can know what became of a letter from `here` to this recipient: the way leads through it.

    The organ of a node is an agency too, and must not be able to write in the name of anybody.
    """
    agency = directory.find(recipient)
    if agency is None:
        return speaker == here  # named in the letter, and resolved nowhere else
    try:
        return speaker in path(directory.nodes, here, agency.node)
    except Unavailable:
        return False
