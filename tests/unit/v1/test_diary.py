"""
What /v1 says of a diary.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from gateway.core.diary import DiaryLine, Direction
from gateway.core.model import AgencyCode, LetterId
from gateway.v1.diary import DiaryLineShape, DiaryQuery, DiarySpan


def test_direction_must_be_said() -> None:
    assert DiarySpan(direction=Direction.OUT).since is None
    with pytest.raises(ValidationError):
        DiaryQuery.model_validate({})
    with pytest.raises(ValidationError):
        DiaryQuery.model_validate({"direction": "out", "limit": 501})


def test_line_tells_what_the_axis_knows() -> None:
    at = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    texts = {"sender_name": "", "code": "1/A", "issue_date": "", "type_name": "", "subject": "x"}
    line = DiaryLine(
        cursor="1.a",
        letter_id=LetterId("a"),
        agency=AgencyCode("b"),
        at=at,
        sender=AgencyCode("b"),
        recipients=("c",),
        signer="",
        copies="",
        status="03",
        **texts,
    )
    shape = DiaryLineShape.model_validate(line)
    assert (shape.letter_id, shape.at, shape.recipients, shape.status) == ("a", at, ("c",), "03")
