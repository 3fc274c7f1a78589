from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from gateway.broker.control import read_message
from gateway.broker.edition_messages import EditionsHeld
from gateway.core import catalogue
from gateway.core.calendar import today
from gateway.core.directory_change import Change
from gateway.core.editions import Held, digest
from gateway.core.model import NodeId
from gateway.ports import EditionFault, EditionState, NewEdition
from gateway.store import tables
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    COMMUNE,
    COMMUNE_OFFICE,
    OTHER_OFFICE,
    OTHER_PROVINCE,
    PROVINCE,
    PROVINCE_OFFICE,
    small_axis,
)
from tests.kit.clock import START
from tests.kit.editions import chain, newcomer, renamed

TODAY = today(START)
TOMORROW, THEN = TODAY + timedelta(days=1), START + timedelta(days=1)
NAMES = [renamed(small_axis(), PROVINCE_OFFICE, name) for name in ("Một", "Hai", "Ba")]
FOREIGN = renamed(small_axis(), OTHER_OFFICE, "Tên lạ")


def from_central(new: NewEdition) -> NewEdition:
    return replace(new, came_from=CENTRAL)


async def told(store: SqlStore, neighbour: NodeId) -> list[object]:
    return [read_message(out.body) for out in await store.control_waiting(neighbour, 100)]


async def states(store: SqlStore) -> list[tuple[str, int, EditionState]]:
    lines, _ = await store.editions()
    return [(line.signer, line.number, line.state) for line in lines]


async def name(store: SqlStore, code: str = PROVINCE_OFFICE) -> str:
    found = (await store.directory()).find(code)
    return "" if found is None else found.name


async def test_edition_is_kept_prepared_and_told_on_to_the_others(store: SqlStore) -> None:
    (first,) = chain(PROVINCE, NAMES[:1])
    assert await store.add_edition(from_central(first), START)
    held = Held(PROVINCE, 1, digest(first.content))
    assert await store.editions_held() == {PROVINCE: held}
    (waits,) = await store.prepared_directories()
    assert (waits.change, waits.on, waits.signer, waits.edition) == (NAMES[0], TODAY, PROVINCE, 1)
    assert await states(store) == [(PROVINCE, 1, EditionState.WAITING)]
    assert await told(store, COMMUNE) == [EditionsHeld((held,), None)]
    assert await told(store, CENTRAL) == []  # it came from there
    row = (await store.journal(0, 100))[-1]
    assert (row.event, row.target, row.detail["edition"]) == ("edition.taken", CENTRAL, 1)


async def test_edition_comes_in_force_on_its_day(store: SqlStore) -> None:
    (first,) = chain(PROVINCE, NAMES[:1], valid_from=THEN)
    await store.add_edition(first, START)
    assert await store.begin_day(TODAY, START) == []
    (done,) = await store.begin_day(TOMORROW, THEN)
    assert (done.signer, done.edition, done.refused) == (PROVINCE, 1, "")
    assert await name(store) == "Một"
    assert await states(store) == [(PROVINCE, 1, EditionState.APPLIED)]
    events = [row.event for row in await store.journal(0, 100)]
    assert events[-2:] == ["directory.set", "edition.applied"]


async def test_only_the_next_of_a_chain_is_kept(store: SqlStore) -> None:
    first, second, third = chain(PROVINCE, NAMES)
    other, _ = chain(PROVINCE, [NAMES[2], NAMES[1]])
    assert not await store.add_edition(second, START)
    assert await store.add_edition(first, START)
    rows = len(await store.journal(0, 100))
    assert not await store.add_edition(first, START)
    assert not await store.add_edition(other, START)
    assert not await store.add_edition(third, START)
    assert len(await store.journal(0, 100)) == rows
    assert len(await store.prepared_directories()) == 1
    assert await store.add_edition(second, START)
    await store.begin_day(TODAY, START)
    assert await name(store) == "Hai"


async def test_two_instances_keep_an_edition_once(database: Database) -> None:
    one, two = database.open("one"), database.open("two")
    await one.set_directory(small_axis(), START)
    (first,) = chain(PROVINCE, NAMES[:1])
    assert [await one.add_edition(first, START), await two.add_edition(first, START)] == [True, False]
    assert len(database.rows(select(tables.prepared_directories))) == 1


