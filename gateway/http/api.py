"""
/v1: what a document system says to its post office.

Sending, statuses, tracking, the list of agencies, and how the node feels. Fetching and acknowledging mail
are the mailbox adapter's routes. A handler reads the request, asks the office, and writes the answer; every
decision is the office's.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from gateway.core.calendar import VIETNAM
from gateway.core.catalogue import FAULTS, NO_SUCH_PATH
from gateway.core.errors import Rejected, find
from gateway.core.tracking import trace
from gateway.http.surroundings import Health, Surroundings
from gateway.ports import Accepted, TrackRecord
from gateway.v1 import request as asked
from gateway.v1.shapes import (
    AgencyPage,
    AgencyShape,
    FaultShape,
    HealthShape,
    LetterAnswer,
    LettersFound,
    ReadinessShape,
    Shape,
    StatusReport,
    TrackingShape,
    VerificationShape,
)
from gateway.v1.transfer import body, expect_later, write_all

ASICE = "application/vnd.etsi.asic-e+zip"
FOUND_AT_MOST = 20  # letters in the answer to a search, each with its whole tracking


class Api:
    """The handlers of one node's /v1."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings
        self._office = surroundings.office

    def routes(self) -> Sequence[web.RouteDef]:
        """All routes of the API itself. HEAD is not offered: it would cost the same as GET."""
        return (
            web.post("/v1/letters", self.send, expect_handler=expect_later),
            web.get("/v1/letters", self.find, allow_head=False),
            web.get("/v1/letters/{letter_id}.asice", self.evidence, allow_head=False),
            web.get("/v1/letters/{letter_id}", self.track, allow_head=False),
            web.get("/v1/letters/{letter_id}/verification", self.verification, allow_head=False),
            web.post("/v1/letters/{letter_id}/statuses", self.report, expect_handler=expect_later),
            web.get("/v1/agencies", self.agencies, allow_head=False),
            web.get("/v1/errors/{code}", self.fault, allow_head=False),
            web.get("/v1/health", self.health),
            web.get("/v1/ready", self.ready),
            web.get("/metrics", self.metrics, allow_head=False),
        )

    async def send(self, request: web.Request) -> web.Response:
        """
        Take a message, raw edXML as the body.

        Query: `to` (repeatable: only these recipients), `dry_run` (all findings, nothing queued).
        Header: Idempotency-Key. 201 for a new letter, 200 for one we already had and for a dry run.
        """
        asked.only(request, "to", "dry_run")
        dry_run = asked.flag(request, "dry_run")
        accepted = await self._office.accept(
            body(request),
            asked.caller_of(request),
            to=tuple(code.strip() for code in request.query.getall("to", []) if code.strip()),
            idempotency_key=asked.idempotency_key(request),
            dry_run=dry_run,
        )
        return _accepted(accepted, is_new=not (accepted.repeated or dry_run))

    async def report(self, request: web.Request) -> web.Response:
        """Send a status about a letter. JSON: `code`, `description`, `staff`."""
        asked.only(request)
        letter_id, caller = asked.letter_id_of(request), asked.caller_of(request)
        said = await asked.json_body(request, StatusReport)
        accepted = await self._office.status(
            caller, letter_id, said.code.zfill(2), description=said.description, staff=said.staff
        )
        return _accepted(accepted, is_new=not accepted.repeated)

    async def track(self, request: web.Request) -> web.Response:
        """Where a letter is, for each of its recipients."""
        asked.only(request)
        record = await self._office.track(asked.caller_of(request), asked.letter_id_of(request))
        return _json(self._traced(record))

    async def evidence(self, request: web.Request) -> web.StreamResponse:
        """The letter with its seals as one ASiC-E file, which `truc verify` checks without any node."""
        asked.only(request)
        given = await self._office.evidence(asked.caller_of(request), asked.letter_id_of(request))
        name = f"{given.letter.routing.letter_id}.asice"
        response = web.StreamResponse(
            headers={"Content-Type": ASICE, "Content-Disposition": f'attachment; filename="{name}"'}
        )
        response.content_length = given.size
        await write_all(request, response, given.chunks)
        return response

    async def verification(self, request: web.Request) -> web.Response:
        """What the seal of the letter's origin is worth, now: passed, undetermined or failed, and why."""
        asked.only(request)
        verdict = await self._office.verification(asked.caller_of(request), asked.letter_id_of(request))
        return _json(VerificationShape.of(verdict))

    async def find(self, request: web.Request) -> web.Response:
        """Letters of the caller by letter_id, DocumentId, or number and notation (`?find=`)."""
        asked.only(request, "find")
        text, caller = asked.text(request, "find"), asked.caller_of(request)
        if not text:
            raise asked.bad("?find=", element="find")
        found = (await self._office.find(caller, text))[:FOUND_AT_MOST]
        records = [await self._office.track(caller, letter_id) for letter_id in found]
        return _json(LettersFound(letters=tuple(map(self._traced, records))))

    async def agencies(self, request: web.Request) -> web.Response:
        """Agencies by `q` (name or code, as typed), or the one with exactly this `code` (or alias)."""
        asked.only(request, "q", "code", "limit")
        q, code = asked.text(request, "q"), asked.text(request, "code")
        limit = asked.whole_number(request, "limit", 20, 1, 200)
        directory = self._office.directory()
        if code:
            found = [agency for agency in (directory.find(code),) if agency is not None]
        elif q:
            found = list(directory.search(q, limit))
        else:
            raise asked.bad("?q= / ?code=", element="q")
        today = self._around.clock.now().astimezone(VIETNAM).date()
        shapes = tuple(AgencyShape.of(agency, directory, today) for agency in found)
        return _json(AgencyPage(directory_version=directory.version, agencies=shapes))

    async def fault(self, request: web.Request) -> web.Response:
        """What an error code means: the `type` of a problem leads here."""
        fault = FAULTS.get(request.match_info["code"])
        if fault is None:
            raise Rejected(find(NO_SUCH_PATH, path=request.path[:200]))
        return _json(FaultShape.of(fault))

    async def health(self, request: web.Request) -> web.Response:
        """The process lives."""
        return _json(HealthShape(alive=True, node=self._around.node, time=self._around.clock.now()))

    async def ready(self, request: web.Request) -> web.Response:
        """Whether letters are taken: 200, or 503."""
        health = await self._health()
        is_ready = health.store and not health.draining
        shape = ReadinessShape(
            ready=is_ready,
            node=self._around.node,
            store=health.store,
            draining=health.draining,
            links={str(node): is_up for node, is_up in health.links.items()},
        )
        return _json(shape, status=200 if is_ready else 503)

    async def metrics(self, request: web.Request) -> web.Response:
        """The counters of this node, in the text form of Prometheus."""
        text = generate_latest(self._around.metrics.registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _health(self) -> Health:
        """A probe that fails is an answer too: not ready."""
        try:
            return await self._around.health()
        except Exception:
            self._around.log.warning("http.not_ready", exc_info=True)
            return Health(store=False)

    def _traced(self, record: TrackRecord) -> TrackingShape:
        directory = self._office.directory()
        return TrackingShape.of(trace(record, here=self._around.node, directory=directory))


def _accepted(accepted: Accepted, *, is_new: bool) -> web.Response:
    response = _json(LetterAnswer.of(accepted), status=201 if is_new else 200)
    if is_new:
        response.headers["Location"] = f"/v1/letters/{accepted.letter_id}"
    return response


def _json(shape: Shape, status: int = 200) -> web.Response:
    return web.Response(body=shape.as_json(), status=status, content_type="application/json")
