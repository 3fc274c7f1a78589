"""
Editions: changes of the directory that a node signs for its own part of the tree.

An edition is a change with its signer, its number and the moment from which it holds; its bytes are made
once, sealed by the node's key and carried as they are. The editions of one signer form a chain: each names
the digest of the one before, so none can be left out, slipped in or exchanged.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from gateway.core import catalogue
from gateway.core.calendar import today
from gateway.core.codes import normal, shape_ok
from gateway.core.directory import Agency, Directory
from gateway.core.directory_change import Change, read_change
from gateway.core.errors import Finding, Misconfigured, Rejected, find
from gateway.core.model import NodeId, Part
from gateway.core.seals import CLOCK_TOLERANCE

MEMBER: Final = "edition.json"
"""Name of the one part that the seal of an edition covers."""

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of an edition with its seal: some 16,000 agencies. It is in memory while it is fetched and judged."""

ROOM_FOR_SEAL: Final = 64 * 1024
"""Bytes of them that are kept for the seal; with a long chain of certificates it takes some 20 KB."""

# What only the level above says of an agency that it placed: who stands on a list does not keep it.
SAID_FROM_ABOVE: Final = ("parent", "tier", "valid_from", "valid_to", "successor")

FIRST_YEAR, LAST_YEAR = 2000, 2200  # moments outside are slips, and far ones do not survive a time zone

_KEYS = ("signer", "edition", "previous", "published_at", "valid_from", "change")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


@dataclass(frozen=True, slots=True)
class Edition:
    """
    One signed change. `number` counts from 1 for each signer; `previous` is the digest of the one before.

    The first has no `previous` (""). `valid_from` decides the day of Vietnam on which it comes in force.
    """

    signer: NodeId
    number: int
    previous: str
    published_at: datetime
    valid_from: datetime
    change: Change

    @property
    def day(self) -> date:
        """The day on which it comes in force."""
        return today(self.valid_from)


@dataclass(frozen=True, slots=True)
class Held:
    """How far somebody holds the chain of a signer: the number and the digest of the last edition."""

    signer: NodeId
    number: int
    sha256: str

    def as_row(self) -> dict[str, object]:
        """As neighbours tell it each other."""
        return {"signer": self.signer, "edition": self.number, "sha256": self.sha256}


def digest(content: bytes) -> str:
    """The digest by which the next edition names this one."""
    return hashlib.sha256(content).hexdigest()


def sealed_part(content: bytes) -> Part:
    """What the seal of an edition covers."""
    return Part(MEMBER, len(content), digest(content))


def following(before: Held | None) -> tuple[int, str]:
    """Number and `previous` of the edition that comes next."""
    return (1, "") if before is None else (before.number + 1, before.sha256)


# --- its bytes ----------------------------------------------------------------------------------


def edition_json(edition: Edition) -> bytes:
    """
    The edition in its one canonical form: keys sorted, no spaces, UTF-8, moments in UTC with microseconds.

    Spec: RFC8259, RFC3339
    """
    return _canonical(
        {
            "signer": edition.signer,
            "edition": edition.number,
            "previous": edition.previous,
            "published_at": _write_moment(edition.published_at),
            "valid_from": _write_moment(edition.valid_from),
            "change": edition.change.as_dict(),
        }
    )


def read_edition(content: bytes) -> Edition:
    """
    The edition that these bytes spell; any other spelling of it is refused, since a digest is taken over it.

    Raises: Rejected (EDITION_UNREADABLE)
    """
    try:
        tree = json.loads(content)
        if not isinstance(tree, dict) or tuple(sorted(tree)) != tuple(sorted(_KEYS)):
            raise ValueError(f"not an object of {', '.join(_KEYS)}")
        if _canonical(tree) != content:
            raise ValueError("the JSON is not canonical")
        return _read(tree)
    except Misconfigured as bad_rows:
        raise unreadable("; ".join(finding.en for finding in bad_rows.findings[:3])) from bad_rows
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise unreadable(str(error)) from error


def unreadable(detail: str) -> Rejected:
    """The refusal of bytes that are no edition."""
    return Rejected(find(catalogue.EDITION_UNREADABLE, detail=detail[:200]))


