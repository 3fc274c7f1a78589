import unicodedata
from pathlib import Path

import pytest

from adapters.folder.layout import ANSWERS, MARK, TEMPLATE_NAME, Places, is_note_of_ours, same


def ready(tmp_path: Path) -> Places:
    root = tmp_path / "shares" / "a"
    root.mkdir(parents=True)
    places = Places(root)
    places.make_ready(tmp_path / "shares", tmp_path / "data" / "note")
    return places


def test_folder_gets_all_its_places_and_a_template(tmp_path: Path) -> None:
    places = ready(tmp_path)
    assert {path.name for path in places.root.iterdir()} == {MARK, "in", "out", *ANSWERS}
    assert places.statuses.is_dir()
    assert places.sent.is_dir()
    assert (places.out / TEMPLATE_NAME).read_bytes().startswith(b"\xef\xbb\xbf")


def test_places_that_were_removed_come_back(tmp_path: Path) -> None:
    places = ready(tmp_path)
    (places.root / "da-tiep-nhan").rmdir()
    places.make_ready(tmp_path, tmp_path / "data" / "note")
    assert (places.root / "da-tiep-nhan").is_dir()


def test_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Places(tmp_path / "a").make_ready(tmp_path, tmp_path / "note")


def test_folder_that_lost_its_mark_is_taken_for_a_share_that_is_not_mounted(tmp_path: Path) -> None:
    places = ready(tmp_path)
    (places.root / MARK).unlink()
    with pytest.raises(OSError, match=MARK):
        places.make_ready(tmp_path, tmp_path / "data" / "note")
    (places.root / MARK).touch()  # the operator says that it is the right one
    places.make_ready(tmp_path, tmp_path / "data" / "note")


def test_folder_that_leads_out_of_the_root_is_refused(tmp_path: Path) -> None:
    inner, outer = tmp_path / "shares", tmp_path / "elsewhere"
    inner.mkdir()
    (outer / "b").mkdir(parents=True)
    (inner / "a").symlink_to(outer)
    for path in (inner / "a", inner / "a" / "b"):
        with pytest.raises(OSError, match=r"."):
            Places(path).make_ready(inner, tmp_path / "note")
    assert [path.name for path in outer.rglob("*")] == ["b"]


def test_link_in_place_of_a_place_is_refused(tmp_path: Path) -> None:
    places = ready(tmp_path)
    (places.root / "hoan-thanh").rmdir()
    (places.root / "hoan-thanh").symlink_to(tmp_path)
    with pytest.raises(FileExistsError):
        places.make_ready(tmp_path, tmp_path / "data" / "note")


def test_names_are_the_same_in_any_case_and_form() -> None:
    assert same("Tờ Trình.PDF") == same(unicodedata.normalize("NFD", "tờ trình.pdf"))


def test_notes_of_the_node_are_told_from_what_people_drop() -> None:
    assert is_note_of_ours("x.LOI.txt")
    assert is_note_of_ours("x.DANG-CHO.txt")
    assert not is_note_of_ours("x.txt")
