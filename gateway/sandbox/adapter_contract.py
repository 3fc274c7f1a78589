"""
The contract of adapters: what every way of reaching an agency promises, as tests that a class inherits.

    class TestSpool(AdapterContract):
        def partner(self) -> Partner:
            return SpoolPartner()

Such a class in a file that pytest reads is all: the tests run over a real node (gateway/sandbox/trial). How
that is used is told in docs/adapters.md.
"""

from __future__ import annotations

import asyncio
import re
from importlib.metadata import entry_points
from pathlib import Path

import aiohttp

from gateway.core.delivery import State
from gateway.core.model import Kind, LetterId
from gateway.letters import DIALECTS
from gateway.sandbox.partner import Ability
from gateway.sandbox.trial import (
    FIRST,
    LATER,
    NEIGHBOUR,
    REFUSER,
    RUBBISH,
    SECOND,
    WRITER,
    Trial,
    answer_to,
    file_of,
    home_of,
    open_files,
    scene,
)
from gateway.sandbox.trial_node import caller
from gateway.v1.operations import Access

LARGE = 6 * 1024 * 1024  # bytes of an attachment: several pieces on every way, and soon over
AT_ONCE = 200  # fetches of one letter, as the clerks of one office do at eight o'clock
NOBODYS = LetterId("019ab000-0000-7000-8000-00000000beef")
GIVEN_AWAY = (b"Traceback", b'File "', b"<html", b"<!DOCTYPE")
"""What no answer holds: our source, or a page for people where a program asked."""

_WORDS = re.compile(r"\w{2,}.*\w{2,}", re.DOTALL)


