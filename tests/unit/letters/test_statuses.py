"""The habits of each status dialect; that all of them read alike is proved by test_edxml_dialects."""

from datetime import UTC, datetime

from gateway.core.edxml import write_status
from gateway.core.model import InReplyTo, Organ
from gateway.letters import StatusDialect, render_status, status

MESSAGE = status(
    Organ("H14", "UBND & HĐND"),
    InReplyTo("H21", "7/UBND-VX", "d", "2025/11/20"),
    "06",
    at=datetime(2025, 11, 20, 2, 30, tzinfo=UTC),
)


def test_the_sdk_writes_the_strict_form() -> None:
    assert render_status(MESSAGE, StatusDialect.JAVA_SDK) == write_status(MESSAGE)


def test_people_write_tabs_and_another_order() -> None:
    data = render_status(MESSAGE, StatusDialect.HAND_MADE)

    assert b"\t\t\t\t\t<edXML:PromulgationDate>2025/11/20</edXML:PromulgationDate>\r\n" in data
    assert data.index(b"PromulgationDate") < data.index(b"DocumentId")
    assert data.index(b"OrganName") < data.index(b"OrganizationInCharge")
    assert "UBND &amp; HĐND".encode() in data


def test_old_software_writes_one_digit_and_the_day_first() -> None:
    data = render_status(MESSAGE, StatusDialect.SHORT)

    assert b"<edXML:StatusCode>6<" in data
    assert b"<edXML:Timestamp>20/11/2025 09:30:00<" in data
    assert b"<edXML:Staff></edXML:Staff>" in data
