"""
`truc agency move`: there, back, and again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.opened import store_of
from gateway.core.directory import Agency
from gateway.vault import FileVault
from tests.kit.command import truc

CODE = "000.00.00.H14"
ELSEWHERE = "000.00.60.H14"


@pytest.fixture
def uplinked(node: Path) -> Path:
    """The node with an axis above it."""
    node.write_text(node.read_text() + '[uplink]\nendpoint = "http://127.0.0.1:9"\n', "utf-8")
    return node


def standing(node: Path) -> tuple[Agency, Mapping[str, Any], int]:
    """The row, what is set, and the directory's version."""

    async def look() -> tuple[Agency, Mapping[str, Any], int]:
        async with store_of(node) as (_, store):
            directory = await store.directory()
            agency = directory.find(CODE)
            assert agency is not None
            ways = (await store.ways()).get("uplink", {})
            return agency, ways.get(agency.code, {}), directory.version

    return asyncio.run(look())


def move(node: Path, *more: str) -> Any:
    return truc("agency", "move", "-c", node, CODE, *more)


def test_agency_goes_up_and_comes_back_as_it_was(uplinked: Path) -> None:
    before, _, _ = standing(uplinked)
    up = move(uplinked, "uplink", "--json")
    there, _, _ = standing(uplinked)
    back = move(uplinked, "local", "--json")
    after, _, _ = standing(uplinked)
    assert (up.code, up.json["before"], up.json["served"]) == (0, "local", "uplink")
    assert (there.delivery, there.sends_arrived) == ("uplink", True)
    assert up.json["back"].endswith(f"{CODE} local")
    assert (back.code, back.json["before"]) == (0, "uplink")
    assert (after.delivery, after.sends_arrived, after.name) == (
        before.delivery,
        before.sends_arrived,
        before.name,
    )


def test_its_secret_is_kept_sealed_and_never_shown(uplinked: Path) -> None:
    ran = move(uplinked, "both", "--system-id", "vxp.own", "--secret", "bí mật")
    _, settings, _ = standing(uplinked)
    assert ran.code == 0
    assert "bí mật" not in ran.out + ran.err
    assert "bí mật" not in str(settings)
    assert FileVault(uplinked.parent / "data" / "secrets.key").open(settings["secret"]) == "bí mật"
    assert move(uplinked, "uplink").code == 0
    again = move(uplinked, "both", "--json")
    assert (again.code, again.json["system_id"]) == (0, "vxp.own"), "what is known need not be said again"


def test_second_time_changes_nothing(uplinked: Path) -> None:
    assert move(uplinked, "uplink").code == 0
    first = standing(uplinked)
    assert move(uplinked, "uplink").code == 0
    assert standing(uplinked) == first


def test_way_of_delivery_can_be_said(uplinked: Path) -> None:
    assert move(uplinked, "uplink").code == 0
    assert move(uplinked, "local", "--delivery", "vxp").code == 0
    assert standing(uplinked)[0].delivery == "vxp"


def test_people_are_told_what_happens_and_how_to_go_back(uplinked: Path) -> None:
    ran = move(uplinked, "uplink")
    assert "đi lên trục phía trên" in ran.out
    assert f"go back: truc agency move -c {uplinked} {CODE} local" in ran.out


def test_what_is_missing_is_said_and_nothing_is_changed(node: Path) -> None:
    before = standing(node)
    assert move(node, "uplink").code == 1, "there is no axis above"
    assert move(node, "moon").code == 2
    node.write_text(node.read_text() + '[uplink]\nendpoint = "http://127.0.0.1:9"\n', "utf-8")
    assert move(node, "both").code == 1, "its system id is not known"
    assert truc("agency", "move", "-c", node, ELSEWHERE, "uplink").code == 1, "another node serves it"
    assert standing(node) == before
