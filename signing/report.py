"""
A verdict in words: Vietnamese with English beside it for people, plain data for programs.

Facts of a certificate are shown as claims unless the verdict passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from signing.asice import AGENCY_SIGNATURE
from signing.examine import Examination
from signing.verdict import Facts, Objection, Outcome, Reason, Verdict


class Words(NamedTuple):
    """One sentence in both languages."""

    vi: str
    en: str


SEAL_OUTCOMES = {
    Outcome.PASSED: Words("niêm phong của nút nguyên vẹn", "the node's seal is intact"),
    Outcome.UNDETERMINED: Words(
        "niêm phong của nút chưa đủ căn cứ kiểm tra", "the node's seal cannot be verified yet"
    ),
    Outcome.FAILED: Words("niêm phong của nút không hợp lệ", "the node's seal is not valid"),
}

AGENCY_OUTCOMES = {
    Outcome.PASSED: Words("chữ ký số của cơ quan hợp lệ", "the agency's signature is valid"),
    Outcome.UNDETERMINED: Words(
        "chữ ký số của cơ quan chưa đủ căn cứ kiểm tra", "the agency's signature cannot be verified yet"
    ),
    Outcome.FAILED: Words("chữ ký số của cơ quan không hợp lệ", "the agency's signature is not valid"),
}

FILE_OUTCOMES = {
    Outcome.PASSED: Words("hợp lệ", "valid"),
    Outcome.UNDETERMINED: Words("chưa đủ căn cứ kiểm tra", "cannot be verified yet"),
    Outcome.FAILED: Words("không hợp lệ", "not valid"),
}

REASONS = {
    Reason.NO_SEAL: Words("không có niêm phong", "there is no seal"),
    Reason.SEAL_TOO_LARGE: Words("tệp niêm phong quá lớn", "the seal's file is too large"),
    Reason.SEAL_UNREADABLE: Words("không đọc được tệp niêm phong", "the seal's file cannot be read"),
    Reason.SECOND_SIGNATURE: Words(
        "trong tệp niêm phong có thêm một chữ ký", "the seal's file holds a second signature"
    ),
    Reason.DUPLICATE_ID: Words("hai phần tử mang cùng một Id", "two elements bear the same Id"),
    Reason.SEAL_MALFORMED: Words("tệp niêm phong sai cấu trúc", "the seal's file has the wrong structure"),
    Reason.SEAL_NOT_CANONICAL: Words(
        "tệp niêm phong không ở dạng chuẩn tắc", "the seal's file is not in canonical form"
    ),
    Reason.TOO_MANY_REFERENCES: Words("quá nhiều tham chiếu", "too many references"),
    Reason.OUTSIDE_REFERENCE: Words(
        "niêm phong tham chiếu ra ngoài văn bản", "the seal refers to something outside the letter"
    ),
    Reason.INNER_REFERENCE: Words(
        "tham chiếu bên trong niêm phong sai chỗ", "a reference inside the seal is not where it must be"
    ),
    Reason.SHA1: Words("dùng SHA-1, không còn an toàn", "SHA-1 is used, which is not safe"),
    Reason.MD5: Words("dùng MD5, không an toàn", "MD5 is used, which is not safe"),
    Reason.HMAC: Words("dùng HMAC, không phải chữ ký số", "HMAC is used, which is no signature"),
    Reason.DSA: Words("dùng DSA, không được chấp nhận", "DSA is used, which is not accepted"),
    Reason.ALGORITHM_REFUSED: Words("thuật toán không được chấp nhận", "an algorithm is not accepted"),
    Reason.XPATH: Words("có biến đổi XPath", "an XPath transform is used"),
    Reason.XSLT: Words("có biến đổi XSLT", "an XSLT transform is used"),
    Reason.TRANSFORM_ON_PART: Words(
        "thành phần được niêm phong qua phép biến đổi", "a part is sealed through a transform"
    ),
    Reason.TRANSFORM_REFUSED: Words("có phép biến đổi không được chấp nhận", "a transform is not accepted"),
    Reason.ANOTHER_LETTER: Words("niêm phong của một văn bản khác", "the seal belongs to another letter"),
    Reason.PART_CHANGED: Words("thành phần đã bị thay đổi", "a part was changed"),
    Reason.PART_MISSING: Words("thiếu thành phần", "a part is missing"),
    Reason.PART_ADDED: Words("thừa thành phần không được niêm phong", "a part was added that is not sealed"),
    Reason.PART_RENAMED: Words("thành phần đã bị đổi tên", "a part was renamed"),
    Reason.PART_REORDERED: Words("thứ tự thành phần đã bị đổi", "the order of the parts was changed"),
    Reason.PART_DOUBLED: Words("thành phần bị lặp", "a part stands twice"),
    Reason.PART_TYPE_DIFFERS: Words("kiểu tệp của thành phần bị đổi", "the type of a part was changed"),
    Reason.SIGNATURE_INVALID: Words(
        "giá trị chữ ký không khớp với nội dung hoặc chứng thư",
        "the signature value does not fit the content or the certificate",
    ),
    Reason.SIGNER_NOT_NAMED: Words(
        "niêm phong không nêu đúng chứng thư của bên ký", "the seal does not name its signer's certificate"
    ),
    Reason.CERTIFICATE_UNREADABLE: Words("không đọc được chứng thư", "a certificate cannot be read"),
    Reason.CERTIFICATE_NAME_TOO_LONG: Words(
        "tên trong chứng thư quá dài", "a name in a certificate is too long"
    ),
    Reason.WEAK_KEY: Words("khóa quá yếu", "the key is too weak"),
    Reason.KEY_REFUSED: Words("loại khóa không được chấp nhận", "the kind of key is not accepted"),
    Reason.CERTIFICATE_WRONG_USAGE: Words(
        "chứng thư không dùng để ký", "the certificate is not meant for signing"
    ),
    Reason.CERTIFICATE_EXPIRED: Words("chứng thư chữ ký số hết hạn", "the certificate had expired"),
    Reason.CERTIFICATE_NOT_YET_VALID: Words(
        "chứng thư chưa có hiệu lực", "the certificate was not valid yet"
    ),
    Reason.CERTIFICATE_REVOKED: Words("chứng thư chữ ký số đã bị thu hồi", "the certificate was revoked"),
    Reason.CERTIFICATE_UNKNOWN: Words(
        "chứng thư không do cơ quan được tin cậy cấp", "no trusted authority issued the certificate"
    ),
    Reason.CERTIFICATE_PATH_INVALID: Words(
        "đường dẫn chứng thực không hợp lệ", "the certificate's path to a root is not valid"
    ),
    Reason.REVOCATION_MISSING: Words(
        "chưa có danh sách thu hồi để kiểm tra chứng thư", "no revocation list for the certificate is at hand"
    ),
    Reason.REVOCATION_STALE: Words(
        "danh sách thu hồi đã quá hạn", "the revocation list at hand is out of date"
    ),
    Reason.CONTAINER_BROKEN: Words("tệp .asice hỏng hoặc sai cấu trúc", "the .asice file is broken"),
    Reason.CONTAINER_COMPRESSED: Words(
        "tệp .asice chứa dữ liệu nén, không được chấp nhận",
        "the .asice file is compressed, which is not accepted",
    ),
    Reason.CONTAINER_ENCRYPTED: Words("tệp .asice bị mã hóa", "the .asice file is encrypted"),
    Reason.CONTAINER_TOO_LARGE: Words("tệp .asice quá lớn", "the .asice file is too large"),
    Reason.CONTAINER_TOO_MANY_MEMBERS: Words(
        "tệp .asice có quá nhiều thành phần", "the .asice file has too many members"
    ),
    Reason.CONTAINER_NAME_REFUSED: Words(
        "tên thành phần không được chấp nhận", "the name of a member is not accepted"
    ),
    Reason.CONTAINER_DOUBLE_MEMBER: Words("thành phần bị lặp trong tệp", "a member stands twice in the file"),
    Reason.CONTAINER_WRONG_TYPE: Words("không phải tệp ASiC-E", "this is not an ASiC-E file"),
    Reason.CONTAINER_WRONG_ORDER: Words(
        "thành phần trong tệp sai thứ tự", "members of the file are out of order"
    ),
    Reason.CONTAINER_MANIFEST: Words("bảng kê của tệp không đúng", "the file's manifest is not right"),
    Reason.CONTAINER_MEMBER_CHANGED: Words(
        "thành phần trong tệp đã bị thay đổi", "a member of the file was changed"
    ),
    Reason.CONTAINER_NOT_REPRODUCED: Words(
        "dựng lại tệp không cho đúng từng byte", "rebuilding the file does not give the same bytes"
    ),
}


def verdict_dict(verdict: Verdict, *, agency: bool = False) -> dict[str, Any]:
    """A verdict as JSON shows it; times in ISO 8601, absent facts left out."""
    words = (AGENCY_OUTCOMES if agency else SEAL_OUTCOMES)[verdict.outcome]
    return {
        "outcome": verdict.outcome.value,
        "vi": words.vi,
        "en": words.en,
        "reasons": [_objection_dict(o) for o in verdict.objections],
        "facts": {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name in Facts.__dataclass_fields__
            if (value := getattr(verdict.facts, name)) not in (None, "")
        },
    }


def examination_dict(examination: Examination) -> dict[str, Any]:
    """The answer about an .asice as JSON shows it."""
    container = examination.container
    return {
        "outcome": examination.outcome.value,
        "vi": FILE_OUTCOMES[examination.outcome].vi,
        "en": FILE_OUTCOMES[examination.outcome].en,
        "reasons": [_objection_dict(o) for o in examination.objections],
        "seals": {
            name: verdict_dict(verdict, agency=name == AGENCY_SIGNATURE)
            for name, verdict in examination.verdicts.items()
        },
        "parts": [
            {"name": p.name, "sha256": p.sha256, "size": p.size, "mime": p.mime}
            for p in (container.parts if container else ())
        ],
    }


def verdict_text(verdict: Verdict, *, agency: bool = False) -> str:
    """A verdict for people, some lines of text; `agency` when the seal is the agency's own."""
    words = (AGENCY_OUTCOMES if agency else SEAL_OUTCOMES)[verdict.outcome]
    return "\n".join([_capital(words), *_reason_lines(verdict.objections), *_fact_lines(verdict)])


