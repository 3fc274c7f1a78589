"""
Every refusal as application/problem+json: what, where, whose fault, what to do next, in two languages.

Spec: RFC9457
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aiohttp import web

from gateway.core.catalogue import INTERNAL
from gateway.core.errors import Finding, Misconfigured, TrucError, Unavailable, find
from gateway.core.sentences import title_en, title_vi
from gateway.v1.shapes import FindingShape, Problem, Words

REQUEST_ID: web.RequestKey[str] = web.RequestKey("truc_request_id", str)
"""The id under which a request stands in the log and in its answer."""

SHOWN = 200  # findings in one answer: more than anyone mends at once, and an answer stays small

SAFE_HEADERS = {
    "Server": "truc",  # not which software of which version: that only helps an attacker
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""On every answer: mail of an agency must not lie in a proxy's cache."""


def language(request: web.BaseRequest) -> str:
    """`vi` or `en`, as Accept-Language weighs them; Vietnamese if it names neither."""
    weights = {"vi": 0.0, "en": 0.0}
    for item in request.headers.get("Accept-Language", "").split(","):
        tag, _, options = item.strip().partition(";")
        name = tag.strip().lower().partition("-")[0]
        weight = _quality(options)
        for known in weights:
            if name == known:
                weights[known] = max(weights[known], weight)
    return "en" if weights["en"] > weights["vi"] else "vi"


def _quality(options: str) -> float:
    name, _, value = options.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def status_of(error: TrucError) -> int:
    """The HTTP status of an error: the one of its first finding, within the range of its family."""
    status = error.first.fault.http
    if isinstance(error, Misconfigured):
        return 500
    if isinstance(error, Unavailable):
        return status if status >= 500 else 503
    return status


def of_error(request: web.BaseRequest, error: TrucError) -> web.Response:
    """The answer to an error that was foreseen."""
    wait = error.retry_after if isinstance(error, Unavailable) else None
    return problem(request, error.findings, first=error.first, status=status_of(error), retry_after=wait)


def of_incident(request: web.BaseRequest, incident: str) -> web.Response:
    """The answer to a fault of ours: no details, only the number under which the log has them."""
    finding = find(INTERNAL, incident=incident)
    return problem(request, (finding,), first=finding, status=500, incident=incident)


def problem(
    request: web.BaseRequest,
    findings: Sequence[Finding],
    *,
    first: Finding,
    status: int,
    retry_after: timedelta | None = None,
    incident: str | None = None,
) -> web.Response:
    """A problem document about `findings`, of which `first` decides the answer."""
    speaks_vi = language(request) == "vi"
    fault = first.fault
    words = Problem(
        type=f"/v1/errors/{fault.code}",
        title=title_vi(fault) if speaks_vi else title_en(fault),
        status=status,
        detail=f"{first.vi}. {fault.next_vi}." if speaks_vi else f"{first.en}. {fault.next_en}.",
        instance=request.path,
        code=fault.code,
        vi=first.vi,
        en=first.en,
        next=Words(vi=fault.next_vi, en=fault.next_en),
        findings=tuple(map(FindingShape.of, findings[:SHOWN])),
        request_id=request.get(REQUEST_ID, ""),
        incident=incident,
    )
    response = web.Response(
        status=status,
        body=words.model_dump_json(exclude={"incident"} if incident is None else None).encode(),
        content_type="application/problem+json",
        headers={
            **SAFE_HEADERS,
            "Content-Language": "vi" if speaks_vi else "en",
            "Vary": "Accept-Language",
        },
    )
    if retry_after is not None:
        response.headers["Retry-After"] = str(max(1, round(retry_after.total_seconds())))
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="truc"'  # a 401 must name the scheme
    return response
