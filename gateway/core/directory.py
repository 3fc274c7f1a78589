"""
The directory: which agencies there are, which node serves each, and what became of the closed ones.

One immutable value with a version. An agency has one primary code and any number of other codes that
are accepted for it (QCVN 102 form, QĐ 20/2020 form, codes of earlier years). A closed agency stays in
the directory, because letters and statuses of older documents keep naming it.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from gateway.core.catalogue import DIRECTORY_BROKEN, RECIPIENT_CLOSED, RECIPIENT_LOCKED, RECIPIENT_UNKNOWN
from gateway.core.codes import is_token, normal, shape_ok
from gateway.core.directory_index import DirectoryIndex
from gateway.core.directory_rows import Agency as Agency
from gateway.core.directory_rows import NodeRow as NodeRow
from gateway.core.directory_rows import bad_value, read_agency, read_node, unknown_key
from gateway.core.errors import Finding, Misconfigured, find
from gateway.core.model import AgencyCode, NodeId

SuccessorPolicy = Literal["follow", "refuse"]
"""What happens to a letter for a closed code: it goes to the successor, or back with error 23."""

_TABLES = ("version", "nodes", "agencies")


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a code that a sender named stands for on one day.

    `named` is the code as written; `followed_from` the closed agency whose successor `agency` is.
    """

    agency: Agency
    named: str
    followed_from: AgencyCode | None = None


@dataclass(frozen=True)
class Directory:
    """
    All nodes and agencies of one version.

    Rows are kept in the order of the file. Of two rows with one code the first is found; `check` names both.
    Look-ups take the same time in a directory of ten and of 111,339 agencies (`search`: some milliseconds).
    """

    version: int
    node_rows: tuple[NodeRow, ...] = field(repr=False)
    agency_rows: tuple[Agency, ...] = field(repr=False)

    @cached_property
    def nodes(self) -> Mapping[NodeId, NodeRow]:
        return MappingProxyType({row.id: row for row in reversed(self.node_rows)})

    @cached_property
    def agencies(self) -> Mapping[AgencyCode, Agency]:
        """By primary code, as written in the row."""
        return MappingProxyType({row.code: row for row in reversed(self.agency_rows)})

    def node(self, node_id: NodeId) -> NodeRow | None:
        return self.nodes.get(node_id)

    def children(self, node_id: NodeId) -> tuple[NodeId, ...]:
        """The nodes that connect to this one, in the order of the file."""
        return self._children.get(node_id, ())

    def neighbours(self, node_id: NodeId) -> tuple[NodeId, ...]:
        """The parent, if there is one, then the children: the other ends of this node's links."""
        row = self.nodes.get(node_id)
        return (*((row.parent,) if row is not None and row.parent else ()), *self.children(node_id))

    def find(self, code: str) -> Agency | None:
        """
        The agency with this primary code or alias, whether open or closed.

        Spec: QCVN102/OrganId, QD20/4
        """
        return self._by_code.get(normal(code))

    def served_by(self, node_id: NodeId) -> tuple[Agency, ...]:
        """The agencies for which this node hands over (and may seal), in the order of the file."""
        return self._by_node.get(node_id, ())

    def search(self, text: str, limit: int = 20) -> tuple[Agency, ...]:
        """
        Agencies for a person who types: by code, or by all words of the name, with or without marks.

        See `DirectoryIndex.search`.
        """
        return tuple(self.index.search(text)[:limit])

    def resolve(self, code: str, on: date, policy: SuccessorPolicy = "follow") -> Resolved | Finding:
        """
        The agency that a letter for `code` goes to on that day, or why it can go to none.

        A closed code leads to the first of its successors that is open. One without any is answered like a
        locked one: there is nothing better to tell the sender than to ask.

        Spec: QD09 (closed codes have successors)
        """
        named = code.strip()
        agency = self.find(named)
        if agency is None or agency.is_not_yet_open(on):
            return find(RECIPIENT_UNKNOWN, organ=named)
        if not agency.is_closed(on):
            return find(RECIPIENT_LOCKED, organ=named) if agency.locked else Resolved(agency, named)
        heir = next((a for a in self._successors(agency) if a.is_open(on)), None)
        if heir is None:
            return find(RECIPIENT_LOCKED, organ=named)
        if policy == "refuse":
            return find(RECIPIENT_CLOSED, organ=named, successor=heir.code)
        if heir.locked:
            return find(RECIPIENT_LOCKED, organ=heir.code)
        return Resolved(heir, named, followed_from=agency.code)

    def successor_of(self, code: str) -> Agency | None:
        """The agency that directly followed the one with this code; None if there is none."""
        agency = self.find(code)
        return None if agency is None else next(self._successors(agency), None)

    def is_successor(self, named: str, served: str) -> bool:
        """Whether the agency `served` followed the agency `named`, directly or through others."""
        former, heir = self.find(named), self.find(served)
        if former is None or heir is None:
            return False
        return any(agency.code == heir.code for agency in self._successors(former))

    def as_dict(self) -> dict[str, object]:
        """The directory as JSON holds it; `from_rows` reads it back."""
        return {
            "version": self.version,
            "nodes": [row.as_row() for row in self.node_rows],
            "agencies": [row.as_row() for row in self.agency_rows],
        }

    def _successors(self, agency: Agency) -> Iterator[Agency]:
        """Its successor, that one's successor, and so on; ends where a loop would begin."""
        seen = {agency.code}
        while agency.successor:
            heir = self.find(agency.successor)
            if heir is None or heir.code in seen:
                return
            seen.add(heir.code)
            yield heir
            agency = heir

    @cached_property
    def heads(self) -> Mapping[str, tuple[Agency, ...]]:
        """
        By tier (see `tier_key`): the agencies of it that are below no other of the same tier.

        Of a province that is its People's Committee, not its departments. In the order of the file.
        """
        index: dict[str, list[Agency]] = {}
        keys = {tier: tier_key(tier) for tier in {row.tier for row in self.agency_rows}}
        for row in self.agency_rows:
            above = self.find(row.parent) if row.parent else None
            key = keys[row.tier]
            if key and (above is None or keys[above.tier] != key):
                index.setdefault(key, []).append(row)
        return MappingProxyType({key: tuple(rows) for key, rows in index.items()})

    @cached_property
    def _by_code(self) -> dict[str, Agency]:
        index: dict[str, Agency] = {}
        for row in self.agency_rows:
            index.setdefault(normal(row.code), row)
        for row in self.agency_rows:  # a primary code wins over another agency's alias
            for alias in row.aliases:
                index.setdefault(normal(alias), row)
        return index

    @cached_property
    def _by_node(self) -> dict[NodeId, tuple[Agency, ...]]:
        index: dict[NodeId, list[Agency]] = {}
        for row in self.agency_rows:
            index.setdefault(row.node, []).append(row)
        return {node_id: tuple(rows) for node_id, rows in index.items()}

    @cached_property
    def _children(self) -> dict[NodeId, tuple[NodeId, ...]]:
        index: dict[NodeId, list[NodeId]] = {}
        for row in self.node_rows:
            if row.parent:
                index.setdefault(row.parent, []).append(row.id)
        return {node_id: tuple(rows) for node_id, rows in index.items()}

    @cached_property
    def index(self) -> DirectoryIndex:
        """How people look for agencies. Made at the first question, in half a second for a whole country."""
        return DirectoryIndex(self.agency_rows, self.find)