def _read(tree: Mapping[str, Any]) -> Edition:
    signer, number, previous = tree["signer"], tree["edition"], tree["previous"]
    if not isinstance(signer, str) or not shape_ok(signer) or signer != signer.strip():
        raise ValueError("the signer is no node")
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number < 2**53:
        raise ValueError("the number is not a whole number from 1")
    if not isinstance(previous, str) or (number == 1) != (previous == ""):
        raise ValueError("only the first edition has none before it")
    if previous and _SHA256.fullmatch(previous) is None:
        raise ValueError("the digest of the edition before has a wrong form")
    change = read_change(tree["change"])
    if not change:
        raise ValueError("it changes nothing")
    _check_once([*(row.code for row in change.agencies), *change.removed_agencies])
    _check_once([*(row.id for row in change.nodes), *change.removed_nodes])
    published_at, valid_from = (_read_moment(tree[key], key) for key in ("published_at", "valid_from"))
    return Edition(NodeId(signer), number, previous, published_at, valid_from, change)


def _check_once(keys: Sequence[str]) -> None:
    """What a change says of a row twice could be read in two ways. Raises: ValueError."""
    if len(set(map(normal, keys))) != len(keys):
        raise ValueError("it speaks of one row twice")


def _canonical(value: object) -> bytes:
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def _write_moment(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone is no moment")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _read_moment(value: object, key: str) -> datetime:
    if not isinstance(value, str) or _MOMENT.fullmatch(value) is None:
        raise ValueError(f"{key} is no moment")
    at = datetime.fromisoformat(value)
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"{key} is out of range")
    return at


# --- the chain ----------------------------------------------------------------------------------


def chain_objection(
    edition: Edition, before: Held | None, now: datetime, tolerance: timedelta = CLOCK_TOLERANCE
) -> Finding | None:
    """Why an edition cannot be the next one after `before`, if so."""
    number, previous = following(before)
    detail = ""
    if edition.number != number:
        detail = f"phải là số {number} / it must be number {number}"
    elif edition.previous != previous:
        detail = "mã băm của bản trước khác / it names another edition before it"
    elif edition.published_at > now + tolerance:
        detail = f"ghi giờ trong tương lai / it is of the future: {edition.published_at.isoformat()}"
    if not detail:
        return None
    return find(catalogue.EDITION_CHAIN, node=edition.signer, number=edition.number, detail=detail)


def next_edition(
    directory: Directory,
    node: NodeId,
    change: Change,
    valid_from: datetime,
    before: Held | None,
    now: datetime,
) -> Edition:
    """
    The edition that this node would sign next.

    Raises: Rejected (EDITION_NOT_ENTITLED) with all that is not for this node to say; EDITION_TOO_LARGE.
    """
    if findings := trespasses(node, change, Outlook(directory)):
        raise Rejected(*findings)
    number, previous = following(before)
    edition = Edition(node, number, previous, now, valid_from, change)
    if len(edition_json(edition)) > LARGEST - ROOM_FOR_SEAL:
        raise Rejected(find(catalogue.EDITION_TOO_LARGE, limit=LARGEST - ROOM_FOR_SEAL))
    return edition


# --- who may sign what --------------------------------------------------------------------------


class Outlook:
    """
    The tree of nodes and who serves whom, once changes that wait are in force.

    Made of a directory without copying its agencies: an edition is judged in the middle of a transaction.
    """

    def __init__(self, directory: Directory, changes: Iterable[Change] = ()) -> None:
        self._directory = directory
        self._parents = {normal(row.id): normal(row.parent) for row in directory.node_rows}
        self._changed: dict[str, Agency | None] = {}
        for change in changes:
            self._add(change)

    def with_change(self, change: Change) -> Outlook:
        """The outlook when this change, too, is in force."""
        after = Outlook(self._directory)
        after._parents, after._changed = dict(self._parents), dict(self._changed)
        after._add(change)
        return after

    def parent(self, node: str) -> str | None:
        """The node above in compared form, "" for the root; None if there is no such node."""
        return self._parents.get(normal(node))

    def is_within(self, node: str, top: str) -> bool:
        """Whether a node is `top`, or lies below it."""
        at, wanted, seen = normal(node), normal(top), set[str]()
        while at in self._parents and at not in seen:
            if at == wanted:
                return True
            seen.add(at)
            at = self._parents[at]
        return False

    def find(self, code: str) -> Agency | None:
        """The agency with this code or alias."""
        key = normal(code)
        if key in self._changed:
            return self._changed[key]
        return self._directory.find(code)

    def _add(self, change: Change) -> None:
        for row in change.nodes:
            self._parents[normal(row.id)] = normal(row.parent)
        for node in change.removed_nodes:
            self._parents.pop(normal(node), None)
        for code in change.removed_agencies:
            self._forget(code)
        for agency in change.agencies:
            self._forget(agency.code)
            self._changed.update(dict.fromkeys(agency.codes, agency))

    def _forget(self, code: str) -> None:
        former = self.find(code)
        if former is not None and normal(former.code) == normal(code):
            self._changed.update(dict.fromkeys(former.codes))


