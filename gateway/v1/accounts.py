"""
What /v1 says of accounts: keys, terms, quotas, and what went through them.

A key or a secret stands in one answer only, the one that gives it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from gateway.core.model import AgencyCode, Dialect
from gateway.ports import Credential, Quota, Terms, Traffic
from gateway.v1.findings import Shape, Wish
from gateway.v1.query import described

AgencyText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]

# --- what went through ---------------------------------------------------------------------------


class TrafficShape(Shape):
    """
    What the caller's agencies sent and received from `since` to before `until`. Sizes in bytes.

    `waiting` is what lies at their doors now; `by_status` counts the documents sent by their latest status.
    """

    since: datetime
    until: datetime
    agencies: tuple[str, ...]
    documents_sent: int
    statuses_sent: int
    bytes_sent: int
    documents_received: int
    statuses_received: int
    bytes_received: int
    acknowledged: int
    returned: int
    waiting: int
    by_status: Mapping[str, int]

    @classmethod
    def of(
        cls, traffic: Traffic, since: datetime, until: datetime, agencies: frozenset[AgencyCode]
    ) -> TrafficShape:
        return cls(
            since=since,
            until=until,
            agencies=tuple(sorted(agencies)),
            documents_sent=traffic.documents_sent,
            statuses_sent=traffic.statuses_sent,
            bytes_sent=traffic.bytes_sent,
            documents_received=traffic.documents_received,
            statuses_received=traffic.statuses_received,
            bytes_received=traffic.bytes_received,
            acknowledged=traffic.acknowledged,
            returned=traffic.returned,
            waiting=traffic.waiting,
            by_status=dict(traffic.by_status),
        )


class QuotaShape(Shape):
    """What an agency handed in today (in Vietnam), and may; None where there is no limit."""

    agency: str
    letters: int
    letters_per_day: int | None
    bytes: int
    bytes_per_day: int | None

    @classmethod
    def of(cls, quota: Quota) -> QuotaShape:
        return cls(
            agency=quota.agency,
            letters=quota.letters,
            letters_per_day=quota.letters_per_day or None,
            bytes=quota.bytes,
            bytes_per_day=quota.bytes_per_day or None,
        )


class QuotasShape(Shape):
    """The quotas of the caller's agencies, by code."""

    quotas: tuple[QuotaShape, ...]


# --- terms ---------------------------------------------------------------------------------------


class TermsShape(Shape):
    """What was agreed with an agency; 0: no limit."""

    agency: str
    dialect: Dialect
    letters_per_day: int
    bytes_per_day: int

    @classmethod
    def of(cls, agency: AgencyCode, terms: Terms) -> TermsShape:
        return cls(
            agency=agency,
            dialect=terms.dialect,
            letters_per_day=terms.letters_per_day,
            bytes_per_day=terms.bytes_per_day,
        )


class TermsWish(Wish):
    """All that is agreed from now on: what is left out is agreed no longer."""

    dialect: Dialect = described(
        Dialect.AS_SENT, "Cách viết edXML cho đơn vị", "How edXML is written for the agency"
    )
    letters_per_day: int = described(
        0, "Số văn bản mỗi ngày, 0: không hạn chế", "Letters a day, 0: no limit", ge=0, le=10**9
    )
    bytes_per_day: int = described(
        0, "Số byte mỗi ngày, 0: không hạn chế", "Bytes a day, 0: no limit", ge=0, le=10**15
    )

    def terms(self) -> Terms:
        return Terms(
            dialect=self.dialect,
            letters_per_day=self.letters_per_day,
            bytes_per_day=self.bytes_per_day,
        )


# --- keys ----------------------------------------------------------------------------------------


class KeyShape(Shape):
    """All that may be told of a credential: nothing by which it could be used."""

    key_id: str
    label: str
    agencies: tuple[str, ...]
    system_id: str
    locked: bool
    operator: bool
    may_register: bool
    certificate: str
    ends_at: datetime | None

    @classmethod
    def of(cls, key: Credential) -> KeyShape:
        return cls(
            key_id=key.key_id,
            label=key.label,
            agencies=tuple(sorted(key.agencies)),
            system_id=key.system_id,
            locked=key.locked,
            operator=key.is_operator,
            may_register=key.may_register,
            certificate=key.certificate,
            ends_at=key.ends_at,
        )


class KeysShape(Shape):
    """Credentials, by label."""

    keys: tuple[KeyShape, ...]


class KeySecret(Shape):
    """A credential with its key (`truc_…`) or, for a system that signs, its secret: shown this once."""

    key: KeyShape
    secret: str


class KeyWish(Wish):
    """A new access key; with `system_id` the credential of a system that signs its requests."""

    label: str = described("", "Tên gợi nhớ", "What it is for", max_length=200)
    agencies: tuple[AgencyText, ...] = described(
        ..., "Các đơn vị dùng khóa", "The agencies of the key", min_length=1, max_length=1000
    )
    system_id: str = described(
        "",
        "Mã hệ thống, cho SDK của trục quốc gia",
        "System id, for the SDK of the national axis",
        max_length=100,
    )
    secret: str = described(
        "",
        "Khóa bí mật mà hệ thống đang dùng; trống: trục tạo khóa mới",
        "The secret that the system has already; empty: a new one is made",
        max_length=200,
    )
    may_register: bool = described(
        False, "Hệ thống được đăng ký đơn vị cấp dưới", "The system may register agencies below its own"
    )
    certificate: str = described(
        "",
        "SHA-256 của chứng thư máy khách bắt buộc phải có",
        "SHA-256 of the client certificate that it must come with",
        pattern="^([0-9a-fA-F]{64})?$",
    )


class KeyChange(Wish):
    """What shall be other than before."""

    locked: bool = described(..., "true: khóa lại, false: mở", "true: locked, false: unlocked")


class RotationWish(Wish):
    """How long the former key lives beside the new one."""

    overlap_days: float = described(
        7.0,
        "Khóa cũ còn dùng được mấy ngày",
        "Days that the former one lives on",
        ge=0,
        le=90,
        allow_inf_nan=False,
    )
