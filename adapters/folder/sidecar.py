"""
The information file beside a document: `tên mục: giá trị`, one field a line, or the same as JSON.

Written by people, in Notepad and in Excel: with or without marks, in UTF-8 or what Windows calls Unicode.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from adapters.folder.words import plain, text_of
from gateway.core import catalogue
from gateway.core.errors import Finding, Rejected, find

MOST_BYTES = 64 * 1024
"""A thousand recipients by name fit; a video that somebody called .txt does not."""

FAULTS_TOLD = 20
"""More than anyone mends at once: some other text beside a document is no field in every one of its lines."""


class Field(StrEnum):
    """What a letter's information file may say; the value is how a finding names the field."""

    RECIPIENTS = "nơi nhận"
    CODE = "số ký hiệu"
    DATE = "ngày"
    SUBJECT = "trích yếu"
    TYPE = "loại"
    CAPACITY = "quyền hạn ký"
    POSITION = "chức vụ"
    SIGNER = "người ký"
    PLACE = "nơi ban hành"
    URGENCY = "độ khẩn"
    DUE = "hạn xử lý"
    REPLY = "phúc đáp"
    CIRCULATION = "phạm vi lưu hành"
    PAPER = "gửi kèm bản giấy"
    SECRECY = "độ mật"
    CLERK = "văn thư"


MANY = frozenset({Field.RECIPIENTS, Field.REPLY})
"""Fields that may stand on several lines, or hold several values with semicolons."""

_OTHER_NAMES = MappingProxyType(
    {
        Field.RECIPIENTS: ("kính gửi", "đơn vị nhận", "gửi", "to"),
        Field.CODE: ("số, ký hiệu", "số và ký hiệu", "số kí hiệu", "số hiệu", "số", "code"),
        Field.DATE: ("ngày ban hành", "ngày văn bản", "date"),
        Field.SUBJECT: ("trích yếu nội dung", "về việc", "subject"),
        Field.TYPE: ("loại văn bản", "tên loại", "tên loại văn bản", "type"),
        Field.CAPACITY: ("quyền hạn", "thẩm quyền ký"),
        Field.POSITION: ("chức vụ người ký", "position"),
        Field.SIGNER: ("họ tên người ký", "signer"),
        Field.PLACE: ("địa danh", "nơi phát hành", "place"),
        Field.URGENCY: ("mức độ khẩn", "khẩn", "urgency"),
        Field.DUE: ("hạn", "hạn trả lời", "hạn xử lí", "due"),
        Field.REPLY: ("phúc đáp cho", "phúc đáp văn bản", "trả lời", "trả lời văn bản", "reply"),
        Field.CIRCULATION: ("phạm vi",),
        Field.PAPER: ("bản giấy", "có bản giấy", "paper"),
        Field.SECRECY: ("mức độ mật", "mật"),
        Field.CLERK: ("người gửi", "cán bộ gửi"),
    }
)


def _key(name: str) -> str:
    """A field's name as people may write it: `Số, ký hiệu`, `so-ky-hieu`, `so_ky_hieu`."""
    return plain("".join(c if c.isalnum() else " " for c in name))


_FIELDS = {_key(name): field for field in Field for name in (field.value, *_OTHER_NAMES[field])}


@dataclass(frozen=True, slots=True)
class Value:
    """One value, and the line of the file on which it stands (None in JSON)."""

    text: str
    line: int | None = None


Sidecar = Mapping[Field, tuple[Value, ...]]
"""What an information file says: fields that have a value."""


def read_sidecar(name: str, data: bytes) -> Sidecar:
    """
    Read the information file called `name`.

    Raises: Rejected (SIDECAR_UNREADABLE, FIELD_UNKNOWN, FIELD_VALUE) with what is wrong in it, the first
        FAULTS_TOLD of it.
    """
    if len(data) > MOST_BYTES:
        raise _unreadable(name, f"lớn quá {MOST_BYTES // 1024} KB · larger than {MOST_BYTES // 1024} KB")
    text = text_of(data)
    if text is None:
        raise _unreadable(name, "không phải mã UTF-8 · not UTF-8")
    pairs = _from_json(name, text) if name.casefold().endswith(".json") else _from_lines(name, text)
    found: dict[Field, tuple[Value, ...]] = {}
    faults: list[Finding] = []
    for key, value in pairs:
        field = _FIELDS.get(_key(key))
        if field is None:
            faults.append(_unknown(key, value.line))
        elif value.text and field in found and field not in MANY:
            detail = "mục này ghi hai lần · it is written twice"
            faults.append(bad_value(field, value, detail))
        elif value.text:
            found[field] = (*found.get(field, ()), value)
        if len(faults) >= FAULTS_TOLD:
            break
    if faults:
        raise Rejected(*faults)
    return found


def bad_value(field: Field, value: Value, detail: str) -> Finding:
    """That a field has a value that cannot be used."""
    return find(
        catalogue.FIELD_VALUE,
        line=value.line,
        element=field.value,
        field=field.value,
        found=value.text[:200],
        detail=detail,
    )


def _from_lines(name: str, text: str) -> Iterator[tuple[str, Value]]:
    key, value, at = "", "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace() and key:  # a long value goes on, indented
            value = f"{value} {line.strip()}"
            continue
        if key:
            yield key, Value(value, at)
        key, colon, value = (part.strip() for part in line.partition(":"))
        at = number
        if not colon or not key:
            raise _unreadable(name, "thiếu dấu hai chấm · a colon is missing", number)
    if key:
        yield key, Value(value, at)


def _from_json(name: str, text: str) -> Iterator[tuple[str, Value]]:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(name, f"JSON: {error}", getattr(error, "lineno", None)) from error
    if not isinstance(tree, dict):
        raise _unreadable(name, "phải là một đối tượng JSON · it must be a JSON object")
    for key, values in tree.items():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, bool):
                yield key, Value("có" if value else "không")
            elif isinstance(value, str | int):
                yield key, Value(str(value).strip())
            elif value is not None:
                raise _unreadable(name, f"«{key}»: phải là chữ hoặc số · it must be text or a number")


def _unknown(key: str, line: int | None) -> Finding:
    near = difflib.get_close_matches(_key(key), _FIELDS, n=1, cutoff=0.0)
    nearest = _FIELDS[near[0]].value if near else Field.SUBJECT.value
    return find(catalogue.FIELD_UNKNOWN, line=line, element=key[:80], found=key[:80], nearest=nearest)


def _unreadable(name: str, detail: str, line: int | None = None) -> Rejected:
    return Rejected(find(catalogue.SIDECAR_UNREADABLE, line=line, name=name, detail=detail))
