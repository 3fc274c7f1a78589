"""
The command line as a whole: quick, self-explaining, with exit codes that scripts can trust.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from gateway.cli.app import app
from tests.kit.command import truc
from tests.kit.source_tree import ROOT


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        elif not command.hidden:
            yield (*path, name), command


ALL = dict(commands(typer.main.get_command(app)))
WITHOUT_ANSWER = {("serve",)}  # runs until it is stopped; what it says is its log


def test_all_commands_are_there() -> None:
    assert {" ".join(path) for path in ALL} >= {
        *("check", "send", "inbox", "fetch", "report", "track", "migrate", "sandbox"),
        *(
            "agency add",
            "key new",
            "key system",
            "key list",
            "key rotate",
            "key lock",
            "agency terms",
            "agency way",
            "agency replay",
            "agency list",
            "agency lock",
        ),
        *("directory show", "directory check", "directory import", "config check", "config explain"),
    }


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_shows_an_example_and_the_exit_codes(path: tuple[str, ...]) -> None:
    shown = truc(*path, "--help")
    assert shown.code == 0
    example = f"truc {' '.join(path)}"
    assert example in shown.out.partition("Usage:")[2].partition("\n")[2], "no example"
    assert "Exit codes" in shown.out
    assert " · " in ALL[path].help


@pytest.mark.parametrize("path", sorted(ALL.keys() - WITHOUT_ANSWER), ids=" ".join)
def test_every_command_speaks_json(path: tuple[str, ...]) -> None:
    assert "--json" in {option for parameter in ALL[path].params for option in parameter.opts}


@pytest.mark.parametrize(
    "arguments", [["--nonsense"], ["nonsense"], ["check"], ["check", "no-such-file.xml"]]
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert truc(*arguments).code == 2


def test_version_is_told() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("truc ")


def test_help_loads_none_of_the_heavy_libraries() -> None:
    """All of them together cost 1.8 s, which nobody waits for to read a help text."""
    heavy = ("aiohttp", "sqlalchemy", "lxml", "pydantic", "structlog", "cryptography", "gateway.core.errors")
    look = f"import sys, gateway.cli.app; print([m for m in {heavy!r} if m in sys.modules])"
    assert python("-c", look).strip() == "[]"


def python(*arguments: str) -> str:
    """What a fresh interpreter prints."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
