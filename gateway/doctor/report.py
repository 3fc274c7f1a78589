"""
What the doctor writes for support: what was checked, the settings, and the versions of everything, without a
secret and without a word of any letter.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from gateway import __version__
from gateway.config import Config
from gateway.doctor.checks import Check
from gateway.doctor.hall import StoreSeen

HIDDEN = "…"


def report_of(
    config: Config | None, checks: Sequence[Check], seen: StoreSeen | None, now: datetime
) -> dict[str, Any]:
    """The whole report. Settings of foreign adapters are left out: only they know which are secret."""
    return {
        "truc": __version__,
        "at": now.isoformat(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "checks": [check.as_dict() for check in checks],
        "settings": None if config is None else _settings(config),
        "standing": {} if seen is None else dict(seen.standing),
        "alerts": [] if seen is None else list(seen.alerts),
        "directory_version": None if seen is None or seen.directory is None else seen.directory.version,
        "packages": dict(sorted({d.name.lower(): d.version for d in distributions()}.items())),
    }


def _settings(config: Config) -> dict[str, Any]:
    """The settings; of each secret only where it lies stands in them."""
    told = config.model_dump(mode="json", serialize_as_any=True)
    told["adapters"] = dict.fromkeys(config.adapters, HIDDEN)
    return told


def write_report(file: Path, report: dict[str, Any]) -> None:
    """Write it, for this user alone; a report of before is replaced. Raises: OSError."""
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        json.dump(report, opened, ensure_ascii=False, indent=2, default=str)
        opened.write("\n")
