"""
Ways through the tree of nodes, and routing.json: the address label that travels with a letter.

The origin resolves every recipient to its node once. From then on nodes only ask «which of my links lead
to those nodes?», so a letter to 500 agencies crosses each link once and fans out where the tree branches.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, NoReturn, TypeVar

from gateway.core import catalogue
from gateway.core.codes import is_token, shape_ok
from gateway.core.directory import Directory, NodeRow, Resolved, SuccessorPolicy
from gateway.core.errors import Finding, Rejected, Unavailable, find
from gateway.core.model import Addressee, AgencyCode, Kind, Lane, LetterId, NodeId, Organ, Routing

PROTOCOL: Final = 1
"""The version of routing.json that this release writes, and the only one it reads."""

HOP_LIMIT: Final = 16
"""The longest way over four levels is six hops, over eight levels fourteen; a loop ends after seconds."""

MAX_RANK: Final = 3

T = TypeVar("T")


# --- ways through the tree ----------------------------------------------------------------------


def path(nodes: Mapping[NodeId, NodeRow], a: NodeId, b: NodeId) -> tuple[NodeId, ...]:
    """
    The nodes from `a` to `b`, both included: up to their lowest common ancestor, then down.

    Raises: Unavailable (NO_ROUTE) if the directory does not join them; a newer one may.
    """
    up, down = _lineage(nodes, a), _lineage(nodes, b)
    for line, name in ((up, a), (down, b)):
        if not line:
            raise Unavailable(find(catalogue.NO_ROUTE, node=name))
    if up[-1] != down[-1]:
        raise Unavailable(find(catalogue.NO_ROUTE, node=b))
    above_b = {name: place for place, name in enumerate(down)}
    turn = next(place for place, name in enumerate(up) if name in above_b)
    return (*up[: turn + 1], *reversed(down[: above_b[up[turn]]]))


def next_hop(directory: Directory, here: NodeId, to: NodeId) -> NodeId | None:
    """The neighbour of `here` on the way to `to`; None if `to` is `here` or no way is known."""
    line, above = _lineage(directory.nodes, to), _lineage(directory.nodes, here)
    if to == here or not line or not above or line[-1] != above[-1]:
        return None
    return line[line.index(here) - 1] if here in line else above[1]


def next_hops(
    directory: Directory,
    *,
    here: NodeId,
    came_from: NodeId | None,
    origin: NodeId,
    recipients: Iterable[Addressee],
) -> dict[NodeId, tuple[Addressee, ...]]:
    """
    The neighbours that get a copy of a letter from this node, each with the recipients that lie behind it.

    These are exactly the neighbours that some recipient's path from the origin enters from `here`. In a tree
    this is the same as «every link that leads to a recipient, except the one that leads back»; said so, nodes
    whose directories differ for a while can neither send a letter in circles nor back.
    Recipients of `here` itself and those of `unroutable` appear under no neighbour.
    """
    back = came_from if came_from is not None else next_hop(directory, here, origin)
    step: dict[NodeId, NodeId | None] = {}  # 10,000 recipients may sit at a few nodes
    onward: dict[NodeId, list[Addressee]] = {}
    for addressee in recipients:
        node = addressee.node
        if node not in step:
            step[node] = next_hop(directory, here, node)
        towards = step[node]
        if towards is not None and towards != back:
            onward.setdefault(towards, []).append(addressee)
    return {neighbour: tuple(behind) for neighbour, behind in onward.items()}


def unroutable(
    directory: Directory, *, here: NodeId, recipients: Iterable[Addressee]
) -> tuple[Addressee, ...]:
    """
    Recipients whose node this directory does not join with `here`, so that nobody here knows their way.

    At the origin that is an error of the directory. In transit it may only mean that ours is older than the
    origin's, and that another branch has long served them: to be recorded, not to be returned.
    """
    return tuple(a for a in recipients if a.node != here and next_hop(directory, here, a.node) is None)


def lies_behind(directory: Directory, origin: NodeId, here: NodeId, neighbour: NodeId) -> bool:
    """
    Whether a letter of `origin` can come to `here` over the link with `neighbour`.

    This is the loop check too: a node's own letter lies behind none of its links, and no letter comes over a
    link that it was sent out on.
    """
    return next_hop(directory, here, origin) == neighbour


def _lineage(nodes: Mapping[NodeId, NodeRow], node: NodeId) -> tuple[NodeId, ...]:
    """The node, its parent and so on up to the root; empty if it is unknown or its line does not end."""
    line: dict[NodeId, None] = {}
    while node:
        row = nodes.get(node)
        if row is None or node in line:
            return ()
        line[node] = None
        node = row.parent
    return tuple(line)


# --- recipients ---------------------------------------------------------------------------------


def resolve_recipients(
    directory: Directory,
    recipients: Iterable[Organ | str],
    on: date,
    policy: SuccessorPolicy = "follow",
    *,
    element: str = "MessageHeader/To/OrganId",
) -> tuple[tuple[Addressee, ...], tuple[Finding, ...]]:
    """
    Who gets the letter, and everything there is to tell the sender about the others.

    A recipient that cannot be served is an error finding of its own and stops nobody else; only when nobody
    is left the first finding is NO_KNOWN_RECIPIENT (NO_RECIPIENT if none was named). `on` is the day in
    Vietnam, `element` where the codes stand in the message.

    Spec: QD28/10.2a, QD09
    """
    served: dict[AgencyCode, Addressee] = {}
    findings: list[Finding] = []
    named = 0
    for recipient in recipients:
        organ = Organ(recipient) if isinstance(recipient, str) else recipient
        named += 1
        answer = directory.resolve(organ.code, on, policy)
        if isinstance(answer, Finding):
            findings.append(Finding(answer.fault, organ.line, element, answer.clause, answer.params))
            continue
        findings += _remarks(answer, answer.agency.code in served, organ.line, element)
        addressee = Addressee(answer.named, answer.agency.code, answer.agency.node)
        served.setdefault(addressee.code, addressee)
    if not served:
        fault = catalogue.NO_KNOWN_RECIPIENT if named else catalogue.NO_RECIPIENT
        findings.insert(0, find(fault, element=element))
    return tuple(served.values()), tuple(findings)


def _remarks(answer: Resolved, is_repeat: bool, line: int | None, element: str) -> Iterable[Finding]:
    if answer.followed_from is not None:
        yield find(
            catalogue.RECIPIENT_FOLLOWED,
            line=line,
            element=element,
            organ=answer.named,
            successor=answer.agency.code,
        )
    if is_repeat:
        yield find(catalogue.RECIPIENT_TWICE, line=line, element=element, organ=answer.named)


# --- lanes and ranks ----------------------------------------------------------------------------


def lane_of(kind: Kind, priority: int) -> Lane:
    """Statuses ride the control lane; documents of priority 1-4 the urgent, all others the normal one."""
    if kind is Kind.STATUS:
        return Lane.CONTROL
    return Lane.URGENT if 1 <= priority <= 4 else Lane.NORMAL


def rank_of(priority: int) -> int:
    """
    The order inside a lane, higher first: 3 = 4 > 2 > 1 > 0.

    Code 4 (hỏa tốc hẹn giờ) must arrive by its hour, so it leaves like 3; an unknown code is ordinary.
    """
    return min(priority, MAX_RANK) if 1 <= priority <= 4 else 0


# --- routing.json -------------------------------------------------------------------------------


def routing_json(routing: Routing) -> bytes:
    """
    routing.json in its one canonical form: keys sorted, no spaces, UTF-8, moments in UTC with microseconds.

    It is a sealed part, so its bytes are made once and then carried as they are.

    Spec: RFC8259, RFC3339
    """
    label = {
        "protocol": routing.protocol,
        "letter_id": routing.letter_id,
        "kind": routing.kind.value,
        "origin": routing.origin,
        "sender": routing.sender,
        "recipients": [{"named": a.named, "code": a.code, "node": a.node} for a in routing.recipients],
        "directory_version": routing.directory_version,
        "lane": routing.lane.value,
        "rank": routing.rank,
        "accepted_at": _write_moment(routing.accepted_at),
        "expires_at": _write_moment(routing.expires_at),
        "original_sha256": routing.original_sha256,
        "original_size": routing.original_size,
        "enc": routing.enc,
    }
    if routing.takes_back:
        label["takes_back"] = list(routing.takes_back)
    for key, moment in (("deliver_by", routing.deliver_by), ("signed_at", routing.signed_at)):
        if moment is not None:
            label[key] = _write_moment(moment)
    return json.dumps(label, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_routing(data: bytes) -> Routing:
    """
    The label of a letter that came over a link. Keys of later releases are ignored, nothing else is.

    Raises: Rejected with FRAME_VERSION for another protocol, with FRAME_DAMAGED naming the field otherwise.
    """
    try:
        tree = json.loads(data.decode("utf-8"), object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        _damaged("", f"not JSON: {error}")
    label = _Fields(tree, "")
    protocol = label.number("protocol")
    if protocol != PROTOCOL:
        raise Rejected(
            find(catalogue.FRAME_VERSION, element="routing.json", detail=f"routing.json {protocol}")
        )
    return Routing(
        protocol=protocol,
        letter_id=LetterId(label.text("letter_id", _is_uuid)),
        kind=label.member("kind", Kind),
        origin=NodeId(label.text("origin", shape_ok)),
        sender=AgencyCode(label.text("sender", is_token)),
        recipients=_read_recipients(label.list("recipients")),
        directory_version=label.number("directory_version"),
        lane=label.member("lane", Lane),
        rank=label.number("rank", MAX_RANK),
        accepted_at=label.moment("accepted_at"),
        expires_at=label.moment("expires_at"),
        original_sha256=label.text("original_sha256", _is_sha256),
        original_size=label.number("original_size"),
        enc=label.text("enc", is_token),
        takes_back=_read_letter_ids(label),
        deliver_by=label.moment("deliver_by") if "deliver_by" in label.table else None,
        signed_at=label.moment("signed_at") if "signed_at" in label.table else None,
    )


def _read_recipients(rows: Sequence[Any]) -> tuple[Addressee, ...]:
    if not rows:
        _damaged("recipients", "empty")
    addressees: dict[AgencyCode, Addressee] = {}
    for number, raw in enumerate(rows):
        row = _Fields(raw, f"recipients[{number}]")
        code = AgencyCode(row.text("code", is_token))
        if code in addressees:
            _damaged(f"recipients[{number}].code", "named twice")
        addressees[code] = Addressee(row.text("named", is_token), code, NodeId(row.text("node", shape_ok)))
    return tuple(addressees.values())


def _read_letter_ids(label: _Fields) -> tuple[LetterId, ...]:
    """`takes_back`, which only a status 13 has."""
    if "takes_back" not in label.table:
        return ()
    ids = label.list("takes_back")
    if not all(isinstance(each, str) and _is_uuid(each) for each in ids):
        _damaged("takes_back", "bad form")
    return tuple(LetterId(each) for each in ids)


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def _is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None  # letter ids name folders, so nothing else may pass


def _is_sha256(text: str) -> bool:
    return _SHA256.fullmatch(text) is not None


def _write_moment(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone is no moment")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _damaged(name: str, detail: str) -> NoReturn:
    element = f"routing.json/{name}" if name else "routing.json"
    raise Rejected(find(catalogue.FRAME_DAMAGED, element=element, detail=f"{element}: {detail}"))


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two readers of one sealed label must never see two labels.
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key is there twice")
    return table


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


@dataclass(frozen=True, slots=True)
class _Fields:
    """One JSON object, whose fields are read strictly; `place` is its name in findings."""

    table: Any
    place: str

    def __post_init__(self) -> None:
        if not isinstance(self.table, dict):
            _damaged(self.place, "not an object")

    def _get(self, key: str, kind: type[T]) -> T:
        value = self.table.get(key)
        # true is an int in Python and not in JSON
        if not isinstance(value, kind) or isinstance(value, bool):
            self._refuse(key, "missing" if key not in self.table else "wrong type")
        return value

    def _refuse(self, key: str, detail: str) -> NoReturn:
        _damaged(f"{self.place}.{key}" if self.place else key, detail)

    def text(self, key: str, good: Callable[[str], bool]) -> str:
        value = self._get(key, str)
        if not good(value) or value != value.strip():
            self._refuse(key, "bad form")
        return value

    def number(self, key: str, most: int = 2**63 - 1) -> int:
        value = self._get(key, int)
        if not 0 <= value <= most:
            self._refuse(key, "out of range")
        return value

    def list(self, key: str) -> Sequence[Any]:
        return self._get(key, list)

    def member(self, key: str, kind: Callable[[str], T]) -> T:
        try:
            return kind(self._get(key, str))
        except ValueError:
            self._refuse(key, "unknown value")

    def moment(self, key: str) -> datetime:
        text = self.text(key, lambda value: _MOMENT.fullmatch(value) is not None)
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            self._refuse(key, "no such moment")
