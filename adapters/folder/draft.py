"""
From an information file to the envelope of a letter: who gets it, and what is said about it.

Nothing here looks at a clock: the same files give the same letter, byte for byte, so that one that was handed
in before a crash is recognised when it is handed in again.

Spec: QCVN102/MessageHeader
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from adapters.folder.sidecar import Field, Sidecar, Value, bad_value
from adapters.folder.words import PRIORITIES, plain
from gateway.core import catalogue
from gateway.core.codes import normal
from gateway.core.directory import Agency, Directory
from gateway.core.errors import Finding, Rejected, find
from gateway.core.groups import expand, is_group
from gateway.core.model import Attachment, Business, Envelope, InReplyTo, Kind, Organ, Staff, issue_day
from gateway.inside import content_type_of

REQUIRED = (Field.RECIPIENTS, Field.CODE, Field.DATE, Field.SUBJECT)
NAMED_AT_MOST = 5
"""Candidates that are shown for a name that is not clear."""
SEARCHED_AT_MOST = 200
"""More agencies than have one name in common; beyond it the name says too little anyway."""

COMMON_TYPE = "Công văn"
_TYPES = MappingProxyType(
    {
        name: str(number)
        for number, name in enumerate(
            (
                *("Nghị quyết", "Quyết định", "Chỉ thị", "Quy chế", "Quy định", "Thông cáo", "Thông báo"),
                *("Hướng dẫn", "Chương trình", "Kế hoạch", "Phương án", "Đề án", "Dự án", "Báo cáo"),
                *("Biên bản", "Tờ trình", "Hợp đồng", "Công văn", "Công điện", "Bản ghi nhớ", "Bản cam kết"),
                *("Bản thỏa thuận", "Giấy chứng nhận", "Giấy ủy quyền", "Giấy mời", "Giấy giới thiệu"),
            ),
            start=1,
        )
    }
)
"""Types of administrative documents and their codes. Spec: QCVN102/DocumentType (list B)"""

_ABBREVIATIONS = MappingProxyType(
    dict(
        pair.split("=")
        for pair in (
            *("NQ=Nghị quyết", "QĐ=Quyết định", "CT=Chỉ thị", "QC=Quy chế", "QyĐ=Quy định", "TC=Thông cáo"),
            *("TB=Thông báo", "HD=Hướng dẫn", "CTr=Chương trình", "KH=Kế hoạch", "PA=Phương án"),
            *("ĐA=Đề án", "DA=Dự án", "BC=Báo cáo", "BB=Biên bản", "TTr=Tờ trình", "HĐ=Hợp đồng"),
            *("CĐ=Công điện", "BGN=Bản ghi nhớ", "BTT=Bản thỏa thuận", "GUQ=Giấy ủy quyền"),
            *("GM=Giấy mời", "GGT=Giấy giới thiệu"),
        )
    )
)
"""How a notation begins (`QĐ-UBND`) → the type; a công văn has none. Spec: ND30/15"""

_REPLY = re.compile(r"(?P<code>.+?)(?:\s+ngày\s+(?P<day>\S+))?(?:\s+của\s+(?P<organ>.+))?", re.IGNORECASE)
_YES, _NO = frozenset({"co", "yes", "1", "x", "true"}), frozenset({"khong", "no", "0", "false"})
_NOT_SECRET = frozenset({"khong", "thuong", "binh thuong", "khong mat", "0"})


def draft(
    sidecar: Sidecar, files: Sequence[str], sender: Agency, directory: Directory, today: date
) -> Envelope:
    """
    The envelope of a letter of `sender` with these files attached, in their order.

    Raises: Rejected with everything that must be corrected in the information file.
    """
    return _Draft(sidecar, sender, directory, today).envelope(files)


class _Draft:
    def __init__(self, sidecar: Sidecar, sender: Agency, directory: Directory, today: date) -> None:
        self._said, self._sender, self._directory, self._today = sidecar, sender, directory, today
        self._faults: list[Finding] = []

    def envelope(self, files: Sequence[str]) -> Envelope:
        for field in REQUIRED:
            if field not in self._said:
                self._fault(find(catalogue.FIELD_MISSING, element=field.value, field=field.value))
        self._refuse_secrets()
        number, notation = self._code()
        issued, type_name = self._date(Field.DATE), self._type(notation)
        recipients = tuple(self._recipients())
        clerk = self._text(Field.CLERK)
        envelope = Envelope(
            kind=Kind.DOCUMENT,
            sender=Organ(self._sender.code, name=self._sender.name),
            recipients=recipients,
            document_id=f"{self._sender.code},{issued},{number}/{notation}",
            code_number=number,
            code_notation=notation,
            issue_place=self._text(Field.PLACE),
            issue_date=issued,
            type_code=_TYPES.get(type_name, ""),
            type_detail="0" if type_name in _TYPES else "",
            type_name=type_name,
            subject=self._text(Field.SUBJECT),
            content=self._text(Field.SUBJECT),
            signing_capacity=self._text(Field.CAPACITY),
            signer_position=self._text(Field.POSITION),
            signer_name=self._text(Field.SIGNER),
            due_date=self._date(Field.DUE),
            priority=self._urgency(),
            circulation_note=self._text(Field.CIRCULATION),
            in_reply_to=tuple(self._replies()),
            business=Business(
                reason="Văn bản điện tử mới",
                paper_copy=self._paper_copy(),
                staff=(Staff(name=clerk),) if clerk else (),
            ),
            attachments=tuple(
                Attachment(part, "", name, content_type=content_type_of(name))
                for part, name in enumerate(files)
            ),
        )
        if self._faults:
            raise Rejected(*self._faults)
        return envelope

    # --- fields ----------------------------------------------------------------------------------

    def _fault(self, finding: Finding) -> None:
        self._faults.append(finding)

    def _value(self, field: Field) -> Value | None:
        return next(iter(self._said.get(field, ())), None)

    def _text(self, field: Field) -> str:
        value = self._value(field)
        return value.text if value else ""

    def _bad(self, field: Field, value: Value, detail: str) -> None:
        self._fault(bad_value(field, value, detail))

    def _refuse_secrets(self) -> None:
        """Spec: BVBMNN/marks (no state secret travels here)"""
        value = self._value(Field.SECRECY)
        if value and plain(value.text) not in _NOT_SECRET:
            self._fault(find(catalogue.STATE_SECRET, line=value.line, element=Field.SECRECY.value))

    def _code(self) -> tuple[str, str]:
        value = self._value(Field.CODE)
        if value is None:
            return "", ""
        number, _, notation = (part.strip() for part in value.text.partition("/"))
        if not number or not notation:
            self._bad(Field.CODE, value, "ví dụ 12/UBND-VX · such as 12/UBND-VX")
        return number, notation

    def _date(self, field: Field) -> str:
        value = self._value(field)
        found = issue_day(value.text) if value else None
        if value and found is None:
            self._bad(field, value, "ví dụ 02/03/2026 · such as 02/03/2026")
        return f"{found:%Y/%m/%d}" if found else ""

    def _type(self, notation: str) -> str:
        if said := self._text(Field.TYPE):
            return next((name for name in _TYPES if plain(name) == plain(said)), said)
        return _ABBREVIATIONS.get(notation.rpartition("/")[2].partition("-")[0], COMMON_TYPE)

    def _urgency(self) -> int:
        value = self._value(Field.URGENCY)
        if value is None:
            return 0
        words = [plain(word) for word in PRIORITIES]
        said = plain(value.text)
        if said in words:
            return words.index(said)
        if said in map(str, range(len(words))):
            return int(said)
        self._bad(Field.URGENCY, value, ", ".join(PRIORITIES).lower())
        return 0

    def _paper_copy(self) -> bool:
        value = self._value(Field.PAPER)
        if value and plain(value.text) not in _YES | _NO:
            self._bad(Field.PAPER, value, "có hoặc không · có (yes) or không (no)")
        return value is not None and plain(value.text) in _YES

    def _replies(self) -> Iterator[InReplyTo]:
        for value in self._several(Field.REPLY):
            said = _REPLY.fullmatch(value.text)
            issued = issue_day(said["day"]) if said and said["day"] else None
            if said is None or (said["day"] and issued is None):
                self._bad(Field.REPLY, value, "ví dụ 45/UBND-VX ngày 01/03/2026 của 000.00.31.H14")
                continue
            organ = self._agency(Value(said["organ"], value.line)) if said["organ"] else ""
            yield InReplyTo(
                organ=organ or "", code=said["code"], issue_date=f"{issued:%Y/%m/%d}" if issued else ""
            )

    def _several(self, field: Field) -> Iterator[Value]:
        for value in self._said.get(field, ()):
            for text in filter(None, map(str.strip, value.text.split(";"))):
                yield Value(text, value.line)

    # --- recipients ------------------------------------------------------------------------------

    def _recipients(self) -> Iterator[Organ]:
        named: set[str] = set()
        for value in self._several(Field.RECIPIENTS):
            parts = [part.strip() for part in value.text.split(",")]
            codes: Sequence[str | None]
            if all(is_group(part) or self._directory.find(part) for part in parts):
                codes = self._meant(parts, value.line)  # codes and groups may stand between commas
            else:
                codes = [self._agency(value)]
            for code in codes:
                if code is not None and normal(code) not in named:
                    named.add(normal(code))
                    known = self._directory.find(code)
                    yield Organ(code, name=known.name if known else "")

    def _meant(self, parts: Sequence[str], line: int | None) -> Sequence[str]:
        """The codes, and those of the agencies that groups stand for."""
        try:
            return expand(self._directory, parts, self._today, but_not=(self._sender.code,))
        except Rejected as refused:
            for finding in refused.findings:
                self._fault(replace(finding, line=line, element=Field.RECIPIENTS.value))
            return ()

    def _agency(self, value: Value) -> str | None:
        """The code of the agency that is named by its code or its full name; None if it is not clear."""
        if self._directory.find(value.text) is not None:
            return value.text
        like = self._directory.search(value.text, limit=SEARCHED_AT_MOST)
        found = [agency for agency in like if agency.is_open(self._today)] or list(like)
        for written in (_spaced, plain):  # marks tell Trường Hà from Trường Hạ, but not everybody types them
            meant = [agency for agency in found if written(agency.name) == written(value.text)]
            if len(meant) == 1:
                return meant[0].code
            found = meant or found
        self._fault(_not_clear(value, found))
        return None


def _not_clear(value: Value, candidates: Sequence[Agency]) -> Finding:
    """A letter for an office goes to no other: a part of a name is never enough."""
    organ = value.text[:200]
    if not candidates:
        return find(catalogue.RECIPIENT_UNKNOWN, line=value.line, element=Field.RECIPIENTS.value, organ=organ)
    shown = "; ".join(f"{a.name} ({a.code})" for a in candidates[:NAMED_AT_MOST])
    more = " …" if len(candidates) > NAMED_AT_MOST else ""
    return find(
        catalogue.RECIPIENT_AMBIGUOUS,
        line=value.line,
        element=Field.RECIPIENTS.value,
        organ=organ,
        candidates=shown + more,
    )


def _spaced(name: str) -> str:
    return " ".join(name.casefold().split())
