from __future__ import annotations

from gateway.core.directory import Directory, NodeRow
from gateway.core.model import NodeId
from gateway.http.console.axis_map import BOX_HEIGHT, BOX_WIDTH, CHILDREN_DRAWN, AxisMap, axis_map
from tests.kit.builders import CENTRAL, COMMUNE, OTHER_PROVINCE, PROVINCE, small_axis

ROOT = NodeId("G22")


def big(children: int) -> Directory:
    """A root, two provinces, and many communes below each."""
    rows = [NodeRow(id=ROOT)]
    for province in ("H14", "H21"):
        rows.append(NodeRow(id=NodeId(province), parent=ROOT))
        rows += [NodeRow(id=NodeId(f"{province}.{n:03d}"), parent=NodeId(province)) for n in range(children)]
    return Directory(1, tuple(rows), ())


def at(drawn: AxisMap, node: str) -> tuple[float, float]:
    return next((place.x, place.y) for place in drawn.places if place.node == node and not place.others)


def test_small_axis_is_drawn_whole_the_root_at_the_left() -> None:
    drawn = axis_map(small_axis(), PROVINCE)
    assert set(drawn.nodes()) == {CENTRAL, PROVINCE, COMMUNE, OTHER_PROVINCE}
    assert at(drawn, CENTRAL)[0] < at(drawn, PROVINCE)[0] < at(drawn, COMMUNE)[0]
    assert at(drawn, PROVINCE)[0] == at(drawn, OTHER_PROVINCE)[0]
    assert {(e.parent, e.child) for e in drawn.edges} == {
        (CENTRAL, PROVINCE),
        (CENTRAL, OTHER_PROVINCE),
        (PROVINCE, COMMUNE),
    }
    assert drawn.edges[0] == next(e for e in drawn.edges if e.child == OTHER_PROVINCE)  # under the own ones


def test_no_box_covers_another_or_leaves_the_picture() -> None:
    for directory, here in ((small_axis(), CENTRAL), (big(130), NodeId("H14")), (big(130), ROOT)):
        drawn = axis_map(directory, here)
        boxes = [(place.x, place.y) for place in drawn.places]
        assert len(set(boxes)) == len(boxes)
        for x, y in boxes:
            assert x + BOX_WIDTH <= drawn.width
            assert y + BOX_HEIGHT <= drawn.height
            near = [b for a, b in boxes if a == x and b != y]
            assert all(abs(y - other) >= BOX_HEIGHT for other in near)


def test_of_a_big_axis_the_way_up_and_the_neighbours_are_drawn_and_the_rest_counted() -> None:
    drawn = axis_map(big(130), NodeId("H14"))
    assert len([node for node in drawn.nodes() if node.startswith("H14.")]) == CHILDREN_DRAWN
    assert "H21" not in drawn.nodes()
    others = {place.node: place.others for place in drawn.places if place.others}
    assert others == {"H14": 130 - CHILDREN_DRAWN, ROOT: 1}


def test_neighbours_that_are_named_first_are_never_among_the_rest() -> None:
    named = [NodeId("H14.129"), NodeId("H14.077"), NodeId("G22"), NodeId("H99")]
    drawn = axis_map(big(130), NodeId("H14"), named)
    assert {"H14.129", "H14.077"} <= set(drawn.nodes())
    assert len([node for node in drawn.nodes() if node.startswith("H14.")]) == CHILDREN_DRAWN


def test_leaf_of_a_big_axis_sees_the_way_to_the_root() -> None:
    assert axis_map(big(130), NodeId("H14.005")).nodes() == [ROOT, "H14", "H14.005"]


def test_node_that_left_the_directory_has_a_map_all_the_same() -> None:
    assert axis_map(big(130), NodeId("H99")).nodes() == []
