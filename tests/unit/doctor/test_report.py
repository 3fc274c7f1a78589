from __future__ import annotations

import json
import stat
from pathlib import Path

from gateway.config import Config
from gateway.doctor.checks import Part, good
from gateway.doctor.hall import StoreSeen
from gateway.doctor.report import report_of, write_report
from tests.kit.clock import START


def test_settings_name_where_secrets_lie_and_foreign_ones_are_left_out(tmp_path: Path) -> None:
    config = Config.model_validate(
        {"node": {"id": "H14"}, "store": {"password": "env:PG"}, "adapters": {"spool": {"token": "hush"}}}
    )
    file = tmp_path / "report.json"
    file.write_text("the one before", "utf-8")
    seen = StoreSeen(standing={"queued": 3})
    write_report(file, report_of(config, [good(Part.CONFIG, "đọc được", "sound")], seen, START))
    told = json.loads(file.read_text("utf-8"))
    assert told["settings"]["store"]["password"]["name"] == "PG"
    assert "hush" not in file.read_text("utf-8")
    assert (told["standing"], told["checks"][0]["en"]) == ({"queued": 3}, "sound")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_report_is_written_without_settings_too() -> None:
    told = report_of(None, [], None, START)
    assert (told["settings"], told["alerts"]) == (None, [])
