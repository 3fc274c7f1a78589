"""
Editions: how signed changes of the directory come, are judged, and go on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.broker.control import Message
from gateway.broker.edition_messages import PIECE, EditionPiece, EditionRequest, EditionsHeld
from gateway.broker.frames import ControlFrame, decode, encode
from gateway.broker.memory_queue import Way
from gateway.core import catalogue
from gateway.core.directory_change import Change
from gateway.core.editions import LARGEST, Edition, Held, digest, edition_json
from gateway.core.errors import Fault
from gateway.core.model import AgencyCode, Lane, NodeId
from gateway.doors.editions import ASK_AGAIN, PATIENCE, publish
from gateway.ports import EditionState, NewEdition
from signing.trust import StandingMemory
from tests.kit.builders import CENTRAL, COMMUNE, OTHER_PROVINCE, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.clock import START
from tests.kit.editions import chain, newcomer, renamed, signed
from tests.kit.nodes import Manner, SmallAxis, open_axis
from tests.kit.seals import YEAR, key_of, pki, trust

SHARING = Manner(shares_directory=True)
NAMES = [renamed(small_axis(), PROVINCE_OFFICE, f"Tên {number}") for number in range(1, 6)]
LOOK = timedelta(seconds=2)


def sharing(folder: Path, *, on_disk: bool = False) -> AbstractAsyncContextManager[SmallAxis]:
    return open_axis(small_axis(), folder, replace(SHARING, on_disk=on_disk))


def said(axis: SmallAxis, one: NodeId, other: NodeId) -> list[Message]:
    """The control messages that went from one node to another."""
    frames = [decode(data) for way, data in axis.post.carried if way == Way(one, other, Lane.CONTROL)]
    return [m for frame in frames if isinstance(frame, ControlFrame) for m in frame.messages]


def pieces(axis: SmallAxis, one: NodeId, other: NodeId) -> list[EditionPiece]:
    return [m for m in said(axis, one, other) if isinstance(m, EditionPiece)]


async def tell(axis: SmallAxis, *messages: Message, by: NodeId = CENTRAL, to: NodeId = PROVINCE) -> None:
    """Let a node say something that its own doors would not."""
    await axis.nodes[by].broker.publish(to, Lane.CONTROL, encode(ControlFrame(messages)))
    await axis.settle()


async def keep(axis: SmallAxis, at: NodeId, editions: Sequence[NewEdition]) -> None:
    """Put editions into a node's store, as if its operator had published them."""
    for new in editions:
        assert await axis.nodes[at].store.add_edition(new, axis.clock.now())
    await axis.settle()


async def offer(axis: SmallAxis, new: NewEdition, *, by: NodeId = CENTRAL, to: NodeId = PROVINCE) -> None:
    """Let a node give an edition that its own store would not hold, in answer to the request for it."""
    made = new.edition
    whole = new.seal + new.content
    await tell(axis, EditionsHeld((Held(made.signer, made.number, digest(new.content)),), None), by=by, to=to)
    for offset in range(0, len(whole), PIECE):
        data = whole[offset : offset + PIECE]
        piece = EditionPiece(made.signer, made.number, len(new.seal), len(whole), offset, data)
        await tell(axis, piece, by=by, to=to)


async def numbers(axis: SmallAxis, node: NodeId) -> dict[str, int]:
    held = await axis.nodes[node].store.editions_held()
    return {signer: each.number for signer, each in held.items()}


async def refusals(axis: SmallAxis, node: NodeId) -> list[tuple[str, str, int]]:
    _, faults = await axis.nodes[node].store.editions()
    return [(fault.code, fault.neighbour, fault.number) for fault in faults]


# --- on its way ----------------------------------------------------------------------------------


