"""
What a clerk reads: summaries, answers and errors as plain text, Vietnamese first.

Text files have a byte order mark and the line ends of Windows, since Notepad is what opens them there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from types import MappingProxyType

from gateway.core.calendar import VIETNAM
from gateway.core.directory import Directory
from gateway.core.errors import Blame, Finding
from gateway.core.lifecycle import CONSENT, STATUSES, TAKE_BACK
from gateway.core.model import Envelope, InReplyTo, Operation, Organ, issue_day
from gateway.inside import FileInside
from gateway.ports import Accepted, StoredLetter
from signing.verdict import Outcome, Verdict

PRIORITIES = ("Thường", "Khẩn", "Thượng khẩn", "Hỏa tốc", "Hỏa tốc hẹn giờ")

_BLAME = MappingProxyType(
    {
        Blame.SENDER: ("đơn vị gửi (tệp này)", "the sender (this file)"),
        Blame.RECEIVER: ("đơn vị nhận", "the receiver"),
        Blame.OPERATOR: ("người quản trị nút", "the operator of the node"),
        Blame.NEIGHBOUR: ("nút kề", "the neighbouring node"),
        Blame.TRUC: ("cổng Trục", "the axis itself"),
    }
)
_OPERATIONS = MappingProxyType(
    {
        Operation.RECALL: "THU HỒI một văn bản đã gửi",
        Operation.UPDATE: "CẬP NHẬT một văn bản đã gửi",
        Operation.REPLACE: "THAY THẾ một văn bản đã gửi",
    }
)
_SEAL = MappingProxyType(
    {
        Outcome.PASSED: "nguyên vẹn",
        Outcome.UNDETERMINED: "chưa đủ căn cứ kiểm tra",
        Outcome.FAILED: "KHÔNG hợp lệ",
    }
)
TEMPLATE = """\
# MẪU TỆP THÔNG TIN. Chép tệp này thành một tệp .txt cùng tên với văn bản
# (văn bản 12-TB.pdf thì tệp thông tin là 12-TB.txt), điền vào rồi thả cả hai vào thư mục out.
# Văn bản có nhiều tệp: tạo một thư mục trong out, để mọi tệp và tệp thông tin vào đó.
# Dòng bắt đầu bằng # được bỏ qua. Mục không dùng thì để trống.
# (Copy this file beside your document under the same name, fill it in, and drop both into out.)

# Bắt buộc. Nhiều nơi nhận thì cách nhau bằng dấu chấm phẩy; ghi mã định danh hoặc đúng tên đơn vị.
nơi nhận:
số ký hiệu:
ngày:
trích yếu:

# Nên có
loại:
chức vụ:
người ký:
nơi ban hành:

# Khi cần. Độ khẩn: thường, khẩn, thượng khẩn, hỏa tốc, hỏa tốc hẹn giờ
độ khẩn:
hạn xử lý:
# ví dụ: 45/UBND-VX ngày 01/03/2026 của 000.00.31.H14
phúc đáp:
phạm vi lưu hành:
# có hoặc không
gửi kèm bản giấy:
"""


def as_text(text: str) -> bytes:
    """A text as a file that every editor on Windows shows as it is meant."""
    return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode("utf-8", "replace")


def text_of(data: bytes) -> str | None:
    """A text that a person wrote with some editor; None if it is neither UTF-8 nor UTF-16 with its mark."""
    # Notepad's «Unicode» is UTF-16, its «UTF-8» may begin with a byte order mark
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def plain(text: str) -> str:
    """Lower case, no Vietnamese marks, single spaces: what people mean by the same word."""
    letters = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())


def moment(at: datetime) -> str:
    """A moment as people write it in Vietnam."""
    return f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M}"


def day(text: str) -> str:
    """A date of a letter as people write it; what cannot be read stays as it is."""
    found = issue_day(text)
    return f"{found:%d/%m/%Y}" if found else text


def lines(*pairs: tuple[str, str]) -> str:
    """One line for each pair that has something to say."""
    return "".join(f"{name}: {one_line(value)}\n" for name, value in pairs if value)


def one_line(text: str) -> str:
    """A stranger's text in one line, so that it can't pretend to be a line of ours."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


# --- letters that came ------------------------------------------------------------------------------