async def test_what_a_signer_may_not_say_is_kept_refused_and_told_to_nobody(store: SqlStore) -> None:
    (foreign,) = chain(PROVINCE, [FOREIGN])
    assert await store.add_edition(from_central(foreign), START)
    assert await store.begin_day(TODAY, START) == []
    assert await name(store, OTHER_OFFICE) != "Tên lạ"
    ((line,), _) = await store.editions()
    assert line.state is EditionState.REFUSED
    assert OTHER_OFFICE in line.refused
    assert catalogue.EDITION_NOT_ENTITLED.code in [row.code for row in await store.journal(0, 100)]
    assert await told(store, COMMUNE) == []
    assert await store.editions_held(to_tell=True) == {}
    assert list(await store.editions_held()) == [PROVINCE]


async def test_good_edition_behind_a_refused_one_counts(store: SqlStore) -> None:
    foreign, good = chain(PROVINCE, [FOREIGN, NAMES[0]])
    await store.add_edition(foreign, START)
    await store.add_edition(good, START)
    await store.begin_day(TODAY, START)
    assert await name(store) == "Một"
    assert [state for _, _, state in await states(store)] == [EditionState.REFUSED, EditionState.APPLIED]
    assert (await store.editions_held(to_tell=True))[PROVINCE].number == 2


async def test_refused_edition_is_judged_again_by_another_directory(store: SqlStore) -> None:
    """The province was given the commune by an edition that came later than the province's own."""
    office = Change(agencies=(newcomer("X.1", "H21.1", OTHER_OFFICE),))
    (early,) = chain(OTHER_PROVINCE, [office])
    await store.add_edition(from_central(early), START)
    assert await states(store) == [(OTHER_PROVINCE, 1, EditionState.REFUSED)]
    assert await store.begin_day(TODAY, START) == []

    ward = Change(
        nodes=(
            replace(small_axis().nodes[COMMUNE], id=NodeId("H21.1"), parent=OTHER_PROVINCE, organ_code="X"),
        ),
        agencies=(newcomer("X", "H21.1"),),
    )
    (late,) = chain(CENTRAL, [ward])
    await store.add_edition(from_central(late), START)
    await store.begin_day(TODAY, START)
    await store.begin_day(TODAY, START)
    assert await name(store, "X.1") == "Cơ quan X.1"
    assert [state for _, _, state in await states(store)] == [EditionState.APPLIED] * 2
    news = [held.signer for m in await told(store, COMMUNE) if isinstance(m, EditionsHeld) for held in m.held]
    assert news == [CENTRAL, OTHER_PROVINCE]  # only now it goes on


async def test_edition_that_cannot_be_applied_is_refused_whole(store: SqlStore) -> None:
    office = renamed(small_axis(), PROVINCE_OFFICE, "Tên mới")
    lost = Change(agencies=(*office.agencies, newcomer("Y", PROVINCE, PROVINCE_OFFICE, successor="H99")))
    (bad,) = chain(PROVINCE, [lost])
    await store.add_edition(bad, START)
    (refused,) = await store.begin_day(TODAY, START)
    assert "H99" in refused.refused
    assert await store.directory() == small_axis()
    ((line,), _) = await store.editions()
    assert (line.state, line.refused) == (EditionState.REFUSED, refused.refused)
    assert await store.begin_day(TODAY, START) == []


async def test_same_refusal_again_is_no_news(store: SqlStore) -> None:
    foreign, good = chain(PROVINCE, [FOREIGN, NAMES[0]])
    await store.add_edition(foreign, START)
    await store.begin_day(TODAY, START)
    for version in (2, 3):
        await store.set_directory(replace(small_axis(), version=version), START)
        assert await store.begin_day(TODAY, START) == []
    refusals = [row for row in await store.journal(0, 100) if row.event.endswith(".refused")]
    assert len(refusals) == 1
    await store.add_edition(good, START)
    await store.begin_day(TODAY, START)
    assert await store.prepared_directories() == []  # the refused one is overtaken, and never comes back
    assert (await states(store))[0][2] is EditionState.REFUSED