async def test_published_edition_reaches_every_node_and_never_goes_back(tmp_path: Path) -> None:
    async with sharing(tmp_path) as axis:
        (first,) = chain(PROVINCE, NAMES[:1])
        await keep(axis, PROVINCE, [first])
        await axis.wait(LOOK)
        everywhere = [await numbers(axis, node) for node in axis.nodes]
        shown = {node.desk.directory().agencies[PROVINCE_OFFICE].name for node in axis.nodes.values()}
        sent = {(way.sender, way.receiver) for way, data in axis.post.carried if b"edition_piece" in data}
        taken = axis.nodes[OTHER_PROVINCE].said("edition.taken")
        journal = await axis.nodes[OTHER_PROVINCE].store.journal(0, 100)

    assert everywhere == [{PROVINCE: 1}] * 4
    assert shown == {"Tên 1"}
    assert sent == {(PROVINCE, CENTRAL), (PROVINCE, COMMUNE), (CENTRAL, OTHER_PROVINCE)}
    assert [(line["signer"], line["edition"], line["neighbour"]) for line in taken] == [
        (PROVINCE, 1, CENTRAL)
    ]
    assert [row.event for row in journal][-3:] == ["edition.taken", "directory.set", "edition.applied"]


async def test_published_with_the_node_s_own_hand(tmp_path: Path) -> None:
    async with sharing(tmp_path) as axis:
        node = axis.nodes[PROVINCE]
        made = Edition(PROVINCE, 1, "", axis.clock.now(), axis.clock.now(), NAMES[0])
        hand = node.intake._sealer
        assert await publish(node.store, hand, made)
        assert not await publish(node.store, hand, made)
        await axis.settle()
        everywhere = [await numbers(axis, name) for name in axis.nodes]

    assert everywhere == [{PROVINCE: 1}] * 4


async def test_large_edition_crosses_piece_by_piece(tmp_path: Path) -> None:
    """A whole province: each message stays far below a frame, and only one is on its way at a time."""
    rows = tuple(newcomer(f"000.00.{n}.H14", PROVINCE, PROVINCE_OFFICE) for n in range(100, 400))
    async with sharing(tmp_path) as axis:
        (large,) = chain(PROVINCE, [Change(agencies=rows)])
        await keep(axis, PROVINCE, [large])
        await axis.wait(LOOK)
        crossed = pieces(axis, PROVINCE, CENTRAL)
        frames = [len(data) for way, data in axis.post.carried if way.lane is Lane.CONTROL]
        known = axis.nodes[OTHER_PROVINCE].desk.directory()

    size = len(large.seal + large.content)
    assert size > 3 * PIECE
    assert [piece.offset for piece in crossed] == list(range(0, size, PIECE))
    assert max(frames) < 65_000
    assert known.find("000.00.399.H14") == replace(rows[-1], version=2)


async def test_node_that_was_away_catches_up_when_its_link_comes_up(tmp_path: Path) -> None:
    async with sharing(tmp_path) as axis:
        axis.post.cut_node(COMMUNE)
        await axis.wait(LOOK)
        await keep(axis, PROVINCE, chain(PROVINCE, NAMES))
        await keep(axis, CENTRAL, chain(CENTRAL, NAMES[:2]))
        before = await numbers(axis, COMMUNE)
        axis.post.heal_node(COMMUNE)
        await axis.wait(LOOK)
        after = await numbers(axis, COMMUNE)

    assert before == {}
    assert after == {PROVINCE: 5, CENTRAL: 2}


async def test_new_node_asks_its_parent_for_everything(tmp_path: Path) -> None:
    async with sharing(tmp_path, on_disk=True) as axis:
        axis.nodes[COMMUNE].die()
        for node in (PROVINCE, CENTRAL):  # while nobody told the commune
            for new in chain(node, NAMES[:3]):
                await axis.nodes[PROVINCE].store.add_edition(new, axis.clock.now())
        await axis.settle()
        axis.start(COMMUNE)
        await axis.wait(LOOK)
        after = await numbers(axis, COMMUNE)
        asked = [m for m in said(axis, COMMUNE, PROVINCE) if isinstance(m, EditionsHeld)]

    assert after == {PROVINCE: 3, CENTRAL: 3}
    assert asked[-1].span == ("", "")


