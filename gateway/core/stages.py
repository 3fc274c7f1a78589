"""
Where a letter stands, in words for people: one word for each state of a delivery.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from gateway.core.delivery import State


class Stage(StrEnum):
    """Where a letter stands for one recipient, in words for people."""

    ON_THE_WAY = "on-the-way"
    RETRYING = "retrying"
    SENT = "sent"
    WAITING = "waiting"
    DELIVERED = "delivered"
    HELD = "held"
    QUARANTINED = "quarantined"
    RETURNED = "returned"
    STOPPED = "stopped"

    @property
    def vi(self) -> str:
        return STAGE_WORDS[self][0]

    @property
    def en(self) -> str:
        return STAGE_WORDS[self][1]

    @property
    def is_final(self) -> bool:
        return self in (Stage.DELIVERED, Stage.RETURNED, Stage.STOPPED)


STAGE_WORDS: Mapping[Stage, tuple[str, str]] = {
    Stage.ON_THE_WAY: ("đang chuyển", "on its way"),
    Stage.RETRYING: ("chờ thử lại", "waiting for the next try"),
    Stage.SENT: ("đã gửi, chờ biên nhận của nút kề", "sent, waiting for the neighbour's receipt"),
    Stage.WAITING: ("chờ đơn vị lấy về", "waiting for pick-up"),
    Stage.DELIVERED: ("đã giao vào hệ thống của đơn vị", "handed over"),
    Stage.HELD: ("tạm giữ", "held"),
    Stage.QUARANTINED: ("cách ly (chờ kiểm tra)", "quarantined"),
    Stage.RETURNED: ("Trục trả lại bên gửi", "returned by the axis"),
    Stage.STOPPED: ("đã dừng trên đường", "stopped on the way"),
}

STAGE_OF: Mapping[State, Stage] = {
    State.QUEUED: Stage.ON_THE_WAY,
    State.TRYING: Stage.ON_THE_WAY,
    State.SENT: Stage.SENT,
    State.TAKEN: Stage.ON_THE_WAY,
    State.WAITING: Stage.WAITING,
    State.DELIVERED: Stage.DELIVERED,
    State.HELD: Stage.HELD,
    State.QUARANTINED: Stage.QUARANTINED,
    State.RETURNED: Stage.RETURNED,
    State.STOPPED: Stage.STOPPED,
}
