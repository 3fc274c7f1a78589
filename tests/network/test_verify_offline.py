"""
A sealed file speaks for itself: verified in a fresh environment, without a node, a database or a network.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.evidence import evidence_chunks
from gateway.letters import DIALECTS, compose
from gateway.store.blobs import FileBlobs
from tests.kit.command import truc
from tests.kit.sealed import Seals, label, make_seals, members_of, stored
from tests.kit.source_tree import ROOT
from tests.unit.cli.edxml_files import RECEIVER, SENDER, sound

NOW = datetime.now(UTC).replace(microsecond=0)

# In that environment these cannot be imported, and every attempt to reach a network ends it.
NOT_THERE = ("sqlalchemy", "alembic", "aiohttp", "aio_pika", "aiormq", "psycopg", "uvloop", "structlog")
ALONE = f"""
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {NOT_THERE!r}:
            raise ModuleNotFoundError(f"{{name}} is not installed here", name=name)
sys.meta_path.insert(0, Missing())
def watch(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "sqlite3.connect"):
        sys.stderr.write(f"{{event}}{{arguments}}")
        sys.exit(99)
sys.addaudithook(watch)
"""


@dataclass(frozen=True)
class Elsewhere:
    """A machine that never saw a node."""

    python: Path
    folder: Path

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [str(self.python), *map(str, arguments)]
        return subprocess.run(
            command, cwd=self.folder, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True
        )

    def truc(self, *arguments: object) -> tuple[int, Any]:
        """A command with --json: exit code and answer."""
        ran = self.run("-m", "gateway.cli", *arguments, "--json")
        assert ran.stdout, ran.stderr
        return ran.returncode, json.loads(ran.stdout)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    """A virtual environment with the locked libraries and this source, but for what a node needs."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    site = next((folder / "venv").glob("lib/python*/site-packages"))
    (site / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n", "utf-8")
    (site / "sitecustomize.py").write_text(ALONE, "utf-8")
    return Elsewhere(folder / "venv" / "bin" / "python", folder)


@pytest.fixture(scope="module")
def seals(elsewhere: Elsewhere) -> Seals:
    """Whom to trust; root and lists lie on that machine."""
    made = make_seals(NOW)
    made.write(elsewhere.folder)
    return made


@pytest.fixture(scope="module")
def letter(elsewhere: Elsewhere, seals: Seals, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a node gives out of a letter with an attachment of 300 KB."""
    edxml = compose(DIALECTS[0], SENDER, [RECEIVER], 1, Random(1), size=300_000)
    blobs = FileBlobs(tmp_path_factory.mktemp("node"), "one")
    routing = label(edxml, NOW)
    kept = stored(members_of(edxml, routing), routing, seals.both, NOW, blobs)
    file = elsewhere.folder / "letter.asice"
    with file.open("wb") as out:
        out.writelines(evidence_chunks(kept, blobs))
    return file


def test_that_machine_has_neither_database_nor_network(elsewhere: Elsewhere) -> None:
    for library in NOT_THERE:
        assert "is not installed here" in elsewhere.run("-c", f"import {library}").stderr
    look_up = "import socket; socket.create_connection(('127.0.0.1', 9))"
    assert elsewhere.run("-c", look_up).returncode == 99


def test_letter_passes_there(elsewhere: Elsewhere, letter: Path) -> None:
    code, answer = elsewhere.truc("verify", letter, "--trust", "root.pem", "--crl", "crl")
    assert (code, answer["outcome"]) == (0, "passed")
    assert answer["findings"] == []
    assert answer["letter"]["origin"] == "H14"
    assert answer["original"]["sha256"] == answer["letter"]["original_sha256"]


def test_without_revocation_lists_it_stays_undetermined(elsewhere: Elsewhere, letter: Path) -> None:
    code, answer = elsewhere.truc("verify", letter, "--trust", "root.pem")
    assert (code, answer["outcome"]) == (3, "undetermined")


def test_changed_byte_is_found_there_too(elsewhere: Elsewhere, letter: Path) -> None:
    spoilt = bytearray(letter.read_bytes())
    spoilt[-100_000] ^= 1
    (elsewhere.folder / "spoilt.asice").write_bytes(spoilt)
    code, answer = elsewhere.truc("verify", "spoilt.asice", "--trust", "root.pem", "--crl", "crl")
    assert code == 1
    assert answer["reasons"][0]["member"].startswith("parts/")


def test_original_comes_out_there(elsewhere: Elsewhere, letter: Path) -> None:
    options = ["--trust", "root.pem", "--crl", "crl", "--extract", "out"]
    code, answer = elsewhere.truc("verify", letter, *options)
    assert code == 0
    original, *attachments = (elsewhere.folder / path for path in answer["extracted"])
    assert original.stat().st_size == answer["original"]["size"]
    assert attachments
    assert all(path.is_file() for path in attachments)


def test_agency_seals_there_and_another_machine_verifies_it(elsewhere: Elsewhere, seals: Seals) -> None:
    """The clerk's own machine has no node either."""
    sound(elsewhere.folder / "letter.edxml", size=50_000)
    code, answer = elsewhere.truc("seal", "letter.edxml", "--key", "agency.pem", "-o", "own.asice")
    assert (code, answer["key"]) == (0, "P-256")
    folder = elsewhere.folder
    trusted = ["--trust", folder / "root.pem", "--crl", folder / "crl"]
    assert truc("verify", folder / "own.asice", *trusted).code == 0


def test_verifying_loads_nothing_of_a_node(elsewhere: Elsewhere, letter: Path) -> None:
    """Not even where all of it is installed."""
    arguments = ["verify", str(letter), "--trust", str(elsewhere.folder / "root.pem"), "--json"]
    look = (
        f"import sys; from gateway.cli import main; code = main({arguments!r}); "
        f"loaded = [name for name in {NOT_THERE!r} if name in sys.modules]; "
        "print('left', code, loaded)"
    )
    ran = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1] == "left 3 []"
