"""
The JSON of /v1: what the server writes the client reads, and more fields hurt nobody.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from gateway.core.catalogue import NOT_XML
from gateway.core.errors import find
from gateway.core.model import Kind, LetterId
from gateway.ports import Accepted, Caller, MailItem, RecipientAnswer
from gateway.v1.shapes import (
    AgencyShape,
    HealthShape,
    LetterAnswer,
    MailboxPage,
    RecipientShape,
    StatusReport,
)
from tests.kit.office import (
    COMMUNE,
    DISTRICT,
    NOW,
    PROVINCE,
    SmallOffice,
    document,
    one_chunk,
    small_directory,
)

ACCEPTED = Accepted(
    letter_id=LetterId("019ab000-0000-7000-8000-000000000001"),
    kind=Kind.DOCUMENT,
    document_id="1",
    accepted_at=NOW,
    expires_at=NOW,
    recipients=(RecipientAnswer("a", DISTRICT), RecipientAnswer("b", COMMUNE, "TRUC-406")),
    findings=(find(NOT_XML, line=3, detail="x"),),
)


def test_answer_survives_the_wire() -> None:
    answer = LetterAnswer.of(ACCEPTED)
    assert LetterAnswer.read(answer.as_json()) == answer
    assert answer.findings[0].finding() == ACCEPTED.findings[0]


def test_recipient_that_gets_nothing_is_told_why_and_who_follows() -> None:
    shape = RecipientShape.of(RecipientAnswer("b", COMMUNE, "TRUC-406"))
    assert shape.vi == f"Mã b đã đóng, cơ quan kế thừa: {COMMUNE}"


def test_times_are_rfc_3339_in_utc() -> None:
    shape = HealthShape(alive=True, node="H14", time=datetime(2026, 11, 23, 1, 2, 3, 450000, UTC))
    assert json.loads(shape.as_json())["time"] == "2026-11-23T01:02:03.450000Z"


def test_fields_of_a_newer_node_are_ignored() -> None:
    told = json.loads(LetterAnswer.of(ACCEPTED).as_json())
    told["cost"] = {"dong": 0}
    assert LetterAnswer.read(json.dumps(told).encode()) == LetterAnswer.of(ACCEPTED)


@pytest.mark.parametrize("text", [b"", b"<html>", b"[]", b"{}", b"\xff"])
def test_other_answers_are_no_shape(text: bytes) -> None:
    assert LetterAnswer.read(text) is None


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (b'{"code":"03"}', True),
        (b'{"code":"3","description":"x","staff":"y"}', True),
        (b'{"code":"x"}', False),
        (b'{"code":"03","note":"x"}', False),
        (b'{"code":"03","description":null}', False),
    ],
)
def test_status_report_takes_only_its_own_fields(text: bytes, is_one: bool) -> None:
    assert (StatusReport.read(text) is not None) is is_one


async def items(count: int) -> list[MailItem]:
    office, caller = SmallOffice(), Caller("k", frozenset({PROVINCE, DISTRICT}))
    for number in range(count):
        await office.accept(one_chunk(document(PROVINCE, DISTRICT, body=str(number))), caller)
    return list(await office.list(caller))


async def test_full_page_names_where_the_next_begins() -> None:
    three = await items(3)
    assert MailboxPage.of(three, 3).next == three[-1].number
    assert MailboxPage.of(three, 4).next is None
    assert MailboxPage.of([], 4).next is None


def test_agency_shows_its_node_and_whether_it_is_open_today() -> None:
    directory = small_directory()
    agency = directory.find("H14.31")
    assert agency is not None
    shape = AgencyShape.of(agency, directory, NOW.date())
    assert (shape.code, shape.node_name, shape.aliases, shape.is_open) == (
        DISTRICT,
        "Nút Cao Bằng",
        ("H14.31",),
        True,
    )
