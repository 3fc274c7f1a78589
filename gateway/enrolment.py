"""
Enrolment: agencies that come into the directory of this node through the office, not by an operator's hand.

A parent's system registers the units below it (registerAgency of the national axis); an axis behind this node
names the agencies that can be reached through it. Both add rows to this node's directory and change no other
row, except that a registered unit can be locked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from gateway.core.calendar import today
from gateway.core.catalogue import AGENCY_UNKNOWN, BAD_REQUEST, CODE_TAKEN, NOT_ALLOWED
from gateway.core.codes import normal, shape_ok
from gateway.core.directory import Agency, Directory, check
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode
from gateway.doors.desk import Desk
from gateway.ports import Caller, Registration

LONGEST_NAME = 500
"""Characters of the name of an agency; the standard speaks of 200, real ones are longer at times."""


class Enrolment:
    """The changes that the office itself may make to the directory, one after another."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._turn = asyncio.Lock()  # two changes at once would each replace what the other wrote

    async def register(self, caller: Caller, wanted: Registration) -> Agency:
        """
        Add an agency below one of the caller's own; its caller speaks for it from now on. Twice is harmless.

        Raises: Rejected (NOT_ALLOWED, CODE_TAKEN, BAD_REQUEST)
        """
        if not caller.may_register:
            raise Rejected(find(NOT_ALLOWED))
        if not shape_ok(wanted.code.strip()) or not 0 < len(wanted.name.strip()) <= LONGEST_NAME:
            raise Rejected(find(BAD_REQUEST, element="code", detail=f"code, name (1–{LONGEST_NAME})"))
        made: list[Agency] = []

        def changed(directory: Directory) -> Directory:
            parent = directory.find(wanted.parent)
            if parent is None or not self._is_below(directory, parent, caller):
                raise Rejected(find(NOT_ALLOWED))
            known = directory.find(wanted.code)
            if known is not None and not (known.parent and directory.find(known.parent) == parent):
                raise Rejected(find(CODE_TAKEN, organ=wanted.code, name=known.name))
            row = self._row(wanted, parent, known, directory.version + 1)
            made.append(row)
            others = [each for each in directory.agency_rows if known is None or each.code != known.code]
            return _with_rows(directory, [*others, row])

        await self._change(changed)
        await self._let_speak(caller, made[-1].code)
        return made[-1]

    async def deregister(self, caller: Caller, code: str) -> None:
        """
        Lock an agency below one of the caller's own: it takes no new letters, its mail stays.

        Raises: Rejected (NOT_ALLOWED, AGENCY_UNKNOWN)
        """
        if not caller.may_register:
            raise Rejected(find(NOT_ALLOWED))

        def changed(directory: Directory) -> Directory:
            known = directory.find(code)
            parent = directory.find(known.parent) if known and known.parent else None
            if known is None or parent is None or not self._is_below(directory, parent, caller):
                raise Rejected(find(AGENCY_UNKNOWN, organ=code))
            closed = replace(known, locked=True, version=directory.version + 1)
            return _with_rows(
                directory, [closed if r.code == known.code else r for r in directory.agency_rows]
            )

        await self._change(changed)

    async def enrol(self, newcomers: Sequence[Agency]) -> int:
        """Add agencies that the directory does not know by any of their codes; how many those were."""
        added: list[Agency] = []

        def changed(directory: Directory) -> Directory:
            taken = {code for row in directory.agency_rows for code in row.codes}
            for agency in newcomers:
                free = tuple(alias for alias in agency.aliases if normal(alias) not in taken)
                if normal(agency.code) not in taken and shape_ok(agency.code):
                    row = replace(agency, aliases=free, version=directory.version + 1)
                    taken.update(row.codes)
                    added.append(row)
            return _with_rows(directory, [*directory.agency_rows, *added]) if added else directory

        await self._change(changed)
        return len(added)

    @staticmethod
    def _is_below(directory: Directory, agency: Agency, caller: Caller) -> bool:
        """Whether an agency is one of the caller's, or has one of them above it."""
        seen: set[str] = set()
        at: Agency | None = agency
        while at is not None and at.code not in seen:
            if at.code in caller.agencies:
                return True
            seen.add(at.code)
            at = directory.find(at.parent) if at.parent else None
        return False

    def _row(self, wanted: Registration, parent: Agency, known: Agency | None, version: int) -> Agency:
        row = known or Agency(
            code=AgencyCode(wanted.code.strip()),
            name=wanted.name,
            node=self._desk.node,
            parent=parent.code,
            delivery=parent.delivery,
            valid_from=today(self._desk.clock.now()),
        )
        return replace(
            row,
            name=wanted.name.strip(),
            mail=wanted.mail,
            telephone=wanted.telephone,
            fax=wanted.fax,
            locked=False,
            version=version,
        )

    async def _let_speak(self, caller: Caller, code: AgencyCode) -> None:
        """The credential that registered an agency also serves it: its system polls and sends for it."""
        store = self._desk.store
        for credential in await store.credentials():
            if credential.key_id == caller.name and code not in credential.agencies:
                grown = replace(credential, agencies=credential.agencies | {code})
                await store.change_credential(grown, self._desk.clock.now())

    async def _change(self, changed: Callable[[Directory], Directory]) -> None:
        """Replace the directory by what `changed` makes of it. Raises: Rejected if that is unsound."""
        async with self._turn:
            before = await self._desk.store.directory()
            after = changed(before)
            if after is before:
                return
            if faults := check(after):
                raise Rejected(*faults)
            await self._desk.store.set_directory(after, self._desk.clock.now())
            self._desk.adopt(after)


def _with_rows(directory: Directory, rows: Sequence[Agency]) -> Directory:
    return replace(directory, version=directory.version + 1, agency_rows=tuple(rows))
