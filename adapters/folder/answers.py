"""
The answer folders: a letter's folder that is moved into one of them tells the letter's sender.

What is meant is written into the folder's record, with its time, before it is sent. So a crash in between
loses nothing, and sending it again gives the very same status, which the office knows already.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from adapters.folder import disk, words
from adapters.folder.lanes import Lane
from adapters.folder.layout import (
    ANSWERS,
    FAILED,
    OURS,
    REASON,
    REASON_MISSING,
    STATUS_SENT,
    Places,
    is_passing,
)
from adapters.folder.record import Answer, Record, record_in, write_record
from adapters.folder.settling import Settling
from gateway.core import catalogue, lifecycle
from gateway.core.codes import normal
from gateway.core.directory import Agency, Directory
from gateway.core.edxml import write_status
from gateway.core.errors import Rejected, Unavailable, find
from gateway.core.lifecycle import STATUSES
from gateway.core.model import AgencyCode, Envelope, Organ
from gateway.ports import Caller, StoredLetter, Workplace

NOTES = (REASON_MISSING, FAILED)
MOST_REASON = 64 * 1024  # bytes; what does not fit in a Description is no reason


@dataclass(frozen=True, slots=True)
class _Found:
    """A letter's folder in one of the places; `place` is "" for in/."""

    place: str
    path: Path
    record: Record | None
    mark: Hashable
    reason: str
    notes: tuple[str, ...]  #: what the node wrote there about a status that it could not send

    @property
    def key(self) -> tuple[str, str]:
        return (self.place, self.path.name)


class Answers:
    """The answer folders of one agency."""

    def __init__(self, workplace: Workplace, caller: Caller, places: Places, lane: Lane) -> None:
        self._office, self._clock, self._log = workplace.office, workplace.clock, workplace.log
        self._caller, self._places, self._lane = caller, places, lane
        self._settling = Settling()
        self._done: set[tuple[str, str]] = set()
        self._refused: dict[tuple[str, str], Hashable] = {}
        self._not_before: dict[tuple[str, str], datetime] = {}

    async def round(self) -> None:
        """
        Send what the folders that were moved since the last look mean.

        Raises: Unavailable if the agency's folder cannot be used now
        """
        found, there = await self._lane.run(partial(self._look, frozenset(self._done)))
        self._done &= there
        self._settling.keep_only({one.key for one in found})
        self._refused = {key: mark for key, mark in self._refused.items() if key in there}
        self._not_before = {key: at for key, at in self._not_before.items() if key in there}
        for one in found:
            if not one.place:
                await self._lane.run(partial(_note_return, one))
                self._done.add(one.key)
            elif self._settling.look(one.key, one.mark, self._clock.now()) is not None:
                await self._answer(one)

    # --- looking ---------------------------------------------------------------------------------

    def _look(self, done: frozenset[tuple[str, str]]) -> tuple[list[_Found], set[tuple[str, str]]]:
        """Folders that nothing was done about since they came to where they are; and all that are there."""
        found, there = [], set()
        for place in ("", *ANSWERS):
            folder = self._places.answer(place) if place else self._places.arrived
            for path in disk.folders_in(folder):
                if path == self._places.statuses:
                    continue
                there.add((place, path.name))
                if (place, path.name) not in done:
                    try:
                        found.append(_found(place, path))
                    except FileNotFoundError:  # moved on while we looked
                        there.discard((place, path.name))
        return found, there

    # --- answering -------------------------------------------------------------------------------

    async def _answer(self, one: _Found) -> None:
        record, code = one.record, ANSWERS[one.place]
        if record is None:
            await self._lane.run(lambda: _write(one.path / FAILED, words.no_record()))
            self._done.add(one.key)
            return
        if record.place == one.place and record.meant is None:
            self._done.add(one.key)
            return
        if STATUSES[code].needs_reason and not one.reason and not _goes_on(record, one.place):
            await self._lane.run(lambda: _write_once(one.path / REASON_MISSING, words.reason_missing(code)))
            return
        now = self._clock.now()
        if self._refused.get(one.key) == one.mark or self._not_before.get(one.key, now) > now:
            return
        try:
            await self._send(one, record, code)
        except Rejected as refused:
            self._refused[one.key] = one.mark
            self._log.warning(
                "folder.refused", agency=self._lane.agency, codes=[f.code for f in refused.findings]
            )
            text = words.refusal(one.path.name, refused.findings, now)
            await self._lane.run(lambda: _write(one.path / FAILED, text))
        except Unavailable as later:
            self._not_before[one.key] = now + later.retry_after

    async def _send(self, one: _Found, record: Record, code: str) -> None:
        letter = (await self._office.track(self._caller, record.letter_id)).letter
        if not _goes_on(record, one.place):
            record = record.with_meant(Answer(one.place, code, self._clock.now(), one.reason))
            await self._lane.run(partial(write_record, one.path, record))
        answer = record.answers[-1]
        envelope = status_of(letter, answer, self._lane.agency, self._office.directory())
        accepted = await self._office.accept(_one_chunk(write_status(envelope)), self._caller)
        record = record.with_sent(accepted.letter_id)
        await self._lane.run(partial(_note_sent, one.path, record))
        self._done.add(one.key)