def tier_key(tier: str) -> str:
    """A tier as people may type it: `Trung ương`, `trung-uong` and `trunguong` are one."""
    return "".join(letter for letter in plain(tier) if letter.isalnum())


def plain(text: str) -> str:
    """Lower case without Vietnamese marks: people search for `cao bang`."""
    letters = unicodedata.normalize("NFD", text.strip().lower()).replace("đ", "d")
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


# --- reading ------------------------------------------------------------------------------------


def from_rows(version: object, nodes: Iterable[object], agencies: Iterable[object]) -> Directory:
    """
    A directory of rows as `as_row` writes them (from the store, from JSON); it is not checked here.

    Raises: Misconfigured with every row that cannot be read.
    """
    faults: list[Finding] = []
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        faults.append(bad_value("version", "phải là số nguyên từ 1 / must be a whole number from 1"))
    node_rows = [read_node(raw, f"nodes[{n}]", faults) for n, raw in enumerate(nodes)]
    agency_rows = [read_agency(raw, f"agencies[{n}]", faults) for n, raw in enumerate(agencies)]
    if faults or not isinstance(version, int):
        raise Misconfigured(*faults)
    return Directory(
        version,
        tuple(row for row in node_rows if row is not None),
        tuple(row for row in agency_rows if row is not None),
    )


def load_toml(data: bytes) -> Directory:
    """
    A directory file: `version`, `[[nodes]]` and `[[agencies]]`; it is not checked here.

    Raises: Misconfigured with every unknown key and every value that cannot be used.
    """
    try:
        tree = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(bad_value("directory", f"không phải TOML / not TOML: {error}")) from error
    faults = [unknown_key("", key, _TABLES) for key in tree if key not in _TABLES]
    single = [key for key in ("nodes", "agencies") if not isinstance(tree.get(key, []), list)]
    faults += [bad_value(key, f"phải ghi [[{key}]] / must be written [[{key}]]") for key in single]
    if faults:
        raise Misconfigured(*faults)
    return from_rows(tree.get("version"), tree.get("nodes", []), tree.get("agencies", []))


# --- whether a directory can be used ------------------------------------------------------------


def check(directory: Directory) -> list[Finding]:
    """
    Everything that makes this directory unusable, all of it at once; empty when it is sound.

    A letter may not depend on which of two rows is found first, and no way through the tree or the
    successors may lead in a circle.
    """
    return [
        *_check_nodes(directory),
        *_check_tree(directory),
        *_check_codes(directory),
        *_check_references(directory),
        *_check_agency_loops(directory),
    ]


