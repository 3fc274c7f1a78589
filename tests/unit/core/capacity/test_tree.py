"""The tree of the simulation: which way a letter goes, and whom it is for."""

from __future__ import annotations

import math
from random import Random

import pytest

from gateway.core.capacity.nation import INSIDE, NATIONAL, Flow, Nation, Tier
from gateway.core.capacity.stations import Agenda, Disk, Servers, Tally
from gateway.core.capacity.tree import Node, Tree, share_of_communes


def node(tier: Tier, parent: Node | None) -> Node:
    agenda, tally = Agenda(), Tally(0, math.inf)
    cpu = Servers(agenda, 1, tally, lambda _job: None)
    made = Node(tier, parent, cpu, Disk(agenda, 1.0, 1, tally, lambda _job: None), None, is_whole=True)
    if parent is not None:
        parent.children.append(made)
    return made


@pytest.fixture
def tree() -> Tree:
    central = node(Tier.CENTRAL, None)
    provinces = [node(Tier.PROVINCE, central) for _ in range(3)]
    communes = [node(Tier.COMMUNE, province) for province in provinces for _ in range(2)]
    return Tree(central, provinces, communes, provinces[:1])


def test_letter_climbs_to_where_the_ways_part_and_goes_down(tree: Tree) -> None:
    here, there = tree.communes[0], tree.communes[-1]
    way = [here]
    while way[-1] is not there:
        way.append(way[-1].next_to(there))
    assert way == [here, tree.provinces[0], tree.central, tree.provinces[-1], there]


def test_neighbour_gets_one_copy_for_all_behind_it(tree: Tree) -> None:
    here, onward = tree.central.divided([tree.central, *tree.provinces, *tree.communes])
    assert here == 1
    assert {neighbour: len(targets) for neighbour, targets in onward.items()} == dict.fromkeys(
        tree.provinces, 3
    )


def test_node_has_no_way_to_itself(tree: Tree) -> None:
    with pytest.raises(ValueError, match="nowhere"):
        tree.central.next_to(tree.central)


@pytest.mark.parametrize("flow", [*NATIONAL, *INSIDE])
def test_letters_begin_and_end_where_their_way_does(tree: Tree, flow: Flow) -> None:
    chance = Random(1)
    for _ in range(200):
        origin = tree.origin(flow, chance)
        targets = tree.targets(origin, flow, 2.0, chance)
        assert origin.tier is flow.origin
        assert {target.tier for target in targets} == {flow.destination}
        if flow.is_inside:
            assert origin.province in tree.whole
            assert {target.province for target in targets} == {origin.province}
        else:
            assert origin.province is None or all(t.province is not origin.province for t in targets)
        if flow.origin is flow.destination is Tier.COMMUNE:
            assert origin not in targets


def test_recipients_are_as_many_as_wanted_on_average(tree: Tree) -> None:
    chance, flow = Random(1), NATIONAL[0]
    counts = [len(tree.targets(tree.central, flow, 2.3, chance)) for _ in range(20_000)]
    assert min(counts) == 1
    assert sum(counts) / len(counts) == pytest.approx(2.3, rel=0.02)


def test_every_commune_belongs_to_a_province() -> None:
    shares = share_of_communes(Nation())
    assert len(shares) == 34
    assert sum(shares) == 3321
    assert max(shares) - min(shares) <= 1
