from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from gateway.core.business import Bond, Linked, Relation
from gateway.core.model import AgencyCode, InReplyTo, Kind, LetterFacts, LetterId, NodeId
from gateway.core.tracked_links import with_links
from gateway.core.tracking import Tracking

NOON = datetime(2026, 3, 9, 5, tzinfo=UTC)
A, B, C = AgencyCode("A"), AgencyCode("B"), AgencyCode("C")


def tracking(kind: Kind = Kind.DOCUMENT) -> Tracking:
    return Tracking(
        LetterId("l"), kind, A, "", "", "1/VP", "", "", "", NodeId("n"), NOON, NOON, 1, recipients=()
    )


def reply(sender: AgencyCode, *parties: AgencyCode) -> Linked:
    bond = Bond(Relation.REPLY, InReplyTo("A", "1/VP"))
    return Linked(
        bond, True, LetterId(f"of {sender}"), sender, "", "", "", "", NOON, ("A",), frozenset(parties)
    )


def test_those_who_ask_see_what_they_have_and_the_operator_all() -> None:
    links = (reply(B, A, B), reply(C, C))
    shown = with_links(tracking(), LetterFacts(), links, {A})
    assert [link.letter_id for link in shown.links] == ["of B"]
    assert with_links(tracking(), LetterFacts(), links, set(), sees_all=True).links == links
    assert with_links(tracking(), LetterFacts(), links, set()).links == ()


def test_subject_of_what_belongs_to_it_is_for_its_sender_and_who_opened_it() -> None:
    link = replace(reply(B, A, B, C), subject="V/v", opened=frozenset({C}))
    shown = {
        asks: with_links(tracking(), LetterFacts(), [link], {AgencyCode(asks)}, sees_all=asks == "").links
        for asks in ("A", "B", "C", "")
    }
    assert {asks: [each.subject for each in found] for asks, found in shown.items()} == {
        "A": [""],
        "B": ["V/v"],
        "C": ["V/v"],
        "": [""],
    }


def test_status_has_no_links() -> None:
    assert with_links(tracking(Kind.STATUS), LetterFacts(), (reply(B, A),), {A}, sees_all=True).links == ()
