"""
What is installed is what was tried: the wheel, in a fresh environment, far from the source.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.kit.source_tree import PACKAGES, ROOT

pytestmark = pytest.mark.wheel

# Loaded at run time from inside the package; a wheel without them fails only when somebody needs them.
LOOK = """
from importlib.metadata import entry_points, version
from importlib.resources import files
import gateway, schemas
from gateway.core.directory import check, load_toml
from gateway.store.migrate import head
from schemas.catalog import schema

assert "site-packages" in gateway.__file__, gateway.__file__
assert version("truc") == gateway.__version__
for file in (files("gateway.directories")).iterdir():
    if file.name.endswith(".toml"):
        assert not check(load_toml(file.read_bytes())), file.name
assert (files("schemas") / "CLAUSES.tsv").is_file()
assert any(f.name.endswith(".xsd") for f in (files("schemas") / "edxml").iterdir())
assert head()
assert (files("gateway.core.capacity") / "measured.toml").is_file()
console = files("gateway.http.console")
for part in ("static/console.css", "templates/frame.html", "locale/en/LC_MESSAGES/console.mo"):
    assert console.joinpath(*part.split("/")).is_file(), part
assert {point.name for point in entry_points(group="truc.adapters")} >= {"mailbox"}
assert all(point.load() for point in entry_points(group="truc.adapters"))
print("sound")
"""


# A node of the installed package, with the adapter of another one: no test framework, no source tree.
DELIVER = """
import asyncio, sys
from pathlib import Path
from gateway.core.directory import Agency
from gateway.sandbox.trial_node import HurriedClock, TrialNode

async def main(folder):
    (folder / "of-reader" / "in").mkdir(parents=True)
    writer = Agency(code="W.H14", name="Writer", node="H14")
    reader = Agency(code="R.H14", name="Reader", node="H14", delivery="spool")
    sections = {"adapters": {"spool": {"root": str(folder)}}}
    node = TrialNode(folder, "H14", [writer, reader], sections, HurriedClock())
    await node.start()
    try:
        await node.set_way("R.H14", "spool", {"folder": "of-reader"})
        content = node.letter("W.H14", "R.H14")
        letter_id = (await node.send(content, "W.H14")).letter_id
        laid = folder / "of-reader" / "in" / f"{letter_id}.edxml"

        async def is_there():
            return laid.is_file()

        await node.until(is_there, "the letter lies in the spool")
        assert laid.read_bytes() == content
    finally:
        await node.stop()

asyncio.run(main(Path(sys.argv[1])))
print("delivered")
"""


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the tree so that the checkout stays clean."""
    copy, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    tracked = [*PACKAGES, "pyproject.toml", "README.md", "LICENSE"]
    run("cp", "-r", *(ROOT / name for name in tracked), copy, cwd=ROOT)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, cwd=copy)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel, and with the locked libraries of the one that runs the tests."""
    home = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", home / "venv", cwd=home)
    python = home / "venv" / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip())
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home)
    # the folder of libraries comes last, and what its own .pth files say (the editable install) is not read
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return home


@pytest.fixture(scope="module")
def spool(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example of an adapter in a package of its own, installed beside ours; the folder of its source."""
    copy, out = tmp_path_factory.mktemp("spool") / "source", tmp_path_factory.mktemp("spool-wheel")
    run("cp", "-r", ROOT / "tests" / "example_adapter", copy, cwd=ROOT)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, cwd=copy)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    pip += ("--python", environment / "venv" / "bin" / "python")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", *out.glob("*.whl"), cwd=copy)
    return copy


def test_wheel_holds_our_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        tops = {name.partition("/")[0] for name in content.namelist()}
    assert {t for t in tops if not t.endswith(".dist-info")} == set(PACKAGES)


def test_everything_that_is_loaded_at_run_time_is_inside(environment: Path) -> None:
    assert run(environment / "venv" / "bin" / "python", "-c", LOOK, cwd=environment).strip() == "sound"


def test_installed_command_runs_an_axis(environment: Path) -> None:
    truc = environment / "venv" / "bin" / "truc"
    assert "sandbox" in run(truc, "--help", cwd=environment)
    assert "--once" in run(truc, "sandbox", "--help", cwd=environment)
    axis = ("sandbox", "--once", "--count", 2, "--directory", "three-tier", "--json")
    assert json.loads(run(truc, *axis, cwd=environment))["delivered"] == 2


def test_adapter_of_another_package_is_found_and_delivers(
    environment: Path, spool: Path, tmp_path: Path
) -> None:
    python = environment / "venv" / "bin" / "python"
    assert run(python, "-c", DELIVER, tmp_path, cwd=environment).strip() == "delivered"


def test_adapter_of_another_package_keeps_the_contract_where_it_is_installed(
    environment: Path, spool: Path
) -> None:
    """With pytest alone: no plug-in of ours, no configuration."""
    python = environment / "venv" / "bin" / "python"
    pytest_alone = ("-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider", "-p", "no:asyncio")
    told = run(python, *pytest_alone, spool / "test_spool.py", cwd=spool)
    assert re.search(r"\d+ passed, \d+ skipped", told.splitlines()[-1]), told
