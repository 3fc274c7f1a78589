"""What the store keeps of an envelope."""

from __future__ import annotations

from gateway.core.facts import facts_of
from gateway.core.model import Business, Envelope, InReplyTo, Kind, Operation, Organ, Staff


def test_a_document_is_found_by_its_id_number_and_date() -> None:
    facts = facts_of(
        Envelope(
            Kind.DOCUMENT,
            Organ("000.00.00.H14", "UBND tỉnh Cao Bằng"),
            document_id="d-1",
            code_number="12",
            code_notation="UBND-VX",
            issue_date="2026/03/02",
            priority=3,
            business=Business(Operation.RECALL),
        )
    )
    assert (facts.document_id, facts.code, facts.issue_date) == ("d-1", "12/UBND-VX", "2026/03/02")
    assert (facts.sender_code, facts.priority, facts.operation) == ("000.00.00.H14", 3, Operation.RECALL)
    assert facts.extra == {}


def test_a_document_keeps_until_when_it_is_to_be_handled() -> None:
    assert facts_of(Envelope(Kind.DOCUMENT, Organ("a"), due_date="2026/03/10")).due_date == "2026/03/10"


def test_a_status_keeps_what_it_says_beside_its_code() -> None:
    facts = facts_of(
        Envelope(
            Kind.STATUS,
            Organ("a"),
            in_reply_to=(InReplyTo("b", "12/UBND"),),
            status_code="02",
            description="Sai địa chỉ",
            timestamp="2026/03/02 08:00:00",
            staff=Staff(name="Trần B"),
        )
    )
    assert facts.status_code == "02"
    assert facts.extra == {
        "description": "Sai địa chỉ",
        "timestamp": "2026/03/02 08:00:00",
        "staff": "Trần B",
    }


def test_document_keeps_what_its_register_shows_and_what_it_belongs_to() -> None:
    facts = facts_of(
        Envelope(
            Kind.DOCUMENT,
            Organ("a"),
            type_name="Công văn",
            signer_name="Nguyễn Văn A",
            issued_amount="3",
            subject="Hồ sơ H20.16-230101-0001",
            reference_codes="R-1;R-2",
            task_codes=("439684_H23-NV-G22-2024-011227004",),
        )
    )
    assert facts.extra == {"type_name": "Công văn", "signer": "Nguyễn Văn A", "copies": "3"}
    assert facts.task_codes == ("439684_H23-NV-G22-2024-011227004",)
    assert (facts.dossier_codes, facts.reference_codes) == (("H20.16-230101-0001",), ("R-1", "R-2"))


def test_document_keeps_whether_a_paper_copy_follows() -> None:
    on_paper = Business(Operation.NEW, paper_copy=True)
    assert facts_of(Envelope(Kind.DOCUMENT, Organ("a"), business=on_paper)).extra == {"paper": "1"}
    assert facts_of(Envelope(Kind.STATUS, Organ("a"), business=on_paper)).extra == {}
