"""What `truc track` and /v1 say of deadlines."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.cli.screen import Screen
from gateway.cli.tracking import show
from gateway.core.calendar import Calendar
from gateway.core.deadlines import Reckoning
from gateway.core.delivery import Target
from gateway.core.tracked_deadlines import with_deadlines
from gateway.core.tracking import trace
from gateway.ports import TrackRecord
from gateway.v1.shapes import TrackingShape
from tests.kit.builders import DEPARTMENT, PROVINCE, small_axis, stored_letter
from tests.kit.clock import START


def tracked() -> TrackingShape:
    """A letter of last week that its recipient never answered, though it was due on Tuesday."""
    letter = stored_letter(1, to=[(DEPARTMENT, PROVINCE)])
    facts = replace(letter.facts, issue_date="2026/02/25", due_date="2026/03/03")
    key = Target(agency=DEPARTMENT).key
    record = TrackRecord(replace(letter, facts=facts), (), (), (), {key: START})
    tracking = trace(record, here=PROVINCE, directory=small_axis())
    reckoning = Reckoning(Calendar(), START + timedelta(days=3))
    return TrackingShape.of(with_deadlines(tracking, record, reckoning, small_axis()))


def test_people_read_what_is_late_and_where_there_is_no_data(capsys: pytest.CaptureFixture[str]) -> None:
    show(Screen(as_json=False), [tracked()])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines.count("đúng hạn xử lý văn bản · handled in time:") == 2
    (sent,) = (line for line in lines if line.startswith("[QD28/6.2, ND30/18.1]"))
    assert "quá hạn · late, hạn · due 26/02/2026 11:30:00" in sent
    (presented,) = (line for line in lines if line.startswith("[ND30/23.1]"))
    assert "không có dữ liệu · no data" in presented
    assert "quá hạn" not in presented
    (handled,) = (line for line in lines if line.startswith("[ND30/24.2]"))
    assert "quá hạn · late, hạn · due 04/03/2026 00:00:00" in handled


def test_programs_read_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    show(Screen(as_json=True), [tracked()])
    (letter,) = json.loads(capsys.readouterr().out)["letters"]
    assert [(each["what"], each["state"]) for each in letter["deadlines"]] == [("sent", "late")]
    (recipient,) = letter["recipients"]
    assert {each["what"]: each["state"] for each in recipient["deadlines"]} == {
        "told": "late",
        "presented": "no_data",
        "handled": "late",
    }


def test_answer_of_a_node_that_knows_no_deadlines_can_be_read() -> None:
    told = json.loads(tracked().as_json())
    del told["deadlines"], told["recipients"][0]["deadlines"]
    read = TrackingShape.read(json.dumps(told).encode())
    assert read is not None
    assert (read.deadlines, read.recipients[0].deadlines) == ((), ())