class AdapterContract(Trial):
    """
    The promises of one adapter. Subclass it as `Test…` and say who its partner is.

    A sender gets what it deserves, an agency what was sent to it, nobody anything of others; and whatever
    dies, breaks or is refused, no letter is lost.
    """

    # --- how it is found -------------------------------------------------------------------------

    @scene
    async def test_it_is_found_by_its_entry_point_and_bears_its_name(self) -> None:
        assert self.side.way in {point.name for point in entry_points(group="truc.adapters")}
        assert self.adapter.name == self.side.way

    # --- from the office to the agency -----------------------------------------------------------

    @scene
    async def test_offered_letter_is_taken_or_lies_at_the_door(self) -> None:
        letter_id, content = await self.sent_to(FIRST)
        await self.got(FIRST, content)
        expected = State.WAITING if Ability.FETCHES in self.side.can else State.DELIVERED

        async def is_recorded() -> bool:
            return (await self.node.delivery(letter_id, FIRST)).state is expected

        await self.node.until(is_recorded, f"the delivery is {expected}")

    @scene
    async def test_agency_gets_what_was_sent_in_whatever_dialect_it_was_written(self) -> None:
        for dialect in DIALECTS:
            content = self.node.letter(WRITER, FIRST, dialect=dialect)
            await self.node.send(content, WRITER)
            await self.got(FIRST, content)

    @scene
    async def test_large_letter_arrives_whole(self) -> None:
        _, content = await self.sent_to(FIRST, LARGE)
        await self.got(FIRST, content)

    @scene
    async def test_status_reaches_the_agency(self) -> None:
        letter_id, content = await self.sent_to(FIRST)
        await self.got(FIRST, content)
        await self.node.node.office.status(caller(WRITER), letter_id, "13", description="Gửi nhầm")

        async def is_there() -> bool:
            return any(b"StatusCode>13<" in each.content for each in await self.side.received(FIRST))

        await self.node.until(is_there, "the status is with the agency")

    @scene
    async def test_each_agency_gets_its_own_letters_only(self) -> None:
        (_, one), (_, other) = await self.sent_to(FIRST), await self.sent_to(SECOND)
        await self.got(FIRST, one)
        await self.got(SECOND, other)
        assert not any(self.same(other, each.content) for each in await self.side.received(FIRST))
        assert not any(self.same(one, each.content) for each in await self.side.received(SECOND))

    @scene
    async def test_agency_that_is_added_while_the_node_runs_is_served_as_its_row_says(self) -> None:
        await self.node.add(self._agency(LATER, self.side.way))
        await self._admit(LATER)
        _, content = await self.sent_to(LATER)
        await self.got(LATER, content)

    # --- fetching and acknowledging --------------------------------------------------------------

    @scene
    async def test_letter_is_offered_until_it_is_acknowledged_and_then_no_more(self) -> None:
        self.needs(Ability.FETCHES)
        letter_id, content = await self.sent_to(FIRST)
        assert (await self.got(FIRST, content)).letter_id == letter_id
        await self.node.restart()  # fetched, not acknowledged
        await self.got(FIRST, content)
        for _ in range(2):  # twice is harmless
            await self.side.acknowledge(FIRST, letter_id)
        assert (await self.node.delivery(letter_id, FIRST)).state is State.DELIVERED
        await self.node.restart()
        _, later = await self.sent_to(FIRST)
        await self.got(FIRST, later)
        assert letter_id not in {each.letter_id for each in await self.side.received(FIRST)}

    @scene
    async def test_letter_that_was_never_fetched_cannot_be_acknowledged(self) -> None:
        self.needs(Ability.FETCHES)
        letter_id, _ = await self.sent_to(FIRST)
        await self.lies_there(letter_id, FIRST)
        assert _WORDS.search(await self.refused(self.side.acknowledge(FIRST, letter_id)))
        await self.lies_there(letter_id, FIRST)

    @scene
    async def test_letter_of_another_agency_looks_unknown(self) -> None:
        self.needs(Ability.FETCHES)
        letter_id, content = await self.sent_to(SECOND)
        await self.lies_there(letter_id, SECOND)
        for ask in (self.side.fetch, self.side.acknowledge):
            anothers = await self.refused(ask(FIRST, letter_id))
            nobodys = await self.refused(ask(FIRST, NOBODYS))
            assert anothers.replace(letter_id, NOBODYS) == nobodys
        await self.got(SECOND, content)

    @scene
    async def test_two_hundred_fetches_at_once_change_nothing(self) -> None:
        self.needs(Ability.FETCHES)
        letter_id, content = await self.sent_to(FIRST, 100_000)
        await self.got(FIRST, content)
        fetched = await asyncio.gather(*(self.side.fetch(FIRST, letter_id) for _ in range(AT_ONCE)))
        assert all(self.same(content, each) for each in set(fetched))
        await self.lies_there(letter_id, FIRST)

    # --- from the agency to the office -----------------------------------------------------------

    @scene
    async def test_letter_of_the_agency_is_its_own_letter(self) -> None:
        self.needs(Ability.SENDS)
        await self._hand_in(self.node.letter(FIRST, WRITER))

    @scene
    async def test_large_letter_of_the_agency_comes_in_whole(self) -> None:
        self.needs(Ability.SENDS)
        await self._hand_in(self.node.letter(FIRST, WRITER, size=LARGE))

    async def _hand_in(self, content: bytes) -> LetterId:
        letter_id = await self.side.send(FIRST, content)

        async def found() -> LetterId:
            for item in await self.node.waiting(WRITER, Kind.DOCUMENT):
                is_meant = item.sender == FIRST and letter_id in ("", item.letter_id)
                if is_meant and self.same(content, await self.node.read(WRITER, item.letter_id)):
                    return item.letter_id
            return LetterId("")

        return await self.node.until(found, "the letter is with its recipient, in the sender's name")

    @scene
    async def test_letter_in_the_name_of_another_is_refused_in_words(self) -> None:
        self.needs(Ability.SENDS)
        content = self.node.letter(SECOND, WRITER)
        words = await self.refused(self.side.send(FIRST, content))
        assert _WORDS.search(words)
        assert not any(mark.decode() in words for mark in GIVEN_AWAY)
        assert await self.known_as(content) == []

    @scene
    async def test_rubbish_from_the_agency_is_refused_in_words(self) -> None:
        self.needs(Ability.SENDS)
        whole = self.node.letter(FIRST, WRITER)
        for rubbish in (b"%PDF-1.7 \xff\x00", whole[: len(whole) // 2], whole.replace(b"</", b"<", 1)):
            words = await self.refused(self.side.send(FIRST, rubbish))
            assert _WORDS.search(words)
            assert not any(mark.decode() in words for mark in GIVEN_AWAY)

    @scene
    async def test_letter_that_is_sent_again_is_the_same_letter_also_after_a_restart(self) -> None:
        self.needs(Ability.SENDS)
        content = self.node.letter(FIRST, WRITER)
        first = await self._hand_in(content)
        assert await self.side.send(FIRST, content) in ("", first)
        await self.node.restart()
        assert await self.side.send(FIRST, content) in ("", first)
        assert await self.known_as(content) == [first]

    @scene
    async def test_status_of_the_agency_reaches_the_sender(self) -> None:
        self.needs(Ability.REPORTS)
        _, content = await self.sent_to(FIRST)
        letter = await self.got(FIRST, content)
        await self.side.report(FIRST, letter, "03")

        async def is_there() -> bool:
            statuses = await self.node.waiting(WRITER, Kind.STATUS)
            return any(item.status_code == "03" and item.sender == FIRST for item in statuses)

        await self.node.until(is_there, "the sender has the status")

    # --- what goes wrong -------------------------------------------------------------------------

    @scene
    async def test_death_between_hand_over_and_its_record_loses_nothing_and_doubles_nothing(self) -> None:
        self.node.doom(FIRST)
        letter_id, content = await self.sent_to(FIRST)
        await self.node.rise()

        async def is_recorded() -> bool:
            return (await self.node.delivery(letter_id, FIRST)).state in (State.WAITING, State.DELIVERED)

        await self.node.until(is_recorded, "the hand-over is recorded by the next life")
        await self.got(FIRST, content)

    @scene
    async def test_partner_that_is_out_of_order_slows_nobody_and_gets_its_letter_later(self) -> None:
        self.needs(Ability.BREAKS)
        await self.side.break_down(FIRST)
        try:
            _, late = await self.sent_to(FIRST)
            letter_id, _ = await self.sent_to(NEIGHBOUR)
            await self.lies_there(letter_id, NEIGHBOUR)
            if Ability.BREAKS_ALONE in self.side.can:
                _, beside = await self.sent_to(SECOND)
                await self.got(SECOND, beside)
        finally:
            await self.side.mend(FIRST)
        await self.got(FIRST, late)

    @scene
    async def test_letter_that_will_never_be_taken_goes_back_to_its_sender(self) -> None:
        self.needs(Ability.REFUSES)
        await self.side.refuse(REFUSER)
        letter_id, _ = await self.sent_to(REFUSER)

        async def has_returned() -> bool:
            return (await self.node.delivery(letter_id, REFUSER)).state is State.RETURNED

        async def is_told() -> bool:
            return bool(await self.node.waiting(WRITER, Kind.STATUS))

        await self.node.until(has_returned, "the letter goes back")
        await self.node.until(is_told, "its sender is told")

    # --- listeners and operations ----------------------------------------------------------------

    @scene
    async def test_operations_are_closed_without_a_key_unless_they_say_otherwise(self) -> None:
        async with aiohttp.ClientSession(self.node.node.address) as http:
            for operation in self.adapter.operations():
                if operation.access is Access.OPEN:
                    continue
                path = operation.path.replace("{", "").replace("}", "")
                async with http.request(operation.method, path) as response:
                    assert (response.status, response.content_type) == (401, "application/problem+json")

    @scene
    async def test_listeners_answer_rubbish_in_their_own_form_and_go_on(self) -> None:
        for address in self.node.node.addresses.values():
            for rubbish in RUBBISH:
                answer = await answer_to(address, rubbish)
                assert not any(mark in answer for mark in GIVEN_AWAY), answer[:500]
                assert re.match(rb"HTTP/1\.\d [2-4]\d\d |\Z", answer), answer[:100]  # or it hangs up
        _, content = await self.sent_to(FIRST)
        await self.got(FIRST, content)

    # --- the end ---------------------------------------------------------------------------------

    @scene
    async def test_node_that_stops_leaves_no_task_and_no_file_of_the_adapter(self) -> None:
        _, content = await self.sent_to(FIRST)
        await self.got(FIRST, content)
        home = home_of(self.adapter)
        await self.node.stop()
        try:
            await asyncio.sleep(0)  # tasks that were cancelled end now
            left = [task for task in asyncio.all_tasks() if file_of(task).is_relative_to(home)]
            assert left == []
            assert open_files(Path(self.folder.name) / "node") == []
        finally:
            await self.node.start()
