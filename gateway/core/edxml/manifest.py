"""
Manifest and attachments brought together: which Reference speaks of which Attachment, and which part it is.

Spec: QCVN102/Reference, QCVN102/Attachment
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from gateway.core import catalogue
from gateway.core.edxml.names import ATTACHMENT_ENCODED, CONTENT, ENVELOPE, XLINK, bare_id, local_name
from gateway.core.edxml.notes import Notes, clip
from gateway.core.edxml.walk import Node, Walker, line_of
from gateway.core.model import Attachment

_NOWHERE = Node()


@dataclass(slots=True)
class _Piece:
    """One ContentTransferEncoded and the Attachment around it (an absent one if it stands elsewhere)."""

    part: int
    line: int
    node: Node

    @property
    def written_id(self) -> str:
        return self.node.value("ContentId")

    @property
    def name(self) -> str:
        return self.node.value("AttachmentName")


def attachments_of(
    root: etree._Element, manifest: Node, walker: Walker, notes: Notes
) -> tuple[Attachment, ...]:
    """The attachments in document order, each with what its Reference adds to it.

    The n-th ContentTransferEncoded of the envelope is part n, wherever it stands.
    """
    references = manifest.children.get("Reference", [])
    pieces = _pieces(root, walker, notes)
    partner = _pair(references, pieces)
    _note_missing(references, partner, notes)
    by_piece = {id(pieces[there]): references[here] for here, there in partner.items()}
    found = []
    for piece in pieces:
        reference = by_piece.get(id(piece))
        if reference is None:
            notes.add(
                catalogue.ATTACHMENT_UNLISTED,
                piece.node.path or CONTENT,
                piece.line,
                name=piece.name or f"#{piece.part + 1}",
            )
        else:
            _note_ids(reference, piece, notes)
        found.append(_attachment(piece, reference or _NOWHERE, notes.sender_line(piece.line)))
    return tuple(found)


def _pieces(root: etree._Element, walker: Walker, notes: Notes) -> list[_Piece]:
    nodes: dict[etree._Element, Node] = {}
    block_name = ATTACHMENT_ENCODED.name
    for block in _blocks(root):
        for node in walker.walk(block, ATTACHMENT_ENCODED, block_name).children.get("Attachment", ()):
            if node.one(CONTENT).is_there:
                nodes[_there(node.one(CONTENT))] = node
            else:
                name = node.value("AttachmentName") or node.value("ContentId")
                notes.add(catalogue.ATTACHMENT_MISSING, node.path, node.line, name=name)
    contents = (e for e in root.iter(etree.Element) if local_name(e.tag) == CONTENT)
    return [
        _Piece(part, line_of(content), nodes.get(content, _NOWHERE)) for part, content in enumerate(contents)
    ]


def _blocks(root: etree._Element) -> list[etree._Element]:
    """Every AttachmentEncoded: beside the envelope, where it belongs, or in it or its body."""
    return [
        block
        for block in root.iter(etree.Element)
        if local_name(block.tag) == ATTACHMENT_ENCODED.name
        and (block.getparent() is root or local_name(_parent_tag(block)) in (ENVELOPE.name, "edXMLBody"))
    ]


def _parent_tag(element: etree._Element) -> str:
    parent = element.getparent()
    return "" if parent is None else str(parent.tag)


def _there(node: Node) -> etree._Element:
    assert node.element is not None
    return node.element


def _pair(references: list[Node], pieces: list[_Piece]) -> dict[int, int]:
    """Which piece each reference speaks of, by index: by ContentId, else by position, else by name.

    A position does not count where both sides give a name and the names differ, unless nothing else is left.
    """
    partner: dict[int, int] = {}
    free = dict.fromkeys(range(len(pieces)))

    def take(here: int, there: int | None) -> None:
        if there is not None and here not in partner and there in free:
            partner[here] = there
            del free[there]

    by_id = _queues(free, [bare_id(piece.written_id) for piece in pieces])
    for here, reference in enumerate(references):
        take(here, _first(by_id.get(bare_id(_written_id(reference)), [])))
    for here in range(min(len(references), len(pieces))):
        names = {references[here].value("AttachmentName"), pieces[here].name} - {""}
        take(here, here if len(names) <= 1 else None)
    by_name = _queues(free, [piece.name for piece in pieces])
    for here, reference in enumerate(references):
        if here not in partner:
            take(here, _first(by_name.get(reference.value("AttachmentName"), [])))
    for here in range(min(len(references), len(pieces))):
        take(here, here)
    return partner


def _queues(free: dict[int, None], keys: list[str]) -> dict[str, list[int]]:
    """The free pieces by key, the first one at the end of its list, so that it is popped first."""
    queues: dict[str, list[int]] = {}
    for there in reversed(list(free)):
        if keys[there]:
            queues.setdefault(keys[there], []).append(there)
    return queues


def _first(queue: list[int]) -> int | None:
    return queue.pop() if queue else None


def _note_missing(references: list[Node], partner: dict[int, int], notes: Notes) -> None:
    for here, reference in enumerate(references):
        if here not in partner and not reference.is_blank:
            name = reference.value("AttachmentName") or _written_id(reference)
            notes.add(catalogue.ATTACHMENT_MISSING, reference.path, reference.line, name=name)


def _note_ids(reference: Node, piece: _Piece, notes: Notes) -> None:
    """Note ids that agree only without their `cid:`, or do not agree at all."""
    ours, theirs = _written_id(reference), piece.written_id
    if bare_id(ours) != bare_id(theirs):
        name = piece.name or reference.value("AttachmentName") or f"#{piece.part + 1}"
        notes.add(catalogue.PAIRED_BY_POSITION, piece.node.path or CONTENT, piece.line, name=name)
    else:
        odd = next((i for i in (theirs, ours) if i and i.lower() != f"cid:{bare_id(i).lower()}"), "")
        if odd:
            path = f"{piece.node.path}/ContentId"
            notes.list(catalogue.CONTENT_ID_FORM, "found", path, piece.line, clip(odd))


def _written_id(reference: Node) -> str:
    """The id a Reference gives, in its element or in the xlink attribute of the .NET builder."""
    if written := reference.value("ContentId"):
        return written
    element = reference.element
    return "" if element is None else (element.get(f"{{{XLINK}}}href") or "").strip()


def _attachment(piece: _Piece, reference: Node, line: int) -> Attachment:
    node = piece.node
    return Attachment(
        part=piece.part,
        content_id=bare_id(piece.written_id) or bare_id(_written_id(reference)),
        name=piece.name or reference.value("AttachmentName"),
        description=node.value("Description") or reference.value("Description"),
        content_type=(node.value("ContentType") or node.value("MimeType") or reference.value("ContentType")),
        line=line,
    )
