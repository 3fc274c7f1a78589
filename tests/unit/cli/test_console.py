"""
`truc console account`: the first account, and help for whoever is locked out.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.core.catalogue import ACCOUNT_TAKEN, AGENCY_UNKNOWN, LAST_ADMINISTRATOR, UNKNOWN_ACCOUNT
from tests.kit.command import truc


def accounts(node: Path) -> dict[str, dict[str, object]]:
    listed = truc("console", "account", "list", "-c", node, "--json").json["accounts"]
    return {each["name"]: each for each in listed}


def test_first_account_gets_a_password_that_is_printed_once(node: Path) -> None:
    ran = truc("console", "account", "add", "-c", node, "Lan.Nguyen", "--role", "administrator", "--json")
    assert ran.code == 0
    assert len(ran.json["password"]) == 19
    listed = accounts(node)
    assert listed["lan.nguyen"]["role"] == "administrator"
    assert ran.json["password"] not in str(listed)


def test_user_of_an_agency_needs_one_of_this_node(node: Path) -> None:
    add = ("console", "account", "add", "-c", node, "vanthu", "--role", "agency", "--json")
    assert truc(*add).json["error"]["code"] == AGENCY_UNKNOWN.code
    assert truc(*add, "--agency", "000.00.60.H14").json["error"]["code"] == AGENCY_UNKNOWN.code
    assert truc(*add, "--agency", "000.00.00.H14", "--content").code == 0
    assert accounts(node)["vanthu"]["agency"] == "000.00.00.H14"
    assert accounts(node)["vanthu"]["reads_content"] is True


def test_name_is_given_out_once_and_role_is_one_of_five(node: Path) -> None:
    add = ("console", "account", "add", "-c", node, "lan", "--json")
    assert truc(*add).code == 0
    assert truc(*add).json["error"]["code"] == ACCOUNT_TAKEN.code
    assert truc(*add, "--role", "king").code == 2


def test_account_is_locked_opened_and_given_another_password(node: Path) -> None:
    first = truc("console", "account", "add", "-c", node, "lan", "--json").json["password"]
    assert truc("console", "account", "lock", "-c", node, "lan").code == 0
    assert accounts(node)["lan"]["locked"] is True
    assert truc("console", "account", "unlock", "-c", node, "lan").code == 0
    assert accounts(node)["lan"]["locked"] is False
    assert truc("console", "account", "reset", "-c", node, "lan", "--json").json["password"] != first
    assert truc("console", "account", "totp", "-c", node, "lan").code == 0


@pytest.mark.parametrize("word", ["lock", "unlock", "reset", "totp"])
def test_account_that_nobody_has_is_told(node: Path, word: str) -> None:
    ran = truc("console", "account", word, "-c", node, "nobody", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (1, UNKNOWN_ACCOUNT.code)


def test_last_administrator_is_not_locked(node: Path) -> None:
    truc("console", "account", "add", "-c", node, "lan", "--role", "administrator")
    ran = truc("console", "account", "lock", "-c", node, "lan", "--json")
    assert ran.json["error"]["code"] == LAST_ADMINISTRATOR.code


def test_people_read_a_table(node: Path) -> None:
    truc("console", "account", "add", "-c", node, "lan", "--full-name", "Nguyễn Thị Lan")
    assert "Nguyễn Thị Lan" in truc("console", "account", "list", "-c", node).out