async def test_gap_is_filled_in_order(tmp_path: Path) -> None:
    async with sharing(tmp_path) as axis:
        editions = chain(PROVINCE, NAMES)
        for new in editions:
            await axis.nodes[CENTRAL].store.add_edition(replace(new, came_from=OTHER_PROVINCE), START)
        for new in editions[:2]:
            await axis.nodes[PROVINCE].store.add_edition(replace(new, came_from=CENTRAL), START)
        await tell(axis, EditionsHeld((Held(PROVINCE, 5, digest(editions[-1].content)),), None))
        requests = [m.edition for m in said(axis, PROVINCE, CENTRAL) if isinstance(m, EditionRequest)]
        after = await numbers(axis, PROVINCE)

    assert requests == [3, 4, 5]
    assert after == {PROVINCE: 5}


async def test_many_chains_are_fetched_a_few_at_a_time(tmp_path: Path) -> None:
    async with sharing(tmp_path) as axis:
        for number in range(30):
            for new in chain(NodeId(f"S{number}"), [NAMES[0], NAMES[1]]):
                await axis.nodes[CENTRAL].store.add_edition(replace(new, came_from=PROVINCE), START)
        await axis.settle()  # they are not entitled, so nobody was told
        held = await axis.nodes[CENTRAL].store.editions_held()
        await tell(axis, *EditionsHeld.news(held.values()))
        after = await numbers(axis, PROVINCE)

    assert after == {f"S{number}": 2 for number in range(30)}


async def test_what_is_said_twice_changes_nothing(tmp_path: Path) -> None:
    async with sharing(tmp_path) as axis:
        (first,) = chain(PROVINCE, NAMES[:1])
        await keep(axis, PROVINCE, [first])
        rows = len(await axis.nodes[CENTRAL].store.journal(0, 100))
        again = [m for m in said(axis, PROVINCE, CENTRAL) if isinstance(m, EditionsHeld | EditionPiece)]
        await tell(axis, *again, by=PROVINCE, to=CENTRAL)
        after = len(await axis.nodes[CENTRAL].store.journal(0, 100))

    assert len(again) >= 2
    assert after == rows


async def test_neighbour_that_is_silent_is_not_waited_for(tmp_path: Path) -> None:
    (first,) = chain(PROVINCE, NAMES[:1])
    held = Held(PROVINCE, 1, digest(first.content))
    async with sharing(tmp_path) as axis:
        await tell(axis, EditionsHeld((held,), None))  # central has it not: no piece ever comes
        asked = len([m for m in said(axis, PROVINCE, CENTRAL) if isinstance(m, EditionRequest)])
        await axis.nodes[COMMUNE].store.add_edition(first, START)
        await axis.settle()
        meanwhile = await numbers(axis, PROVINCE)
        await axis.wait(PATIENCE + LOOK)
        after = await numbers(axis, PROVINCE)

    assert asked == 1
    assert meanwhile == {}  # one after another: it is being fetched from central
    assert after == {PROVINCE: 1}


async def test_what_was_lost_is_asked_for_again_after_a_while(tmp_path: Path) -> None:
    """A store that was put back from its backup: every message was delivered, and yet it lacks one."""
    async with sharing(tmp_path) as axis:
        (first,) = chain(PROVINCE, NAMES[:1])
        store = axis.nodes[COMMUNE].store
        await store.add_edition(replace(first, came_from=PROVINCE), START)
        await axis.wait(LOOK)
        before = await numbers(axis, PROVINCE)
        await axis.wait(ASK_AGAIN)
        after = await numbers(axis, PROVINCE)

    assert before == {}
    assert after == {PROVINCE: 1}


async def test_node_that_dies_before_it_could_tell_others_tells_them_later(tmp_path: Path) -> None:
    async with sharing(tmp_path, on_disk=True) as axis:
        axis.let_die(CENTRAL, "C7")  # what came is committed, not acknowledged, and not passed on
        await keep(axis, PROVINCE, chain(PROVINCE, NAMES[:2]))
        before = await numbers(axis, OTHER_PROVINCE)
        for _ in range(3):  # it may die in the middle of a chain, too
            axis.start(CENTRAL)
            await axis.wait(LOOK)
        after = await numbers(axis, OTHER_PROVINCE)

    assert before == {}
    assert after == {PROVINCE: 2}


# --- a key that was revoked ----------------------------------------------------------------------


