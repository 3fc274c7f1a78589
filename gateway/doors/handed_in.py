"""
What an agency hands in at intake: raw edXML, or a container that it sealed at its own office.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import TemporaryFile

from gateway.core.catalogue import DOCUMENT_TOO_LARGE
from gateway.core.errors import Rejected, find
from gateway.sealed_file import SealedFile, is_container, open_container
from schemas.safe_xml import Limits

HEAD = 4  # bytes that tell a zip from an edXML


@dataclass(frozen=True, slots=True)
class HandedIn:
    """The edXML as a stream; `sealed` is the container it lay in, if it came in one."""

    chunks: AsyncIterator[bytes]
    sealed: SealedFile | None = None


async def handed_in(source: AsyncIterator[bytes], limits: Limits, scratch: ExitStack) -> HandedIn:
    """
    What `source` brings. A container is kept in a temporary file, which `scratch` closes.

    Raises: Rejected (CONTAINER_REFUSED, DOCUMENT_TOO_LARGE) for a container that cannot be taken.
    """
    head = b""
    while len(head) < HEAD and (chunk := await anext(source, b"")):
        head += chunk
    if not is_container(head):
        return HandedIn(_continued(head, source))
    file = scratch.enter_context(TemporaryFile())  # noqa: SIM115 - scratch closes it
    size = 0
    async for chunk in _continued(head, source):
        size += len(chunk)
        if size > limits.document_bytes:
            raise Rejected(find(DOCUMENT_TOO_LARGE, limit=limits.document_bytes))
        await asyncio.to_thread(file.write, chunk)
    sealed = await asyncio.to_thread(open_container, file, limits)
    return HandedIn(_in_threads(sealed.original()), sealed)


async def _continued(head: bytes, source: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if head:
        yield head
    async for chunk in source:
        yield chunk


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
