"""
The file within a form, cut out while it arrives.

Spec: RFC7578
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.message import Message

from gateway.core.catalogue import BAD_REQUEST
from gateway.core.errors import Rejected, find
from gateway.v1.multipart import FormReader, PartBegins, PartEnds, boundary_of

PARTS_AT_MOST = 20  # two are usual


async def file_within(chunks: AsyncIterator[bytes], content_type: str, name: str) -> AsyncIterator[bytes]:
    """
    The bytes of the one file called `name` (or, without that name, of the only part with a file name).

    The form is read to its end, so that whoever reads this to its end knows that nothing was cut off.

    Raises: Rejected (BAD_REQUEST, TRUNCATED) where it is no such form, at the place where that shows
    """
    form = FormReader(_boundary(content_type))
    is_found, is_wanted, parts = False, False, 0
    async for chunk in chunks:
        for event in form.feed(chunk):
            match event:
                case PartBegins():
                    parts += 1
                    is_wanted = event.name.lower() == name.lower() or event.filename is not None
                    if parts > PARTS_AT_MOST or (is_wanted and is_found):
                        raise _bad(f"multipart: 1 {name}, ≤ {PARTS_AT_MOST} parts")
                    is_found = is_found or is_wanted
                case PartEnds():
                    is_wanted = False
                case _ if is_wanted:
                    yield event
    form.close()
    if not is_found:
        raise _bad(f"multipart: no {name}")


def _boundary(content_type: str) -> str:
    """What stands between the parts. Raises: Rejected (BAD_REQUEST) where no multipart form is announced."""
    message = Message()
    message["Content-Type"] = content_type
    if message.get_content_type() != "multipart/form-data":
        raise _bad("Content-Type: multipart/form-data; boundary=…")
    return boundary_of(content_type)


def _bad(detail: str) -> Rejected:
    return Rejected(find(BAD_REQUEST, detail=detail))
