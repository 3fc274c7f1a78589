"""
Tracking: what a letter is about belongs to its sender and to those who have opened it; where it is, to more.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gateway.core.model import InReplyTo
from gateway.core.tracking import Tracking
from gateway.ports import Accepted, AtTheDoor, Caller, OpenLetter
from gateway.v1.found import LetterLine
from gateway.v1.shapes import TrackingShape
from tests.kit.builders import DEPARTMENT, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.correspondence import agency, letter
from tests.kit.nodes import Manner, SmallAxis, open_axis

OPERATOR = Caller("operator", frozenset(), is_operator=True)


async def send(axis: SmallAxis, to: str = DEPARTMENT, number: int = 1) -> Accepted:
    accepted = await axis.send(letter(PROVINCE_OFFICE, to, number=number), by=PROVINCE_OFFICE)
    await axis.settle()
    return accepted


async def tracked(axis: SmallAxis, accepted: Accepted, caller: Caller) -> Tracking:
    return await axis.nodes[PROVINCE].office.whereabouts(caller, accepted.letter_id)


async def line(axis: SmallAxis, accepted: Accepted, caller: Caller) -> LetterLine:
    """The letter in a list that the caller asked for."""
    record = await axis.nodes[PROVINCE].office.track(caller, accepted.letter_id)
    return LetterLine.of(record, caller, await tracked(axis, accepted, caller))


async def test_receiver_is_shown_the_subject_when_it_has_fetched_the_letter(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted, receiver = await send(axis), axis.caller(DEPARTMENT)
        before = [(await each(axis, accepted, receiver)).subject for each in (tracked, line)]
        code = (await tracked(axis, accepted, receiver)).code
        await axis.nodes[PROVINCE].office.open(receiver, accepted.letter_id)
        after = [(await each(axis, accepted, receiver)).subject for each in (tracked, line)]

    assert (before, bool(code)) == (["", ""], True), "where it is, and how it is called"
    assert len(set(after)) == 1
    assert after[0]


async def test_sender_sees_its_own_subject_and_an_operator_none(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await send(axis)
        own = await tracked(axis, accepted, axis.caller(PROVINCE_OFFICE))
        operators = await tracked(axis, accepted, OPERATOR)
        await axis.collect(DEPARTMENT)
        fetched = await tracked(axis, accepted, OPERATOR)

    assert own.subject
    assert TrackingShape.of(operators).subject == TrackingShape.of(fetched).subject == ""
    assert replace(own, subject="").recipients == operators.recipients


async def test_whoever_has_looked_into_a_letter_knows_its_subject(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted, receiver = await send(axis), axis.caller(DEPARTMENT)
        await axis.nodes[PROVINCE].office.read(receiver, accepted.letter_id)
        seen = (await tracked(axis, accepted, receiver)).subject

    assert seen


class Carrier:
    """A way that carries the letter to the agency."""

    async def deliver(self, letter: OpenLetter) -> bool:
        return True


async def test_agency_to_which_it_was_carried_knows_its_subject(tmp_path: Path) -> None:
    pushed, directory = "000.00.02.H14", small_axis()
    rows = (*directory.agency_rows, agency(pushed, "H14", delivery="push"))
    manner = Manner(deliverers={"push": Carrier(), "mailbox": AtTheDoor()})
    async with open_axis(replace(directory, agency_rows=rows), tmp_path, manner) as axis:
        accepted = await send(axis, pushed)
        seen = (await tracked(axis, accepted, axis.caller(pushed))).subject

    assert seen


async def test_documents_that_belong_together_show_their_subjects_by_the_same_rule(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        first = await send(axis)
        office, receiver = axis.nodes[PROVINCE].office, axis.caller(DEPARTMENT)
        await axis.collect(DEPARTMENT)
        sender = axis.caller(PROVINCE_OFFICE)
        asked = await tracked(axis, first, sender)
        named = InReplyTo(PROVINCE_OFFICE, asked.code, asked.document_id)
        answer = letter(DEPARTMENT, PROVINCE_OFFICE, number=2, in_reply_to=(named,))  # type: ignore[arg-type]
        replied = await axis.send(answer, by=DEPARTMENT)
        await axis.settle()
        (unopened,) = (await tracked(axis, first, sender)).links
        (operators,) = (await tracked(axis, first, OPERATOR)).links
        (own,) = (await tracked(axis, first, receiver)).links
        await office.open(sender, replied.letter_id)
        (opened,) = (await tracked(axis, first, sender)).links

    assert {link.letter_id for link in (unopened, operators, own, opened)} == {replied.letter_id}
    assert (unopened.subject, operators.subject) == ("", "")
    assert own.subject == opened.subject != ""
