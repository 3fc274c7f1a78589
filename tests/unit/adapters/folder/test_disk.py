import os
from pathlib import Path

import pytest

from adapters.folder import disk


def test_listing_shows_plain_files_and_folders_only(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"12")
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "b")
    os.mkfifo(tmp_path / "pipe")
    assert [(e.name, e.is_folder, e.size) for e in disk.listed(tmp_path)] == [("a", True, 0), ("b", False, 2)]


def test_folders_are_listed_without_hidden_ones_and_links(tmp_path: Path) -> None:
    for name in ("b", "a", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (tmp_path / "file").touch()
    assert disk.folders_in(tmp_path) == [tmp_path / "a", tmp_path / "b"]


def test_link_and_pipe_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(OSError, match=r"."):
            disk.open_plain(tmp_path / name)
    assert b"".join(disk.pieces_of(tmp_path / "file")) == b"x"


def test_whole_file_replaces_the_former_one_and_what_a_crash_left(tmp_path: Path) -> None:
    (tmp_path / ".a.ghi").write_bytes(b"half")
    for data in (b"1", b"22"):
        disk.write_whole(tmp_path / "a", [data])
        assert (tmp_path / "a").read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_move_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    with pytest.raises(FileExistsError):
        disk.move(tmp_path / "a", tmp_path / "b")
    disk.move(tmp_path / "a", tmp_path / "c")
    assert (tmp_path / "c").read_bytes() == b"a"


def test_small_file_is_read_as_far_as_wanted(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert disk.read_small(tmp_path / "a", 3) == b"123"
    assert disk.read_small(tmp_path / "b", 3) is None


def test_file_where_a_folder_should_be_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert not disk.is_folder(tmp_path / "a" / "b")
    with pytest.raises(FileExistsError):
        disk.make_folder(tmp_path / "a")