async def test_what_an_operator_changed_meanwhile_stays_unless_the_edition_says_otherwise(
    store: SqlStore,
) -> None:
    (first,) = chain(PROVINCE, NAMES[:1])
    await store.add_edition(first, START)
    by_hand = [
        replace(row, name="Bằng tay") if row.code in (PROVINCE_OFFICE, COMMUNE_OFFICE) else row
        for row in small_axis().agency_rows
    ]
    await store.set_directory(replace(small_axis(), version=2, agency_rows=tuple(by_hand)), START)
    await store.begin_day(TODAY, START)
    assert [await name(store), await name(store, COMMUNE_OFFICE)] == ["Một", "Bằng tay"]


async def test_cancelled_edition_shows_who_stopped_it(store: SqlStore) -> None:
    (first,) = chain(PROVINCE, NAMES[:1], valid_from=THEN)
    await store.add_edition(first, START)
    (waits,) = await store.prepared_directories()
    assert await store.cancel_directory(waits.number, START)
    assert await store.begin_day(TOMORROW, THEN) == []
    ((line,), _) = await store.editions()
    assert (line.state, "cancelled" in line.refused) == (EditionState.REFUSED, True)


@pytest.mark.parametrize("most", [1, 7, 1000, 100_000])
async def test_edition_is_given_in_pieces(store: SqlStore, most: int) -> None:
    (first,) = chain(PROVINCE, NAMES[:1])
    await store.add_edition(first, START)
    whole, offset = b"", 0
    if most == 1:
        whole, offset = first.seal, len(first.seal)
    while found := await store.edition_bytes(PROVINCE, 1, offset, most):
        assert (found.seal_size, found.size) == (len(first.seal), len(first.seal + first.content))
        if not found.data:
            break
        assert len(found.data) <= most
        whole, offset = whole + found.data, offset + len(found.data)
    assert whole == first.seal + first.content
    assert await store.edition_bytes(PROVINCE, 2, 0, 10) is None
    assert await store.edition_bytes(CENTRAL, 1, 0, 10) is None
    assert await store.edition_bytes(PROVINCE, 1, 2**53 - 1, 10) is None
    assert await store.edition_bytes(PROVINCE, 2**53 - 1, 0, 10) is None


def fault(sha256: str, code: str = "TRUC-602") -> EditionFault:
    return EditionFault(CENTRAL, PROVINCE, 1, sha256, code, "giả · forged", START)


async def test_refusal_is_remembered_once_until_it_is_another(store: SqlStore) -> None:
    for sha256 in ("a", "a", "b"):
        await store.refuse_edition(fault(sha256))
    assert await store.editions() == ([], [fault("b")])
    rows = [row for row in await store.journal(0, 100) if row.event == "edition.refused"]
    assert [(row.target, row.code, row.detail["sha256"]) for row in rows] == [
        (CENTRAL, "TRUC-602", "a"),
        (CENTRAL, "TRUC-602", "b"),
    ]


async def test_refusal_ends_when_the_very_same_bytes_could_be_judged_at_last(store: SqlStore) -> None:
    (first,) = chain(PROVINCE, NAMES[:1])
    forged = fault("other bytes")
    await store.refuse_edition(replace(forged, neighbour=COMMUNE))
    await store.refuse_edition(fault(digest(first.seal + first.content), "TRUC-603"))
    await store.add_edition(first, START)
    assert (await store.editions())[1] == [replace(forged, neighbour=COMMUNE)]


async def test_days_count_in_vietnam(store: SqlStore) -> None:
    """17:00 UTC is midnight in Hà Nội."""
    evening = START.replace(hour=17, minute=0, second=0, microsecond=0)
    (first,) = chain(CENTRAL, [renamed(small_axis(), CENTRAL_OFFICE, "Mới")], valid_from=evening)
    await store.add_edition(first, START)
    (waits,) = await store.prepared_directories()
    assert waits.on == date(START.year, START.month, START.day) + timedelta(days=1)
