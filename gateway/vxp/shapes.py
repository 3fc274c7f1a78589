"""
The lines of VXP's lists, as we write them and as we read those of another server.

Reading is tolerant: what is missing or null becomes empty, a number becomes text, unknown keys are passed
over, keys are compared without regard to case. Times are text; see `parameters.write_time`.

Spec: VXP
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel

_WIRE = {
    "sender": "from",
    "recipient": "to",
    "created_time": "created_time",
    "updated_time": "updated_time",
    "status_desc": "status_desc",
}

Line = TypeVar("Line", bound="Shape")


def _wire_name(name: str) -> str:
    return _WIRE.get(name) or to_camel(name)


class Shape(BaseModel):
    """A JSON object of VXP; every value is text, a number or a truth, never null."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=_wire_name,
        populate_by_name=True,
        coerce_numbers_to_str=True,
    )

    def wire(self) -> dict[str, str | int | bool]:
        """Its keys and values as they are written."""
        return self.model_dump(by_alias=True)

    @classmethod
    def read(cls, told: object) -> Self | None:
        """The shape that a JSON value holds, or None if it is no object."""
        return cls.model_validate(told) if isinstance(told, Mapping) else None

    @model_validator(mode="before")
    @classmethod
    def _tolerate(cls, told: Any) -> Any:
        """Leave out what cannot be read, so that one strange value does not hide the rest of a list."""
        if not isinstance(told, Mapping):
            return told
        names = {f.alias.lower(): name for name, f in cls.model_fields.items() if f.alias}
        names |= {name.lower(): name for name in cls.model_fields}
        read: dict[str, Any] = {}
        for key, value in told.items():
            name = names.get(str(key).lower())
            if (
                name is not None
                and (tolerable := _value(cls.model_fields[name].annotation, value)) is not None
            ):
                read[name] = tolerable
        return read


def _value(kind: Any, value: Any) -> str | int | bool | None:
    """A value as its field wants it, or None if it says nothing of that kind."""
    if value is None:
        return None
    if kind is bool:
        return str(value).strip().lower() in ("true", "1")
    if kind is int:
        text = str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):  # several recipients
        return ",".join(part for part in value if isinstance(part, str))
    return None


class AgencyLine(Shape):
    """A line of getAgenciesList."""

    id: str = ""
    pid: str = ""
    code: str = ""
    name: str = ""
    mail: str = ""
    old_code: str = ""


class AgencyLineQD20(Shape):
    """A line of getAgenciesListQD20: `code` by QĐ 20/2020, `code102` the one that edXML bears."""

    id: str = ""
    code: str = ""
    name: str = ""
    mail: str = ""
    code102: str = ""


class UnitLine(Shape):
    """A line of getSynchronizeUnit."""

    id: str = ""
    pid: str = ""
    code: str = ""
    name: str = ""
    mail: str = ""
    version: int = 0
    center_code: str = ""
    deleted: bool = False
    modify_date: str = ""
    is_agency: bool = True


class ReceivedLine(Shape):
    """A line of getReceivedEdocList. `recipient` may name several, between commas."""

    doc_id: str = ""
    service_type: str = ""
    message_type: str = ""
    created_time: str = ""
    updated_time: str = ""
    sender: str = ""
    recipient: str = ""
    status: str = ""
    status_desc: str = ""


class SentLine(Shape):
    """A line of getSentEdocList: one receiver of one message."""

    service_type: str = ""
    message_type: str = ""
    sender_doc_id: str = ""
    receiver_doc_id: str = ""
    from_code: str = ""
    to_code: str = ""
    title: str = ""
    notation: str = ""
    sent_time: str = ""
    received_time: str = ""
    send_status: str = ""
    send_status_desc: str = ""
    receive_status: str = ""
    receive_status_desc: str = ""


class AgencyForm(Shape):
    """The body of registerAgency; `pcode` is the parent's code."""

    id: str = ""
    pcode: str = ""
    code: str = ""
    name: str = ""
    mail: str = ""
    mobile: str = ""
    fax: str = ""


def read_lines(shape: type[Line], data: object) -> tuple[Line, ...]:
    """The lines of a list; what is no object, or holds nothing that can be read, is passed over."""
    told: Iterable[object] = data if isinstance(data, list) else ()
    read = (shape.read(line) for line in told)
    return tuple(line for line in read if line is not None)
