"""
`truc directory publish|editions`: shown first, signed by the node's own key, only for its own subtree.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.core.model import NodeId
from gateway.sandbox.pki import SandboxPki
from signing.devpki import KeyKind
from tests.kit.command import truc


@pytest.fixture
def sealing(node: Path, tmp_path: Path) -> SandboxPki:
    """The node H14 with a key to seal with."""
    (tmp_path / "pki").mkdir()
    pki = SandboxPki(tmp_path / "pki", datetime.now(UTC), KeyKind.P256)
    use_key(node, pki, NodeId("H14"))
    return pki


def use_key(node: Path, pki: SandboxPki, name: NodeId) -> None:
    settings = "".join(f'{key} = "{value}"\n' for key, value in pki.settings(name).items())
    text = node.read_text("utf-8").partition("[seal]")[0]
    node.write_text(f"{text}[seal]\n{settings}", "utf-8")


def changed(directory_file: Path, before: str, after: str) -> Path:
    """The node's directory with one thing changed."""
    file = directory_file.with_name("changed.toml")
    text = directory_file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")
    return file


@pytest.fixture
def renamed(directory_file: Path) -> Path:
    return changed(
        directory_file, '\nname = "Ủy ban nhân dân xã Hòa An"', '\nname = "Ủy ban nhân dân xã Hòa An mới"'
    )


def test_publishing_shows_and_does_nothing_without_yes(
    node: Path, sealing: SandboxPki, renamed: Path
) -> None:
    ran = truc("directory", "publish", "-c", node, renamed)
    assert ran.code == 0
    assert "~ 000.00.60.H14" in ran.out
    assert "--yes" in ran.out
    assert "there are no editions" in truc("directory", "editions", "-c", node).out


def test_published_editions_are_numbered_and_wait_for_their_day(
    node: Path, sealing: SandboxPki, renamed: Path
) -> None:
    ran = truc("directory", "publish", "-c", node, renamed, "--from", "2099-07-01", "--yes", "--json").json
    assert (ran["done"], ran["signer"], ran["edition"]) == (True, "H14", 1)
    now = truc("directory", "publish", "-c", node, renamed, "--yes")
    assert "published: edition 2 of H14" in now.out
    shown = truc("directory", "editions", "-c", node, "--json").json
    assert [(each["edition"], each["state"]) for each in shown["editions"]] == [
        (1, "waiting"),
        (2, "waiting"),
    ]
    assert shown["editions"][0]["valid_from"] == "2099-06-30T17:00:00+00:00"  # midnight in Hà Nội
    assert "H14 1  chờ hiệu lực · waiting  01/07/2099" in truc("directory", "editions", "-c", node).out
    pending = truc("directory", "pending", "-c", node, "--json").json["pending"]
    assert [(each["signer"], each["edition"]) for each in pending] == [("H14", 2), ("H14", 1)]


def test_what_changes_nothing_is_not_published(node: Path, sealing: SandboxPki, directory_file: Path) -> None:
    ran = truc("directory", "publish", "-c", node, directory_file, "--yes", "--json")
    assert (ran.code, ran.json["done"], ran.json["edition"]) == (0, False, None)


def test_node_publishes_nothing_of_others(node: Path, sealing: SandboxPki, directory_file: Path) -> None:
    foreign = changed(directory_file, '"Văn phòng Chính phủ"', '"Văn phòng khác"')
    ran = truc("directory", "publish", "-c", node, foreign, "--yes")
    assert ran.code == 1
    assert "TRUC-617" in ran.err
    assert truc("directory", "editions", "-c", node, "--json").json == {"editions": [], "refused": []}


def test_unsound_change_is_not_published(node: Path, sealing: SandboxPki, directory_file: Path) -> None:
    broken = changed(directory_file, 'successor = "000.00.62.H14"', 'successor = "000.00.99.H14"')
    ran = truc("directory", "publish", "-c", node, broken, "--yes")
    assert (ran.code, "000.00.99.H14" in ran.err) == (1, True)


def test_without_a_key_or_with_another_s_nothing_is_published(
    node: Path, renamed: Path, sealing: SandboxPki
) -> None:
    use_key(node, sealing, NodeId("H21"))
    ran = truc("directory", "publish", "-c", node, renamed, "--yes")
    assert (ran.code, "TRUC-614" in ran.err) == (1, True)
    node.write_text(node.read_text("utf-8").partition("[seal]")[0], "utf-8")
    ran = truc("directory", "publish", "-c", node, renamed, "--yes")
    assert (ran.code, "TRUC-802" in ran.err) == (1, True)
    assert truc("directory", "editions", "-c", node, "--json").json["editions"] == []