def revoke(axis: SmallAxis, signer: NodeId, at: NodeId) -> None:
    """From now on a node knows that the key of a signer is revoked."""
    revoked = {key_of(signer, axis.began).certificate: axis.clock.now()}
    lists = pki(axis.began).revocation_lists(axis.began, revoked=revoked, valid_for=YEAR)
    axis.nodes[at].examiner._trusted = replace(
        trust(axis.began), revocation_lists=lists, memory=StandingMemory()
    )


async def test_what_a_revoked_key_signed_is_believed_only_with_a_good_one_behind_it(tmp_path: Path) -> None:
    first, second = chain(PROVINCE, NAMES[:2])
    before = Held(PROVINCE, 2, digest(second.content))
    async with sharing(tmp_path) as axis:
        for new in (first, second):
            await axis.nodes[CENTRAL].store.add_edition(replace(new, came_from=PROVINCE), START)
        axis.clock.advance(timedelta(days=1))
        revoke(axis, PROVINCE, at=PROVINCE)
        await tell(axis, EditionsHeld((before,), None))
        alone, refused = await numbers(axis, PROVINCE), await refusals(axis, PROVINCE)

        now = axis.clock.now()
        made = Edition(PROVINCE, 3, before.sha256, now, now, NAMES[2])
        third = signed(made, pki(START).issue(PROVINCE, START).seal_key)
        await axis.nodes[CENTRAL].store.add_edition(replace(third, came_from=PROVINCE), now)
        await tell(axis, EditionsHeld((Held(PROVINCE, 3, digest(third.content)),), None))
        await axis.wait(LOOK)
        vouched, left = await numbers(axis, PROVINCE), await refusals(axis, PROVINCE)
        name = axis.nodes[PROVINCE].desk.directory().agencies[PROVINCE_OFFICE].name

    assert (alone, refused) == ({}, [(catalogue.SEAL_FAILED.code, CENTRAL, 2)])
    assert (vouched, left, name) == ({PROVINCE: 3}, [], "Tên 3")


# --- refused -------------------------------------------------------------------------------------


def tampered(new: NewEdition) -> NewEdition:
    content = new.content.replace("Tên 1".encode(), "Tên 9".encode())
    return replace(new, content=content)


def with_name(new: NewEdition, name: str) -> NewEdition:
    """Signed by somebody whose key has another name than the edition."""
    return signed(new.edition, key_of(name, START))


(FIRST,) = chain(PROVINCE, NAMES[:1])
ALONE = Edition(PROVINCE, 2, "0" * 64, START, START, NAMES[0])
AHEAD = Edition(PROVINCE, 1, "", START + timedelta(days=2), START, NAMES[0])


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (tampered(FIRST), catalogue.SEAL_FAILED),
        (replace(FIRST, seal=b"<x/>"), catalogue.SEAL_FAILED),
        (with_name(FIRST, "H21"), catalogue.EDITION_SIGNER),
        (with_name(FIRST, PROVINCE_OFFICE), catalogue.EDITION_SIGNER),
        (replace(FIRST, content=b"{}"), catalogue.EDITION_UNREADABLE),
        (replace(FIRST, content=FIRST.content + b" "), catalogue.EDITION_UNREADABLE),
        (signed(AHEAD), catalogue.EDITION_CHAIN),
    ],
    ids=["tampered", "no seal", "another node", "an agency", "empty", "another spelling", "of the future"],
)
async def test_edition_that_its_signer_did_not_make_so_is_refused(
    tmp_path: Path, bad: NewEdition, code: Fault
) -> None:
    async with sharing(tmp_path) as axis:
        await offer(axis, bad)
        await axis.wait(LOOK)
        held, refused = await numbers(axis, PROVINCE), await refusals(axis, PROVINCE)
        lines = axis.nodes[PROVINCE].said("edition.refused")
        journal = [
            r.code for r in await axis.nodes[PROVINCE].store.journal(0, 100) if r.event == "edition.refused"
        ]
        unchanged = await axis.nodes[PROVINCE].store.directory()
        below = await numbers(axis, COMMUNE)
        # what one neighbour spoilt is taken from another, or from the same one later
        await offer(axis, FIRST)
        mended = await numbers(axis, PROVINCE)

    assert (held, below) == ({}, {})
    assert refused == [(code.code, CENTRAL, 1)]
    assert [line["code"] for line in lines] == [code.code]
    assert journal == [code.code]
    assert unchanged == small_axis()
    assert mended == {PROVINCE: 1}


