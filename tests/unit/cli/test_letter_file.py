"""
Files out of a stranger's letter: never outside the folder, never one over another.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gateway.cli.letter_file import extract, opened
from tests.unit.cli.edxml_files import sound


def test_attachments_come_out_as_the_sender_put_them_in(tmp_path: Path) -> None:
    with opened(sound(tmp_path / "a.edxml", size=5000), lambda _read: None) as letter:
        attachments = letter.reading.envelope.attachments
        written = extract(letter, tmp_path / "out")
        assert len(written) == len(attachments) >= 1
        assert all(path.parent == tmp_path / "out" for path in written)
        first = next(p for p in letter.split.parts if p.index == attachments[0].part)
        if not letter.looks[0].wrapped:
            assert written[0].stat().st_size == first.content_size


def test_two_attachments_of_one_name_become_two_files(tmp_path: Path) -> None:
    file = sound(tmp_path / "a.edxml")
    with opened(file, lambda _read: None) as letter:
        attachment = letter.reading.envelope.attachments[0]
        envelope = replace(letter.reading.envelope, attachments=(attachment, attachment))
        twice = replace(
            letter,
            reading=replace(letter.reading, envelope=envelope),
            looks=(letter.looks[0], letter.looks[0]),
        )
        one, two = extract(twice, tmp_path / "out")
    assert one != two
    assert one.read_bytes() == two.read_bytes()


def test_reading_tells_how_far_it_is(tmp_path: Path) -> None:
    file = sound(tmp_path / "a.edxml", size=3_000_000)
    steps: list[int] = []
    with opened(file, steps.append):
        pass
    assert sum(steps) == file.stat().st_size
    assert len(steps) > 1
