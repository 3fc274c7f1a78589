"""
Two agencies of a running axis as variables of a shell, in a file that nobody else reads.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gateway.core.model import AgencyCode, NodeId
from gateway.sandbox.axis import AgencyDesk
from gateway.sandbox.shell_variables import as_shell, shell_variables, written_while_up

ONE = AgencyDesk(AgencyCode("000.24.35.H21"), NodeId("H21"), "http://a", "truc_1", "http://b", "vxp.1", "s1")
OTHER = AgencyDesk(
    AgencyCode("000.22.40.H14"), NodeId("H14"), "http://c", "truc_2", "http://d", "vxp.2", "s2"
)


def test_both_agencies_are_told_by_each_of_their_doors() -> None:
    told = shell_variables(ONE, OTHER)
    assert (told["SENDER_CODE"], told["SENDER_URL"], told["SENDER_KEY"]) == (ONE.agency, ONE.url, ONE.key)
    assert (told["RECEIVER_CODE"], told["RECEIVER_KEY"]) == (OTHER.agency, OTHER.key)
    assert (told["RECEIVER_VXP_URL"], told["RECEIVER_SYSTEM_ID"]) == (OTHER.vxp_url, OTHER.system_id)
    assert (told["TRUC_URL"], told["TRUC_KEY"]) == (ONE.url, ONE.key)


def test_values_reach_a_shell_as_they_are() -> None:
    odd = "a b'c\"$HOME`\\"
    script = as_shell({"ODD": odd}) + 'printf %s "$ODD"'
    assert subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True).stdout == odd


def test_file_is_its_owners_only_and_goes_away(tmp_path: Path) -> None:
    file = tmp_path / "demo.env"
    file.write_text("left by an axis that was killed", "utf-8")
    file.chmod(0o644)
    with written_while_up(file, {"A": "1"}) as text:
        assert file.read_text("utf-8") == text
        assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == []


def test_file_of_an_axis_that_came_later_stays(tmp_path: Path) -> None:
    file = tmp_path / "demo.env"
    with written_while_up(file, {"A": "1"}):
        file.write_text("export A=2\n", "utf-8")
    assert file.read_text("utf-8") == "export A=2\n"


def test_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), written_while_up(tmp_path / "none" / "demo.env", {}):
        pass
