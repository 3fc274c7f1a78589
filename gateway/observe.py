"""
What a node tells about itself while it works: the log and the metrics.

Two ledgers are kept apart. The journal (in the store) is the operators' and auditors' book; the log is
one canonical JSON line per letter and door, for machines. EVENTS is the whole vocabulary of the log: an
event or a field that is not in it is never written, so no body, subject or person's name can slip in.
Nothing here is global: each node of a process has its own logger and its own Metrics.
"""

from __future__ import annotations

import sys
import traceback
from collections import Counter as Counts
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from structlog.typing import FilteringBoundLogger

from gateway.core.alerts import AlertFacts, AlertKind
from gateway.core.deadlines import Word
from gateway.core.delivery import State
from gateway.core.model import Kind, Lane, NodeId

Log = FilteringBoundLogger
"""The log of one node; `log.info("document.accepted", letter_id=…)`."""

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["json", "text"]

# --- the vocabulary of the log -------------------------------------------------------------------

_DELIVERY = ("letter_id", "target", "lane", "attempts", "code", "reason")

_EVENTS: dict[str, tuple[str, ...]] = {
    # intake
    "document.accepted": ("letter_id", "kind", "sender", "recipients", "size", "lane"),
    "document.refused": ("code", "caller", "errors"),
    # arrival
    "letter.taken": ("letter_id", "origin", "neighbour", "hops", "size", "deliveries"),
    "take_back.ignored": ("letter_id", "code"),
    "letter.refused": ("letter_id", "neighbour", "code"),
    "frame.damaged": ("letter_id", "neighbour", "lane", "code"),
    "control.received": ("neighbour", "type", "code"),
    # relay and hand-over
    "delivery.sent": _DELIVERY,
    "delivery.taken": _DELIVERY,
    "delivery.failed": _DELIVERY,
    "delivery.returned": _DELIVERY,
    "delivery.waiting": _DELIVERY,
    "delivery.delivered": _DELIVERY,
    "rendering.failed": ("letter_id", "dialect", "code"),
    "delivery.word": ("letter_id", "target", "word"),
    "letter.due_soon": ("letter_id", "agency", "what", "due_at"),
    "letter.overdue": ("letter_id", "agency", "what", "due_at"),
    "calendar.provisional": ("year", "code"),
    # exchange folders
    "folder.failed": ("agency", "code", "reason"),
    "folder.back": ("agency",),
    "folder.refused": ("agency", "codes"),
    # the axis above, whose client this node is
    "uplink.sent": ("letter_id", "system", "doc_id", "recipients"),
    "uplink.returned": ("letter_id", "system", "code", "reason"),
    "uplink.waits": ("letter_id", "system", "code", "reason"),
    "uplink.unsure": ("letter_id", "system", "found"),
    "uplink.kept": ("letter_id", "agency"),
    "uplink.received": ("letter_id", "system", "doc_id", "sender", "repeated"),
    "uplink.refused": ("system", "doc_id", "code", "reason"),
    "uplink.later": ("system", "doc_id", "code", "reason"),
    "uplink.handed_again": ("letter_id", "agency"),
    "uplink.agencies": ("listed", "added"),
    "uplink.down": ("system", "code", "reason"),
    "uplink.up": ("system",),
    # the node's own clerk
    "duty.done": ("letter_id", "duty", "code"),
    "duty.failed": ("letter_id", "duty", "code"),
    # notices to agencies, by webhook and mail
    "notice.heard": ("channel", "notice", "subscription", "attempts"),
    "notice.failed": ("channel", "notice", "subscription", "attempts", "code"),
    "notices.off": ("channel",),
    # the node
    "node.started": ("version", "address", "directory_version"),
    "node.stopping": (),
    "node.stopped": (),
    "directory.changed": ("directory_version",),
    "directory.refused": ("number", "reason"),
    "edition.taken": ("signer", "edition", "neighbour"),
    "edition.applied": ("signer", "edition"),
    "edition.refused": ("signer", "edition", "neighbour", "code"),
    "link.up": ("neighbour", "lane", "way"),
    "link.down": ("neighbour", "lane", "way", "code", "error"),
    "loop.failed": ("loop", "code"),
    "report.filed": ("period", "size"),
    "report.mailed": ("period", "attempts"),
    "report.not_mailed": ("period", "attempts", "code"),
    # who watches over it
    "alert.raised": ("kind", "place"),
    "alert.ended": ("kind", "place"),
    "alert.sent": ("way", "attempts"),
    "alert.not_sent": ("way", "attempts", "code"),
    "syslog.down": ("reason",),
    "syslog.up": (),
    # the API
    "http.request": (
        *("request_id", "method", "route", "status", "seconds", "caller", "letter_id", "size", "codes"),
        "address",  # of the client, or of the nearest proxy that is not trusted
    ),
    "http.bad_head": ("kind",),
    "http.too_many_connections": ("address",),
    "http.not_ready": (),
    "tls.renewed": ("certificate",),
    "tls.refused": ("code", "error"),
    # a fault of ours: the class of the exception and where it was raised, never its text
    "internal.error": ("letter_id", "loop", "error", "where", "incident", "route", "number"),
    # written in place of an event that is not in this list
    "log.misused": ("event_name",),
}