def summary(
    letter: StoredLetter,
    envelope: Envelope | None,
    files: Sequence[FileInside],
    verdict: Verdict | None,
    directory: Directory,
) -> str:
    """What a letter says, for who does not read edXML. No envelope: it could not be read."""
    routing, facts = letter.routing, letter.facts
    said = envelope or Envelope(routing.kind, Organ(facts.sender_code, facts.sender_name))
    what = _OPERATIONS.get(said.business.operation, "")
    text = "VĂN BẢN ĐẾN\n\n" + lines(
        ("Nghiệp vụ", what),
        ("Đơn vị gửi", _sender(said, routing.sender, directory)),
        ("Số, ký hiệu", facts.code),
        ("Ngày ban hành", day(facts.issue_date)),
        ("Loại văn bản", said.type_name),
        ("Trích yếu", facts.subject),
        ("Độ khẩn", PRIORITIES[facts.priority] if facts.priority < len(PRIORITIES) else ""),
        ("Hạn xử lý", day(said.due_date)),
        ("Người ký", ", ".join(filter(None, [said.signer_name, said.signer_position]))),
        ("Phúc đáp văn bản", "; ".join(filter(None, map(_named, said.in_reply_to)))),
        ("Văn bản liên quan", said.business.document_id),
        ("Có bản giấy gửi kèm", "có" if said.business.paper_copy else ""),
    )
    text += f"\nTệp đính kèm: {len(files)}\n"
    text += "".join(f"  {n}. {file.name} ({_size(file.size)})\n" for n, file in enumerate(files, start=1))
    if envelope is None:
        text += "  Không tách được tệp đính kèm; xem trong van-ban.edxml.\n"
    text += "\n" + lines(
        ("Niêm phong của nút gửi", _SEAL[verdict.outcome] if verdict else "chưa kiểm tra được"),
        ("Trục nhận lúc", moment(routing.accepted_at)),
        ("Mã trên trục (letter_id)", routing.letter_id),
    )
    return text + "\n" + (_ANSWER_A_WISH if what else _ANSWER_A_LETTER)


_ANSWER_A_LETTER = """\
Trả lời bên gửi: chuyển cả thư mục này vào
  da-tiep-nhan   đã tiếp nhận, vào sổ
  tu-choi        từ chối tiếp nhận (ghi lý do vào tệp ly-do.txt trong thư mục này)
  hoan-thanh     đã xử lý xong
"""
_ANSWER_A_WISH = """\
Trả lời bên gửi: chuyển cả thư mục này vào
  dong-y         đồng ý thu hồi, cập nhật hoặc thay thế
  khong-dong-y   không đồng ý (ghi lý do vào tệp ly-do.txt trong thư mục này)
"""


def status_summary(letter: StoredLetter, envelope: Envelope | None, directory: Directory) -> str:
    """What a status says that came for this office."""
    routing, code = letter.routing, letter.facts.status_code
    said = envelope or Envelope(routing.kind, Organ(letter.facts.sender_code, letter.facts.sender_name))
    row = STATUSES.get(code)
    person = said.staff.name if said.staff else ""
    text = "TRẠNG THÁI VĂN BẢN\n\n" + lines(
        ("Đơn vị báo", _sender(said, routing.sender, directory)),
        ("Về văn bản", "; ".join(filter(None, map(_named, said.in_reply_to)))),
        ("Trạng thái", f"{code} {row.vi}" if row else code),
        ("Nội dung, lý do", said.description),
        ("Người báo", person),
        ("Thời điểm", said.timestamp),
        ("Mã trên trục (letter_id)", routing.letter_id),
    )
    if code == TAKE_BACK:
        text += "\nBên gửi xin lấy lại văn bản trên. Trả lời: chuyển thư mục của văn bản đó vào\n"
        text += f"  dong-y         {STATUSES[CONSENT].vi.lower()}\n"
        text += "  khong-dong-y   không đồng ý (ghi lý do vào tệp ly-do.txt trong thư mục đó)\n"
    return text


def _sender(envelope: Envelope, code: str, directory: Directory) -> str:
    known = directory.find(code)
    return f"{envelope.sender.name or (known.name if known else '')} ({code})".strip()


def _named(reply: InReplyTo) -> str:
    number = reply.code or reply.document_id
    issued = f" ngày {day(reply.issue_date)}" if reply.issue_date else ""
    return f"{number}{issued}" if number else ""


