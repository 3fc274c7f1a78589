"""
`truc doctor` on nodes that are well, half made, and broken.
"""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.kit.certificates import Certificates
from tests.kit.command import truc

PASSWORD = "mat-khau-khong-ai-duoc-thay"


def parts(answer: dict[str, list[dict[str, str]]], verdict: str) -> set[str]:
    return {check["part"] for check in answer["checks"] if check["verdict"] == verdict}


@pytest.fixture
def sealing(node: Path) -> Path:
    """A node with a key for its seal, links whose brokers are nowhere, and secrets of every kind."""
    folder = node.parent
    made = Certificates(folder / "pki")
    made.client("seal.pem")
    (folder / "roots").mkdir()
    (folder / "roots" / "root.pem").write_bytes(made.root.read_bytes())
    secret = folder / "link.password"
    secret.write_text(PASSWORD, "utf-8")
    secret.chmod(0o600)
    links = "".join(
        f'[broker.links."{name}"]\nurl = "amqp://h14@127.0.0.1:1/{name}"\npassword = "file:link.password"\n'
        for name in neighbours(node)
    )
    with node.open("a", encoding="utf-8") as file:
        file.write(
            f'[seal]\nkey_file = "pki/seal.pem"\ntrust_dir = "roots"\n{links}'
            '[alerts.ways.duty]\nurl = "env:DUTY"\n[adapters.spool]\ntoken = "' + PASSWORD + '"\n'
        )
    return node


def neighbours(node: Path) -> list[str]:
    from gateway.core.directory import load_toml
    from gateway.core.model import NodeId

    return [*load_toml((node.parent / "directory.toml").read_bytes()).neighbours(NodeId("H14"))]


def test_settings_that_can_not_be_read_are_told_and_nothing_else(settings_file: Path) -> None:
    settings_file.write_text('[node]\nid = "H14"\nidd = 1\n', "utf-8")
    ran = truc("doctor", "-c", settings_file, "--json")
    assert ran.code == 1
    assert [check["part"] for check in ran.json["checks"]] == ["config"]
    assert ran.json["checks"][0]["mend_en"] == "Correct its name"


def test_node_that_was_never_migrated_is_told_how(settings_file: Path) -> None:
    ran = truc("doctor", "-c", settings_file)
    assert ran.code == 1
    assert "truc migrate" in ran.out
    assert "chmod" not in ran.out


def test_each_part_is_looked_at(sealing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUTY", f"json://lan:{PASSWORD}@127.0.0.1/")
    ran = truc("doctor", "-c", sealing, "--json", "--time-from", "http://127.0.0.1:1/")
    assert ran.code == 1  # brokers that are nowhere
    assert parts(ran.json, "bad") <= {"broker", "neighbours", "certificates"}
    assert {"config", "secrets", "keys", "disk", "store"} <= parts(ran.json, "good")
    assert {check["part"] for check in ran.json["checks"]} >= {"clock", "neighbours"}
    assert "clock" in parts(ran.json, "unknown")
    assert ran.json["ok"] is False
    for check in ran.json["checks"]:
        assert check["vi"]
        assert check["en"]
        assert check["mend_vi"] or check["verdict"] != "bad"


def test_secret_that_is_missing_or_open_is_told_by_name(sealing: Path) -> None:
    (sealing.parent / "link.password").chmod(0o644)
    ran = truc("doctor", "-c", sealing)
    assert ran.code == 1
    assert "link.password" in ran.out
    assert "chmod 600" in ran.out
    assert "env:DUTY" in ran.out


def test_database_that_is_broken_is_told(sealing: Path) -> None:
    database = sealing.parent / "data" / "truc.db"
    data = bytearray(database.read_bytes())
    for at in range(8192, len(data) - 4096, 4096):
        data[at : at + 64] = b"\xff" * 64
    database.write_bytes(data)
    ran = truc("doctor", "-c", sealing, "--json")
    assert ran.code == 1
    assert "store" in parts(ran.json, "bad")


def test_report_holds_no_secret(sealing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUTY", f"json://lan:{PASSWORD}@127.0.0.1/")
    file = tmp_path / "report.json"
    ran = truc("doctor", "-c", sealing, "--report", file)
    text = file.read_text("utf-8")
    assert PASSWORD not in text + ran.out + ran.err
    assert "PRIVATE KEY" not in text
    report = json.loads(text)
    assert report["settings"]["node"]["id"] == "H14"
    assert report["settings"]["adapters"] == {"spool": "…"}
    assert report["checks"]
    assert report["packages"]["truc"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert truc("doctor", "-c", sealing, "--report", file).code == 1
