"""
The consoles of the sandbox: who may log in, and from where to look.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from gateway.accounts.passwords import is_right
from gateway.core.directory import load_toml
from gateway.core.model import NodeId
from gateway.ports import Role
from gateway.sandbox.consoles import NOBODY, DemoAccounts, Visitors, console_variables, views
from gateway.store.sql import SqlStore
from tests.kit.builders import PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.clock import START

FOUR_LEVELS = load_toml((files("gateway.directories") / "four-level.toml").read_bytes())
THREE_TIERS = load_toml((files("gateway.directories") / "three-tier.toml").read_bytes())


async def test_every_node_gets_an_operator_and_a_clerk_who_owe_nothing(tmp_path: Path) -> None:
    accounts, directory = DemoAccounts.new(), small_axis()
    store = SqlStore("sqlite://", tmp_path, node=PROVINCE, instance="one")
    try:
        await accounts.open(store, directory.served_by(PROVINCE), START)
        clerk = await store.account("vanthu")
        operator = await store.account("demo")
    finally:
        await store.close()
    assert clerk is not None
    assert operator is not None
    assert (clerk.role, clerk.agency) == (Role.AGENCY, PROVINCE_OFFICE)
    assert (operator.role, operator.reads_content) == (Role.OPERATOR, True)
    for account in (clerk, operator):
        assert not account.must_change
        assert is_right(accounts.password, account.password)


async def test_node_that_serves_nobody_has_no_clerk(tmp_path: Path) -> None:
    store = SqlStore("sqlite://", tmp_path, node=PROVINCE, instance="one")
    try:
        await DemoAccounts.new().open(store, (), START)
        assert [account.name for account in await store.accounts()] == ["demo"]
    finally:
        await store.close()


def test_each_run_has_a_password_of_its_own() -> None:
    assert DemoAccounts.new().password != DemoAccounts.new().password


def test_one_looks_from_the_top_from_below_it_and_from_a_leaf() -> None:
    assert views(FOUR_LEVELS) == ["G22", "H14", "H14.40.20"]
    top, below, leaf = views(THREE_TIERS)
    assert THREE_TIERS.nodes[top].parent == ""
    assert THREE_TIERS.nodes[below].parent == top
    assert not THREE_TIERS.children(leaf)


def test_variables_name_the_consoles_and_who_may_enter() -> None:
    consoles = {NodeId(node): f"http://127.0.0.1:{n}" for n, node in enumerate(FOUR_LEVELS.nodes)}
    accounts = DemoAccounts("a-password", "its hash")
    assert console_variables(FOUR_LEVELS, consoles, accounts) == {
        "CONSOLE_URL": f"{consoles[NodeId('G22')]}/console/",
        "CONSOLE_URL_2": f"{consoles[NodeId('H14')]}/console/",
        "CONSOLE_URL_3": f"{consoles[NodeId('H14.40.20')]}/console/",
        "CONSOLE_NAME": "demo",
        "CONSOLE_CLERK": "vanthu",
        "CONSOLE_PASSWORD": "a-password",
    }


def test_ports_are_free_ones_unless_a_first_is_named() -> None:
    assert (NOBODY.port(0, 3), NOBODY.port(200, 3)) == (0, 0)
    assert Visitors(8710).port(200, 3) == 8913
