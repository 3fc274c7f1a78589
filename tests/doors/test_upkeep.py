from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gateway.core.delivery import State, Target
from gateway.doors.upkeep import Upkeep
from gateway.ports import Act, LetterWish, Repair, RepairAction, Trouble, TroubleGroup
from tests.kit.builders import CENTRAL, CENTRAL_OFFICE, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.correspondence import letter
from tests.kit.nodes import SmallAxis, open_axis

STUCK = TroubleGroup(Trouble.RETRYING, "TRUC-504", Target(neighbour=CENTRAL))


async def send(axis: SmallAxis, *numbers: int) -> None:
    for number in numbers:
        await axis.send(letter(PROVINCE_OFFICE, CENTRAL_OFFICE, number=number), by=PROVINCE_OFFICE)
    await axis.settle()


async def test_group_that_a_cut_link_kept_back_goes_when_it_is_sent_again(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        node = axis.nodes[PROVINCE]
        axis.post.cut(PROVINCE, CENTRAL)
        await send(axis, 1, 2, 3)
        (group,) = await node.store.troubles(10)
        assert (group.trouble, group.code, group.target, group.number) == (
            *(STUCK.trouble, STUCK.code, STUCK.target),
            3,
        )
        axis.post.heal(PROVINCE, CENTRAL)
        now = axis.clock.now()
        repair = Repair(
            action=RepairAction.SEND_AGAIN,
            group=group,
            asked_by="lan",
            asked_at=now,
            runs_at=now + timedelta(seconds=10),
        )
        await node.store.plan_repair(repair, Act(event="console.repair_planned", by="lan", at=now))
        upkeep = Upkeep(node.desk)
        await upkeep.step()
        assert (await node.store.repairs(1))[0].done == 0
        axis.clock.advance(timedelta(seconds=10))
        await upkeep.step()
        assert (await node.store.repairs(1))[0].done == 3
        await axis.settle()
        assert len(await axis.waiting(CENTRAL_OFFICE)) == 3
        assert await node.store.troubles(10) == []


async def test_what_is_held_waits_for_a_person_however_well_the_link_works(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        node = axis.nodes[PROVINCE]
        axis.post.cut(PROVINCE, CENTRAL)
        await send(axis, 1)
        now = axis.clock.now()
        (group,) = await node.store.troubles(10)
        repair = Repair(action=RepairAction.HOLD, group=group, asked_by="lan", asked_at=now, runs_at=now)
        await node.store.plan_repair(repair, Act(event="console.repair_planned", by="lan", at=now))
        await Upkeep(node.desk).step()
        axis.post.heal(PROVINCE, CENTRAL)
        await axis.wait(timedelta(hours=1))
        (held,) = await node.store.troubles(10)
        assert (held.trouble, held.number) == (Trouble.HELD, 1)
        assert await axis.waiting(CENTRAL_OFFICE) == []


async def test_letters_are_found_by_their_words_a_little_later(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        node = axis.nodes[PROVINCE]
        await send(axis, 1)
        wish = LetterWish(agency=CENTRAL_OFFICE)
        assert (await node.store.find(wish, 10)).letters == []
        await Upkeep(node.desk).step()
        (line,) = (await node.store.find(wish, 10)).letters
        assert line.sender == PROVINCE_OFFICE
        assert line.states == {State.TAKEN: 1}
