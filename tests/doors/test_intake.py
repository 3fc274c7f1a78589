"""
Intake: agency → store.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from gateway.core import catalogue
from gateway.core.delivery import State
from gateway.core.directory import Directory
from gateway.core.errors import Rejected
from gateway.core.model import Kind, Lane, LetterId, Part
from gateway.letters import Dialect
from gateway.office import one_chunk
from gateway.ports import Accepted, Caller, StoredLetter, Terms
from tests.kit.builders import (
    CENTRAL_OFFICE,
    COMMUNE_OFFICE,
    DEPARTMENT,
    OTHER_OFFICE,
    PROVINCE,
    PROVINCE_OFFICE,
    small_axis,
)
from tests.kit.correspondence import agency, letter
from tests.kit.nodes import Manner, SmallAxis, open_axis

SECOND_AT_CENTRAL = "000.00.01.G22"


def two_at_central() -> Directory:
    directory = small_axis()
    return replace(directory, agency_rows=(*directory.agency_rows, agency(SECOND_AT_CENTRAL, "G22")))


async def stored(axis: SmallAxis, accepted: Accepted) -> StoredLetter:
    held = await axis.nodes[PROVINCE].store.letter(accepted.letter_id)
    assert held is not None
    return held


async def targets(axis: SmallAxis, letter_id: LetterId) -> dict[str, State]:
    record = await axis.nodes[PROVINCE].store.track(letter_id)
    assert record is not None
    return {d.target.key: d.state for d in record.deliveries}


async def letters_accepted(axis: SmallAxis) -> int:
    journal = await axis.nodes[PROVINCE].store.journal(0, 1000)
    return sum(row.event == "letter.accepted" for row in journal)


def code_of(refused: pytest.ExceptionInfo[Rejected]) -> str:
    return refused.value.code


# --- what becomes ours ---------------------------------------------------------------------------


async def test_letter_owes_one_delivery_per_way_out(tmp_path: Path) -> None:
    async with open_axis(two_at_central(), tmp_path) as axis:
        everybody = (CENTRAL_OFFICE, SECOND_AT_CENTRAL, OTHER_OFFICE, COMMUNE_OFFICE, DEPARTMENT)
        accepted = await axis.send(letter(PROVINCE_OFFICE, *everybody), by=PROVINCE_OFFICE)

        owed = await targets(axis, accepted.letter_id)

    assert owed == dict.fromkeys(("link:G22", "link:H14.31.01", f"agency:{DEPARTMENT}"), State.QUEUED)
    assert [r.served for r in accepted.recipients] == list(everybody)


async def test_parts_stand_in_manifest_order_and_join_to_what_was_sent(tmp_path: Path) -> None:
    content = letter(PROVINCE_OFFICE, DEPARTMENT, number=4, size=50_000)
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await axis.send(content, by=PROVINCE_OFFICE)
        held = await stored(axis, accepted)
        opened = axis.nodes[PROVINCE].handover.open_letter(held, DEPARTMENT)
        joined = b"".join(opened.chunks())

    names = [part.name for part in held.parts]
    assert names[:4] == ["routing.json", "parts.json", "envelope.xml", "parts/0000"]
    assert joined == content
    assert (held.routing.original_sha256, held.routing.original_size) == (
        hashlib.sha256(content).hexdigest(),
        len(content),
    )


class NotingSealer:
    """A hand that seals with the names of what it was shown."""

    async def seal(self, parts: Sequence[Part], at: datetime) -> bytes:
        return " ".join(part.name for part in parts).encode()


async def test_seal_covers_all_other_parts_and_comes_last(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, Manner(sealer=NotingSealer())) as axis:
        accepted = await axis.send(letter(PROVINCE_OFFICE, DEPARTMENT), by=PROVINCE_OFFICE)
        held = await stored(axis, accepted)

    *others, seal = held.parts
    assert seal.name == "META-INF/signatures001.xml"
    assert seal.inline == " ".join(part.name for part in others).encode()


@pytest.mark.parametrize(
    ("priority", "lane", "rank"),
    [(0, Lane.NORMAL, 0), (1, Lane.URGENT, 1), (3, Lane.URGENT, 3), (4, Lane.URGENT, 3), (9, Lane.NORMAL, 0)],
)
async def test_priority_chooses_lane_and_rank(tmp_path: Path, priority: int, lane: Lane, rank: int) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, priority=priority)
        held = await stored(axis, await axis.send(content, by=PROVINCE_OFFICE))

    assert (held.routing.lane, held.routing.rank) == (lane, rank)


async def test_sender_may_write_under_its_alias(tmp_path: Path) -> None:
    directory = small_axis()
    rows = [replace(a, aliases=("H14",)) if a.code == PROVINCE_OFFICE else a for a in directory.agency_rows]
    async with open_axis(replace(directory, agency_rows=tuple(rows)), tmp_path) as axis:
        held = await stored(axis, await axis.send(letter("H14", CENTRAL_OFFICE), by=PROVINCE_OFFICE))

    assert held.routing.sender == PROVINCE_OFFICE
    assert held.facts.sender_code == "H14"


async def test_recipients_of_the_request_go_before_those_of_the_message(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE)
        accepted = await axis.send(content, by=PROVINCE_OFFICE, to=(OTHER_OFFICE,))

    assert [r.named for r in accepted.recipients] == [OTHER_OFFICE]


# --- what is refused -----------------------------------------------------------------------------


async def test_sender_is_an_agency_of_its_key(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        with pytest.raises(Rejected) as refused:
            await axis.send(letter(DEPARTMENT, CENTRAL_OFFICE), by=PROVINCE_OFFICE)

    assert code_of(refused) == catalogue.SENDER_NOT_CALLER.code


async def test_group_becomes_the_agencies_that_it_stands_for(tmp_path: Path) -> None:
    tiers = {PROVINCE_OFFICE: "tỉnh", OTHER_OFFICE: "tỉnh", COMMUNE_OFFICE: "xã"}
    rows = tuple(replace(row, tier=tiers.get(row.code, "")) for row in small_axis().agency_rows)
    async with open_axis(replace(small_axis(), agency_rows=rows), tmp_path) as axis:
        node, content = axis.nodes[PROVINCE], letter(PROVINCE_OFFICE, CENTRAL_OFFICE)
        caller = Caller("office", frozenset({PROVINCE_OFFICE}))
        to = ["@tinh", "@xa", CENTRAL_OFFICE]
        shown = await node.intake.accept(one_chunk(content), caller, to=to, dry_run=True)
        accepted = await node.intake.accept(one_chunk(content), caller, to=to)
        held = await stored(axis, accepted)
        with pytest.raises(Rejected) as refused:
            await node.intake.accept(one_chunk(content), caller, to=["@huyen"])

    meant = [OTHER_OFFICE, COMMUNE_OFFICE, CENTRAL_OFFICE]
    assert [r.served for r in shown.recipients] == meant
    assert [r.served for r in accepted.recipients] == meant
    assert [(a.named, a.code) for a in held.routing.recipients] == [(code, code) for code in meant]
    assert code_of(refused) == catalogue.GROUP_UNKNOWN.code


async def test_recipient_whose_system_cannot_take_it_is_told_before_anything_is_queued(
    tmp_path: Path,
) -> None:
    rows = tuple(
        replace(row, max_size=1000 if row.code == DEPARTMENT else 0) for row in small_axis().agency_rows
    )
    async with open_axis(replace(small_axis(), agency_rows=rows), tmp_path) as axis:
        accepted = await axis.send(letter(PROVINCE_OFFICE, DEPARTMENT, OTHER_OFFICE), by=PROVINCE_OFFICE)
        owed = await targets(axis, accepted.letter_id)
        with pytest.raises(Rejected) as refused:
            await axis.send(letter(PROVINCE_OFFICE, DEPARTMENT, number=2), by=PROVINCE_OFFICE)

    assert list(owed) == ["link:G22"]
    told = {r.named: r.code for r in accepted.recipients}
    assert told == {OTHER_OFFICE: "", DEPARTMENT: catalogue.RECIPIENT_SIZE.code}
    assert [f.fault for f in refused.value.findings if f.is_error] == [
        catalogue.NO_KNOWN_RECIPIENT,
        catalogue.RECIPIENT_SIZE,
    ]


async def test_unknown_recipient_stops_none_of_the_others(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, "000.00.99.H99")
        accepted = await axis.send(content, by=PROVINCE_OFFICE)
        owed = await targets(axis, accepted.letter_id)

    assert {r.named: r.code for r in accepted.recipients} == {
        CENTRAL_OFFICE: "",
        "000.00.99.H99": catalogue.RECIPIENT_UNKNOWN.code,
    }
    assert list(owed) == ["link:G22"]


async def test_letter_that_nobody_can_get_is_refused_whole(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        with pytest.raises(Rejected) as refused:
            await axis.send(letter(PROVINCE_OFFICE, "000.00.98.H99", "000.00.99.H99"), by=PROVINCE_OFFICE)
        accepted = await letters_accepted(axis)

    assert code_of(refused) == catalogue.NO_KNOWN_RECIPIENT.code
    named = {f.params["organ"] for f in refused.value.findings if f.fault is catalogue.RECIPIENT_UNKNOWN}
    assert named == {"000.00.98.H99", "000.00.99.H99"}
    assert accepted == 0


def with_closed_code() -> Directory:
    directory = small_axis()
    closed = agency("000.00.09.G22", "G22", valid_to=date(2025, 6, 30), successor=CENTRAL_OFFICE)
    return replace(directory, agency_rows=(*directory.agency_rows, closed))


async def test_closed_code_is_followed_to_its_successor(tmp_path: Path) -> None:
    async with open_axis(with_closed_code(), tmp_path) as axis:
        accepted = await axis.send(letter(PROVINCE_OFFICE, "000.00.09.G22"), by=PROVINCE_OFFICE)

    assert [(r.named, r.served) for r in accepted.recipients] == [("000.00.09.G22", CENTRAL_OFFICE)]
    assert catalogue.RECIPIENT_FOLLOWED in [f.fault for f in accepted.findings]


async def test_closed_code_is_refused_where_policy_says_so(tmp_path: Path) -> None:
    async with open_axis(with_closed_code(), tmp_path, Manner(successor_policy="refuse")) as axis:
        content = letter(PROVINCE_OFFICE, "000.00.09.G22", OTHER_OFFICE)
        accepted = await axis.send(content, by=PROVINCE_OFFICE)

    failed = [r for r in accepted.recipients if r.code]
    assert [(r.named, r.served, r.code) for r in failed] == [
        ("000.00.09.G22", CENTRAL_OFFICE, catalogue.RECIPIENT_CLOSED.code)
    ]


def heads_kept(axis: SmallAxis) -> list[tuple[str, str, bytes]]:
    with sqlite3.connect(axis.folder / PROVINCE / "truc.db") as database:
        rows = database.execute("SELECT caller, code, head FROM refused ORDER BY number").fetchall()
    database.close()
    return rows


async def test_head_of_refused_input_is_kept_for_its_caller(tmp_path: Path) -> None:
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, size=100_000)[:90_000]
    async with open_axis(small_axis(), tmp_path, Manner(on_disk=True)) as axis:
        with pytest.raises(Rejected):
            await axis.send(content, by=PROVINCE_OFFICE)
        kept = heads_kept(axis)

    caller = f"key of {PROVINCE_OFFICE}"
    assert kept == [(caller, catalogue.TRUNCATED.code, content[: 64 * 1024])]


async def test_nothing_of_a_state_secret_is_kept_or_logged(tmp_path: Path) -> None:
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, subject="Kế hoạch tác chiến TỐI MẬT")
    async with open_axis(small_axis(), tmp_path, Manner(on_disk=True)) as axis:
        with pytest.raises(Rejected) as refused:
            await axis.send(content, by=PROVINCE_OFFICE)
        kept, said = heads_kept(axis), axis.nodes[PROVINCE].stream.getvalue()
        journal = await axis.nodes[PROVINCE].store.journal(0, 1000)

    assert code_of(refused) == catalogue.STATE_SECRET.code
    assert kept == []
    assert "tác chiến" not in said
    assert "tác chiến" not in str(journal)
    assert "tác chiến" not in str([(f.vi, f.params) for f in refused.value.findings])


async def test_dry_run_tells_everything_and_keeps_nothing(tmp_path: Path) -> None:
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, "000.00.99.H99", size=100_000)
    async with open_axis(small_axis(), tmp_path, Manner(on_disk=True)) as axis:
        office, caller = axis.nodes[PROVINCE].office, axis.caller(PROVINCE_OFFICE)
        accepted = await office.accept(chunks(content), caller, dry_run=True)
        with pytest.raises(Rejected):
            await office.accept(chunks(content[:50_000]), caller, dry_run=True)
        count, kept = await letters_accepted(axis), heads_kept(axis)

    assert accepted.letter_id == ""
    assert {r.code for r in accepted.recipients} == {"", catalogue.RECIPIENT_UNKNOWN.code}
    assert (count, kept, blobs_in(axis)) == (0, [], [])


async def chunks(content: bytes, size: int = 8192) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


def blobs_in(axis: SmallAxis) -> list[str]:
    root = axis.folder / PROVINCE / "blobs"
    return [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()]


async def test_connection_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        async for chunk in chunks(letter(PROVINCE_OFFICE, CENTRAL_OFFICE, size=200_000)[:150_000]):
            yield chunk
        raise ConnectionResetError

    async with open_axis(small_axis(), tmp_path) as axis:
        with pytest.raises(ConnectionResetError):
            await axis.nodes[PROVINCE].office.accept(broken(), axis.caller(PROVINCE_OFFICE))
        count, left = await letters_accepted(axis), blobs_in(axis)

    assert (count, left) == (0, [])


# --- the same letter again -----------------------------------------------------------------------


async def test_same_letter_twice_gets_the_first_answer(tmp_path: Path) -> None:
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE)
    async with open_axis(small_axis(), tmp_path) as axis:
        first = await axis.send(content, by=PROVINCE_OFFICE)
        axis.clock.advance(3600)
        again = await axis.send(content, by=PROVINCE_OFFICE)
        count = await letters_accepted(axis)

    assert not first.repeated
    assert again.repeated
    assert (again.letter_id, again.accepted_at, again.expires_at) == (
        first.letter_id,
        first.accepted_at,
        first.expires_at,
    )
    assert [(r.named, r.served, r.code) for r in again.recipients] == [(CENTRAL_OFFICE, CENTRAL_OFFICE, "")]
    assert count == 1


async def test_letter_written_anew_by_another_program_is_the_same_letter(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        first = await axis.send(letter(PROVINCE_OFFICE, CENTRAL_OFFICE), by=PROVINCE_OFFICE)
        other = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, dialect=Dialect.JAVA_SAMPLE)
        again = await axis.send(other, by=PROVINCE_OFFICE)

    assert again.repeated
    assert again.letter_id == first.letter_id


async def test_equal_letters_at_the_same_moment_become_one(tmp_path: Path) -> None:
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE)
    async with open_axis(small_axis(), tmp_path) as axis:
        answers = await asyncio.gather(*(axis.send(content, by=PROVINCE_OFFICE) for _ in range(5)))
        count = await letters_accepted(axis)

    assert len({a.letter_id for a in answers}) == 1
    assert sorted(a.repeated for a in answers) == [False, True, True, True, True]
    assert count == 1


async def test_further_recipient_gets_a_letter_of_its_own(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        first = await axis.send(letter(PROVINCE_OFFICE, CENTRAL_OFFICE), by=PROVINCE_OFFICE)
        more = await axis.send(letter(PROVINCE_OFFICE, CENTRAL_OFFICE, OTHER_OFFICE), by=PROVINCE_OFFICE)
        held = await stored(axis, more)

    assert more.letter_id != first.letter_id
    assert [a.named for a in held.routing.recipients] == [OTHER_OFFICE]


async def test_letter_that_came_back_may_be_sent_again(tmp_path: Path) -> None:
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE)
    async with open_axis(small_axis(), tmp_path) as axis:
        axis.post.cut_node(PROVINCE)
        first = await axis.send(content, by=PROVINCE_OFFICE)
        await axis.wait(timedelta(days=10))
        states = await targets(axis, first.letter_id)
        again = await axis.send(content, by=PROVINCE_OFFICE)

    assert states == {"link:G22": State.RETURNED}
    assert not again.repeated
    assert again.letter_id != first.letter_id


async def test_same_document_id_with_other_content_is_accepted_with_a_warning(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        first = await axis.send(letter(PROVINCE_OFFICE, CENTRAL_OFFICE), by=PROVINCE_OFFICE)
        corrected = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, subject="Trích yếu đã sửa")
        second = await axis.send(corrected, by=PROVINCE_OFFICE)

    assert second.letter_id != first.letter_id
    assert [f.fault for f in first.findings if f.fault is catalogue.DUPLICATE_DOCUMENT] == []
    assert [f.fault for f in second.findings].count(catalogue.DUPLICATE_DOCUMENT) == 1


async def test_idempotency_key_gives_the_first_answer_again(tmp_path: Path) -> None:
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE)
    async with open_axis(small_axis(), tmp_path) as axis:
        first = await axis.send(content, by=PROVINCE_OFFICE, key="k1")
        again = await axis.send(content, by=PROVINCE_OFFICE, key="k1")

    assert again == replace(first, repeated=True)


async def test_idempotency_key_for_other_bytes_is_refused(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        await axis.send(letter(PROVINCE_OFFICE, CENTRAL_OFFICE), by=PROVINCE_OFFICE, key="k1")
        other = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, number=2)
        with pytest.raises(Rejected) as refused:
            await axis.send(other, by=PROVINCE_OFFICE, key="k1")
        count = await letters_accepted(axis)

    assert code_of(refused) == catalogue.KEY_REUSED.code
    assert count == 1


async def test_one_key_for_two_letters_at_the_same_moment_takes_one_of_them(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        both = [letter(PROVINCE_OFFICE, CENTRAL_OFFICE, number=n) for n in (1, 2)]
        async with asyncio.timeout(20):
            answers = await asyncio.gather(
                *(axis.send(content, by=PROVINCE_OFFICE, key="k1") for content in both),
                return_exceptions=True,
            )
        count = await letters_accepted(axis)

    refused = [a for a in answers if isinstance(a, Rejected)]
    assert [r.code for r in refused] == [catalogue.KEY_REUSED.code]
    assert count == 1


async def test_keys_of_two_callers_are_two_keys(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        one = await axis.send(letter(PROVINCE_OFFICE, CENTRAL_OFFICE), by=PROVINCE_OFFICE, key="k1")
        other = await axis.send(letter(DEPARTMENT, CENTRAL_OFFICE), by=DEPARTMENT, key="k1")

    assert one.letter_id != other.letter_id


# --- statuses ------------------------------------------------------------------------------------


async def test_status_goes_to_whom_it_answers(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        document = await axis.send(letter(PROVINCE_OFFICE, DEPARTMENT), by=PROVINCE_OFFICE)
        await axis.settle()
        await axis.collect(DEPARTMENT)
        status = await axis.report(DEPARTMENT, document.letter_id, "3", "vào sổ")
        held = await stored(axis, status)
        line = await axis.line(document.letter_id, PROVINCE_OFFICE, DEPARTMENT)

    assert (held.routing.kind, held.routing.lane) == (Kind.STATUS, Lane.CONTROL)
    assert [a.code for a in held.routing.recipients] == [PROVINCE_OFFICE]
    assert [(s.code, s.description) for s in line.statuses] == [("03", "vào sổ")]


async def test_status_of_the_other_side_is_refused_in_both_languages(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        document = await axis.send(letter(PROVINCE_OFFICE, DEPARTMENT), by=PROVINCE_OFFICE)
        await axis.settle()
        with pytest.raises(Rejected) as of_receiver:
            await axis.report(PROVINCE_OFFICE, document.letter_id, "03")
        status = await axis.report(DEPARTMENT, document.letter_id, "03")
        with pytest.raises(Rejected) as of_status:
            await axis.report(DEPARTMENT, status.letter_id, "03")

    for refused, vi, en in (
        (of_receiver, "chỉ bên nhận văn bản", "only the receiver of the document"),
        (of_status, "đó là một trạng thái", "that letter is a status itself"),
    ):
        assert code_of(refused) == "TRUC-414"
        assert refused.value.first.params["detail"].endswith(f"{vi} · {en}")


async def test_one_line_in_the_log_for_each_letter(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await axis.send(letter(PROVINCE_OFFICE, CENTRAL_OFFICE), by=PROVINCE_OFFICE)
        lines = axis.nodes[PROVINCE].said("document.accepted")

    assert [(line["letter_id"], line["sender"], line["lane"]) for line in lines] == [
        (accepted.letter_id, PROVINCE_OFFICE, "normal")
    ]


# --- quota ---------------------------------------------------------------------------------------


def agreed(**terms: int) -> Manner:
    return Manner(terms={PROVINCE_OFFICE: Terms(**terms)})


async def test_one_document_too_many_on_a_day_is_refused_and_the_next_day_it_passes(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, agreed(letters_per_day=2)) as axis:
        for number in (1, 2):
            await axis.send(letter(PROVINCE_OFFICE, DEPARTMENT, number=number), by=PROVINCE_OFFICE)
        with pytest.raises(Rejected) as refused:
            await axis.send(letter(PROVINCE_OFFICE, DEPARTMENT, number=3), by=PROVINCE_OFFICE)
        again = await axis.send(letter(PROVINCE_OFFICE, DEPARTMENT, number=2), by=PROVINCE_OFFICE)
        quota = await axis.nodes[PROVINCE].office.quota(axis.caller(PROVINCE_OFFICE))
        axis.clock.advance(timedelta(days=1))
        passed = await axis.send(letter(PROVINCE_OFFICE, DEPARTMENT, number=3), by=PROVINCE_OFFICE)

    assert code_of(refused) == "TRUC-429"
    assert again.repeated  # what we have already costs nothing
    assert [(q.letters, q.letters_per_day) for q in quota] == [(2, 2)]
    assert not passed.repeated


async def test_bytes_of_a_day_are_counted_too(tmp_path: Path) -> None:
    content = letter(PROVINCE_OFFICE, DEPARTMENT, number=1)
    async with open_axis(small_axis(), tmp_path, agreed(bytes_per_day=len(content) + 10)) as axis:
        await axis.send(content, by=PROVINCE_OFFICE)
        with pytest.raises(Rejected) as refused:
            await axis.send(letter(PROVINCE_OFFICE, DEPARTMENT, number=2), by=PROVINCE_OFFICE)
    assert code_of(refused) == "TRUC-429"


async def test_status_is_never_one_too_many(tmp_path: Path) -> None:
    manner = Manner(terms={DEPARTMENT: Terms(letters_per_day=1, bytes_per_day=1)})
    async with open_axis(small_axis(), tmp_path, manner) as axis:
        accepted = await axis.send(letter(PROVINCE_OFFICE, DEPARTMENT), by=PROVINCE_OFFICE)
        await axis.settle()
        office, caller = axis.nodes[PROVINCE].office, axis.caller(DEPARTMENT)
        for code in ("01", "03", "06"):
            assert (await office.status(caller, accepted.letter_id, code)).kind is Kind.STATUS
