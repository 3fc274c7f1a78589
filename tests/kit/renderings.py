"""
A message rendered for a partner, and what is compared when it is read again.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

from lxml import etree

from gateway.core.attachments import look, unwrapped
from gateway.core.edxml.forms import integer
from gateway.core.model import Dialect, Envelope, Trace
from gateway.core.renderings import RenderingLimits, render
from schemas.safe_xml import parse
from tests.kit.envelopes import without_places
from tests.kit.messages import seen
from tests.kit.sinks import take_apart

LIMITS = RenderingLimits()
NODE_ORGAN = "000.00.00.G22"
AT = datetime(2025, 11, 20, 17, 30, tzinfo=UTC)
AT_IN_VIETNAM = "2025/11/21 00:30:00"


def rendered(data: bytes, dialect: Dialect, *, limits: RenderingLimits = LIMITS, chunk: int = 1000) -> bytes:
    """The message in `dialect`; its blobs come in chunks of `chunk` bytes."""
    apart = take_apart(data)

    def open_blob(index: int) -> list[bytes]:
        blob = apart.sinks[index].blob
        return [blob[at : at + chunk] for at in range(0, len(blob), chunk)]

    pieces = render(
        dialect,
        apart.split.envelope,
        apart.split.parts,
        open_blob,
        at=AT,
        node_organ=NODE_ORGAN,
        limits=limits,
        scratch=io.BytesIO,
    )
    return b"".join(pieces)


def tree_of(data: bytes) -> etree._Element:
    """The root of a message, the content of its attachments cut out."""
    return parse(take_apart(data).split.envelope).root


def files_of(data: bytes) -> list[bytes]:
    """The files that a message brings, out of the SDK's wrapping where they are in one."""
    looked = seen(data)
    files = []
    for attachment in looked.reading.envelope.attachments:
        blob = io.BytesIO(looked.blobs[attachment.part])
        is_wrapped = look(blob, attachment.name, LIMITS.archives).wrapped
        files.append(b"".join(unwrapped(blob)) if is_wrapped else blob.getvalue())
    return files


def expected(envelope: Envelope, dialect: Dialect) -> Envelope:
    """What `envelope` reads as once `dialect` has written it, attachments' types apart."""
    envelope = comparable(envelope)
    if dialect is Dialect.AS_SENT:
        return envelope
    envelope = replace(envelope, signed_header=False)
    if dialect is Dialect.DOTNET:
        return envelope
    if envelope.recipients and not envelope.status_code:
        envelope = replace(
            envelope,
            steering_type="0" if integer(envelope.steering_type) is None else envelope.steering_type,
            direction=envelope.direction or "false",
        )
        if dialect is Dialect.NATIONAL_AXIS:
            envelope = replace(envelope, traces=(*envelope.traces, Trace(NODE_ORGAN, AT_IN_VIETNAM)))
    return envelope


def comparable(envelope: Envelope) -> Envelope:
    """The envelope without its places and without the types of its attachments."""
    attachments = tuple(replace(a, content_type="") for a in envelope.attachments)
    return without_places(replace(envelope, attachments=attachments))
