from random import Random

import pytest

from gateway.core.errors import Rejected
from gateway.core.model import Kind, Organ
from gateway.letters import Dialect, compose, readdress
from tests.kit.messages import FROM, TO, message, seen, status_message
from tests.kit.samples import sample_files


def test_only_the_codes_change() -> None:
    data = message("<Subject>H14 gửi H21</Subject>")

    moved = readdress(data, "A01", ["B02"])

    assert moved == data.replace(FROM.encode(), b"<From><OrganId>A01</OrganId></From>").replace(
        TO.encode(), b"<To><OrganId>B02</OrganId></To>"
    )


@pytest.mark.parametrize("dialect", Dialect)
def test_a_letter_of_every_dialect_is_sent_elsewhere(dialect: Dialect) -> None:
    letter = compose(dialect, Organ("H14"), [Organ("H21"), Organ("H22")], 7, Random(1), size=500)

    envelope = seen(readdress(letter, "A01", ["B02", "C03"])).reading.envelope

    assert envelope.sender.code == "A01"
    assert [organ.code for organ in envelope.recipients] == ["B02", "C03"]


def test_recipients_take_turns_when_there_are_fewer() -> None:
    data = message(who=FROM + TO * 3)

    moved = seen(readdress(data, "A01", ["B02", "C03"])).reading.envelope

    assert [organ.code for organ in moved.recipients] == ["B02", "C03", "B02"]


def test_a_status_goes_to_the_organ_it_answers() -> None:
    data = status_message(
        "<ResponseFor><OrganId>H21</OrganId><Code>1/A</Code></ResponseFor><StatusCode>01</StatusCode>"
    )

    moved = seen(readdress(data, "A01", ["B02"])).reading.envelope

    assert moved.sender.code == "A01"
    assert moved.in_reply_to[0].organ == "B02"
    assert moved.in_reply_to[0].code == "1/A"


def test_what_a_document_answers_and_what_a_comment_says_stay() -> None:
    reply = "<ResponseFor><OrganId>G22</OrganId></ResponseFor><!-- <To><OrganId>X</OrganId></To> -->"
    data = message(reply)

    moved = readdress(data, "A01", ["B02"])

    assert reply.encode() in moved
    assert len(seen(moved).reading.envelope.recipients) == 1


def test_empty_codes_are_filled() -> None:
    moved = readdress(message(who="<From><OrganId/></From><To><OrganId></OrganId></To>"), "A<1", ["B02"])

    assert b"<From><OrganId>A&lt;1</OrganId></From><To><OrganId>B02</OrganId></To>" in moved


@pytest.mark.parametrize(("data", "to"), [(message(), []), (message(who=TO), ["B02"]), (b"", ["B02"])])
def test_without_anyone_to_write_it_or_read_it_there_is_no_letter(data: bytes, to: list[str]) -> None:
    with pytest.raises(ValueError):
        readdress(data, "A01", to)


def test_every_sample_that_can_be_read_is_sent_elsewhere() -> None:
    for path in sample_files():
        data = path.read_bytes()
        try:
            before = seen(data).reading.envelope
        except Rejected:
            continue
        moved = readdress(data, "A01", ["B02"])
        after = seen(moved).reading.envelope
        assert (after.sender.code, {organ.code for organ in after.recipients}) == ("A01", {"B02"})
        assert len(after.recipients) == len(before.recipients)
        if after.kind is Kind.DOCUMENT:
            assert after.in_reply_to == before.in_reply_to