def examination_text(examination: Examination) -> str:
    """The answer about an .asice for people."""
    lines = [_capital(FILE_OUTCOMES[examination.outcome]), *_reason_lines(examination.objections)]
    for member, verdict in examination.verdicts.items():
        lines += ["", f"{member}:", verdict_text(verdict, agency=member == AGENCY_SIGNATURE)]
    return "\n".join(lines)


def _objection_dict(objection: Objection) -> dict[str, str]:
    words = REASONS[objection.reason]
    return {
        "reason": objection.reason.value,
        "member": objection.member,
        "detail": objection.detail,
        "vi": words.vi,
        "en": words.en,
    }


def _capital(words: Words) -> str:
    return " · ".join(sentence[0].upper() + sentence[1:] for sentence in words)


def _reason_lines(objections: tuple[Objection, ...]) -> Iterator[str]:
    for objection in objections:
        vi, en = REASONS[objection.reason]
        where = f"{objection.member}: " if objection.member else ""
        because = f" ({objection.detail})" if objection.detail else ""
        yield f"  - {where}{vi} · {en} [{objection.reason.value}]{because}"


def _fact_lines(verdict: Verdict) -> Iterator[str]:
    facts = verdict.facts
    claimed = "" if verdict.passed else " (theo lời khai · as claimed)"
    rows = (
        (f"bên ký · signer{claimed}", facts.signer),
        ("cấp bởi · issued by", facts.issuer),
        ("số hiệu · serial", facts.serial),
        ("thuật toán · algorithm", f"{facts.key} {facts.algorithm}".strip()),
        ("hiệu lực · valid", _span(facts.valid_from, facts.valid_until)),
        (f"ký lúc · signed at{claimed}", _moment(facts.signed_at)),
        ("xét tại thời điểm · judged at", _moment(facts.judged_at)),
        ("đến lúc · arrived at", _moment(facts.arrived_at)),
        ("bị thu hồi lúc · revoked at", _moment(facts.revoked_at)),
        ("số thành phần · parts", str(facts.parts)),
    )
    return (f"    {label}: {value}" for label, value in rows if value)


def _moment(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S %Z") if at else ""


def _span(start: datetime | None, end: datetime | None) -> str:
    return f"{_moment(start)} – {_moment(end)}" if start and end else ""
