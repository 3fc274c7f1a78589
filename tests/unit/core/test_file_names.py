import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.file_names import LONGEST, distinct, safe_name, split_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Tờ trình số 5.pdf", "Tờ trình số 5.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\b.docx", "b.docx"),
        ("..", "tep-1"),
        (".htaccess", "htaccess"),
        ("a.pdf. . ", "a.pdf"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("CONG VAN.pdf", "CONG VAN.pdf"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("\u202efdp.exe", "fdp.exe"),
        ("a\x00\nb.pdf", "ab.pdf"),
        ("///", "tep-1"),
        ("", "tep-1"),
        ("\udcff\udcfe", "tep-1"),
    ],
)
def test_name_of_a_stranger_becomes_one_that_every_file_system_takes(name: str, safe: str) -> None:
    assert safe_name(name, "tep-1") == safe


def test_marks_written_apart_are_composed() -> None:
    apart = unicodedata.normalize("NFD", "Quyết định.pdf")
    assert safe_name(apart, "x") == "Quyết định.pdf"


@pytest.mark.parametrize("name", ["ế" * 300 + ".pdf", "a." + "b" * 300, "x" * 1000])
def test_long_name_is_cut_and_keeps_its_ending(name: str) -> None:
    safe = safe_name(name, "x")
    assert 0 < len(safe.encode()) <= LONGEST
    assert safe.endswith(".pdf") == name.endswith(".pdf")


@given(st.text(max_size=400))
def test_no_name_leaves_the_folder_hides_or_is_too_long(name: str) -> None:
    safe = safe_name(name, "tep-1")
    assert Path(safe).name == safe
    assert not safe.startswith(".")
    assert safe.rstrip(". ") == safe
    assert 0 < len(safe.encode()) <= LONGEST


def test_a_name_made_safe_stays_as_it_is() -> None:
    for name in ("ế" * 300 + ". .pdf", "..CON.txt", "a. .", "x" * 179 + ". y"):
        assert safe_name(safe_name(name, "x"), "x") == safe_name(name, "x")


def test_two_files_of_one_name_are_numbered_whatever_their_case() -> None:
    names = ["a.pdf", "A.PDF", unicodedata.normalize("NFD", "á"), "á", "a (2).pdf", "a.pdf"]
    given = distinct(names)
    assert given == ("a.pdf", "A (2).PDF", names[2], "á (2)", "a (2) (2).pdf", "a (3).pdf")
    assert len({unicodedata.normalize("NFC", name).casefold() for name in given}) == len(names)


def test_ending_is_what_stands_behind_the_last_dot() -> None:
    assert split_name("12-TB.signed.pdf") == ("12-TB.signed", ".pdf")
    assert split_name("README") == ("README", "")
    assert split_name(".hidden") == (".hidden", "")
    assert split_name("ends.") == ("ends.", "")
