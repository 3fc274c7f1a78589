"""
The adapter of the facade: letters lie at the door, and the listener of VXP serves them.
"""

from __future__ import annotations

from adapters.lgsp.adapter import LgspAdapter
from gateway.ports import AtTheDoor
from tests.kit.office import SmallOffice
from tests.kit.vxp_door import SmallKeyring, workplace


async def test_letters_lie_at_the_door() -> None:
    adapter = LgspAdapter(workplace(SmallOffice(), SmallKeyring(), {}))
    assert isinstance(adapter.deliverer(), AtTheDoor)
    assert adapter.counters() == adapter.operations() == adapter.pollers() == ()
