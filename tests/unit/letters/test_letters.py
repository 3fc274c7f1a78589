from datetime import UTC, datetime
from random import Random

import pytest

from gateway.core.model import InReplyTo, Kind, Organ
from gateway.letters import DIALECTS, FIRST_ISSUE, Dialect, compose, compose_pieces, status

SENDER, RECIPIENTS = Organ("H14", "UBND tỉnh Cao Bằng"), [Organ("H21", "UBND tỉnh Gia Lai")]


@pytest.mark.parametrize("dialect", Dialect)
def test_the_same_arguments_give_the_same_bytes(dialect: Dialect) -> None:
    first = compose(dialect, SENDER, RECIPIENTS, 7, Random(3))
    again = b"".join(compose_pieces(dialect, SENDER, RECIPIENTS, 7, Random(3)))

    assert first == again
    assert first != compose(dialect, SENDER, RECIPIENTS, 7, Random(4))


def test_every_dialect_is_different() -> None:
    assert len({compose(dialect, SENDER, RECIPIENTS, 7, Random(3)) for dialect in DIALECTS}) == len(Dialect)


def test_a_letter_is_as_large_as_asked() -> None:
    """In base64 four letters stand for three bytes."""
    small, large = (
        len(compose(Dialect.JAVA_SDK, SENDER, RECIPIENTS, 7, Random(2), size=size))
        for size in (10_000, 100_000)
    )

    assert abs((large - small) - 120_000) < 10


def test_a_large_letter_comes_in_small_pieces() -> None:
    sizes = [len(p) for p in compose_pieces(Dialect.DOTNET, SENDER, RECIPIENTS, 7, Random(2), size=5_000_000)]

    assert sum(sizes) > 6_600_000
    assert max(sizes) < 1 << 20


def test_a_status_answers_the_organ_of_its_document() -> None:
    about = InReplyTo("H21", "7/UBND-VX")

    message = status(SENDER, about, "03", at=datetime(2025, 7, 1, 17, 30, tzinfo=UTC))

    assert (message.kind, message.status_code) == (Kind.STATUS, "03")
    assert message.recipients == (Organ("H21"),)
    assert message.timestamp == "2025/07/02 00:30:00"  # the day in Việt Nam
    assert FIRST_ISSUE.utcoffset() is not None
