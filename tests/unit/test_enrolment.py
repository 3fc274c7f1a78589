"""
Enrolment: units below a caller's own agency, and agencies behind an axis above.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.core.directory import Agency, Directory
from gateway.core.errors import Rejected
from gateway.core.model import AgencyCode
from gateway.doors.desk import Desk
from gateway.enrolment import Enrolment
from gateway.keys import issue_key, key_hash
from gateway.observe import Metrics, logger
from gateway.ports import Caller, Registration
from gateway.store.sql import SqlStore
from tests.kit.clock import ManualClock
from tests.kit.office import COMMUNE, DISTRICT, NODE, NOW, PROVINCE, small_directory
from tests.kit.steps import StepBell

UNIT = Registration("05.00.H14", "Phòng Kỹ thuật", PROVINCE, mail="kt@h14.vn", telephone="1", fax="2")


class Registry:
    """An enrolment over a store in memory, and what is in force."""

    def __init__(self, store: SqlStore) -> None:
        self.store, self.adopted = store, list[Directory]()
        clock = ManualClock(NOW)
        log = logger(NODE, io.StringIO(), now=clock.now, strict=True)
        desk = Desk(
            NODE, store, small_directory, clock, StepBell(), log, Metrics(), adopt=self.adopted.append
        )
        self.enrolment = Enrolment(desk)

    async def caller(self, *agencies: AgencyCode, may_register: bool = True) -> Caller:
        key = await issue_key(self.store, "QLVB", agencies, NOW)
        credential = await self.store.credential(key_hash(key))
        assert credential is not None
        return Caller(credential.key_id, credential.agencies, may_register=may_register)

    async def found(self, code: str) -> Agency | None:
        return (await self.store.directory()).find(code)


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    store = SqlStore("sqlite://", tmp_path / "blobs", node=NODE, instance="one")
    await store.set_directory(small_directory(), NOW)
    yield Registry(store)
    await store.close()


async def test_unit_is_added_below_its_parent_and_its_system_speaks_for_it(registry: Registry) -> None:
    caller = await registry.caller(PROVINCE)
    made = await registry.enrolment.register(caller, UNIT)
    assert made == await registry.found(UNIT.code)
    assert (made.parent, made.node, made.mail, made.locked) == (PROVINCE, NODE, "kt@h14.vn", False)
    (key,) = await registry.store.credentials()
    assert key.agencies == {PROVINCE, made.code}
    assert registry.adopted[-1].find(UNIT.code) == made  # in force before the answer is given


async def test_registering_again_changes_what_is_said_of_it(registry: Registry) -> None:
    caller = await registry.caller(PROVINCE)
    await registry.enrolment.register(caller, UNIT)
    again = Registration(UNIT.code, "Phòng Công nghệ", PROVINCE)
    await registry.enrolment.register(caller, again)
    made = await registry.found(UNIT.code)
    assert made is not None
    assert made.name == "Phòng Công nghệ"
    assert len((await registry.store.directory()).agency_rows) == len(small_directory().agency_rows) + 1


async def test_only_who_may_register_registers(registry: Registry) -> None:
    caller = await registry.caller(PROVINCE, may_register=False)
    for refused in (
        registry.enrolment.register(caller, UNIT),
        registry.enrolment.deregister(caller, UNIT.code),
    ):
        with pytest.raises(Rejected) as told:
            await refused
        assert told.value.code == "TRUC-402"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (Registration("05.00.H14", "Phòng", DISTRICT), "TRUC-402"),  # another's unit
        (Registration("05.00.H14", "Phòng", "00.99.H99"), "TRUC-402"),  # nobody's unit
        (Registration(DISTRICT, "Phòng", PROVINCE), "TRUC-440"),
        (Registration("H14.31", "Phòng", PROVINCE), "TRUC-440"),  # an alias of somebody
        (Registration("", "Phòng", PROVINCE), "TRUC-414"),
        (Registration("a b", "Phòng", PROVINCE), "TRUC-414"),
        (Registration("05.00.H14", " ", PROVINCE), "TRUC-414"),
        (Registration("05.00.H14", "n" * 501, PROVINCE), "TRUC-414"),
    ],
)
async def test_what_cannot_be_registered_changes_nothing(
    registry: Registry, wanted: Registration, code: str
) -> None:
    with pytest.raises(Rejected) as refused:
        await registry.enrolment.register(await registry.caller(PROVINCE), wanted)
    assert refused.value.code == code
    assert await registry.store.directory() == small_directory()


async def test_unit_of_a_unit_is_registered_too(registry: Registry) -> None:
    caller = await registry.caller(PROVINCE)
    await registry.enrolment.register(caller, UNIT)
    await registry.enrolment.register(caller, Registration("06.05.H14", "Tổ", UNIT.code))
    made = await registry.found("06.05.H14")
    assert made is not None
    assert made.parent == UNIT.code


async def test_deregistered_unit_is_locked_and_comes_back_when_registered_again(registry: Registry) -> None:
    caller = await registry.caller(PROVINCE)
    await registry.enrolment.register(caller, UNIT)
    await registry.enrolment.deregister(caller, UNIT.code)
    await registry.enrolment.deregister(caller, UNIT.code)  # twice is harmless
    locked = await registry.found(UNIT.code)
    assert locked is not None
    assert locked.locked
    await registry.enrolment.register(caller, UNIT)
    back = await registry.found(UNIT.code)
    assert back is not None
    assert not back.locked


async def test_unit_that_is_not_ours_looks_unknown(registry: Registry) -> None:
    caller = await registry.caller(PROVINCE)
    for code in (COMMUNE, "00.99.H99"):
        with pytest.raises(Rejected) as refused:
            await registry.enrolment.deregister(caller, code)
        assert refused.value.code == "TRUC-808"


async def test_agencies_behind_an_axis_are_added_once_and_change_nobody(registry: Registry) -> None:
    ministry = Agency(code=AgencyCode("000.00.00.G22"), name="VPCP", node=NODE, aliases=("G22", "H14.31"))
    intruder = Agency(code=DISTRICT, name="Giả", node=NODE)
    assert await registry.enrolment.enrol([ministry, ministry, intruder]) == 1
    assert await registry.enrolment.enrol([ministry]) == 0
    found, district = await registry.found("G22"), await registry.found("H14.31")
    assert found is not None
    assert found.aliases == ("G22",)  # the other one is somebody's already
    assert district is not None
    assert district.code == DISTRICT
    assert len(registry.adopted) == 1
