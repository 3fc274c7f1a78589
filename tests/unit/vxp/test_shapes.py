"""
Lines of lists: the keys of the wire, and what other servers make of them.
"""

from __future__ import annotations

import json

import pytest

from gateway.vxp.replies import json_object
from gateway.vxp.shapes import (
    AgencyForm,
    AgencyLine,
    AgencyLineQD20,
    ReceivedLine,
    SentLine,
    Shape,
    UnitLine,
    read_lines,
)
from tests.kit.capture import captured

KEYS = {
    AgencyLine: "id pid code name mail oldCode",
    AgencyLineQD20: "id code name mail code102",
    UnitLine: "id pid code name mail version centerCode deleted modifyDate isAgency",
    ReceivedLine: "docId serviceType messageType created_time updated_time from to status status_desc",
    SentLine: "serviceType messageType senderDocId receiverDocId fromCode toCode title notation sentTime"
    " receivedTime sendStatus sendStatusDesc receiveStatus receiveStatusDesc",
    AgencyForm: "id pcode code name mail mobile fax",
}


@pytest.mark.parametrize("shape", KEYS, ids=lambda s: s.__name__)
def test_line_bears_the_keys_of_the_wire_and_no_null(shape: type[Shape]) -> None:
    wire = shape().wire()
    assert list(wire) == KEYS[shape].split()
    assert None not in wire.values()
    assert shape.read(wire) == shape()


def test_null_is_never_written() -> None:
    assert ReceivedLine(doc_id=None).wire()["docId"] == ""  # type: ignore[arg-type]


def test_line_is_read_from_what_other_servers_write() -> None:
    told = {
        "docid": 17,
        "serviceType": "eDoc",
        "from": "000.00.00.H14",
        "to": ["000.00.00.H41", "000.00.00.H42", None],
        "status": None,
        "status_desc": True,
        "created_time": 1763751600000,
        "unknown": {"a": 1},
    }
    line = ReceivedLine.read(told)
    assert line is not None
    assert (line.doc_id, line.sender, line.recipient) == (
        "17",
        "000.00.00.H14",
        "000.00.00.H41,000.00.00.H42",
    )
    assert (line.status, line.status_desc, line.created_time) == ("", "true", "1763751600000")


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ({"version": "3", "deleted": "true", "isAgency": 0}, (3, True, False)),
        ({"version": 3.0, "deleted": 1, "isAgency": "TRUE"}, (3, True, True)),
        ({"version": None, "deleted": None, "isAgency": None}, (0, False, True)),
        ({"version": "x", "deleted": "x", "isAgency": []}, (0, False, False)),
        ({"version": "9" * 30}, (0, False, True)),
        ({"version": float("nan")}, (0, False, True)),
        ({"version": float("inf")}, (0, False, True)),
    ],
)
def test_numbers_and_truths_are_read_in_every_form(
    told: dict[str, object], read: tuple[int, bool, bool]
) -> None:
    unit = UnitLine.read(told)
    assert unit is not None
    assert (unit.version, unit.deleted, unit.is_agency) == read


@pytest.mark.parametrize("data", [None, "", "x", 7, {}, {"docId": "1"}])
def test_what_is_no_list_has_no_lines(data: object) -> None:
    assert read_lines(ReceivedLine, data) == ()


def test_strange_line_does_not_hide_the_others() -> None:
    lines = read_lines(AgencyLine, [None, "x", {"code": "H14"}, [], {"code": {}}])
    assert [line.code for line in lines] == ["H14", ""]


def test_form_of_the_sdk_is_read_and_written_alike() -> None:
    body = captured()[3].body
    form = AgencyForm.read(json_object(body))
    assert form is not None
    assert (form.pcode, form.code, form.mobile) == ("00.22.W00", "999.010.01.H22", "1")
    assert json.dumps(form.wire(), separators=(",", ":")).encode() == body


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"x", b"\xff"])
def test_body_that_is_no_object_is_no_form(body: bytes) -> None:
    assert AgencyForm.read(json_object(body)) is None
