"""
What a lifelike letter says: types, numbers, subjects, signers and attachments as offices write them.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from gateway.core.calendar import VIETNAM
from gateway.core.model import (
    Attachment,
    Business,
    Envelope,
    Kind,
    Operation,
    Organ,
    Staff,
    Trace,
)
from gateway.letters.files import File, docx, pdf, txt, wrapped, xlsx

DEFAULT_SIZE = 40_000
"""Bytes of the main attachment; a scanned page is ten times that, a demo wants many letters."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter: its envelope as any reader should see it, and the files behind its attachments."""

    envelope: Envelope
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class _Type:
    name: str
    code: str  # list B of amendment 1:2022
    abbreviation: str  # NĐ 30/2020 Annex III; a công văn has none
    subjects: tuple[str, ...]


TYPES = (
    _Type(
        "Công văn",
        "18",
        "",
        (
            "V/v triển khai gửi, nhận văn bản điện tử giữa các cơ quan nhà nước",
            "V/v báo cáo kết quả cải cách hành chính 6 tháng đầu năm",
            "V/v rà soát danh mục mã định danh các cơ quan, đơn vị",
            "V/v đôn đốc giải ngân vốn đầu tư công",
            "V/v góp ý dự thảo Quy chế công tác văn thư, lưu trữ",
            "V/v phối hợp phòng, chống thiên tai và tìm kiếm cứu nạn",
            "V/v cử cán bộ tham gia lớp bồi dưỡng nghiệp vụ văn thư",
            "V/v tăng cường bảo đảm an toàn thông tin mạng",
            "V/v cung cấp số liệu dân số và lao động trên địa bàn",
        ),
    ),
    _Type(
        "Quyết định",
        "2",
        "QĐ",
        (
            "Về việc ban hành Quy chế tiếp công dân",
            "Về việc phê duyệt kế hoạch sử dụng đất năm nay",
            "Về việc kiện toàn Ban Chỉ đạo chuyển đổi số",
        ),
    ),
    _Type(
        "Thông báo",
        "7",
        "TB",
        (
            "Kết luận của Chủ tịch UBND tại cuộc họp giao ban tháng",
            "Lịch tiếp công dân định kỳ",
        ),
    ),
    _Type(
        "Kế hoạch",
        "10",
        "KH",
        (
            "Triển khai Đề án phát triển ứng dụng dữ liệu về dân cư",
            "Tổ chức Tuần lễ hưởng ứng học tập suốt đời",
        ),
    ),
    _Type(
        "Báo cáo",
        "14",
        "BC",
        (
            "Tình hình kinh tế - xã hội quý I và nhiệm vụ trọng tâm quý II",
            "Kết quả giải quyết khiếu nại, tố cáo",
        ),
    ),
    _Type("Tờ trình", "16", "TTr", ("Về việc đề nghị hỗ trợ kinh phí sửa chữa trường học sau mưa lũ",)),
    _Type("Giấy mời", "25", "GM", ("Dự hội nghị trực tuyến về chính quyền địa phương hai cấp",)),
    _Type("Công điện", "19", "CĐ", ("Về việc tập trung ứng phó mưa lũ, sạt lở đất",)),
)
FAMILY_NAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Nông", "Lương", "Đàm", "Rơ Châm", "Vũ")
MIDDLE_NAMES = ("Văn", "Thị", "Đức", "Minh", "Ngọc", "Hữu", "Thanh", "Quang")
GIVEN_NAMES = ("An", "Bình", "Cường", "Dung", "Hà", "Hiền", "Hùng", "Lan", "Mai", "Sơn", "Trâm", "Yến")
SIGNERS = (
    ("TM.", "Chủ tịch"),
    ("KT.", "Phó Chủ tịch"),
    ("TL.", "Chánh Văn phòng"),
    ("TUQ.", "Trưởng phòng"),
    ("Q.", "Giám đốc"),
)
PRIORITIES = (0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4)  # most mail is ordinary


