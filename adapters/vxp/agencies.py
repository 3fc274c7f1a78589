"""
The lists of agencies as VXP clients take them, and agencies that a client adds or closes.

A list of all agencies of the country has over 100,000 lines: it is written once per version of the directory,
in a thread, and its bytes are kept.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from datetime import date

from aiohttp import web

from adapters.vxp.gate import Call
from gateway.core.calendar import today
from gateway.core.catalogue import BAD_REQUEST
from gateway.core.codes import normal
from gateway.core.directory import Agency, Directory
from gateway.core.errors import Rejected, find
from gateway.ports import Clock, Office, Registration
from gateway.v1.transfer import write_all
from gateway.vxp.answers import done
from gateway.vxp.functions import (
    AGENCY_CODE,
    GET_AGENCIES,
    GET_AGENCIES_QD20,
    GET_UNITS,
    JSON_TYPE,
    Function,
)
from gateway.vxp.replies import json_object
from gateway.vxp.shapes import AgencyForm, AgencyLine, AgencyLineQD20, Shape, UnitLine

_QCVN102 = re.compile(r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}")
"""The form of a code that QCVN 102:2016 writes; the full one, since that is what a client looks for."""
_QD20 = re.compile(r"[A-Y][0-9]{2}(?:\.[0-9A-Z]+){0,3}")

MARK = "*"  # where the lines go into an answer

Version = tuple[int, date]
"""Of a list: the directory's version, and the day, since agencies open and close at midnight."""


class Agencies:
    """Everything about agencies."""

    def __init__(self, office: Office, clock: Clock) -> None:
        self._office, self._clock = office, clock
        self._kept: dict[str, tuple[Version, bytes]] = {}
        self._writing = asyncio.Lock()

    async def list(self, call: Call) -> web.StreamResponse:
        """A list of all agencies, as its function says."""
        answer = await self.answer(call.function)
        response = web.StreamResponse(headers={"Content-Type": JSON_TYPE})
        response.content_length = len(answer)
        await write_all(call.request, response, lambda: iter((answer,)))
        return response

    async def answer(self, function: Function) -> bytes:
        """The whole answer of a list; the same bytes until the directory or the day is another."""
        async with self._writing:  # many ask at once after a change: one of them writes it
            directory, day = self._office.directory(), today(self._clock.now())
            version = (directory.version, day)
            kept = self._kept.get(function.name)
            if kept is None or kept[0] != version:
                written = await asyncio.to_thread(_written, function, LINES[function](directory, day))
                kept = self._kept[function.name] = version, written
            return kept[1]

    async def register(self, call: Call) -> bytes:
        """Add an agency below one of the caller's own; twice is harmless."""
        form = AgencyForm.read(json_object(call.body))
        if form is None:
            raise Rejected(find(BAD_REQUEST, detail="JSON"))
        registration = Registration(
            code=form.code.strip(),
            name=form.name.strip(),
            parent=form.pcode.strip(),
            mail=form.mail.strip(),
            telephone=form.mobile.strip(),
            fax=form.fax.strip(),
        )
        await self._office.register(call.caller, registration)
        return done(call.function)

    async def close(self, call: Call) -> bytes:
        """Close an agency that the caller may add."""
        await self._office.deregister(call.caller, call.parameters.text(AGENCY_CODE))
        return done(call.function)


def _written(function: Function, lines: Iterator[Shape]) -> bytes:
    """The answer line by line: all lines at once would take hundreds of megabytes before they are text."""
    before, after = done(function, MARK).split(f'"{MARK}"'.encode())
    told = (json.dumps(line.wire(), separators=(",", ":")).encode("ascii") for line in lines)
    return before + b"[" + b",".join(told) + b"]" + after


# Lines are constructed, not validated: a row was read strictly, a second reading doubles the time of a list.


def _agencies(directory: Directory, day: date) -> Iterator[AgencyLine]:
    for agency in directory.agency_rows:
        if not agency.is_closed(day):
            yield AgencyLine.model_construct(
                id=agency.code,
                pid=agency.parent,
                code=agency.code,
                name=agency.name,
                mail=agency.mail,
                old_code=next(iter(agency.aliases), ""),
            )


def _agencies_qd20(directory: Directory, day: date) -> Iterator[AgencyLineQD20]:
    for agency in directory.agency_rows:
        if not agency.is_closed(day):
            yield AgencyLineQD20.model_construct(
                id=agency.code,
                code=_of_form(agency, _QD20) or agency.code,
                name=agency.name,
                mail=agency.mail,
                code102=_of_form(agency, _QCVN102) or agency.code,
            )


def _units(directory: Directory, day: date) -> Iterator[UnitLine]:
    """Closed ones too: whoever keeps a copy of the list learns from them what to delete."""
    organs = {row.id: row.organ_code for row in directory.node_rows}
    for agency in directory.agency_rows:
        changed = agency.valid_to if agency.is_closed(day) else agency.valid_from
        yield UnitLine.model_construct(
            id=agency.code,
            pid=agency.parent,
            code=agency.code,
            name=agency.name,
            mail=agency.mail,
            version=agency.version,
            center_code=organs.get(agency.node, ""),
            deleted=agency.is_closed(day),
            modify_date="" if changed is None else f"{changed:%d/%m/%Y} 00:00:00",
            is_agency=True,
        )


def _of_form(agency: Agency, form: re.Pattern[str]) -> str:
    """The first code of an agency that has a form, "" if none has."""
    return next((c for c in (agency.code, *agency.aliases) if form.fullmatch(normal(c))), "")


LINES: dict[Function, Callable[[Directory, date], Iterator[Shape]]] = {
    GET_AGENCIES: _agencies,
    GET_AGENCIES_QD20: _agencies_qd20,
    GET_UNITS: _units,
}
