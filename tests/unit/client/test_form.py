"""
A form as the client sends it: what the node's own reader gets out of it is what went in.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from gateway.client.form import OutgoingForm
from gateway.v1.metadata import LetterMetadata
from gateway.v1.multipart import FormReader, PartBegins, boundary_of
from gateway.v1.request import read_json

METADATA = LetterMetadata(
    recipients=("00.31.H14",),
    code_number="12",
    code_notation="UBND-VX",
    issue_date=date(2026, 11, 23),
    subject="V/v báo cáo",
)


async def test_form_is_read_again_as_it_was_meant(tmp_path: Path) -> None:
    named = tmp_path / 'Công "văn".pdf'
    named.write_bytes(b"x" * 600_000)
    told: list[tuple[int, int | None]] = []
    form = OutgoingForm(METADATA, [named], lambda done, whole: told.append((done, whole)))
    for _ in range(2):  # a second try sends the same again
        data = b"".join([chunk async for chunk in form.chunks()])
        assert len(data) == form.size()
    events = list(FormReader(boundary_of(form.content_type)).feed(data))
    parts = [event for event in events if isinstance(event, PartBegins)]
    assert [(part.name, part.filename) for part in parts] == [("metadata", None), ("files", named.name)]
    text = next(event for event in events if isinstance(event, bytes))
    assert read_json(text, LetterMetadata) == METADATA
    assert told[-1] == (form.size(), form.size())
