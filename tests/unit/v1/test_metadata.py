"""
What a letter says, as JSON: everything a sender sets arrives in the edXML, and nothing is lost silently.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.core.edxml import read, write_document
from gateway.core.errors import Rejected
from gateway.core.model import Envelope, Operation, Organ
from gateway.v1.metadata import LetterMetadata
from gateway.v1.request import read_json

LEAST: dict[str, Any] = {
    "recipients": ["00.31.H14"],
    "code_number": "12",
    "code_notation": "UBND-VX",
    "issue_date": "2026-11-23",
    "subject": "V/v báo cáo",
}
EVERYTHING: dict[str, Any] = {
    **LEAST,
    "document_id": "id-1",
    "issue_place": "Cao Bằng",
    "type_name": "Công văn",
    "type_code": 18,
    "type_detail": 0,
    "content": "Nội dung",
    "signing_capacity": "TM.",
    "signer_position": "Chủ tịch",
    "signer_name": "Nông Văn A",
    "due_date": "2026-12-01",
    "urgency": "thượng khẩn",
    "listed_recipients": ["Như trên", "Lưu: VT"],
    "appendices": ["Phụ lục I"],
    "in_reply_to": [{"organ": "00.31.H14", "code": "9/UBND-VX", "issue_date": "2026-11-01"}],
    "business": {
        "operation": "replace",
        "reason": "Sai số liệu",
        "replacements": [{"document_id": "id-0", "organs": ["00.31.H14"]}],
    },
    "paper_copy": True,
    "staff": [{"name": "Hoa", "department": "Văn thư"}],
    "task_codes": ["439684_H23-NV-G22-2024-011227004"],
    "steering_type": 1,
    "circulation_note": "Lưu hành nội bộ",
    "typer_notation": "HTN",
    "issued_amount": 3,
    "page_amount": 2,
    "direction": False,
}


def envelope(said: dict[str, Any]) -> Envelope:
    metadata = read_json(json.dumps(said).encode(), LetterMetadata)
    return metadata.envelope(Organ("00.00.H14"), [Organ(code) for code in metadata.recipients])


def test_everything_a_sender_sets_is_read_again_from_the_edxml() -> None:
    wanted = envelope(EVERYTHING)
    assert read(b"".join(write_document(wanted, [])), ()).envelope.code == "12/UBND-VX"
    got = read(b"".join(write_document(wanted, [])), ()).envelope
    for name in EVERYTHING.keys() - {"recipients", "urgency", "paper_copy", "staff"}:
        assert getattr(got, name) == getattr(wanted, name), name
    assert (got.priority, got.due_date, got.business) == (2, "2026/12/01", wanted.business)
    assert got.business.operation is Operation.REPLACE
    assert got.business.paper_copy
    assert got.business.staff[0].name == "Hoa"
    assert got.in_reply_to[0].issue_date == "2026/11/01"


def test_what_is_left_out_is_derived_or_left_out() -> None:
    got = envelope(LEAST)
    assert got.document_id == "00.00.H14,2026/11/23,12/UBND-VX"
    assert (got.content, got.priority, got.type_name) == ("V/v báo cáo", 0, "")
    assert got.business.operation is Operation.NEW


URGENT = "0, 1, 2, 3, 4, 'thường', 'khẩn', 'thượng khẩn', 'hỏa tốc' or 'hỏa tốc hẹn giờ'"


@pytest.mark.parametrize(
    ("change", "element", "detail"),
    [
        ({"subjct": "x"}, "subjct", "subjct → subject?"),
        ({"qwertyuiop": 1}, "qwertyuiop", "qwertyuiop: extra_forbidden"),
        ({"business": {"operatoin": "new"}}, "business/operatoin", "business/operatoin → operation?"),
        ({"in_reply_to": [{"cod": "1"}]}, "in_reply_to/0/cod", "in_reply_to/0/cod → code?"),
        ({"recipients": []}, "recipients", "recipients: too_short (≥ 1)"),
        ({"recipients": "00.31.H14"}, "recipients", "recipients: tuple_type"),
        ({"code_number": 12}, "code_number", "code_number: string_type"),
        ({"issue_date": "23/11/2026"}, "issue_date", "issue_date: date_parsing (2026-11-23)"),
        ({"urgency": 5}, "urgency", f"urgency: literal_error ({URGENT})"),
        ({"urgency": "gấp"}, "urgency", f"urgency: literal_error ({URGENT})"),
        ({"paper_copy": "yes"}, "paper_copy", "paper_copy: bool_type"),
        ({"subject": " "}, "subject", "subject: string_too_short (≥ 1)"),
        (
            {"business": {"operation": "delete"}},
            "business/operation",
            "business/operation: enum ('new', 'recall', 'update' or 'replace')",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(change: dict[str, Any], element: str, detail: str) -> None:
    with pytest.raises(Rejected) as refused:
        envelope({**LEAST, **change})
    (finding,) = refused.value.findings
    assert (finding.code, finding.element, finding.params["detail"]) == ("TRUC-414", element, detail)


@pytest.mark.parametrize(
    "change",
    [
        {"code_number": "1\x0b2"},
        {"document_id": "a\nb"},
        {"subject": "a\x00b"},
        {"content": "a\uffff"},
        {"recipients": ["00.31\x01.H14"]},
        {"in_reply_to": [{"code": "1\t2"}]},
    ],
)
def test_character_that_would_be_dropped_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Rejected) as refused:
        envelope({**LEAST, **change})
    assert "string_pattern_mismatch" in refused.value.first.params["detail"]


def test_subject_may_have_several_lines() -> None:
    assert envelope({**LEAST, "subject": "a\n\tb", "signer_name": "Đỗ Thị Ỷ"}).subject == "a\n\tb"


@pytest.mark.parametrize("missing", LEAST)
def test_what_a_document_must_have_is_asked_for(missing: str) -> None:
    with pytest.raises(Rejected) as refused:
        envelope({name: value for name, value in LEAST.items() if name != missing})
    assert refused.value.first.params["detail"] == f"{missing}: missing"