def status_of(letter: StoredLetter, answer: Answer, agency: AgencyCode, directory: Directory) -> Envelope:
    """
    The status that an answer means, in the codes that the letter uses.

    Spec: QCVN102/StatusCode, QCVN102/ResponseFor
    Raises: Rejected (BAD_REQUEST) if the agency is no receiver of the letter
    """
    me = directory.find(agency)
    named = next((a.named for a in letter.routing.recipients if _is_mine(a.code, me, directory)), None)
    if me is None or named is None:
        raise Rejected(find(catalogue.UNKNOWN_LETTER, letter_id=letter.routing.letter_id))
    return lifecycle.status(
        answer.code,
        sender=Organ(named if normal(named) in me.codes else me.code, name=me.name),
        to=letter.facts.sender_code or letter.routing.sender,
        facts=letter.facts,
        at=answer.at,
        description=answer.reason,
    )


def _is_mine(code: AgencyCode, me: Agency | None, directory: Directory) -> bool:
    return me is not None and (code == me.code or directory.is_successor(code, me.code))


def _goes_on(record: Record, place: str) -> bool:
    """Whether an answer was begun for this very place."""
    return record.meant is not None and record.meant.place == place


def _found(place: str, path: Path) -> _Found:
    files = disk.listed(path)
    mark = tuple(file.mark for file in files if file.name not in OURS and not is_passing(file.name))
    reason = ""
    if any(file.name == REASON and not file.is_folder for file in files):
        reason = " ".join((words.text_of(disk.read_small(path / REASON, MOST_REASON) or b"") or "").split())
    notes = tuple(file.name for file in files if file.name in NOTES)
    return _Found(place, path, record_in(path), mark, reason, notes)


def _note_return(one: _Found) -> None:
    """A folder that lies in in/ again may be answered anew."""
    if one.record is not None and one.record.place:
        write_record(one.path, replace(one.record, place=""))
    for name in one.notes:
        (one.path / name).unlink(missing_ok=True)


def _note_sent(folder: Path, record: Record) -> None:
    write_record(folder, record)
    sent = [(answer.at, answer.code, answer.reason) for answer in record.answers]
    _write(folder / STATUS_SENT, words.statuses_sent(sent))
    for name in NOTES:
        (folder / name).unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    disk.write_whole(path, [words.as_text(text)])


def _write_once(path: Path, text: str) -> None:
    if not disk.is_there(path):
        _write(path, text)


async def _one_chunk(data: bytes) -> AsyncIterator[bytes]:
    yield data
