from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.config import Config
from gateway.core.calendar import Calendar
from gateway.observe import Metrics
from gateway.reports.room import Tools, counting_room
from tests.kit.board import small_board
from tests.kit.office import NODE, small_directory


@pytest.mark.parametrize(
    ("reports", "loops"),
    [
        ({}, {"statistics", "reports"}),
        ({"files": False}, {"statistics"}),
        ({"mail_server": "env:MAIL", "mail_to": ["a@x.vn"]}, {"statistics", "reports", "reports.mail"}),
    ],
)
async def test_room_does_what_the_settings_want(
    tmp_path: Path, reports: dict[str, Any], loops: set[str]
) -> None:
    told = {
        "node": {"id": NODE, "data_dir": str(tmp_path)},
        "console": {"url": "https://truc.example"},
        "reports": reports,
    }
    async with small_board() as board:
        given = Tools(
            store=board.store,
            directory=small_directory,
            calendar=Calendar(),
            clock=board.clock,
            environ={},
            log=board.log,
            metrics=Metrics(),
        )
        room = counting_room(Config.model_validate(told), given)
    assert set(room.loops) == loops
    assert room.desk.node == NODE
    assert room.filing.path_of("2026-11") == tmp_path / "reports" / "bao-cao-2026-11.xlsx"
    if room.mailing is not None:
        assert (room.mailing.addresses, room.mailing.url) == (
            ("a@x.vn",),
            "https://truc.example/console/reports",
        )
