"""
out/: what an agency drops there is handed in, and its answer written beside it.

A refusal stays until the files change; what cannot be taken yet is tried again. Before a letter is handed in
it is certain that its files can be moved away afterwards.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Hashable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from adapters.folder import disk, sent, words
from adapters.folder.bundles import Bundle, Sorted, bundles_in, sort
from adapters.folder.draft import draft
from adapters.folder.lanes import Lane
from adapters.folder.layout import ERROR_ENDING, WAITING_ENDING, Places, same
from adapters.folder.settling import Settling
from adapters.folder.sidecar import MOST_BYTES, read_sidecar
from gateway.core.calendar import today
from gateway.core.catalogue import FILES_MIXED, INTERNAL, SENDER_UNKNOWN, SIDECAR_MISSING
from gateway.core.edxml import write_document
from gateway.core.errors import Rejected, TrucError, Unavailable, find
from gateway.core.split import in_blocks
from gateway.ports import Accepted, Caller, Workplace

COMPANY = timedelta(minutes=2)
"""So long a document may wait for its information file, or the other way round, before anybody complains."""
SILENCE = timedelta(minutes=3)
"""So long a letter may wait for the node before its clerk is told: most hindrances are over sooner."""
AFTER_A_FAULT = timedelta(minutes=10)
"""A fault of ours does not mend itself; it is tried again only because the next release may know better."""


@dataclass(slots=True)
class _Standing:
    """What became of a bundle that is still there."""

    refused: Hashable = None  #: the mark with which it was refused
    waits_since: datetime | None = None
    not_before: datetime | None = None


class Outbox:
    """The way out of one agency's folder."""

    def __init__(self, workplace: Workplace, caller: Caller, places: Places, lane: Lane) -> None:
        self._office, self._clock, self._log = workplace.office, workplace.clock, workplace.log
        self._caller, self._places, self._lane = caller, places, lane
        self._settling = Settling()
        self._standing: dict[str, _Standing] = {}

    async def round(self) -> None:
        """
        Hand in what is complete, in the order of its names.

        Raises: Unavailable if the agency's folder cannot be used now
        """
        await self._lane.run(partial(sent.finish_all, self._places))
        bundles, notes = await self._lane.run(
            lambda: bundles_in(self._places.out, not_of=[self._places.sent.name])
        )
        keys = {bundle.key for bundle in bundles}
        self._settling.keep_only(keys)
        self._standing = {key: standing for key, standing in self._standing.items() if key in keys}
        await self._lane.run(partial(_tidy, notes, {same(bundle.short) for bundle in bundles}))
        for bundle in bundles:
            quiet = self._settling.look(bundle.key, bundle.mark, self._clock.now())
            if quiet is not None:
                await self._try(bundle, quiet)

    async def _try(self, bundle: Bundle, quiet: timedelta) -> None:
        standing, now = self._standing.setdefault(bundle.key, _Standing()), self._clock.now()
        if standing.refused == bundle.mark or (standing.not_before or now) > now:
            return
        try:
            await self._send(bundle, sort(bundle))
        except Rejected as refused:
            lonely = refused.first.fault in (SIDECAR_MISSING, FILES_MIXED)
            if lonely and quiet < COMPANY:  # the other file may be on its way
                return
            standing.refused = bundle.mark
            self._log.warning(
                "folder.refused", agency=self._lane.agency, codes=[f.code for f in refused.findings]
            )
            text = words.refusal(bundle.name, refused.findings, now)
            await self._tell(bundle, ERROR_ENDING, text)
        except Unavailable as later:
            await self._wait(bundle, standing, later, now)
        except Exception as fault:  # ours; what lies beside this bundle is sent all the same
            error, incident = type(fault).__name__, f"{self._lane.agency}-{now:%Y%m%d%H%M%S}"
            self._log.exception("internal.error", loop="folder", error=error, incident=incident)
            ours = Unavailable(find(INTERNAL, incident=incident), retry_after=AFTER_A_FAULT)
            await self._wait(bundle, standing, ours, now)

    async def _wait(self, bundle: Bundle, standing: _Standing, later: Unavailable, now: datetime) -> None:
        standing.waits_since = standing.waits_since or now
        standing.not_before = now + later.retry_after
        if now - standing.waits_since >= SILENCE:
            text = words.waiting(bundle.name, later.findings, standing.waits_since)
            await self._tell(bundle, WAITING_ENDING, text)

    async def _tell(self, bundle: Bundle, ending: str, text: str) -> None:
        """Put a note beside the files, in place of any other one."""
        other = WAITING_ENDING if ending == ERROR_ENDING else ERROR_ENDING

        def tell() -> None:
            disk.write_whole(self._places.out / f"{bundle.short}{ending}", [words.as_text(text)])
            (self._places.out / f"{bundle.short}{other}").unlink(missing_ok=True)

        await self._lane.run(tell)

    # --- handing in ------------------------------------------------------------------------------

    async def _send(self, bundle: Bundle, files: Sorted) -> None:
        source = await self._source(files)
        now = self._clock.now()
        prepared = await self._lane.run(lambda: sent.prepare(self._places, bundle.short, bundle.moved, now))
        try:
            accepted = await self._hand_in(bundle, source)
        except TrucError:
            await self._lane.run(partial(sent.give_up, prepared))
            raise
        answer = words.result(accepted, self._office.directory())
        await self._lane.run(partial(sent.finish, self._places, prepared, answer))
        await self._lane.run(partial(_remove_notes, self._places.out, bundle.short))

    async def _hand_in(self, bundle: Bundle, source: Callable[[], Iterator[bytes]]) -> Accepted:
        async with aclosing(self._stream(bundle, source)) as stream:
            return await self._office.accept(stream, self._caller)

    async def _stream(
        self, bundle: Bundle, source: Callable[[], Iterator[bytes]]
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of a letter, read in the agency's lane; broken off if its files change meanwhile."""
        pieces = in_blocks(source())
        while (piece := await self._lane.run(partial(next, pieces, None))) is not None:
            yield piece
        if await self._lane.run(partial(_mark_now, bundle)) != bundle.mark:
            raise self._lane.unreachable("tệp đang được sửa · the files are being changed")

    async def _source(self, files: Sorted) -> Callable[[], Iterator[bytes]]:
        """What to hand in: the message as it is, or one made of documents and information file."""
        if files.message is not None:
            return partial(disk.pieces_of, files.message)
        assert files.sidecar is not None, "sort() gives a message or an information file"
        return await self._lane.run(partial(self._made, files, files.sidecar))

    def _made(self, files: Sorted, sidecar: Path) -> Callable[[], Iterator[bytes]]:
        directory = self._office.directory()
        sender = directory.find(self._lane.agency)
        if sender is None:
            raise Rejected(find(SENDER_UNKNOWN, organ=self._lane.agency))
        said = read_sidecar(sidecar.name, disk.read_small(sidecar, MOST_BYTES + 1) or b"")
        names = [file.name for file in files.documents]
        envelope = draft(said, names, sender, directory, today(self._clock.now()))
        paths = [file.path for file in files.documents]
        return lambda: write_document(envelope, [disk.pieces_of(path) for path in paths])


def _mark_now(bundle: Bundle) -> Hashable:
    """The mark of the same files as they are now."""
    wanted = {file.path for file in bundle.files}
    folder = bundle.folder.path if bundle.folder else next(iter(wanted)).parent
    files = [file for file in disk.listed(folder) if file.path in wanted]
    return Bundle(bundle.name, files, bundle.folder).mark


def _tidy(notes: list[Path], names: set[str]) -> None:
    """Remove notes about what is not there any more."""
    for note in notes:
        for ending in (ERROR_ENDING, WAITING_ENDING):
            name = note.name.removesuffix(ending)
            if name != note.name and same(name) not in names:
                note.unlink(missing_ok=True)


def _remove_notes(out: Path, name: str) -> None:
    for ending in (ERROR_ENDING, WAITING_ENDING):
        (out / f"{name}{ending}").unlink(missing_ok=True)
