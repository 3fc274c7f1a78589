from pathlib import Path

import pytest

from adapters.folder.bundles import Bundle, bundles_in, sort
from gateway.core.errors import Rejected


def bundles(out: Path, *names: str) -> list[Bundle]:
    for name in names:
        path = out / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    return bundles_in(out, not_of=["da-gui"])[0]


def documents(bundle: Bundle) -> list[str]:
    return [file.name for file in sort(bundle).documents]


def test_files_are_bundled_by_their_common_name(tmp_path: Path) -> None:
    found = bundles(tmp_path, "a.pdf", "a.txt", "b.edxml", "A.docx", "c/x.pdf", "c/y.txt", "da-gui/z.pdf")
    assert sorted((b.name, len(b.files)) for b in found) == [("A", 3), ("b", 1), ("c", 2)]


def test_notes_are_told_from_what_is_to_be_sent(tmp_path: Path) -> None:
    bundles(tmp_path, "a.LOI.txt", "MAU-THONG-TIN.txt", "~$a.docx")
    found, notes = bundles_in(tmp_path, not_of=[])
    assert found == []
    assert sorted(note.name for note in notes) == ["MAU-THONG-TIN.txt", "a.LOI.txt"]


def test_information_file_may_bear_the_whole_name_of_its_document(tmp_path: Path) -> None:
    (bundle,) = bundles(tmp_path, "12-TB.signed.pdf", "12-TB.signed.pdf.txt")
    assert documents(bundle) == ["12-TB.signed.pdf"]


def test_pdf_comes_first(tmp_path: Path) -> None:
    (bundle,) = bundles(tmp_path, "x/a.xlsx", "x/b.pdf", "x/a.pdf", "x/thong-tin.txt")
    assert documents(bundle) == ["a.pdf", "b.pdf", "a.xlsx"]


def test_other_text_files_in_a_folder_are_attachments(tmp_path: Path) -> None:
    (bundle,) = bundles(tmp_path, "x/a.pdf", "x/ghi chu.txt", "x/thong-tin.txt", "x/du lieu.xml")
    assert documents(bundle) == ["a.pdf", "du lieu.xml", "ghi chu.txt"]


def test_message_in_a_folder_of_its_own_is_a_message(tmp_path: Path) -> None:
    (bundle,) = bundles(tmp_path, "x/a.edxml")
    assert sort(bundle).message == tmp_path / "x" / "a.edxml"


def test_container_that_the_agency_sealed_is_a_message(tmp_path: Path) -> None:
    (bundle,) = bundles(tmp_path, "a.asice")
    assert sort(bundle).message == tmp_path / "a.asice"


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["x.pdf"], "TRUC-320"),
        (["x/a.pdf", "x/b.pdf"], "TRUC-320"),
        (["x.txt"], "TRUC-326"),
        (["x.edxml", "x.pdf"], "TRUC-326"),
        (["x/a.txt", "x/b.txt", "x/c.pdf"], "TRUC-326"),
        (["x/a.pdf", "x.txt"], "TRUC-326"),
    ],
)
def test_what_makes_no_letter_is_refused(tmp_path: Path, names: list[str], code: str) -> None:
    (bundle,) = bundles(tmp_path, *names)
    with pytest.raises(Rejected) as refused:
        sort(bundle)
    assert refused.value.code == code


def test_mark_changes_with_every_file(tmp_path: Path) -> None:
    (before,) = bundles(tmp_path, "x/a.pdf", "x/thong-tin.txt")
    (tmp_path / "x" / "a.pdf").write_bytes(b"more")
    (after,) = bundles(tmp_path)
    assert before.mark != after.mark
