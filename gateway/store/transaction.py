"""
One transaction of the writer: the connection, who writes, and what is to follow from it.

What is only ever appended or counted (journal, hop events for other nodes, control messages, duties, figures)
is gathered while the operations run and written once at the end, many rows per statement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.core.delivery import Delivery, retry_after
from gateway.core.directory import Directory
from gateway.core.model import LetterId, NodeId
from gateway.core.routing import next_hop
from gateway.core.tracking import HopEvent, write_hop
from gateway.journal import Entry, chain, first_hash
from gateway.ports import Figure
from gateway.store.columns import write_json
from gateway.store.statements import in_both, insert_new
from gateway.store.tables import control_out, duties, hourly_figures, journal, journal_heads

EVENTS_PER_MESSAGE = 200
"""Hop events in one control message: about 50 KB, far below a frame."""


def hour_of(at: datetime) -> datetime:
    """The hour in which a moment lies. Those of Vietnam begin when those of UTC do."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Instance:
    """A running process of a node. `life` counts its starts: a claim ends with the life that made it."""

    node: NodeId
    name: str
    life: int

    @property
    def claim(self) -> str:
        """What stands in `claimed_by` of the deliveries it works on."""
        return f"{self.name}#{self.life}"


@dataclass(slots=True)
class Transaction:
    """What operations work with. `topics` are rung after the commit."""

    connection: Connection
    instance: Instance
    read_directory: Callable[[Connection], Directory]
    point: Callable[[str], None]  # crash points, for tests
    retry: Callable[[Delivery], timedelta] = retry_after  # how long a delivery that failed waits
    topics: set[str] = field(default_factory=set)
    _entries: list[Entry] = field(default_factory=list)
    _reports: dict[NodeId, list[tuple[datetime, HopEvent]]] = field(default_factory=dict)
    _control: list[dict[str, Any]] = field(default_factory=list)
    _duties: list[dict[str, Any]] = field(default_factory=list)
    _figures: dict[tuple[str, str, datetime], dict[str, Any]] = field(default_factory=dict)

    @property
    def node(self) -> NodeId:
        return self.instance.node

    def directory(self) -> Directory:
        """The directory as this transaction sees it."""
        return self.read_directory(self.connection)

    def note(
        self,
        at: datetime,
        event: str,
        *,
        letter_id: str = "",
        target: str = "",
        code: str = "",
        **detail: str | int | list[str],
    ) -> None:
        """Write a line in the journal. Never subjects, names of people or bodies: ids, codes and sizes."""
        self._entries.append(Entry(at, event, letter_id, target, code, detail))

    def tell(self, neighbour: NodeId, body: Mapping[str, Any], at: datetime) -> None:
        """Queue a control message for a link."""
        self._control.append({"neighbour": neighbour, "body": write_json(dict(body)), "at": at})
        self.topics.add(f"control:{neighbour}")

    def owe(self, kind: str, letter_id: LetterId, target: str, code: str, at: datetime) -> None:
        """Give the node's clerk a duty."""
        self._duties.append({"kind": kind, "letter_id": letter_id, "target": target, "code": code, "at": at})
        self.topics.add("duties")

    def report(self, origin: NodeId, event: HopEvent, at: datetime) -> None:
        """Let the origin of a letter hear of a hop; events for one origin travel together."""
        self._reports.setdefault(origin, []).append((at, event))

    def count(self, figure: Figure, at: datetime, *, link: str = "", code: str = "") -> None:
        """Count one more of this figure in its hour, of a link or of the whole node."""
        hour = hour_of(at)
        known = self._figures.setdefault(
            (link, figure.value, hour), {"link": link, "figure": figure.value, "hour": hour, "number": 0}
        )
        known |= {"number": known["number"] + 1, "last_at": at, "last_code": code}

    def finish(self) -> None:
        """Write what was gathered. The journal comes last: its head is locked for the shortest time."""
        self._write_reports()
        if self._control:
            self.connection.execute(insert(control_out), self._control)
        if self._duties:
            self.connection.execute(insert(duties), self._duties)
        if self._figures:
            # in one order, else two instances wait for each other's rows
            counted = [self._figures[key] for key in sorted(self._figures)]
            self.connection.execute(_COUNT.of(self.connection), counted)
        if self._entries:
            self._write_journal()
        self.point("C6")

    def _write_reports(self) -> None:
        if not self._reports:
            return
        directory = self.directory()
        for origin, events in self._reports.items():
            towards = next_hop(directory, self.node, origin)
            if towards is None:
                # the origin left the directory: nobody is there to be told, our own rows have it all
                continue
            for start in range(0, len(events), EVENTS_PER_MESSAGE):
                told = events[start : start + EVENTS_PER_MESSAGE]
                body = {"type": "hops", "to": origin, "events": [write_hop(event) for _, event in told]}
                self.tell(towards, body, told[-1][0])

    def _write_journal(self) -> None:
        number, previous = self._lock_head()
        rows = chain(previous, number, self._entries)
        self.connection.execute(
            insert(journal),
            [
                {
                    "writer": self.node,
                    "number": row.number,
                    "at": row.at,
                    "event": row.event,
                    "letter_id": row.letter_id,
                    "target": row.target,
                    "code": row.code,
                    "detail": write_json(dict(row.detail)),
                    "sha256": row.sha256,
                }
                for row in rows
            ],
        )
        last = {"chain": self.node, "number": rows[-1].number, "sha256": rows[-1].sha256}
        self.connection.execute(_MOVE_HEAD, last)

    def _lock_head(self) -> tuple[int, str]:
        """The end of this node's chain, ours until the commit: instances append one after another."""
        head = self.connection.execute(_LOCK_HEAD, {"chain": self.node}).one_or_none()
        if head is None:
            begin = {"writer": self.node, "number": 0, "sha256": first_hash(self.node)}
            self.connection.execute(_NEW_HEAD.of(self.connection), begin)
            head = self.connection.execute(_LOCK_HEAD, {"chain": self.node}).one()
        return head.number, head.sha256


_LOCK_HEAD = (
    select(journal_heads.c.number, journal_heads.c.sha256)
    .where(journal_heads.c.writer == bindparam("chain"))
    .with_for_update()
)
_NEW_HEAD = insert_new(journal_heads)
_COUNT = in_both(
    hourly_figures,
    lambda insert: insert.on_conflict_do_update(
        index_elements=list(hourly_figures.primary_key.columns),
        set_={
            "number": hourly_figures.c.number + insert.excluded.number,
            "last_at": insert.excluded.last_at,
            "last_code": insert.excluded.last_code,
        },
    ),
)
_MOVE_HEAD = (
    update(journal_heads)
    .where(journal_heads.c.writer == bindparam("chain"))
    .values(number=bindparam("number"), sha256=bindparam("sha256"))
)
