"""
What a letter says, as its sender wrote it.
"""

from __future__ import annotations

import json

from gateway.core.model import Envelope
from gateway.v1.contents import EnvelopeShape
from tests.unit.v1.test_metadata import EVERYTHING, envelope


def test_every_field_of_an_envelope_is_told() -> None:
    told = EnvelopeShape.of(envelope(EVERYTHING))
    not_told = {"attachments", "traces"}  # files stand beside it; the way of a letter is told by tracking
    assert set(Envelope.__dataclass_fields__) - not_told == set(EnvelopeShape.model_fields) - {"code"}
    assert (told.code, told.priority, told.business.operation) == ("12/UBND-VX", 2, "replace")
    assert told.business.replacements[0].organs == ("00.31.H14",)


def test_it_is_plain_json() -> None:
    told = json.loads(EnvelopeShape.of(envelope(EVERYTHING)).as_json())
    assert told["sender"]["code"] == "00.00.H14"
    assert told["staff"] is None