EVENTS: Mapping[str, frozenset[str]] = MappingProxyType({k: frozenset(v) for k, v in _EVENTS.items()})
"""Event name → the fields it may carry."""

# What structlog and this module add by themselves.
_OWN_FIELDS = frozenset({"event", "at", "level", "node", "exc_info"})

# Codes and ids are short; a value this long would be somebody's text.
LONGEST_VALUE = 200


class LogMisused(Exception):
    """An event or field that is not in EVENTS was to be logged (raised in tests only)."""


def logger(
    node: str,
    stream: TextIO | None = None,
    *,
    level: Level = "info",
    form: Format = "json",
    now: Callable[[], datetime] | None = None,
    strict: bool = False,
) -> Log:
    """
    The log of one node, one line per event.

    `stream` is standard error unless given. `now` is the node's clock, so that the lines of a simulation
    bear its times. `strict` is for tests: an event or field that is not in EVENTS raises LogMisused, where
    in production the field is dropped, since a missing line is better than a leaked name.
    """
    tell_time = now or (lambda: datetime.now(UTC))

    def stamp(_logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        head = {"at": tell_time().isoformat(timespec="milliseconds"), "level": method, "node": node}
        return {**head, **event}

    render: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if form == "text":
        render = structlog.processors.LogfmtRenderer(key_order=["at", "level", "node", "event"])
    log: Log = structlog.wrap_logger(
        structlog.WriteLogger(stream or sys.stderr),  # one write a line: processes may share a file
        processors=[_guard(strict), _tell_where, stamp, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        context_class=dict,
        cache_logger_on_first_use=True,
    )
    return log


def _guard(strict: bool) -> structlog.typing.Processor:
    """Let through what EVENTS names, and nothing else."""

    def guard(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        name = str(event["event"])
        allowed = EVENTS.get(name)
        if strict and allowed is None:
            raise LogMisused(f"the event {name!r} is not in observe.EVENTS")
        if allowed is None:
            return {"event": "log.misused", "event_name": name[:60]}
        surplus = sorted(event.keys() - allowed - _OWN_FIELDS)
        if strict and surplus:
            raise LogMisused(f"{name} may not carry {', '.join(surplus)}")
        return {k: _plain(v) for k, v in event.items() if k in allowed or k in _OWN_FIELDS}

    return guard


def _plain(value: object) -> object:
    """A value as JSON knows it; never longer than a code or an id is."""
    match value:
        case None | bool() | int() | float() | BaseException() | tuple((_, _, _)):
            return value
        case datetime():
            return value.isoformat()
        case list() | tuple() | set() | frozenset():
            return ",".join(str(part) for part in value)[:LONGEST_VALUE]
        case _:
            return str(value)[:LONGEST_VALUE]


def _tell_where(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Class and place of an exception. Its text is left out: it may quote the document."""
    told = event.pop("exc_info", None)
    error = sys.exception() if told is True else told
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        event["where"] = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
    return event


# --- metrics -------------------------------------------------------------------------------------

_SIZES = (4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864, 268435456, 1073741824)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(frozen=True, slots=True)
class MetricLine:
    """One metric as docs/metrics.md has it; `name` as its samples are called."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    sentence: str


class Metrics:
    """
    The numbers of one node, in words of the office. Agencies are never labels: there are too many.

    `described` is what docs/metrics.md is made of.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self.described: list[MetricLine] = []
        self._accepted = self._counter("letters_accepted", "Letters that agencies of this node sent", "kind")
        self._refused = self._counter("letters_refused", "Letters refused at intake", "code")
        self._sizes = self._histogram("letter_bytes", "Size of accepted letters in bytes", _SIZES)
        self._handed_over = self._counter("letters_handed_over", "Letters offered to agencies here", "kind")
        self._reminded = self._counter("letters_reminded", "Words of due dates told to agencies", "word")
        self._sent = self._counter("letters_sent", "Letters confirmed by the broker", "link", "lane")
        self._sent_bytes = self._counter("letters_sent_bytes", "Bytes of those letters", "link", "lane")
        self._failed = self._counter("tries_failed", "Tries that failed on a link", "link", "lane", "code")
        self._taken = self._counter("letters_taken", "Letters that arrived whole", "link", "lane")
        self._taken_bytes = self._counter("letters_taken_bytes", "Bytes of those letters", "link", "lane")
        self._frame_faults = self._counter("frame_faults", "Frames and letters refused on arrival", "code")
        self._control = self._counter("control_messages", "Control messages heard, by their kind", "kind")
        self._standing = self._gauge(
            "deliveries_standing",
            "Deliveries on their way that stand in a state now (link: a neighbour, or local)",
            *("state", "link"),
        )
        self._links = self._gauge("link_up", "1 while the link to a neighbour works", "link")
        self._oldest = self._gauge(
            "oldest_letter_seconds", "How long the oldest letter has waited for a neighbour", "link"
        )
        self._certificates = self._gauge(
            "certificate_end_timestamp_seconds", "When a certificate of this node ends", "name"
        )
        self._disk_free = self._gauge("disk_free_ratio", "Free share of the data disk, 0 to 1")
        self._alerts = self._gauge("alerts_standing", "Alerts that stand now, by their kind", "kind")
        for kind in AlertKind:
            self._alerts.labels(kind.value)  # a rule must see 0, not nothing
        self._faults = self._counter(
            "internal_errors", "Faults of our own, by where they were caught", "where"
        )
        self._requests = self._counter("http_requests", "HTTP requests answered", "method", "route", "status")
        self._request_seconds = self._histogram(
            "http_seconds", "How long an HTTP request took", _SECONDS, "route"
        )

    def _gauge(self, name: str, sentence: str, *labels: str) -> Gauge:
        self.described.append(MetricLine(f"truc_{name}", "gauge", labels, sentence))
        return Gauge(f"truc_{name}", sentence, labels, registry=self.registry)

    def _counter(self, name: str, sentence: str, *labels: str) -> Counter:
        self.described.append(MetricLine(f"truc_{name}_total", "counter", labels, sentence))
        return Counter(f"truc_{name}", sentence, labels, registry=self.registry)

    def _histogram(self, name: str, sentence: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        self.described.append(MetricLine(f"truc_{name}", "histogram", labels, sentence))
        return Histogram(f"truc_{name}", sentence, labels, buckets=buckets, registry=self.registry)

    def accepted(self, kind: Kind, size: int) -> None:
        """Intake made a letter ours; `size` in bytes of the original."""
        self._accepted.labels(kind.value).inc()
        self._sizes.observe(size)

    def refused(self, code: str) -> None:
        """Intake refused a message."""
        self._refused.labels(code).inc()

    def handed_over(self, kind: Kind) -> None:
        """Hand-over offered a letter to an agency of this node."""
        self._handed_over.labels(kind.value).inc()

    def reminded(self, word: Word) -> None:
        """An agency of this node was told that a letter is due soon or late."""
        self._reminded.labels(word.value).inc()

    def sent(self, neighbour: NodeId, lane: Lane, size: int) -> None:
        """The broker confirmed every frame of a letter of `size` bytes."""
        self._sent.labels(neighbour, lane.value).inc()
        self._sent_bytes.labels(neighbour, lane.value).inc(size)

    def failed(self, neighbour: NodeId, lane: Lane, code: str) -> None:
        """One try to send a letter failed."""
        self._failed.labels(neighbour, lane.value, code).inc()

    def taken(self, neighbour: NodeId, lane: Lane, size: int) -> None:
        """Arrival holds a whole letter of `size` bytes."""
        self._taken.labels(neighbour, lane.value).inc()
        self._taken_bytes.labels(neighbour, lane.value).inc(size)

    def frame_fault(self, code: str) -> None:
        """Arrival could not use a frame, or refused a letter."""
        self._frame_faults.labels(code).inc()

    def control(self, kind: str) -> None:
        """A control message was heard."""
        self._control.labels(kind).inc()

    def standing(self, counts: Mapping[tuple[str, State], int]) -> None:
        """How many deliveries stand where now (Store.standing); replaces what was said before."""
        sums: dict[tuple[str, str], int] = {}
        for (target, state), number in counts.items():
            kind, _, name = target.partition(":")
            place = (state.value, name if kind == "link" else "local")
            sums[place] = sums.get(place, 0) + number
        self._standing.clear()
        for place, number in sums.items():
            self._standing.labels(*place).set(number)

    def links(self, up: Mapping[NodeId, bool]) -> None:
        """Which links work now (Broker.neighbours_up)."""
        for neighbour, works in up.items():
            self._links.labels(neighbour).set(works)

    def alerts(self, standing: Iterable[AlertKind]) -> None:
        """Which alerts stand now; replaces what was said before."""
        numbers = Counts(standing)
        for kind in AlertKind:
            self._alerts.labels(kind.value).set(numbers[kind])

    def facts(self, facts: AlertFacts, now: datetime) -> None:
        """What the watch of the node has found out; replaces what was said before."""
        self._oldest.clear()
        for neighbour in facts.links:
            since = facts.oldest.get(neighbour, now)
            self._oldest.labels(neighbour).set((now - since).total_seconds())
        self._certificates.clear()
        for name, ends_at in facts.certificates.items():
            self._certificates.labels(name).set(ends_at.timestamp())
        if facts.disk_free is not None:
            self._disk_free.set(facts.disk_free)

    def fault(self, where: str) -> None:
        """An exception that nobody expected was caught at a door or loop."""
        self._faults.labels(where).inc()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """An HTTP request was answered; `route` is the pattern, never the path."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)
