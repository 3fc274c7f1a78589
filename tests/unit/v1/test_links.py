from __future__ import annotations

from datetime import UTC, datetime

from gateway.core.business import Bond, Linked, Outcome, Relation, Request
from gateway.core.model import AgencyCode, InReplyTo, LetterId
from gateway.v1.links import LinkShape, RequestShape

NOON = datetime(2026, 3, 9, 5, tzinfo=UTC)
SENDER = AgencyCode("A")


def test_link_says_in_both_languages_what_the_later_is_to_the_earlier() -> None:
    bond = Bond(Relation.REPLACEMENT, InReplyTo("A", "1/VP"), organs=("B",))
    link = Linked(
        bond, True, LetterId("l"), SENDER, "Sở", "2/VP", "2026/03/09", "V/v", NOON, ("B",), frozenset()
    )
    shape = LinkShape.of(link)
    assert (shape.relation, shape.vi, shape.en) == (Relation.REPLACEMENT, "thay thế", "replacement")
    assert (shape.letter_id, shape.is_later, shape.organs) == ("l", True, ("B",))


def test_request_names_a_13_as_the_table_of_statuses_does() -> None:
    shape = RequestShape.of(Request("13", NOON))
    assert (shape.words.vi, shape.letter_id, shape.outcome) == ("Yêu cầu lấy lại", None, Outcome.OPEN)


def test_refused_recall_is_flagged() -> None:
    assert RequestShape.of(Request("recall", NOON, LetterId("r"), Outcome.REFUSED, NOON)).needs_attention