def draft(
    sender: Organ,
    recipients: Sequence[Organ],
    number: int,
    rng: Random,
    at: datetime,
    size: int = DEFAULT_SIZE,
) -> Letter:
    """A letter of `sender`, its `number`-th of the year, issued at `at` (aware) with `size` bytes attached.

    The same arguments give the same letter.
    """
    kind = rng.choice(TYPES)
    notation = "-".join(part for part in (kind.abbreviation, abbreviation(sender.name)) if part)
    if not kind.abbreviation:
        notation += rng.choice(("-VX", "-KT", "-NC", "-TH", "-VP"))
    local = at.astimezone(VIETNAM)
    issued, due = f"{local:%Y/%m/%d}", f"{local + timedelta(days=rng.choice((5, 7, 15, 30))):%Y/%m/%d}"
    subject = rng.choice(kind.subjects)
    capacity, position = rng.choice(SIGNERS)
    files = _files(number, notation, subject, size, rng)
    envelope = Envelope(
        kind=Kind.DOCUMENT,
        sender=sender,
        recipients=tuple(recipients),
        document_id=f"{sender.code},{issued},{number}/{notation}",
        code_number=str(number),
        code_notation=notation,
        issue_place=place_of(sender.name),
        issue_date=issued,
        type_code=kind.code,
        type_detail="0",
        type_name=kind.name,
        subject=subject,
        content=subject,
        signing_capacity=capacity,
        signer_position=position,
        signer_name=person(rng),
        due_date=due,
        listed_recipients=("Như trên", *(organ.name for organ in recipients[:3] if organ.name), "Lưu: VT"),
        priority=rng.choice(PRIORITIES),
        circulation_note="Liên thông văn bản",
        typer_notation=rng.choice(("TVC", "NTH", "LQM")),
        issued_amount=str(rng.randint(1, 20)),
        page_amount=str(rng.randint(1, 12)),
        direction="false",
        appendices=(f"Phụ lục kèm theo {kind.name} số {number}/{notation}",) if len(files) > 1 else (),
        steering_type="1",
        traces=(Trace(sender.code, f"{local:%Y/%m/%d %H:%M:%S}"),),
        business=Business(
            operation=Operation.NEW,
            reason="Văn bản điện tử mới",
            staff=(Staff("Văn thư", person(rng), "vanthu@example.gov.vn", "0912000001"),),
        ),
        attachments=tuple(
            Attachment(
                part,
                uuid_of(rng),
                file.name,
                "Tệp đính kèm" if part else "Bản chính",
                file.content_type,
                wrapped=bool(file.bare_name),
            )
            for part, file in enumerate(files)
        ),
    )
    return Letter(envelope, files)


def _files(number: int, notation: str, subject: str, size: int, rng: Random) -> tuple[File, ...]:
    """The main PDF, and often a table, a draft or a note beside it."""
    stem = f"{number}-{notation}"
    files = [pdf(f"{stem}.signed.pdf", subject, size, rng)]
    more = rng.random()
    if more < 0.35:
        rows = [["STT", "Đơn vị", "Số liệu"]]
        rows += [[str(row), f"Đơn vị {row}", str(rng.randint(10, 9999))] for row in range(1, 9)]
        sheet = xlsx(f"{stem}-PL.xlsx", rows)
        files.append(wrapped(sheet, f"{uuid_of(rng)}.xlsx"))
    elif more < 0.55:
        files.append(docx(f"{stem}-du-thao.docx", [subject, "Kính gửi: Quý cơ quan", "Trân trọng./."]))
    elif more < 0.65:
        files.append(wrapped(txt(f"{stem}-ghi-chu.txt", f"{subject}\r\n"), f"{uuid_of(rng)}.txt"))
    return tuple(files)


def uuid_of(rng: Random) -> str:
    """A random UUID in text form."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def person(rng: Random) -> str:
    """A full name."""
    return f"{rng.choice(FAMILY_NAMES)} {rng.choice(MIDDLE_NAMES)} {rng.choice(GIVEN_NAMES)}"


def abbreviation(name: str) -> str:
    """How an office shortens its name in a notation: UBND, VPCP, STTTT."""
    text = name.replace("Ủy ban nhân dân", "UBND").replace("UỶ BAN NHÂN DÂN", "UBND")
    words = [word for word in text.replace("-", " ").replace(",", " ").split() if word[:1].isalpha()]
    if not words:
        return "VP"
    if words[0].isupper() and len(words[0]) > 1:
        return words[0]
    return "".join(word[0].upper() for word in words)[:6]


def place_of(name: str) -> str:
    """Where an office issues: the place behind «tỉnh», «huyện», «xã» … in its name, else Hà Nội."""
    for unit in ("xã", "phường", "thị trấn", "huyện", "quận", "thành phố", "tỉnh"):
        before, found, after = name.partition(f"{unit} ")
        if found and (not before or before.endswith(" ")):
            return after.split(",")[0].split(" - ")[0].strip()
    return "Hà Nội"
