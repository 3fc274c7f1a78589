"""
The axis as a map: where each node stands in a picture of its levels, the root at the left.

What an operator asks about comes first: this node, what is above it, and its neighbours below. A small axis
is drawn whole; of a large one the rest is a number, and stands in the directory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.core.directory import Directory
from gateway.core.model import NodeId

DRAWN_WHOLE = 40
"""Nodes of an axis that still fits one picture."""
CHILDREN_DRAWN = 24
"""Neighbours below this node that are drawn; a province may have 130, which stand in the table."""

BOX_WIDTH, BOX_HEIGHT = 214, 60
COLUMN, ROW = 262, 72
MARGIN = 6


@dataclass(frozen=True, slots=True)
class Place:
    """A node in the picture; `others` is how many of its parent's nodes a box stands for, 0 for a node."""

    node: NodeId
    x: float
    y: float
    others: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """The link between two nodes of the picture; `path` is what SVG draws."""

    parent: NodeId
    child: NodeId
    path: str


@dataclass(frozen=True, slots=True)
class AxisMap:
    """The picture, in units of it."""

    places: Sequence[Place]
    edges: Sequence[Edge]
    width: int
    height: int
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT

    def nodes(self) -> list[NodeId]:
        """The nodes that are drawn."""
        return [place.node for place in self.places if not place.others]


def axis_map(directory: Directory, here: NodeId, first: Iterable[NodeId] = ()) -> AxisMap:
    """The map around a node; of too many neighbours below it those in `first` are drawn before others."""
    drawing = _Drawing(directory, here, _chosen(directory, here, list(first)))
    for root in drawing.roots:
        drawing.draw(root, 0)
    return drawing.done()


def _chosen(directory: Directory, here: NodeId, first: Sequence[NodeId]) -> set[NodeId]:
    if len(directory.nodes) <= DRAWN_WHOLE:
        return set(directory.nodes)
    chosen = {here}
    row = directory.nodes.get(here)
    while row is not None and row.parent and row.parent not in chosen:
        chosen.add(NodeId(row.parent))
        row = directory.nodes.get(NodeId(row.parent))
    children = directory.children(here)
    ordered = [*(node for node in first if node in children), *children]
    chosen.update(list(dict.fromkeys(ordered))[:CHILDREN_DRAWN])
    return chosen


class _Drawing:
    """Boxes as they are placed: leaves one below the other, each parent beside the middle of its own."""

    def __init__(self, directory: Directory, here: NodeId, chosen: set[NodeId]) -> None:
        self._directory, self._here, self._chosen = directory, here, chosen
        self.roots = [
            NodeId(row.id)
            for row in directory.nodes.values()
            if row.id in chosen and (not row.parent or row.parent not in directory.nodes)
        ]
        self._places: list[Place] = []
        self._edges: list[Edge] = []
        self._rows = 0

    def draw(self, node: NodeId, depth: int) -> float:
        """Place a node with all that is below it; the height at which it stands."""
        children = self._directory.children(node)
        below = [child for child in children if child in self._chosen]
        heights = [self.draw(child, depth + 1) for child in below]
        others = len(children) - len(below)
        if others:
            heights.append(self._next_row())
            self._places.append(Place(node, self._column(depth + 1), heights[-1], others))
        y = (heights[0] + heights[-1]) / 2 if heights else self._next_row()
        self._places.append(Place(node, self._column(depth), y))
        for child, height in zip(below, heights, strict=False):
            self._edges.append(Edge(node, child, self._path(depth, y, height)))
        return y

    def _next_row(self) -> float:
        self._rows += 1
        return float(MARGIN + (self._rows - 1) * ROW)

    @staticmethod
    def _column(depth: int) -> float:
        return float(MARGIN + depth * COLUMN)

    def _path(self, depth: int, y: float, child_y: float) -> str:
        begin, end = self._column(depth) + BOX_WIDTH, self._column(depth + 1)
        middle = (begin + end) / 2
        half = BOX_HEIGHT / 2
        return f"M{begin:g} {y + half:g}H{middle:g}V{child_y + half:g}H{end:g}"

    def done(self) -> AxisMap:
        columns = max((place.x for place in self._places), default=0.0)
        return AxisMap(
            sorted(self._places, key=lambda place: (place.x, place.y)),
            # what is drawn last lies on top: where links part, those of this node must be seen
            sorted(self._edges, key=lambda edge: self._here in (edge.parent, edge.child)),
            width=round(columns + BOX_WIDTH + MARGIN),
            height=round(self._rows * ROW - (ROW - BOX_HEIGHT) + 2 * MARGIN),
        )
