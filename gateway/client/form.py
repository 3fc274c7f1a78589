"""
A form as a client sends it: what a document says as JSON, then its files, streamed one after the other.

Spec: RFC7578
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from gateway.client.source import Outgoing, Progress
from gateway.v1.metadata import LetterMetadata

_END = b"\r\n"


class OutgoingForm(Outgoing):
    """One form, for as many tries as are needed: files can be read again. Raises: OSError of a file."""

    def __init__(
        self, metadata: LetterMetadata, files: Sequence[Path], progress: Progress | None = None
    ) -> None:
        boundary = uuid.uuid4().hex  # too long and too random to stand in any file
        super().__init__(b"", progress)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        text = metadata.model_dump_json(exclude_defaults=True).encode()
        self._between = f"--{boundary}".encode()
        self._pieces_of_form: list[bytes | Path] = [self._head("metadata", None), text, _END]
        for path in files:
            self._pieces_of_form += [self._head("files", path.name), path, _END]
        self._pieces_of_form.append(self._between + b"--" + _END)

    def size(self) -> int | None:
        """Bytes in all. Raises: OSError if a file is not there."""
        return sum(
            piece.stat().st_size if isinstance(piece, Path) else len(piece) for piece in self._pieces_of_form
        )

    async def _pieces(self) -> AsyncIterator[bytes]:
        for piece in self._pieces_of_form:
            async for chunk in Outgoing(piece).chunks():
                yield chunk

    def _head(self, name: str, filename: str | None) -> bytes:
        quoted = "" if filename is None else filename.replace('"', "%22").replace("\r", "").replace("\n", "")
        file = "" if filename is None else f'; filename="{quoted}"'
        return self._between + f'\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
