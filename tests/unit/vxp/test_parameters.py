"""
The parameters of a call, as the SDK and others write them.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.core.calendar import VIETNAM
from gateway.vxp.functions import FUNCTIONS, Ack, MessageType
from gateway.vxp.parameters import (
    Parameters,
    ack,
    message_type,
    read_codes,
    read_time,
    write_codes,
    write_time,
)
from tests.kit.capture import captured


def test_what_earlier_calls_left_is_not_heeded() -> None:
    heeded = {
        call.function: set(Parameters(call.parameters).heeded_by(FUNCTIONS[call.function]))
        for call in captured()
    }
    assert heeded == {
        "getAgenciesList": set(),
        "getAgenciesListQD20": set(),
        "getSynchronizeUnit": set(),
        "registerAgency": set(),
        "deleteAgency": {"AgencyCode"},
        "sendEdoc": {"servicetype", "messagetype", "hash-file", "from", "to"},
        "getReceivedEdocList": {"servicetype", "messagetype"},
        "getEdoc": {"docId"},
        "updateStatus": {"docId", "status"},
        "getSentEdocList": {"servicetype", "messagetype", "docId"},
        "countReceiveEdoc": set(),
        "countReceiveStatus": set(),
        "downloadEdoc": {"docId"},
    }


def test_names_are_read_in_any_case() -> None:
    parameters = Parameters({"docid": " 8af "})
    assert parameters["docId"] == " 8af "
    assert parameters.text("DOCID") == "8af"
    assert parameters.text("status") == ""
    assert (list(parameters), len(parameters)) == (["docid"], 1)
    assert parameters.heeded_by(FUNCTIONS["getEdoc"]).text("docId") == "8af"


def test_of_two_spellings_the_one_that_is_asked_for_counts() -> None:
    parameters = Parameters([("docid", "old"), ("docId", "new")])
    assert (parameters.text("docId"), parameters.text("docid")) == ("new", "old")
    assert parameters.text("DOCID") == "new"
    assert (list(parameters), len(parameters)) == (["docId"], 1)
    assert parameters.heeded_by(FUNCTIONS["getEdoc"]).text("docid") == "old"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ('["000.00.00.H41","000.00.00.H14"]', ("000.00.00.H41", "000.00.00.H14")),
        ("000.00.00.H41", ("000.00.00.H41",)),
        (" H41, H14 ,H41,", ("H41", "H14")),
        ("H41;H14", ("H41", "H14")),
        ("[H41, H14]", ("H41", "H14")),
        ('["H41", null, 7, " H14 ", ""]', ("H41", "7", "H14")),
        # what is no code must come out as an unknown recipient: left out, the message would decide
        ('["H41", {"a": 1}]', ("H41", '{"a": 1}')),
        ('[["H41"]]', ('["H41"]',)),
        ('"H41"', ("H41",)),
        ("['H41', 'H14']", ("H41", "H14")),
        ("", ()),
        ("[]", ()),
        ("[", ()),
    ],
)
def test_recipients_are_read_in_every_form(text: str, codes: tuple[str, ...]) -> None:
    assert read_codes(text) == codes
    assert Parameters({"to": text}).codes("to") == codes


def test_deep_rubbish_is_no_recipient_list_that_breaks_us() -> None:
    assert read_codes("[" * 1_000_000) == ()


def test_recipients_are_written_as_the_sdk_writes_them() -> None:
    assert write_codes(["000.00.00.H41", "000.00.00.H14"]) == captured()[13].header("XroadVnpt-to")


@pytest.mark.parametrize(
    "text",
    [
        *("22/11/2026 03:07:09", " 22/11/2026 03:07:09 ", "2026/11/22 03:07:09", "2026-11-22 03:07:09"),
        *("2026-11-22T03:07:09", "2026-11-21T20:07:09Z", "2026-11-22T03:07:09+07:00"),
    ],
)
def test_time_is_read_in_every_form(text: str) -> None:
    assert read_time(text) == datetime(2026, 11, 21, 20, 7, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["22/11/2026", "2026/11/22", "2026-11-22", "22/11/2026 00:00"])
def test_day_alone_is_its_beginning_in_vietnam(text: str) -> None:
    assert Parameters({"fromDate": text}).time("fromDate") == datetime(2026, 11, 22, tzinfo=VIETNAM)


@pytest.mark.parametrize(
    "text", ["", "x", "32/13/2026", "22/11/2026 25:00:00", "٢٢/11", "1" * 10_000, "01/01/0001"]
)
def test_unreadable_time_is_none(text: str) -> None:
    assert read_time(text) is None


def test_time_is_written_in_vietnams() -> None:
    at = datetime(2026, 11, 21, 20, 7, 9, tzinfo=UTC)
    assert write_time(at) == "22/11/2026 03:07:09"
    assert read_time(write_time(at)) == at


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "٣", "9" * 30])
def test_unreadable_number_is_the_default(text: str) -> None:
    assert Parameters({"pageSize": text}).number("pageSize", 7) == 7
    assert Parameters({"pageSize": " 50 "}).number("pageSize", 7) == 50


def test_words_are_read_in_any_case() -> None:
    assert (message_type("eDoc"), message_type(" STATUS"), message_type("x")) == (
        MessageType.EDOC,
        MessageType.STATUS,
        None,
    )
    assert (ack("Done"), ack("FAIL "), ack("processing"), ack("")) == (
        Ack.DONE,
        Ack.FAIL,
        Ack.PROCESSING,
        None,
    )
