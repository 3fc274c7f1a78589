"""The sandbox' own certificate authority."""

from __future__ import annotations

import asyncio
import stat
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from gateway.config import Config
from gateway.core.directory import load_toml
from gateway.core.model import Part
from gateway.core.seals import sealed_parts
from gateway.sandbox.pki import make_pki
from gateway.seals import NodeSealer, seal_of
from signing.verdict import Outcome
from signing.verify import verify

NOW = datetime.now(UTC)


async def test_every_node_seals_so_that_every_other_trusts_it(tmp_path: Path) -> None:
    directory = load_toml((files("gateway.directories") / "three-tier.toml").read_bytes())
    sections = make_pki(tmp_path, directory, NOW)
    node = next(iter(directory.nodes))
    config = Config.model_validate({"node": {"id": node, "data_dir": str(tmp_path)}, "seal": sections[node]})
    key, trust = seal_of(config, {})
    parts = [Part("routing.json", 1, "a" * 64), Part("envelope.xml", 2, "b" * 64)]
    seal = await NodeSealer(key).seal(parts, NOW)
    verdict = await asyncio.to_thread(
        verify, seal, sealed_parts(parts), trust.current(), at=NOW, arrived_at=NOW + timedelta(minutes=1)
    )
    assert verdict.outcome is Outcome.PASSED
    assert verdict.facts.common_name == node


def test_key_files_are_for_their_owner_only(tmp_path: Path) -> None:
    directory = load_toml((files("gateway.directories") / "three-tier.toml").read_bytes())
    for section in make_pki(tmp_path, directory, NOW).values():
        assert stat.S_IMODE(Path(section["key_file"]).stat().st_mode) == 0o600
