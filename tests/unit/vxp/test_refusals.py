"""
Findings of ours in the words of VXP.
"""

from __future__ import annotations

import pytest

from gateway.core import catalogue
from gateway.core.catalogue import FAULTS
from gateway.core.errors import Blame, Fault, Finding, Rejected, Unavailable, find
from gateway.vxp.answers import AnswerCode
from gateway.vxp.plain import plain
from gateway.vxp.refusals import code_of, disbelief, refusal
from gateway.vxp.signature import Doubt, Verified


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (catalogue.NOT_XML, "10"),
        (catalogue.DOCUMENT_TOO_LARGE, "10"),
        (catalogue.STATE_SECRET, "10"),
        (catalogue.UNKNOWN_LETTER, "10"),
        (catalogue.UNAUTHENTICATED, "15"),
        (catalogue.KEY_LOCKED, "15"),
        (catalogue.NO_KNOWN_RECIPIENT, "18"),
        (catalogue.RECIPIENT_UNKNOWN, "18"),
        (catalogue.AGENCY_UNKNOWN, "18"),
        (catalogue.GROUP_UNKNOWN, "18"),
        (catalogue.RECIPIENT_SIZE, "10"),
        (catalogue.SENDER_UNKNOWN, "19"),
        (catalogue.SENDER_NOT_CALLER, "19"),
        (catalogue.STORE_BUSY, "20"),
        (catalogue.DISK_FULL, "20"),
        (catalogue.QUOTA, "20"),
        (catalogue.INTERNAL, "20"),
        (catalogue.HASH_MISMATCH, "21"),
        (catalogue.MISSING_ELEMENT, "22"),
        (catalogue.RECIPIENT_LOCKED, "23"),
        (catalogue.RECIPIENT_CLOSED, "23"),
    ],
    ids=lambda v: v.name if isinstance(v, Fault) else v,
)
def test_finding_has_its_code(fault: Fault, code: str) -> None:
    assert code_of(find(fault)) == code


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda f: f.code)
def test_every_finding_is_told_with_our_own_code(fault: Fault) -> None:
    told = refusal(Rejected(find(fault)))
    assert told.code is not AnswerCode.OK
    assert fault.code in told.text
    if fault.blame is Blame.TRUC:
        assert told.code is AnswerCode.SERVER_ERROR


@pytest.mark.parametrize(
    ("whys", "code", "named"),
    [
        ([find(catalogue.RECIPIENT_LOCKED, organ="K")], "23", "K da khoa"),
        ([find(catalogue.RECIPIENT_CLOSED, organ="D", successor="")], "23", "D da dong"),
        (
            [find(catalogue.RECIPIENT_CLOSED, organ="D"), find(catalogue.RECIPIENT_UNKNOWN, organ="L")],
            "18",
            "L",
        ),
        (
            [find(catalogue.RECIPIENT_UNKNOWN, organ="L"), find(catalogue.RECIPIENT_LOCKED, organ="K")],
            "18",
            "L",
        ),
    ],
)
def test_where_no_recipient_is_left_the_answer_says_why(whys: list[Finding], code: str, named: str) -> None:
    told = refusal(Rejected(find(catalogue.NO_KNOWN_RECIPIENT), *whys))
    assert told.code == code
    assert named in plain(told.text)
    assert ("va 1 loi khac" in plain(told.text)) == (len(whys) == 2)


def test_place_and_number_of_faults_are_told() -> None:
    error = Rejected(
        find(catalogue.BOM),
        find(catalogue.MISSING_ELEMENT, line=12, element="MessageHeader/From"),
        find(catalogue.NO_RECIPIENT),
    )
    assert refusal(error).text.startswith(
        "Format edXML khong dung chuan QD 28 (TRUC-204, dong 12, MessageHeader/From, va 1 loi khac): "
    )


def test_wrong_sender_is_told_what_it_is_registered_as() -> None:
    error = Rejected(find(catalogue.SENDER_NOT_CALLER, organ="000.00.00.H14"))
    told = refusal(error, registered=["000.01.00.H41", "000.00.00.H41"])
    assert told.code is AnswerCode.SENDER_UNREGISTERED
    assert told.text == (
        "Don vi gui 000.00.00.H14 khong dung voi ma da dang ky: 000.00.00.H41, 000.01.00.H41 (TRUC-403)"
    )


def test_what_may_pass_later_is_no_fault_of_the_file() -> None:
    assert refusal(Unavailable(find(catalogue.DRAINING))).code is AnswerCode.SERVER_ERROR


@pytest.mark.parametrize("doubt", Doubt)
def test_doubt_names_the_header(doubt: Doubt) -> None:
    told = disbelief(Verified(doubt, "XroadVnpt-from"))
    assert told.code is AnswerCode.UNAUTHENTICATED
    assert told.text.startswith("Sai SystemId hoac SecretKey (TRUC-401): ")
    assert "XroadVnpt-from" in told.text
