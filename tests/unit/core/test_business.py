from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.core.business import (
    Answer,
    Bond,
    Linked,
    Outcome,
    Relation,
    Request,
    Said,
    bonds_of,
    changes_of,
    requests,
    requests_to,
)
from gateway.core.model import (
    AgencyCode,
    Business,
    Change,
    Envelope,
    InReplyTo,
    Kind,
    LetterFacts,
    LetterId,
    Operation,
    Organ,
    ReceiverChange,
    Replacement,
)

NOON = datetime(2026, 3, 9, 5, tzinfo=UTC)
OURS, THEIRS = InReplyTo("A", "1/A-VP", "a-1"), InReplyTo("", "2/B-VP", "b-2")


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def facts(operation: Operation = Operation.NEW, **more: Any) -> LetterFacts:
    return LetterFacts(sender_code="A", operation=operation, **more)


def document(operation: Operation, **business: Any) -> Envelope:
    return Envelope(Kind.DOCUMENT, Organ("A"), business=Business(operation, **business))


class TestWhatADocumentSpeaksOf:
    def test_answer_is_a_reply_to_each_document_it_names(self) -> None:
        assert bonds_of(facts(in_reply_to=(OURS, THEIRS))) == (
            Bond(Relation.REPLY, OURS),
            Bond(Relation.REPLY, THEIRS),
        )

    @pytest.mark.parametrize(
        "said", [{"subject": "Đính chính Công văn số 1"}, {"extra": {"type_name": "Công văn đính chính"}}]
    )
    def test_document_that_says_so_is_a_correction(self, said: dict[str, Any]) -> None:
        (bond,) = bonds_of(facts(in_reply_to=(OURS,), **said))
        assert bond.relation is Relation.CORRECTION

    def test_recall_means_its_senders_own_document_where_no_organ_is_named(self) -> None:
        (bond,) = bonds_of(facts(Operation.RECALL, in_reply_to=(THEIRS,)))
        assert bond == Bond(Relation.RECALL, InReplyTo("A", "2/B-VP", "b-2"))

    def test_dummy_id_of_a_new_document_means_nothing(self) -> None:
        assert changes_of(document(Operation.NEW, document_id="dummy")) == ()
        assert changes_of(document(Operation.RECALL, document_id="dummy")) == ()

    def test_update_names_its_document_and_who_is_dropped_and_added(self) -> None:
        receivers = (ReceiverChange("B", added=False), ReceiverChange("C", added=True))
        changes = changes_of(document(Operation.UPDATE, document_id="a-1", receivers=receivers))
        (bond,) = bonds_of(facts(Operation.UPDATE, changes=changes))
        assert changes == (Change("a-1", dropped=("B",), added=("C",)),)
        assert bond == Bond(Relation.UPDATE, InReplyTo("A", "", "a-1"), (), ("B",), ("C",))

    def test_replacement_of_several_documents_speaks_of_each_for_its_receivers(self) -> None:
        replaced = (Replacement("a-1", ("B",)), Replacement("a-2"), Replacement(""))
        changes = changes_of(document(Operation.REPLACE, replacements=replaced))
        bonds = bonds_of(facts(Operation.REPLACE, changes=changes, in_reply_to=(THEIRS,)))
        assert [(b.relation.value, b.document.document_id, b.organs) for b in bonds] == [
            ("replacement", "a-1", ("B",)),
            ("replacement", "a-2", ()),
            ("reply", "b-2", ()),
        ]

    def test_update_that_names_nothing_in_its_block_means_what_it_answers(self) -> None:
        (bond,) = bonds_of(facts(Operation.UPDATE, in_reply_to=(OURS,)))
        assert bond == Bond(Relation.UPDATE, OURS)


class TestRequests:
    def test_consent_closes_the_latest_open_request(self) -> None:
        first, second = Request("13", at(0)), Request("recall", at(1))
        answered = requests([first, second], [Said("15", at(2)), Said("16", at(3))])
        assert [r.outcome for r in answered] == [Outcome.REFUSED, Outcome.CONSENTED]
        assert answered[1].answered_at == at(2)

    def test_answer_that_names_its_request_closes_that_one(self) -> None:
        recall = Request("recall", at(0), LetterId("r"))
        answered = requests([recall, Request("13", at(1))], [Said("15", at(2), LetterId("r"))])
        assert [r.outcome for r in answered] == [Outcome.CONSENTED, Outcome.OPEN]

    def test_answer_that_came_before_any_request_answers_nothing(self) -> None:
        (open_,) = requests([Request("13", at(5))], [Said("16", at(1)), Said("3", at(6))])
        assert open_.outcome is Outcome.OPEN

    def test_refusal_of_a_written_recall_needs_attention_and_that_of_a_13_does_not(self) -> None:
        recall, ask = requests(
            [Request("recall", at(0), LetterId("r")), Request("13", at(2))],
            [Said("16", at(1)), Said("16", at(3))],
        )
        assert (recall.needs_attention, ask.needs_attention) == (True, False)

    def test_one_receivers_requests_are_the_13s_and_the_documents_that_went_to_it(self) -> None:
        update = linked(Bond(Relation.UPDATE, OURS, dropped=("B",)), "u", recipients=("C",))
        other = linked(Bond(Relation.REPLACEMENT, OURS, organs=("C",)), "x", recipients=("B", "C"))
        reply = linked(Bond(Relation.REPLY, OURS), "y", recipients=("B",))
        answer = Answer(AgencyCode("B"), "15", at(20))
        recall = linked(Bond(Relation.RECALL, OURS), "r", recipients=("B",), answers=(answer,))
        found = requests_to({"B"}, facts(), at(0), [Said("13", at(1))], [update, other, reply, recall])
        assert [(r.kind, r.letter_id, r.outcome.value) for r in found] == [
            ("13", None, "open"),
            ("update", "u", "open"),
            ("recall", "r", "consented"),
        ]

    def test_recall_itself_is_a_request_to_all_who_get_it(self) -> None:
        (request,) = requests_to({"B"}, facts(Operation.RECALL), at(0), [Said("16", at(1))], [])
        assert (request.kind, request.needs_attention) == ("recall", True)


def linked(bond: Bond, name: str, *, recipients: tuple[str, ...], answers: tuple[Answer, ...] = ()) -> Linked:
    sender = AgencyCode("A")
    return Linked(
        bond, True, LetterId(name), sender, "", "", "", "", at(10), recipients, frozenset({sender}), answers
    )
