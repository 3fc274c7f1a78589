"""
The pages tell the truth: generated ones are fresh, commands in them exist, settings in them are used.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from gateway.cli.app import app
from gateway.cli.docs import PAGES
from gateway.config import settings
from tests.kit.source_tree import ROOT, Module, modules, under

WRITTEN = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    *(f"docs/{n}" for n in ("flow.md", "connect.md", "console.md", "vxp.md", "uplink.md")),
    *(f"docs/{n}" for n in ("adapters.md", "directory.md", "capacity.md")),
]

# Settings that are read through a method of the tree.
READ_THROUGH = {
    "store_url": ("store.", "node.data_dir"),
    "link_url": ("broker.links",),
    "xml": ("limits.",),
    "retry": ("delivery.retry_",),
    "seal": ("seal.",),
    "limits": ("alerts.refusals_",),
    "patience": ("alerts.calm", "alerts.remind"),
    "ways": ("alerts.ways",),
    "reach": ("webhook.allow_",),
    "hours": ("calendar.morning", "calendar.afternoon"),
    "secrets_key": ("node.secrets_key",),
    "tls_files": tuple(f"{s}.{k}" for s in ("http", "vxp", "console") for k in ("tls_", "client_")),
    # a counter of the node, whichever section it stands in
    "section": tuple(
        f"{s}.{k}" for s in ("http", "vxp", "console") for k in ("host", "port", "trusted_proxies")
    ),
}


@pytest.mark.parametrize("page", PAGES)
def test_generated_page_is_fresh(page: str) -> None:
    assert PAGES[page]() == (ROOT / "docs" / page).read_text("utf-8"), "run `make docs`"


def commands(page: Path) -> Iterator[tuple[int, str]]:
    """Every command of ours: lines of code blocks, and inline code."""
    in_block = False
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        if line.startswith("```"):
            in_block = not in_block
        elif in_block:
            yield number, line.partition(" #")[0].removeprefix(".venv/bin/").strip()
        else:
            yield from ((number, code) for code in re.findall(r"`((?:make|truc) [^`]+)`", line))


@pytest.mark.parametrize("page", WRITTEN)
def test_make_words_in_the_page_exist(page: str) -> None:
    words = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    unknown = [
        f"{page}:{number} make {word}"
        for number, command in commands(ROOT / page)
        if command.startswith("make ")
        for word in command.split()[1:]
        if "=" not in word and word not in words
    ]
    assert unknown == []


def test_make_variables_in_the_readme_reach_the_demo() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    used = {
        word.partition("=")[0]
        for _number, command in commands(ROOT / "README.md")
        if command.startswith("make demo")
        for word in command.split()
        if "=" in word
    }
    assert used
    assert [name for name in used if f"$({name})" not in makefile] == []


@pytest.mark.parametrize("page", WRITTEN)
def test_truc_commands_in_the_page_exist(page: str) -> None:
    problems = [
        f"{page}:{number} {command}: {problem}"
        for number, command in commands(ROOT / page)
        if command.startswith("truc ")
        if (problem := problem_with(shlex.split(command)[1:]))
    ]
    assert problems == []


def problem_with(words: list[str]) -> str:
    """Why the command line has no such command or option; "" if it has."""
    command = typer.main.get_command(app)
    while words and (known := getattr(command, "commands", None)) is not None:
        if words[0] not in known:
            return f"no command {words[0]}"
        command, words = known[words[0]], words[1:]
    options = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    missing = [w for w in words if w.startswith("-") and w not in options | {"--help"}]
    return f"no option {', '.join(missing)}" if missing else ""


def test_every_path_in_the_pages_exists() -> None:
    """Only what is written as code with a slash, or linked."""
    missing = []
    for page in WRITTEN:
        text = (ROOT / page).read_text("utf-8")
        named = re.findall(r"`((?:gateway|schemas|signing|adapters|tests|docs)/[\w./-]+)`", text)
        linked = re.findall(r"\]\(([\w./-]+)\)", text)
        missing += [f"{page}: {p}" for p in named if not (ROOT / p).exists()]
        missing += [f"{page}: {p}" for p in linked if not (ROOT / page).parent.joinpath(p).exists()]
    assert missing == []


SECTION_OF = {
    "adapters.folder": "folder",
    "adapters.mail": "mail",
    "adapters.vxp": "vxp",
    "adapters.vxp_uplink": "uplink",
    "adapters.webhook": "webhook",
    "gateway.http.console.openid": "oidc",
    "gateway.http.console": "console",
    "gateway.http.stats": "reports",
}
"""An adapter is handed the section of its name, and calls it what it is to it: its settings. So do the rooms
of the console, and /v1/stats."""


def _section_of(module: Module, said: str) -> str:
    if said.strip("_") not in ("settings", "section"):
        return said
    return next((of for name, of in SECTION_OF.items() if under(module.name, name)), said)


def test_every_setting_is_read_by_somebody() -> None:
    """A setting that changes nothing is a promise not kept."""
    read: set[str] = set()
    read_through: list[str] = []
    for module in modules():
        if under(module.name, "gateway.config"):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute | ast.Name):
                section = node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id
                read.add(f"{_section_of(module, section)}.{node.attr}")
            if isinstance(node, ast.Attribute):
                read_through += READ_THROUGH.get(node.attr, ())
    unread = {
        name
        for name in (f"{s.section}.{s.key}" for s in settings())
        if name not in read and not name.startswith(tuple(read_through))
    }
    assert unread == set()
