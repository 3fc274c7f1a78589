"""
The nodes of the simulation as a tree, whom a letter is for, and in which direction each recipient lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.core.capacity.nation import Flow, Nation, Tier
from gateway.core.capacity.stations import Chance, Disk, Servers


@dataclass(slots=True, eq=False)
class Node:
    """
    One node with its stations; the broker of its links to its children is its own. A node of a province whose
    inner letters are left out is not `is_whole`, nor are its communes.
    """

    tier: Tier
    parent: Node | None
    cpu: Servers
    disk: Disk
    broker: Servers | None
    is_whole: bool
    children: list[Node] = field(default_factory=list)

    @property
    def province(self) -> Node | None:
        """The province that it is, or lies in."""
        return self.parent if self.tier is Tier.COMMUNE else self if self.tier is Tier.PROVINCE else None

    def next_to(self, target: Node) -> Node:
        """The neighbour through which a node is reached. Raises: ValueError from a node to itself."""
        if target is self:
            raise ValueError("a letter that is where it should be goes nowhere")
        if target.parent is self:
            return target
        if self.parent is None and target.parent is not None:
            return target.parent  # a commune, through its province
        assert self.parent is not None
        return self.parent

    def divided(self, targets: Sequence[Node]) -> tuple[int, dict[Node, list[Node]]]:
        """How many recipients are served here; the others by the neighbour that gets one copy for them."""
        here, onward = 0, dict[Node, list[Node]]()
        for target in targets:
            if target is self:
                here += 1
            else:
                onward.setdefault(self.next_to(target), []).append(target)
        return here, onward


@dataclass(frozen=True, slots=True)
class Tree:
    """All nodes. `whole`: provinces whose inner letters are simulated, the first ones."""

    central: Node
    provinces: Sequence[Node]
    communes: Sequence[Node]
    whole: Sequence[Node]

    def origin(self, flow: Flow, chance: Chance) -> Node:
        """A node where a letter of this way begins."""
        if flow.origin is Tier.CENTRAL:
            return self.central
        if not flow.is_inside:
            return drawn(self.provinces if flow.origin is Tier.PROVINCE else self.communes, chance)
        if flow.origin is Tier.PROVINCE:
            return drawn(self.whole, chance)
        return drawn(self.communes[: sum(len(one.children) for one in self.whole)], chance)

    def targets(self, origin: Node, flow: Flow, recipients: float, chance: Chance) -> list[Node]:
        """
        Recipients, each drawn evenly from where the way leads, never from where it comes from. Their number
        is geometric: at least one, `recipients` on average.
        """
        found, goes_on = [self._target(origin, flow, chance)], 1 - 1 / recipients
        while chance.random() < goes_on:
            found.append(self._target(origin, flow, chance))
        return found

    def _target(self, origin: Node, flow: Flow, chance: Chance) -> Node:
        own = origin.province
        if flow.destination is Tier.CENTRAL:
            return self.central
        if not flow.is_inside:
            among = self.provinces if flow.destination is Tier.PROVINCE else self.communes
            while (found := drawn(among, chance)).province is own:
                pass
            return found
        assert own is not None
        if flow.destination is Tier.PROVINCE:
            return own
        while (found := drawn(own.children, chance)) is origin:
            pass
        return found


def drawn(among: Sequence[Node], chance: Chance) -> Node:
    """One of them, each as likely."""
    return among[int(chance.random() * len(among))]


def share_of_communes(nation: Nation) -> list[int]:
    """How many communes each province has, as even as it goes."""
    each, left = divmod(nation.communes, nation.provinces)
    return [each + (number < left) for number in range(nation.provinces)]