def trespasses(signer: NodeId, change: Change, before: Outlook) -> list[Finding]:
    """
    What in a change is not for this signer to say; empty if it may sign all of it.

    A node speaks for itself and for the nodes below it, where they are before and after the change, and for
    the agencies that these serve. Of agencies whose place is below one outside (or below none, if the signer
    is not the root) it may not say whether they exist, where they belong or how long they last: that list is
    kept above. References to others (a successor) are free.
    """
    if before.parent(signer) is None:
        return [_trespass(signer, signer, f"danh mục không có nút {signer} / the directory has no such node")]
    after = before.with_change(change)
    return [
        *_node_trespasses(signer, change, before, after),
        *_agency_trespasses(signer, change, before, after),
    ]


def _node_trespasses(signer: NodeId, change: Change, before: Outlook, after: Outlook) -> Iterator[Finding]:
    for row in change.nodes:
        is_known = before.parent(row.id) is not None
        if is_known and not before.is_within(row.id, signer):
            yield _trespass(signer, row.id, "nút ngoài nhánh / the node is not below it")
        elif normal(row.id) == normal(signer):
            if before.parent(signer) != normal(row.parent):
                yield _trespass(signer, row.id, "nút cha của chính nó / its own parent")
        elif not after.is_within(row.id, signer):
            yield _trespass(signer, row.id, f"chuyển ra ngoài nhánh / it goes below {row.parent or '∅'}")
    for node in change.removed_nodes:
        is_own = normal(node) == normal(signer)
        if before.parent(node) is not None and (is_own or not before.is_within(node, signer)):
            yield _trespass(signer, node, "bỏ nút ngoài nhánh / it removes a node that is not below it")


def _agency_trespasses(signer: NodeId, change: Change, before: Outlook, after: Outlook) -> Iterator[Finding]:
    is_root = before.parent(signer) == ""
    for row in change.agencies:
        owners = {owner.code: owner for owner in map(before.find, row.codes) if owner is not None}
        foreign = [owner for owner in owners.values() if not before.is_within(owner.node, signer)]
        if foreign:
            detail = f"{foreign[0].code} thuộc nút {foreign[0].node} / is served by {foreign[0].node}"
            yield _trespass(signer, row.code, detail)
        elif not after.is_within(row.node, signer):
            yield _trespass(signer, row.code, f"nút {row.node} ngoài nhánh / {row.node} is not below it")
        elif not is_root:
            yield from _said_from_above(signer, row, before.find(row.code), before, after)
    for code in change.removed_agencies:
        gone = before.find(code)
        if gone is None or is_root:
            continue
        if not before.is_within(gone.node, signer) or not _is_placed_by(signer, gone, before):
            yield _trespass(signer, code, "bỏ đơn vị ngoài nhánh / it removes an agency that is not below it")


def _said_from_above(
    signer: NodeId, row: Agency, former: Agency | None, before: Outlook, after: Outlook
) -> Iterator[Finding]:
    if former is not None and not _is_placed_by(signer, former, before):
        for name in SAID_FROM_ABOVE:
            if getattr(former, name) != getattr(row, name):
                yield _trespass(
                    signer, f"{row.code} ({name})", "cấp trên quyết định / the level above says it"
                )
    elif not _is_placed_by(signer, row, after):
        above = row.parent or "∅"
        yield _trespass(
            signer, row.code, f"cấp trên {above} ngoài nhánh / its parent {above} is not below it"
        )


def _is_placed_by(signer: NodeId, agency: Agency, outlook: Outlook) -> bool:
    """Whether the agency above this one is among the signer's own."""
    above = outlook.find(agency.parent) if agency.parent else None
    return above is not None and outlook.is_within(above.node, signer)


def _trespass(signer: NodeId, what: str, detail: str) -> Finding:
    return find(catalogue.EDITION_NOT_ENTITLED, element=what, node=signer, what=what, detail=detail)


def reason(findings: Iterable[Finding], most: int = 5) -> str:
    """Findings as the one text that is kept with what was refused."""
    found = list(findings)
    told = [f"{finding.vi} · {finding.en}" for finding in found[:most]]
    return "; ".join(told + ([f"(+{len(found) - most})"] if len(found) > most else []))