def _size(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB".replace(".", ",") if size >= 1_000_000 else f"{size // 1000 + 1} KB"


# --- letters that go --------------------------------------------------------------------------------


def result(accepted: Accepted, directory: Directory) -> str:
    """The axis' answer to a letter that was dropped into out/."""
    head = "ĐÃ GỬI" if not accepted.repeated else "ĐÃ GỬI TỪ TRƯỚC (văn bản này trục đã nhận, không gửi thêm)"
    text = f"{head}\n\n" + lines(
        ("Trục nhận lúc", moment(accepted.accepted_at)),
        ("Mã trên trục (letter_id)", accepted.letter_id),
        ("Mã văn bản", accepted.document_id),
    )
    text += "\nNơi nhận:\n"
    for recipient in accepted.recipients:
        agency = directory.find(recipient.served or recipient.named)
        name = one_line(f"{agency.name} ({recipient.named})" if agency else recipient.named)
        text += f"  {name}" + (f": KHÔNG gửi được, {recipient.code}" if recipient.code else "") + "\n"
    if accepted.findings:
        text += "\nLưu ý:\n" + "".join(f"  [{f.code}] {one_line(f.vi)}\n" for f in accepted.findings)
    return text


def refusal(name: str, findings: Iterable[Finding], at: datetime) -> str:
    """Why something was not sent: what, where, whose fault, what to do."""
    errors = sorted(findings, key=lambda finding: not finding.is_error)
    vi, en = f"KHÔNG GỬI ĐƯỢC: {name}\nLúc: {moment(at)}\n", f"NOT SENT: {name}\n"
    for number, finding in enumerate(errors, start=1):
        who_vi, who_en = _BLAME[finding.fault.blame]
        mark = "" if finding.is_error else " (chỉ lưu ý)"
        vi += f"\n{number}. [{finding.code}]{mark} {one_line(finding.vi)}\n"
        vi += _indented(
            ("Ở đâu", _place(finding, "dòng")), ("Bên cần sửa", who_vi), ("Cần làm", finding.fault.next_vi)
        )
        en += f"\n{number}. [{finding.code}] {one_line(finding.en)}\n"
        en += _indented(
            ("Where", _place(finding, "line")), ("Who", who_en), ("What to do", finding.fault.next_en)
        )
    vi += "\nTệp vẫn nằm ở đây. Sửa rồi lưu lại là trục tự gửi lại; không gửi nữa thì xóa đi.\n"
    return f"{vi}\n{'-' * 40}\n{en}\nThe file is still here. Correct and save it, and it is sent again.\n"


def waiting(name: str, findings: Iterable[Finding], since: datetime) -> str:
    """That something could not be sent yet, through no fault of the agency's."""
    vi = f"ĐANG CHỜ GỬI: {name}\nTừ lúc: {moment(since)}\n\nTệp không có lỗi. Trục sẽ tự gửi khi hết sự cố:\n"
    en = f"WAITING TO BE SENT: {name}\n\nNothing is wrong with the file. It is sent when this is over:\n"
    for finding in findings:
        vi += f"  [{finding.code}] {one_line(finding.vi)}\n"
        en += f"  [{finding.code}] {one_line(finding.en)}\n"
    return f"{vi}\n{'-' * 40}\n{en}"


def _place(finding: Finding, word: str) -> str:
    where = f"{word} {finding.line}" if finding.line else ""
    return ", ".join(filter(None, [where, finding.element]))


def _indented(*pairs: tuple[str, str]) -> str:
    return "".join(f"   {name}: {one_line(value)}\n" for name, value in pairs if value)


# --- answers ----------------------------------------------------------------------------------------


def reason_missing(code: str) -> str:
    """That a refusal needs its reason."""
    return (
        f"CHƯA GỬI trạng thái {code} {STATUSES[code].vi}: thiếu lý do.\n\n"
        "Tạo tệp ly-do.txt trong thư mục này, ghi lý do vào rồi lưu lại (mã UTF-8); trục sẽ tự gửi.\n\n"
        f"{'-' * 40}\nNOT SENT: status {code} ({STATUSES[code].en}) needs a reason.\n"
        "Write it into a file ly-do.txt (UTF-8) in this folder; it is then sent.\n"
    )


def no_record() -> str:
    """That a folder is no letter's, or has lost what tells which."""
    return (
        "KHÔNG GỬI ĐƯỢC trạng thái: thư mục này không có tệp truc.json, nên không biết là văn bản nào.\n\n"
        "Chuyển nguyên cả thư mục của văn bản từ thư mục in sang, không tách riêng từng tệp.\n\n"
        f"{'-' * 40}\nNO STATUS SENT: there is no truc.json here, so it is not known which letter is meant.\n"
        "Move the whole folder of the letter, as it lay in the folder in.\n"
    )


def statuses_sent(sent: Iterable[tuple[datetime, str, str]]) -> str:
    """What was told about a letter: when, status code, reason."""
    text = "TRẠNG THÁI ĐÃ GỬI\n\n"
    for at, code, reason in sent:
        row = STATUSES.get(code)
        shown = f" ({one_line(reason)})" if reason else ""
        text += f"{moment(at)}  {code} {row.vi if row else ''}{shown}\n"
    return text
