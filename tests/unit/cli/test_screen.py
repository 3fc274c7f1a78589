"""
How commands speak, and which exit code each kind of trouble has.
"""

from __future__ import annotations

import json

import pytest
import typer

from gateway.cli.screen import Exit, Screen, size_text, speaking, told
from gateway.core.catalogue import CONFIG_NO_FILE, NOT_XML, STORE_BUSY
from gateway.core.errors import Misconfigured, Rejected, TrucError, Unavailable, find


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Rejected(find(NOT_XML, line=3)), Exit.FAILED),
        (Misconfigured(find(CONFIG_NO_FILE, path="x")), Exit.FAILED),
        (Unavailable(find(STORE_BUSY)), Exit.LATER),
    ],
)
def test_trouble_is_told_and_decides_the_exit_code(
    error: TrucError, code: Exit, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as left, speaking(as_json=False):
        raise error
    assert left.value.exit_code == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert error.first.code in shown.err
    assert error.first.vi in shown.err
    assert error.first.en in shown.err


def test_programs_get_trouble_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), speaking(as_json=True):
        raise Rejected(find(NOT_XML, line=3), find(NOT_XML, line=9))
    told_to_programs = json.loads(capsys.readouterr().out)
    assert told_to_programs["error"]["code"] == NOT_XML.code
    assert [f["line"] for f in told_to_programs["findings"]] == [3, 9]


def test_file_that_cannot_be_written_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left, speaking(as_json=False):
        raise PermissionError(13, "Permission denied", "/srv/x")
    assert left.value.exit_code == Exit.FAILED
    assert "/srv/x: Permission denied" in capsys.readouterr().err


def test_finding_says_line_code_both_languages_and_what_to_do() -> None:
    finding = find(NOT_XML, line=12, element="MessageHeader", clause="QCVN102/edXML", detail="x")
    where, vi, en, then = told(finding)
    assert where.split() == ["dòng", "12", "LỖI", "TRUC-101", "MessageHeader", "[QCVN102/edXML]"]
    assert vi.strip() == finding.vi
    assert en.strip() == finding.en
    assert NOT_XML.next_vi in then
    assert NOT_XML.next_en in then


def test_table_in_a_pipe_is_lines_with_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(as_json=False).table(("mã", "tên"), [("H14", "Cao Bằng"), ("H21", 7)])
    assert capsys.readouterr().out == "H14\tCao Bằng\nH21\t7\n"


def test_json_holds_nothing_but_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(as_json=True)
    screen.line("for people")
    screen.table(("mã",), [("H14",)])
    screen.data({"mã": "H14"})
    assert json.loads(capsys.readouterr().out) == {"mã": "H14"}


def test_nobody_watches_no_bar_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    with Screen(as_json=False).progress("sending", 10) as step:
        step(10)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 * 1024**2, "5.0 MiB"), (3 * 1024**4, "3072.0 GiB")],
)
def test_sizes_are_written_for_people(size: int, text: str) -> None:
    assert size_text(size) == text
