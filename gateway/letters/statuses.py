"""
Status messages as agencies' software writes them.
"""

from __future__ import annotations

from enum import StrEnum

from gateway.core.edxml import NAMESPACE, write_status
from gateway.core.model import Envelope, Organ
from gateway.letters.markup import Style, Tag, printed


class StatusDialect(StrEnum):
    """Whose software wrote a status."""

    JAVA_SDK = "java-sdk"
    HAND_MADE = "hand-made"  # tabs, CRLF, names in another order
    SHORT = "short"  # StatusCode `1`, the day first, empty elements


def render_status(status: Envelope, dialect: StatusDialect) -> bytes:
    """The status message as `dialect` writes it."""
    if dialect is StatusDialect.JAVA_SDK:
        return write_status(status)
    is_short = dialect is StatusDialect.SHORT
    e = "edXML:"
    reply = status.in_reply_to[0]
    staff = status.staff
    date = "/".join(reversed(reply.issue_date.split("/"))) if is_short else reply.issue_date
    header = (
        _organ(status.sender, e),
        Tag(
            f"{e}ResponseFor",
            _leaves(
                e, OrganId=reply.organ, Code=reply.code, PromulgationDate=date, DocumentId=reply.document_id
            ),
        ),
        Tag(
            f"{e}StaffInfo",
            _leaves(
                e,
                Department=staff.department if staff else "",
                Staff=staff.name if staff else "",
                Mobile=staff.mobile if staff else "",
                Email=staff.email if staff else "",
            ),
        ),
        *_leaves(
            e,
            StatusCode=status.status_code.lstrip("0") if is_short else status.status_code,
            Description=status.description,
            Timestamp=_day_first(status.timestamp) if is_short else status.timestamp,
        ),
    )
    message = Tag(f"{e}edXMLHeader", (Tag(f"{e}MessageHeader", header),))
    envelope = Tag(f"{e}edXMLEnvelope", (message,), f'xmlns:edXML="{NAMESPACE}"')
    style = Style(indent="\t", line_end="\r\n", closes_empty=is_short)
    return b"".join(printed(Tag("edXML", (envelope,), f'xmlns="{NAMESPACE}"'), style))


def _organ(organ: Organ, e: str) -> Tag:
    leaves = _leaves(
        e,
        OrganId=organ.code,
        OrganName=organ.name,
        OrganizationInCharge=organ.parent_agency,
        OrganAdd=organ.address,
    )
    return Tag(f"{e}From", leaves)


def _leaves(prefix: str, **texts: str) -> tuple[Tag, ...]:
    return tuple(Tag(prefix + name, text) for name, text in texts.items())


def _day_first(timestamp: str) -> str:
    day, _, clock = timestamp.partition(" ")
    return f"{'/'.join(reversed(day.split('/')))} {clock}".strip()
