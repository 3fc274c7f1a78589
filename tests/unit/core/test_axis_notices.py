"""Notices read back: whom they speak of, who may speak of whom, and the same in a receiver's name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import catalogue
from gateway.core.axis_notices import about_one, in_receivers_name, organ_of, read_notice, speaks_of
from gateway.core.errors import Fault, find
from gateway.core.facts import facts_of
from gateway.core.lifecycle import NAMED_IN_NOTICE, notice
from gateway.core.model import Envelope, LetterFacts, NodeId, Organ
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    COMMUNE,
    COMMUNE_OFFICE,
    DEPARTMENT,
    PROVINCE,
    PROVINCE_OFFICE,
    small_axis,
)
from tests.kit.clock import START

AXIS = small_axis()
NODE = AXIS.node(PROVINCE)
assert NODE is not None
ABOUT = LetterFacts(document_id="id-1", code="7/VPCP", issue_date="2026/03/02")


def written(*recipients: str, fault: Fault = catalogue.EXPIRED) -> Envelope:
    finding = find(fault, expires_at="02/03/2026 08:30", organ="x", neighbour="H14", node="H14")
    return notice(NODE, finding, to=CENTRAL_OFFICE, facts=ABOUT, at=START, recipients=recipients)  # type: ignore[arg-type]


def read_back(envelope: Envelope, sender: str = "") -> tuple[str, tuple[str, ...], bool, bool] | None:
    told = read_notice(facts_of(envelope), sender or envelope.sender.code, AXIS)
    return None if told is None else (told.code, told.recipients, told.is_complete, told.is_final)


@given(st.lists(st.from_regex(r"\A[0-9A-Z.]{3,20}\Z"), min_size=1, max_size=NAMED_IN_NOTICE, unique=True))
def test_recipients_of_a_notice_are_read_as_they_were_written(codes: list[str]) -> None:
    assert read_back(written(*codes)) == ("TRUC-503", tuple(codes), True, True)


def test_only_the_first_of_very_many_are_named() -> None:
    codes = [f"{n:03}.00.00.H14" for n in range(NAMED_IN_NOTICE + 5)]
    assert read_back(written(*codes)) == ("TRUC-503", tuple(codes[:NAMED_IN_NOTICE]), False, True)


@pytest.mark.parametrize(
    ("fault", "is_final"),
    [
        (catalogue.EXPIRED, True),
        (catalogue.STOPPED, True),
        (catalogue.RECIPIENT_CLOSED, True),
        (catalogue.NOT_CONFIRMED, False),
        (catalogue.NOT_PICKED_UP, False),
    ],
    ids=lambda value: getattr(value, "slug", str(value)),
)
def test_what_only_takes_long_is_not_the_end(fault: Fault, is_final: bool) -> None:
    told = read_back(written(COMMUNE_OFFICE, fault=fault))
    assert told is not None
    assert told[3] is is_final


@pytest.mark.parametrize(
    "description",
    [
        "",
        "Sai thẩm quyền",
        "[Trục] TRUC-503 Quá hạn.",
        "[Trục] TRUC-503 Đơn vị nhận: một cơ quan nào đó. (x)",
    ],
)
def test_what_is_no_notice_about_somebody_is_none(description: str) -> None:
    assert read_back(replace(written(COMMUNE_OFFICE), description=description)) is None


@given(st.text(max_size=200))
def test_noise_is_read_without_harm(text: str) -> None:
    told = read_back(replace(written(COMMUNE_OFFICE), description=f"[Trục] TRUC-503 {text}"))
    assert told is None or all(told[1])


def test_an_agency_that_is_no_node_writes_no_notice() -> None:
    assert read_back(written(COMMUNE_OFFICE), sender=DEPARTMENT) is None


def test_notice_about_one_of_several_names_no_other() -> None:
    assert NODE is not None
    single = about_one(written(COMMUNE_OFFICE, DEPARTMENT), DEPARTMENT, sender=Organ(NODE.organ_code))
    assert read_back(single) == ("TRUC-503", (DEPARTMENT,), True, True)
    assert COMMUNE_OFFICE not in single.description


def test_status_in_a_receiver_s_name_says_that_the_axis_speaks() -> None:
    receiver = organ_of(COMMUNE_OFFICE, AXIS)
    given_back = in_receivers_name(written(COMMUNE_OFFICE), receiver, "TRUC-503")
    stopped = in_receivers_name(written(COMMUNE_OFFICE), receiver, catalogue.STOPPED.code)
    assert (given_back.sender.code, given_back.sender.name) == (COMMUNE_OFFICE, receiver.name)
    assert receiver.name
    assert given_back.status_code == "02"
    assert given_back.in_reply_to == written(COMMUNE_OFFICE).in_reply_to
    assert given_back.description.startswith("[Trục] TRUC-503 ")
    assert "Trục trả lại" in given_back.description
    assert "Trục dừng chuyển" in stopped.description
    assert "từ chối" not in given_back.description


@pytest.mark.parametrize(
    ("recipient", "speaker", "may"),
    [
        (COMMUNE_OFFICE, CENTRAL, True),
        (COMMUNE_OFFICE, PROVINCE, True),
        (COMMUNE_OFFICE, COMMUNE, True),
        (PROVINCE_OFFICE, COMMUNE, False),
        (CENTRAL_OFFICE, PROVINCE, False),
        ("999.99.99.X99", CENTRAL, True),
        ("999.99.99.X99", PROVINCE, False),
        (COMMUNE_OFFICE, NodeId("Z99"), False),
    ],
)
def test_a_node_speaks_of_those_the_way_to_whom_leads_through_it(
    recipient: str, speaker: NodeId, may: bool
) -> None:
    assert speaks_of(AXIS, recipient, speaker=speaker, here=CENTRAL) is may
