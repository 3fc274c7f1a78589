from pathlib import Path

from adapters.folder import disk, sent
from adapters.folder.layout import Places
from tests.kit.clock import START


def places(tmp_path: Path) -> Places:
    made = Places(tmp_path)
    made.sent.mkdir(parents=True)
    return made


def test_sent_files_lie_with_their_answer(tmp_path: Path) -> None:
    at = places(tmp_path)
    (at.out / "x.pdf").write_bytes(b"x")
    folder = sent.prepare(at, "x", disk.listed(at.out)[1:], START)
    sent.finish(at, folder, "ĐÃ GỬI")
    (kept,) = at.sent.iterdir()
    assert kept.name == "x_20260302-083000"
    assert (kept / "x.pdf").read_bytes() == b"x"
    assert not (at.out / "x.pdf").exists()


def test_two_of_one_second_are_kept_apart(tmp_path: Path) -> None:
    at = places(tmp_path)
    for _ in range(2):
        sent.finish(at, sent.prepare(at, "x", [], START), "")
    assert sorted(path.name for path in at.sent.iterdir()) == ["x_20260302-083000", "x_20260302-083000 (2)"]


def test_nothing_stays_of_what_was_given_up(tmp_path: Path) -> None:
    at = places(tmp_path)
    sent.give_up(sent.prepare(at, "x", [], START))
    assert list(at.sent.iterdir()) == []


def test_list_that_is_rubbish_moves_nothing(tmp_path: Path) -> None:
    at = places(tmp_path)
    (at.out / "x.pdf").write_bytes(b"x")
    folder = sent.prepare(at, "x", disk.listed(at.out), START)
    (folder / "truc.json").write_bytes(b"[")
    (folder / "ket-qua.txt").write_bytes(b"")
    sent.finish_all(at)
    assert (at.out / "x.pdf").exists()
    assert [path.name for path in at.sent.iterdir()] == ["x_20260302-083000"]