async def test_chain_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    async with sharing(tmp_path) as axis:
        await keep(axis, PROVINCE, [FIRST])
        await offer(axis, signed(ALONE))
        refused = await refusals(axis, PROVINCE)
        held = await numbers(axis, PROVINCE)

    assert refused == [(catalogue.EDITION_CHAIN.code, CENTRAL, 2)]
    assert held == {PROVINCE: 1}


async def test_same_number_with_another_content_is_refused(tmp_path: Path) -> None:
    (other,) = chain(PROVINCE, NAMES[1:2])
    async with sharing(tmp_path) as axis:
        await keep(axis, PROVINCE, [FIRST])
        await offer(axis, other)
        await axis.wait(LOOK)
        refused = await refusals(axis, PROVINCE)
        name = axis.nodes[PROVINCE].desk.directory().agencies[PROVINCE_OFFICE].name

    assert refused == [(catalogue.EDITION_REPLACED.code, CENTRAL, 1)]
    assert name == "Tên 1"


async def test_edition_for_another_s_subtree_is_kept_refused_and_not_passed_on(tmp_path: Path) -> None:
    stolen = renamed(small_axis(), PROVINCE_OFFICE, "Của tôi", node=COMMUNE)
    async with sharing(tmp_path) as axis:
        (bad,) = chain(COMMUNE, [stolen])
        await offer(axis, bad, by=COMMUNE)
        await axis.wait(LOOK)
        lines, _ = await axis.nodes[PROVINCE].store.editions()
        above = await numbers(axis, CENTRAL)
        name = axis.nodes[PROVINCE].desk.directory().agencies[PROVINCE_OFFICE].name

    assert [(line.state, PROVINCE_OFFICE in line.refused) for line in lines] == [(EditionState.REFUSED, True)]
    assert above == {}
    assert name != "Của tôi"


@pytest.mark.parametrize(
    ("seal_size", "size", "data"),
    [(0, 10, b"x"), (10, 10, b"x"), (5, LARGEST + 1, b"x"), (5, 10, b""), (5, 10, b"x" * 11)],
)
async def test_piece_that_cannot_be_ends_the_fetch(
    tmp_path: Path, seal_size: int, size: int, data: bytes
) -> None:
    async with sharing(tmp_path) as axis:
        held = Held(PROVINCE, 1, digest(FIRST.content))
        await tell(axis, EditionsHeld((held,), None))
        await tell(axis, EditionPiece(PROVINCE, 1, seal_size, size, 0, data))
        refused = await refusals(axis, PROVINCE)
        await offer(axis, FIRST)
        after = await numbers(axis, PROVINCE)

    assert refused == [(catalogue.EDITION_UNREADABLE.code, CENTRAL, 1)]
    assert after == {PROVINCE: 1}


async def test_pieces_nobody_asked_for_are_passed_over(tmp_path: Path) -> None:
    async with sharing(tmp_path) as axis:
        whole = FIRST.seal + FIRST.content
        unasked = EditionPiece(PROVINCE, 1, len(FIRST.seal), len(whole), 0, whole)
        await tell(axis, unasked, EditionRequest(PROVINCE, 7, 0), EditionRequest(NodeId("X"), 1, 10**15))
        held = Held(PROVINCE, 1, digest(FIRST.content))
        await tell(axis, EditionsHeld((held,), None))
        await tell(axis, unasked, by=COMMUNE)  # another neighbour than the one that was asked
        await tell(axis, replace(unasked, offset=5))
        after, refused = await numbers(axis, PROVINCE), await refusals(axis, PROVINCE)

    assert (after, refused) == ({}, [])


def test_content_of_a_signed_edition_is_its_canonical_json() -> None:
    assert FIRST.content == edition_json(FIRST.edition)
    assert json.loads(FIRST.content)["signer"] == PROVINCE
    assert AgencyCode(json.loads(FIRST.content)["change"]["agencies"][0]["code"]) == PROVINCE_OFFICE
