"""How /v1 tells what is due."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from gateway.core.deadlines import DueItem, DueState
from gateway.core.time_limits import PRESENTED, RETURNED, SENT
from gateway.v1.deadlines import DeadlineShape

AT = datetime(2026, 3, 3, 4, 30, tzinfo=UTC)


def test_a_deadline_survives_the_wire() -> None:
    shape = DeadlineShape.of(DueItem(SENT, DueState.LATE, "000.00.00.H14", AT, AT, AT))
    assert DeadlineShape.read(shape.as_json()) == shape
    told = json.loads(shape.as_json())
    assert (told["what"], told["owner"], told["state"]) == ("sent", "sender", "late")
    assert told["clauses"] == ["QD28/6.2", "ND30/18.1"]


def test_no_data_is_never_called_late() -> None:
    shape = DeadlineShape.of(DueItem(PRESENTED, DueState.NO_DATA, "01.31.H14", AT, AT))
    assert (shape.state_in_words.vi, shape.state_in_words.en) == ("không có dữ liệu", "no data")


def test_where_the_law_names_no_number_there_is_none() -> None:
    shape = DeadlineShape.of(DueItem(RETURNED, DueState.MET, "01.31.H14", AT, None, AT))
    assert shape.due_at is None
