"""
`truc directory`: which nodes and agencies the axis has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.opened import ConfigFile, now, store_of
from gateway.cli.screen import EXIT_CODES, AsJson, Exit, speaking

if TYPE_CHECKING:
    from gateway.core.directory import Directory
    from gateway.core.model import NodeId

app = typer.Typer(no_args_is_help=True, help="Danh mục nút, đơn vị · Nodes and agencies")

DirectoryFile = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="Tệp danh mục · Directory file")
]


@app.command(epilog=EXIT_CODES)
def show(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", exists=True, dir_okay=False, help="Tệp danh mục · Directory file"),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "-c", "--config", metavar="node.toml", help="Hoặc danh mục của nút này · Or that of this node"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Xem cây nút và đơn vị · Show the tree of nodes and agencies.

    \b
    truc directory show danhmuc.toml
    truc directory show -c node.toml --json
    """
    if (file is None) == (config is None):
        raise typer.BadParameter("một trong hai: FILE hoặc -c node.toml · either FILE or -c node.toml")
    with speaking(as_json) as screen:
        directory = asyncio.run(_of_node(config)) if config else _read(file or Path())
        screen.data(directory.as_dict())
        vi = f"phiên bản {directory.version}: {len(directory.nodes)} nút, {len(directory.agencies)} đơn vị"
        en = f"version {directory.version}: {len(directory.nodes)} nodes, {len(directory.agencies)} agencies"
        screen.line(f"{vi} · {en}")
        for text in _tree(directory, None, ""):
            screen.line(text)


def _tree(directory: Directory, node: NodeId | None, indent: str) -> Iterator[str]:
    roots = [row.id for row in directory.node_rows if not row.parent]
    for child in roots if node is None else directory.children(node):
        row = directory.nodes[child]
        yield f"{indent}{row.id}  {row.name} ({row.level})"
        for agency in directory.served_by(child):
            yield f"{indent}  · {agency.code}  {agency.name}"
        yield from _tree(directory, child, indent + "    ")


@app.command(epilog=EXIT_CODES)
def check(file: DirectoryFile, as_json: AsJson = False) -> None:
    """
    Kiểm tra tệp danh mục · Check a directory file.

    \b
    truc directory check danhmuc.toml
    """
    from gateway.core.directory import check as check_directory

    with speaking(as_json) as screen:
        directory = _read(file)
        faults = check_directory(directory)
        screen.data({"ok": not faults, "findings": [f.as_dict() for f in faults]})
        screen.findings(faults)
        if faults:
            raise typer.Exit(Exit.FAILED)
        screen.line(f"Danh mục dùng được · the directory is sound: {file}")


@app.command("import", epilog=EXIT_CODES)
def import_file(config: ConfigFile, file: DirectoryFile, as_json: AsJson = False) -> None:
    """
    Thay danh mục của nút bằng tệp này · Replace the directory of a node by this file.

    \b
    truc directory import -c node.toml danhmuc.toml
    """
    from gateway.core.directory import check as check_directory
    from gateway.core.errors import Misconfigured

    with speaking(as_json) as screen:
        directory = _read(file)
        if faults := check_directory(directory):
            raise Misconfigured(*faults)
        asyncio.run(_import(config, directory))
        screen.data({"directory_version": directory.version, "agencies": len(directory.agencies)})
        vi = f"Đã thay danh mục bằng phiên bản {directory.version}"
        screen.line(f"{vi} · the directory is now version {directory.version}")


async def _import(file: Path, directory: Directory) -> None:
    async with store_of(file) as (_config, store):
        await store.set_directory(directory, now())


async def _of_node(file: Path) -> Directory:
    async with store_of(file) as (_config, store):
        return await store.directory()


def _read(file: Path) -> Directory:
    """Raises: Misconfigured if it is no directory."""
    from gateway.core.directory import load_toml

    return load_toml(file.read_bytes())
