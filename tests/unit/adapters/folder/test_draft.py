from datetime import date

import pytest

from adapters.folder.draft import draft
from adapters.folder.sidecar import read_sidecar
from gateway.core.directory import from_rows
from gateway.core.errors import Finding, Rejected
from gateway.core.model import Envelope
from tests.kit.folders import COMMUNE, DISTRICT, OTHER, PROVINCE, folder_directory

DIRECTORY = folder_directory()
TODAY = date(2026, 3, 2)
LEAST = f"nơi nhận: {PROVINCE}\nsố ký hiệu: 12/UBND-VX\nngày: 27/02/2026\ntrích yếu: V/v x\n"


def made(text: str, *files: str) -> Envelope:
    sender = DIRECTORY.find(DISTRICT)
    assert sender is not None
    return draft(read_sidecar("x.txt", text.encode()), files, sender, DIRECTORY, TODAY)


def faults(text: str) -> list[Finding]:
    with pytest.raises(Rejected) as refused:
        made(text)
    return list(refused.value.findings)


def to(names: str) -> list[str]:
    return [organ.code for organ in made(LEAST.replace(PROVINCE, names)).recipients]


def test_least_that_is_needed_makes_an_envelope() -> None:
    envelope = made(LEAST, "a.pdf", "b.lạ")
    assert (envelope.sender.code, envelope.sender.name) == (DISTRICT, "UBND huyện Hà Quảng")
    assert [(organ.code, organ.name) for organ in envelope.recipients] == [(PROVINCE, "UBND tỉnh Cao Bằng")]
    assert (envelope.code_number, envelope.code_notation) == ("12", "UBND-VX")
    assert envelope.document_id == f"{DISTRICT},2026/02/27,12/UBND-VX"
    assert (envelope.type_name, envelope.type_code, envelope.priority) == ("Công văn", "18", 0)
    assert [(a.part, a.name, a.content_type) for a in envelope.attachments] == [
        (0, "a.pdf", "application/pdf"),
        (1, "b.lạ", "application/octet-stream"),
    ]


def test_all_that_is_missing_is_told_at_once() -> None:
    missing = [finding.params["field"] for finding in faults("")]
    assert missing == ["nơi nhận", "số ký hiệu", "ngày", "trích yếu"]


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        (COMMUNE, [COMMUNE]),
        (f"{COMMUNE}; {PROVINCE}", [COMMUNE, PROVINCE]),
        (f"{COMMUNE}, {PROVINCE.lower()}", [COMMUNE, PROVINCE.lower()]),
        (f"{COMMUNE}; {COMMUNE.lower()}", [COMMUNE]),
        ("UBND xã Trường Hà", [COMMUNE]),
        ("ubnd  xã trường hạ", [OTHER]),
        ("ubnd tinh cao bang", [PROVINCE]),
        (f"UBND huyện Hà Quảng;{OTHER}", [DISTRICT, OTHER]),
    ],
)
def test_recipients_are_named_by_code_or_by_their_whole_name(written: str, codes: list[str]) -> None:
    assert to(written) == codes


def test_group_is_written_as_the_agencies_that_it_stands_for() -> None:
    directory = from_rows(
        1,
        [{"id": "H14", "name": "N", "organ_code": "AX"}],
        [
            {"code": DISTRICT, "name": "Huyện", "node": "H14", "tier": "huyện"},
            {"code": COMMUNE, "name": "Xã A", "node": "H14", "tier": "xã", "parent": DISTRICT},
            {"code": OTHER, "name": "Xã B", "node": "H14", "tier": "xã", "parent": DISTRICT},
            {"code": PROVINCE, "name": "Tỉnh", "node": "H14"},
        ],
    )
    sender = directory.find(DISTRICT)
    assert sender is not None
    said = read_sidecar("x.txt", LEAST.replace(PROVINCE, f"@xã, {PROVINCE}").encode())
    organs = draft(said, (), sender, directory, TODAY).recipients
    assert [organ.code for organ in organs] == [COMMUNE, OTHER, PROVINCE]
    assert organs[0].name == "Xã A"
    unknown = read_sidecar("x.txt", LEAST.replace(PROVINCE, "@bo; @huyen").encode())
    with pytest.raises(Rejected) as refused:
        draft(unknown, (), sender, directory, TODAY)
    told = [(f.fault.name, f.line, f.element) for f in refused.value.findings]
    assert told == [("group-unknown", 1, "nơi nhận"), ("group-empty", 1, "nơi nhận")]


@pytest.mark.parametrize(
    ("written", "fault", "candidates"),
    [
        ("ubnd xa truong ha", "recipient-ambiguous", [COMMUNE, OTHER]),
        ("UBND xã", "recipient-ambiguous", [COMMUNE, OTHER]),
        ("Cao Bằng", "recipient-ambiguous", [PROVINCE]),
        ("Sở Y tế", "recipient-unknown", []),
        ("9.9.H99", "recipient-unknown", []),
    ],
)
def test_name_that_is_not_clear_goes_to_nobody(written: str, fault: str, candidates: list[str]) -> None:
    (finding,) = faults(LEAST.replace(PROVINCE, written))
    assert finding.fault.name == fault
    assert finding.line == 1
    assert all(code in finding.params["candidates"] for code in candidates)