def _broken(element: str, vi: str, en: str) -> Finding:
    return find(DIRECTORY_BROKEN, element=element, detail=f"{vi} / {en}")


def _check_nodes(directory: Directory) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for number, row in enumerate(directory.node_rows):
        at = f"nodes/{row.id}"
        if not shape_ok(row.id) or row.id != row.id.strip():
            yield _broken(at, f"tên nút «{row.id}» không đúng dạng", f'the node id "{row.id}" has a bad form')
        first = seen.setdefault(normal(row.id), number)
        if first != number:
            former = directory.node_rows[first].id
            yield _broken(
                at, f"nút {row.id} trùng với {former}", f"the node {row.id} is there twice ({former})"
            )
        organ = directory.find(row.organ_code)
        if organ is None or organ.node != row.id:
            vi = f"nút {row.id} chưa có cơ quan của chính nút («{row.organ_code}»)"
            yield _broken(at, vi, f'the node {row.id} does not serve its own organ "{row.organ_code}"')


def _check_tree(directory: Directory) -> Iterator[Finding]:
    roots = [row.id for row in directory.node_rows if not row.parent]
    if len(roots) != 1:
        names = ", ".join(roots) or "∅"
        vi = f"phải có đúng một nút gốc, đang có {len(roots)} ({names})"
        yield _broken("nodes", vi, f"there must be one root node, not {len(roots)} ({names})")
    for row in directory.node_rows:
        if row.parent and row.parent not in directory.nodes:
            vi = f"nút cha {row.parent} của {row.id} không có"
            yield _broken(f"nodes/{row.id}", vi, f"the parent {row.parent} of {row.id} is missing")
    for loop in _loops({row.id: row.parent for row in directory.node_rows}):
        way = " → ".join((*loop, loop[0]))
        yield _broken(f"nodes/{loop[0]}", f"các nút nối vòng: {way}", f"the nodes form a loop: {way}")


def _check_codes(directory: Directory) -> Iterator[Finding]:
    claims: dict[str, tuple[int, str]] = {}
    for number, row in enumerate(directory.agency_rows):
        for code in (row.code, *row.aliases):
            at = f"agencies/{row.code}"
            if not is_token(code.strip()):
                yield _broken(at, f"mã «{code}» không dùng được", f'the code "{code}" cannot be used')
            owner, text = claims.setdefault(normal(code), (number, code))
            if owner == number:
                continue
            other = directory.agency_rows[owner].code
            if text != code:
                vi = f"«{code}» ({row.code}) và «{text}» ({other}) chỉ khác chữ hoa, chữ thường"
                en = f'"{code}" ({row.code}) and "{text}" ({other}) differ only by case'
            else:
                vi = f"mã {code} dùng cho cả {other} và {row.code}"
                en = f"the code {code} is used by both {other} and {row.code}"
            yield _broken(at, vi, en)


def _check_references(directory: Directory) -> Iterator[Finding]:
    for row in directory.agency_rows:
        at = f"agencies/{row.code}"
        if row.node not in directory.nodes:
            vi = f"nút {row.node} của {row.code} không có"
            yield _broken(at, vi, f"the node {row.node} of {row.code} is missing")
        if row.parent and directory.find(row.parent) is None:
            vi = f"cơ quan cấp trên {row.parent} của {row.code} không có"
            yield _broken(at, vi, f"the parent {row.parent} of {row.code} is missing")
        if row.successor and directory.find(row.successor) is None:
            vi = f"cơ quan kế thừa {row.successor} của {row.code} không có"
            yield _broken(at, vi, f"the successor {row.successor} of {row.code} is missing")
        if row.valid_from and row.valid_to and row.valid_from > row.valid_to:
            vi = f"{row.code} hết hiệu lực trước khi có hiệu lực"
            yield _broken(at, vi, f"{row.code} ends before it begins")


def _check_agency_loops(directory: Directory) -> Iterator[Finding]:
    def primary(code: str) -> str:
        agency = directory.find(code) if code else None
        return "" if agency is None else agency.code

    rows = directory.agency_rows
    for loop in _loops({row.code: primary(row.successor) for row in rows}):
        way = " → ".join((*loop, loop[0]))
        vi, en = f"các cơ quan kế thừa vòng: {way}", f"the successors form a loop: {way}"
        yield _broken(f"agencies/{loop[0]}", vi, en)
    for loop in _loops({row.code: primary(row.parent) for row in rows}):
        way = " → ".join((*loop, loop[0]))
        vi, en = f"các cơ quan cấp trên vòng: {way}", f"the parents form a loop: {way}"
        yield _broken(f"agencies/{loop[0]}", vi, en)


def _loops(steps: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Every circle in a mapping name → next name (or ""), once each."""
    settled: set[str] = set()
    for start in steps:
        trail: dict[str, None] = {}
        at = start
        while at and at not in settled and at not in trail:
            trail[at] = None
            at = steps.get(at, "")
        if at in trail:
            names = list(trail)
            yield tuple(names[names.index(at) :])
        settled.update(trail)
