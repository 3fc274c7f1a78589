"""
`truc directory`: show, check and import a directory.
"""

from __future__ import annotations

from pathlib import Path

from gateway.core.catalogue import DIRECTORY_BROKEN, SCHEMA_OLD
from tests.kit.command import truc


def test_show_draws_the_tree_of_a_file(directory_file: Path) -> None:
    ran = truc("directory", "show", directory_file)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[1].startswith("G22")
    assert any(line.startswith("    H14  ") for line in lines)
    assert any(line.startswith("        H14.60  ") for line in lines)
    assert any("· 000.00.60.H14" in line for line in lines)


def test_show_wants_a_file_or_a_node_not_both(directory_file: Path, settings_file: Path) -> None:
    assert truc("directory", "show").code == 2
    assert truc("directory", "show", directory_file, "-c", settings_file).code == 2


def test_imported_directory_is_that_of_the_node(node: Path, directory_file: Path) -> None:
    shown = truc("directory", "show", "-c", node, "--json")
    assert shown.code == 0
    assert shown.json == truc("directory", "show", directory_file, "--json").json


def test_sound_directory_passes_the_check(directory_file: Path) -> None:
    assert truc("directory", "check", directory_file).code == 0


def test_unsound_directory_is_refused_with_every_fault(directory_file: Path, node: Path) -> None:
    text = directory_file.read_text("utf-8").replace('parent = "G22"', 'parent = "NONE"')
    directory_file.write_text(text, "utf-8")
    checked = truc("directory", "check", directory_file, "--json")
    assert checked.code == 1
    assert {f["code"] for f in checked.json["findings"]} == {DIRECTORY_BROKEN.code}
    before = truc("directory", "show", "-c", node, "--json").json
    assert truc("directory", "import", "-c", node, directory_file).code == 1
    assert truc("directory", "show", "-c", node, "--json").json == before


def test_database_that_was_never_migrated_is_told(settings_file: Path, directory_file: Path) -> None:
    (settings_file.parent / "data").mkdir()
    ran = truc("directory", "import", "-c", settings_file, directory_file)
    assert ran.code == 1
    assert SCHEMA_OLD.code in ran.err
