"""
What a node says of itself and of the axis: agencies, error codes, health, counters.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from gateway.core.calendar import VIETNAM
from gateway.core.catalogue import FAULTS, NO_SUCH_PATH
from gateway.core.errors import Rejected, find
from gateway.http.surroundings import Health, Surroundings
from gateway.v1 import request as asked
from gateway.v1.operations import (
    AGENCIES,
    NODE,
    Access,
    Answer,
    Operation,
    PathParameter,
    json_answer,
)
from gateway.v1.query import Number, Query, Text, described
from gateway.v1.shapes import AgencyPage, AgencyShape, FaultShape, HealthShape, ReadinessShape

CODE = PathParameter(
    "code",
    "Mã lỗi, như trong trường code của câu trả lời",
    "Error code, as in the field code of an answer",
    "TRUC-[0-9]{3}",
    "TRUC-404",
)


class AgencyQuery(Query):
    """Which agencies."""

    q: Text = described(
        "",
        "Tên hoặc mã, gõ không dấu cũng được",
        "Name or code, as typed, with or without marks",
        examples=["cao bang"],
    )
    code: Text = described("", "Đúng mã này (mã cũ cũng được)", "Exactly this code (or a former one)")
    limit: Number = described(20, "Tối đa bao nhiêu đơn vị", "At most so many agencies", ge=1, le=200)


class About:
    """The node and its directory, as anybody or any caller may see them."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings
        self._office = surroundings.office

    def operations(self) -> Sequence[Operation]:
        """Everything that a node tells of itself."""
        return (
            Operation(
                method="GET",
                path="/v1/agencies",
                name="findAgencies",
                tag=AGENCIES,
                vi="Tìm đơn vị theo tên hoặc mã",
                en="Find agencies by name or code",
                more_vi="Phải có q hoặc code.",
                more_en="Either q or code must be given.",
                handler=self.agencies,
                query=AgencyQuery,
                answers=(Answer(200, "Các đơn vị tìm được", "The agencies found", AgencyPage),),
                is_tagged=True,
            ),
            Operation(
                method="GET",
                path="/v1/errors/{code}",
                name="explainError",
                tag=NODE,
                access=Access.OPEN,
                vi="Ý nghĩa của một mã lỗi và việc cần làm",
                en="What an error code means, and what to do",
                handler=self.fault,
                parameters=(CODE,),
                answers=(Answer(200, "Mã lỗi", "The code", FaultShape),),
                faults=(NO_SUCH_PATH,),
                is_tagged=True,
            ),
            *self._probes(),
        )

    def _probes(self) -> Sequence[Operation]:
        """What machines around the node ask."""
        own = self._own_probes()
        # as Kubernetes and load balancers ask by custom; the same answers
        return (
            *own,
            replace(own[0], path="/healthz", name="getHealthz"),
            replace(own[1], path="/readyz", name="getReadyz"),
        )

    def _own_probes(self) -> Sequence[Operation]:
        return (
            Operation(
                method="GET",
                path="/v1/health",
                name="getHealth",
                tag=NODE,
                access=Access.OPEN,
                vi="Nút còn sống và giờ của nút",
                en="The process lives; the clock of the node",
                handler=self.health,
                answers=(Answer(200, "Còn sống", "Alive", HealthShape),),
                has_head=True,
            ),
            Operation(
                method="GET",
                path="/v1/ready",
                name="getReadiness",
                tag=NODE,
                access=Access.OPEN,
                vi="Nút có đang nhận văn bản không",
                en="Whether letters are taken",
                handler=self.ready,
                answers=(
                    Answer(200, "Đang nhận", "Letters are taken", ReadinessShape),
                    Answer(503, "Chưa nhận, hãy thử lại sau", "Not now; try later", ReadinessShape),
                ),
                has_head=True,
            ),
            Operation(
                method="GET",
                path="/metrics",
                name="getMetrics",
                tag=NODE,
                access=Access.OPEN if self._around.limits.open_metrics else Access.OPERATOR,
                vi="Các bộ đếm của nút, dạng Prometheus",
                en="The counters of the node, in the form of Prometheus",
                handler=self.metrics,
                answers=(Answer(200, "Các bộ đếm", "The counters", media_type="text/plain"),),
            ),
        )

    async def agencies(self, request: web.Request) -> web.Response:
        """Agencies by `q` (name or code, as typed), or the one with exactly this `code` (or alias)."""
        query, directory = asked.query(request, AgencyQuery), self._office.directory()
        if query.code:
            found = [agency for agency in (directory.find(query.code),) if agency is not None]
        elif query.q:
            found = list(await asyncio.to_thread(directory.search, query.q, query.limit))
        else:
            raise asked.bad("?q= / ?code=", element="q")
        today = self._around.clock.now().astimezone(VIETNAM).date()
        shapes = tuple(AgencyShape.of(agency, directory, today) for agency in found)
        return json_answer(AgencyPage(directory_version=directory.version, agencies=shapes))

    async def fault(self, request: web.Request) -> web.Response:
        """What an error code means: the `type` of a problem leads here."""
        fault = FAULTS.get(request.match_info["code"])
        if fault is None:
            raise Rejected(find(NO_SUCH_PATH, path=request.path[:200]))
        return json_answer(FaultShape.of(fault))

    async def health(self, request: web.Request) -> web.Response:
        """The process lives."""
        return json_answer(HealthShape(alive=True, node=self._around.node, time=self._around.clock.now()))

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
        return json_answer(shape, status=200 if is_ready else 503)

    async def metrics(self, request: web.Request) -> web.Response:
        """The counters of this node."""
        text = generate_latest(self._around.metrics.registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _health(self) -> Health:
        """A probe that fails is an answer too: not ready."""
        try:
            return await self._around.health()
        except Exception:
            self._around.log.warning("http.not_ready", exc_info=True)
            return Health(store=False)
