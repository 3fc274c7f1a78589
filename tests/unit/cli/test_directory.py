"""
`truc directory`: show, check, compare and write a directory.
"""

from __future__ import annotations

from pathlib import Path

from gateway.core.catalogue import DIRECTORY_BROKEN, DIRECTORY_ODD, SCHEMA_OLD
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


def test_check_of_a_node_tells_what_is_odd(node: Path, tmp_path: Path) -> None:
    assert truc("directory", "check", "-c", node, "--json").json["findings"] == []
    lonely = tmp_path / "list.csv"
    lonely.write_text("code,name,valid_to\n000.00.77.H14,Ban cũ,2020-01-01\n", "utf-8")
    assert truc("directory", "import", "-c", node, lonely).code == 0
    checked = truc("directory", "check", "-c", node, "--json")
    assert checked.code == 0
    assert [f["code"] for f in checked.json["findings"]] == [DIRECTORY_ODD.code]


def test_diff_of_two_files_names_each_row(directory_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    text = directory_file.read_text("utf-8")
    other.write_text(
        text.replace('\nname = "Ủy ban nhân dân xã Hòa An"', '\nname = "UBND xã Hòa An"'), "utf-8"
    )
    ran = truc("directory", "diff", directory_file, other, "--json")
    assert ran.code == 0
    assert ran.json["counts"] == {"added": 0, "changed": 1, "closed": 0, "removed": 0}
    (row,) = ran.json["rows"]
    assert row["fields"] == {"name": ["Ủy ban nhân dân xã Hòa An", "UBND xã Hòa An"]}
    lines = truc("directory", "diff", directory_file, other).out.splitlines()
    assert lines[0].startswith("~ 000.00.60.H14")
    assert "0 added, 1 changed" in lines[-1]


def test_diff_wants_two_sides(directory_file: Path, node: Path) -> None:
    assert truc("directory", "diff", directory_file).code == 2
    ran = truc("directory", "diff", directory_file, "-c", node)
    assert (ran.code, len(ran.out.splitlines())) == (0, 1)


def test_exported_directory_is_the_same_again(node: Path, directory_file: Path, tmp_path: Path) -> None:
    for form in ("toml", "json", "csv"):
        written = tmp_path / f"written.{form}"
        written.write_text(truc("directory", "export", "-c", node, "--form", form).out, "utf-8")
        assert truc("directory", "diff", "-c", node, written, "--json").json["rows"] == []
    assert truc("directory", "export").code == 2
    assert truc("directory", "export", directory_file).out.startswith("version = 1")
