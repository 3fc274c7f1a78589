"""
Some recipients cannot be served: the others get the letter, and the sender is told of each failed one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.core import catalogue
from gateway.core.directory import Directory
from gateway.core.model import Kind, NodeId
from gateway.core.stages import Stage
from tests.kit.correspondence import four_level, letter
from tests.kit.nodes import Manner, SmallAxis, open_axis

WRITER, READER = "000.22.40.H14", "000.00.00.G12"
UNKNOWN, LOCKED = "000.00.99.H99", "000.00.30.H21"
CLOSED, SUCCESSOR = "000.00.00.G14", "000.00.00.G06"


async def notices(axis: SmallAxis) -> list[str]:
    """What the axis told the sender, each as the text of its Description."""
    statuses = await axis.collect(WRITER, Kind.STATUS)
    texts = [mail.content.decode() for mail in statuses if mail.item.status_code == "02"]
    return sorted(text.partition("[Trục] ")[2].partition("<")[0] for text in texts)


async def test_others_get_the_letter_and_the_sender_hears_of_each_failed_one(tmp_path: Path) -> None:
    manner = Manner(successor_policy="refuse")
    async with open_axis(four_level(), tmp_path, manner) as axis:
        content = letter(WRITER, READER, UNKNOWN, CLOSED, LOCKED)
        accepted = await axis.send(content, by=WRITER)
        await axis.settle()
        (mail,) = await axis.collect(READER)
        told = await notices(axis)

    assert mail.content == content
    assert {r.named: (r.code, r.served) for r in accepted.recipients if r.code} == {
        UNKNOWN: (catalogue.RECIPIENT_UNKNOWN.code, ""),
        CLOSED: (catalogue.RECIPIENT_CLOSED.code, SUCCESSOR),
        LOCKED: (catalogue.RECIPIENT_LOCKED.code, ""),
    }
    assert [text[:8] for text in told] == ["TRUC-405", "TRUC-406", "TRUC-407"]
    assert UNKNOWN in told[0]
    assert CLOSED in told[1]
    assert SUCCESSOR in told[1]
    assert LOCKED in told[2]


async def test_closed_code_is_followed_where_policy_says_so(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        content = letter(WRITER, CLOSED)
        accepted = await axis.send(content, by=WRITER)
        await axis.settle()
        (mail,) = await axis.collect(SUCCESSOR)
        await axis.settle()
        line = await axis.line(accepted.letter_id, WRITER, CLOSED)
        told = await notices(axis)

    assert mail.content == content
    assert (line.named, line.code, line.stage) == (CLOSED, SUCCESSOR, Stage.DELIVERED)
    assert [text[:8] for text in told] == [], "a code that was followed did not fail"


def reformed(directory: Directory, code: str, **changes: object) -> Directory:
    """The next version, in which one agency is another."""
    rows = [replace(a, **changes) if a.code == code else a for a in directory.agency_rows]  # type: ignore[arg-type]
    return replace(directory, version=directory.version + 1, agency_rows=tuple(rows))


@pytest.mark.parametrize(
    ("changes", "code", "successor"),
    [
        ({"valid_to": date(2026, 3, 1), "successor": "000.00.00.H21"}, "TRUC-406", "000.00.00.H21"),
        ({"locked": True}, "TRUC-407", ""),
    ],
    ids=["merged-elsewhere", "locked"],
)
async def test_agency_that_closes_while_the_letter_travels_is_told_to_the_sender(
    tmp_path: Path, changes: dict[str, object], code: str, successor: str
) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        axis.post.cut_node(NodeId("G22"))
        accepted = await axis.send(letter(WRITER, READER), by=WRITER)
        await axis.settle()
        await axis.use(reformed(axis.directory, READER, **changes))
        axis.post.heal_node(NodeId("G22"))
        await axis.wait(timedelta(minutes=5))
        (told,) = await notices(axis)
        line = await axis.line(accepted.letter_id, WRITER, READER)

    assert told.startswith(code)
    assert READER in told
    assert successor in told
    assert (line.stage, line.last_code) == (Stage.RETURNED, code)


async def test_very_many_unknown_recipients_are_told_in_one_notice(tmp_path: Path) -> None:
    """One each would be thousands of letters for one that was badly addressed."""
    strangers = [f"000.{number:02d}.99.H99" for number in range(60)]
    async with open_axis(four_level(), tmp_path) as axis:
        accepted = await axis.send(letter(WRITER, READER, *strangers), by=WRITER)
        await axis.settle()
        told = await notices(axis)

    assert len([r for r in accepted.recipients if r.code]) == 60
    assert len(told) == 1
    assert told[0].startswith("TRUC-405")
    assert strangers[0] in told[0]
    assert "và 40 đơn vị khác" in told[0]
