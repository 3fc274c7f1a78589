from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.config import load
from gateway.core.alerts import QUIET, AlertKind, AlertLimits, Patience
from gateway.core.errors import Misconfigured


def loaded(tmp_path: Path, text: str, **environ: str):  # type: ignore[no-untyped-def]
    file = tmp_path / "node.toml"
    file.write_text(f'[node]\nid = "H14"\n{text}', "utf-8")
    return load(file, environ)


def test_severe_conditions_are_watched_without_any_setting(tmp_path: Path) -> None:
    alerts = loaded(tmp_path, "").alerts
    assert alerts.enabled
    assert alerts.quiet == QUIET
    assert (alerts.limits(), alerts.patience()) == (AlertLimits(), Patience())


def test_thresholds_and_ways_are_set(tmp_path: Path) -> None:
    text = '[alerts]\nurgent_after = "5min"\nquiet = []\n[alerts.ways.duty]\nurl = "file:duty.url"\n'
    alerts = loaded(tmp_path, text).alerts
    assert alerts.limits().urgent_after == timedelta(minutes=5)
    assert alerts.quiet == ()
    assert alerts.ways["duty"].url.name == str(tmp_path / "duty.url")


def test_kinds_are_listed_in_the_environment(tmp_path: Path) -> None:
    alerts = loaded(tmp_path, "", TRUC_ALERTS_QUIET="disk, clock").alerts
    assert alerts.quiet == (AlertKind.DISK, AlertKind.CLOCK)


@pytest.mark.parametrize(
    "text",
    [
        '[alerts]\nquiet = ["dísk"]\n',
        "[alerts]\nrefusals_percent = 0\n",
        '[alerts]\nremind = "5s"\n',
        '[alerts.ways.duty]\nurl = "mailto://lan:secret@tinh.vn"\n',
        "[syslog]\nfacility = 24\n",
        '[syslog]\ntransport = "smoke"\n',
    ],
)
def test_value_that_can_not_be_used_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Misconfigured):
        loaded(tmp_path, text)
