"""
Plants take the place of something: one that replaces nothing any more would prove nothing.
"""

from __future__ import annotations

import inspect

import pytest

from tests.faults import planted_node
from tests.faults.planted_node import PLANTS

PLANTED = [
    each
    for each in vars(planted_node).values()
    if inspect.isclass(each) and each.__module__ == planted_node.__name__ and each.__bases__ != (object,)
]


def test_there_are_plants() -> None:
    assert len(PLANTED) == len(PLANTS)


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_plant_replaces_what_is_there(plant: type) -> None:
    replaced = {name for name, part in vars(plant).items() if inspect.isfunction(part)}
    there = {name for base in plant.__mro__[1:] for name in vars(base)}
    own = {"__init__", "_later"}
    assert replaced - own
    assert replaced - own <= there