def test_of_two_agencies_of_one_name_the_open_one_is_meant() -> None:
    directory = from_rows(
        1,
        [{"id": "H14", "name": "N", "organ_code": "AX"}],
        [
            {"code": DISTRICT, "name": "Huyện", "node": "H14"},
            {"code": "OLD", "name": "Xã A", "node": "H14", "valid_to": "2025-06-30"},
            {"code": "NEW", "name": "Xã A", "node": "H14"},
        ],
    )
    sender = directory.find(DISTRICT)
    assert sender is not None
    said = read_sidecar("x.txt", LEAST.replace(PROVINCE, "Xã A").encode())
    assert [organ.code for organ in draft(said, (), sender, directory, TODAY).recipients] == ["NEW"]


@pytest.mark.parametrize(
    ("written", "number"),
    [("thường", 0), ("Khẩn", 1), ("thuong khan", 2), ("HỎA TỐC", 3), ("hỏa tốc hẹn giờ", 4), ("2", 2)],
)
def test_urgency_is_written_in_words(written: str, number: int) -> None:
    assert made(f"{LEAST}độ khẩn: {written}").priority == number


@pytest.mark.parametrize(
    ("code", "type_name"),
    [
        ("12/QĐ-UBND", "Quyết định"),
        ("3/TTr-STC", "Tờ trình"),
        ("7/2026/NQ-HĐND", "Nghị quyết"),
        ("45/VPCP-TTĐT", "Công văn"),
    ],
)
def test_type_is_read_off_the_notation(code: str, type_name: str) -> None:
    assert made(LEAST.replace("12/UBND-VX", code)).type_name == type_name


def test_type_that_was_written_counts() -> None:
    assert made(LEAST + "loại: giay moi").type_name == "Giấy mời"
    odd = made(LEAST + "loại: Sao lục")
    assert (odd.type_name, odd.type_code) == ("Sao lục", "")


def test_all_further_fields_are_taken_over() -> None:
    envelope = made(
        LEAST
        + "hạn: 10-03-2026\nchức vụ: Chủ tịch\nngười ký: Lê Văn An\nquyền hạn: KT.\nnơi ban hành: Hà Quảng\n"
        "phạm vi: Lưu hành nội bộ\nbản giấy: có\nvăn thư: Chị Hoa\n"
    )
    assert envelope.due_date == "2026/03/10"
    assert (envelope.signer_position, envelope.signer_name) == ("Chủ tịch", "Lê Văn An")
    assert (envelope.signing_capacity, envelope.issue_place) == ("KT.", "Hà Quảng")
    assert envelope.circulation_note == "Lưu hành nội bộ"
    assert envelope.business.paper_copy
    assert [person.name for person in envelope.business.staff] == ["Chị Hoa"]


@pytest.mark.parametrize(
    ("written", "reply"),
    [
        ("45/UBND-VX", ("", "45/UBND-VX", "")),
        ("45/UBND-VX ngày 01/03/2026", ("", "45/UBND-VX", "2026/03/01")),
        (f"45/UBND-VX ngày 01/03/2026 của {COMMUNE}", (COMMUNE, "45/UBND-VX", "2026/03/01")),
        ("45/UBND-VX của UBND tỉnh Cao Bằng", (PROVINCE, "45/UBND-VX", "")),
    ],
)
def test_letter_that_is_answered_is_named_as_people_name_it(
    written: str, reply: tuple[str, str, str]
) -> None:
    (found,) = made(f"{LEAST}phúc đáp: {written}").in_reply_to
    assert (found.organ, found.code, found.issue_date) == reply


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ("độ khẩn: rất khẩn", "độ khẩn"),
        ("hạn: 31/02/2026", "hạn xử lý"),
        ("bản giấy: có lẽ", "gửi kèm bản giấy"),
        ("phúc đáp: 45/UBND ngày qua", "phúc đáp"),
    ],
)
def test_value_that_cannot_be_used_is_told_by_line(wrong: str, field: str) -> None:
    (finding,) = faults(LEAST + wrong)
    assert (finding.fault.name, finding.line, finding.params["field"]) == ("field-value", 5, field)


@pytest.mark.parametrize("code", ["12", "/UBND", "12/", "UBND"])
def test_number_without_notation_is_told(code: str) -> None:
    (finding,) = faults(LEAST.replace("12/UBND-VX", code))
    assert finding.params["field"] == "số ký hiệu"


@pytest.mark.parametrize("mark", ["Mật", "TỐI MẬT", "tuyệt mật", "A"])
def test_state_secret_is_refused(mark: str) -> None:
    (finding,) = faults(f"{LEAST}độ mật: {mark}")
    assert finding.fault.name == "state-secret"


@pytest.mark.parametrize("mark", ["không", "thường", "Không mật"])
def test_letter_that_is_said_to_be_no_secret_passes(mark: str) -> None:
    assert made(f"{LEAST}độ mật: {mark}").code == "12/UBND-VX"
