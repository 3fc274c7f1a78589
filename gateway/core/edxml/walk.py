"""
From lxml elements to named nodes, whatever order, prefix or spelling the sender used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from lxml import etree

from gateway.core import catalogue
from gateway.core.edxml.names import (
    ATTACHMENT_ENCODED,
    CONTENT,
    MANIFEST,
    NAMESPACE,
    OPAQUE,
    ROOT,
    Shape,
    known_name,
    local_name,
    namespace_of,
)
from gateway.core.edxml.notes import Notes

PLACEHOLDERS = frozenset({"n/a", "null"})
"""What the .NET builder and some gateways write where there is no value."""
ADDRESS = frozenset({"edXMLEnvelope", "edXMLHeader", "MessageHeader", "From", "OrganId", "StatusCode"})
"""Elements that decide who sends what to whom."""
MAY_BE_EMPTY = frozenset({MANIFEST.name, ATTACHMENT_ENCODED.name})
"""The SDK writes these also when nothing is attached, as to a recall."""

_NUMBER = re.compile(r"\[[0-9]+\]$")
_text_of = etree.XPath("string()")  # the text without that of comments, which itertext() would add


@dataclass(frozen=True, slots=True)
class Field:
    """One text of the message as the sender wrote it, and where; also of elements nobody knows."""

    path: str
    text: str
    line: int


@dataclass(slots=True)
class Node:
    """A known element: its text (placeholders read as ""), its known children by name.

    `line` is that of the envelope without its attachments. `is_blank` says that nothing is in it.
    """

    path: str = ""
    line: int = 0
    text: str = ""
    children: dict[str, list[Node]] = field(default_factory=dict)
    is_blank: bool = True
    element: etree._Element | None = None

    def one(self, name: str) -> Node:
        """The first child of that name; an empty node if there is none."""
        return next(iter(self.children.get(name, ())), _ABSENT)

    def all(self, name: str) -> list[Node]:
        """The children of that name that have anything in them."""
        return [node for node in self.children.get(name, ()) if not node.is_blank]

    def value(self, *names: str) -> str:
        """The text at the end of a way down, or ""."""
        node = self
        for name in names:
            node = node.one(name)
        return node.text

    @property
    def is_there(self) -> bool:
        return self.element is not None


_ABSENT = Node()


class Walker:
    """Reads elements by the table of names, notes what is unusual and gathers every text on the way."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self.fields: list[Field] = []

    def walk(self, element: etree._Element, shape: Shape, path: str) -> Node:
        """The node of `element`, which is the one that `shape` describes."""
        node = Node(path=path, line=line_of(element), element=element)
        if shape.children:
            self._block(element, shape, node)
        elif shape.name in OPAQUE:
            node.is_blank = False
        else:
            self._leaf(element, shape, node)
        return node

    def _leaf(self, element: etree._Element, shape: Shape, node: Node) -> None:
        # the XPath costs ten times as much, and ten thousand recipients have eighty thousand leaves
        text = (str(_text_of(element)) if len(element) else element.text or "").strip()
        if shape.name == CONTENT:  # its base64 was cut out before
            node.is_blank = False
            return
        if not text:
            self._notes.empty(node.path, node.line)
            return
        self.fields.append(Field(node.path, text, node.line))
        if text.lower() in PLACEHOLDERS:
            self._notes.add(catalogue.PLACEHOLDER, node.path, node.line, found=text)
            return
        node.text, node.is_blank = text, False

    def _block(self, element: etree._Element, shape: Shape, node: Node) -> None:
        if stray := _own_text(element):
            self.fields.append(Field(node.path, stray, node.line))
        highest, in_order, namespaces = -1, True, set()
        for child in elements_of(element):
            name = self._name(child, shape, node)
            if name is None:
                continue
            known = shape.by_name[name]
            siblings = node.children.setdefault(name, [])
            if siblings and not known.many:
                self._repeated(child, name, node.path)
                continue
            rank = shape.ranks[name]
            in_order, highest = in_order and rank >= highest, max(rank, highest)
            if name not in OPAQUE and name != CONTENT:
                namespaces.add((child.prefix, namespace_of(child.tag)))
            below = self.walk(child, known, _below(shape, node.path, name, len(siblings)))
            siblings.append(below)
            node.is_blank = node.is_blank and below.is_blank
        if not node.children and node.is_blank and shape.name not in MAY_BE_EMPTY:
            self._notes.empty(node.path, node.line)
        self._note_habits(
            node,
            shape,
            in_order=in_order or shape.any_order,
            one_way=len(namespaces) <= 1 and all(space == NAMESPACE for _, space in namespaces),
        )

    def _name(self, child: etree._Element, shape: Shape, node: Node) -> str | None:
        """The name of the child in the standard; what is not in it is only gathered."""
        local = local_name(child.tag)
        name = known_name(local, shape)
        line = line_of(child)
        if name is None:
            path = _below(shape, node.path, local, 0)
            if local != CONTENT:  # told as an attachment that no manifest names
                self._notes.add(catalogue.UNKNOWN_ELEMENT, path, line, found=local)
            found = list(self._texts(child, path))
            self.fields += found
            node.is_blank = node.is_blank and not found
        elif name != local:
            path = _below(shape, node.path, name, 0)
            self._notes.add(catalogue.ALIAS_NAME, path, line, found=local, name=name)
        return name

    def _repeated(self, child: etree._Element, name: str, parent: str) -> None:
        """A second element where one belongs: the first is taken, the texts of both are looked at.

        Where the address stands this is refused: the next reader may take the last, and so another agency.
        """
        path, line = f"{parent}/{name}[2]", line_of(child)
        if name in ADDRESS and not parent.startswith("TraceHeaderList"):
            detail = f"{parent}/{name} lặp lại · {parent}/{name} is there twice"
            self._notes.add(catalogue.SCHEMA, path, line, detail=detail)
        else:
            self._notes.add(catalogue.REPEATED_ELEMENT, path, line, element=f"{parent}/{name}")
        self.fields += self._texts(child, path)

    def _note_habits(self, node: Node, shape: Shape, *, in_order: bool, one_way: bool) -> None:
        parent = _NUMBER.sub("", node.path.rpartition("/")[2])
        if not in_order:
            self._notes.list(catalogue.ELEMENT_ORDER, "parent", node.path, node.line, parent)
        if not one_way and shape is not ROOT:  # the SDK itself mixes them on the root
            self._notes.list(catalogue.PREFIXES, "parent", node.path, node.line, parent)

    def _texts(self, element: etree._Element, path: str) -> Iterator[Field]:
        for inner in element.iter(etree.Element):
            if local_name(inner.tag) != CONTENT and (text := _own_text(inner)):
                yield Field(path, text, line_of(inner))


def _own_text(element: etree._Element) -> str:
    """The text that stands directly in an element, between its children."""
    return "".join([element.text or "", *(child.tail or "" for child in element)]).strip()


def elements_of(element: etree._Element) -> Iterator[etree._Element]:
    """The child elements, without comments."""
    return element.iterchildren(etree.Element)


def line_of(element: etree._Element) -> int:
    """The line of the envelope where the start tag of `element` ends."""
    return cast("int | None", element.sourceline) or 1


def _below(shape: Shape, path: str, name: str, before: int) -> str:
    step = f"{name}[{before + 1}]" if before else name
    return step if shape.name in ("edXML", "edXMLEnvelope", "edXMLHeader", "edXMLBody") else f"{path}/{step}"
