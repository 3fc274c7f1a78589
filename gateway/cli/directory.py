"""
`truc directory`: which nodes and agencies the axis has; whether a directory is sound, and what differs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.opened import now, store_of
from gateway.cli.screen import EXIT_CODES, AsJson, Exit, Screen, speaking

if TYPE_CHECKING:
    from gateway.core.directory import Directory
    from gateway.core.directory_change import Change
    from gateway.core.model import NodeId

app = typer.Typer(no_args_is_help=True, help="Danh mục nút, đơn vị · Nodes and agencies")

DirectoryFiles = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE…",
        exists=True,
        dir_okay=False,
        help="Danh mục TOML, JSON; danh sách đơn vị CSV, JSON của trục · A directory, or lists of agencies",
    ),
]
Served = Annotated[
    str,
    typer.Option(
        "--node",
        metavar="NODE",
        help="Nút phục vụ đơn vị mới, khi danh sách không cho biết · Node of new agencies, unless known",
    ),
]
_OneFile = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", exists=True, dir_okay=False, help="Tệp danh mục · Directory file"),
]
_OrNode = Annotated[
    Path | None,
    typer.Option(
        "-c", "--config", metavar="node.toml", help="Hoặc danh mục của nút này · Or that of this node"
    ),
]


class Form(StrEnum):
    """How a directory is written."""

    TOML = "toml"
    JSON = "json"
    CSV = "csv"


@app.command(epilog=EXIT_CODES)
def show(file: _OneFile = None, config: _OrNode = None, as_json: AsJson = False) -> None:
    """
    Xem cây nút và đơn vị · Show the tree of nodes and agencies.

    \b
    truc directory show danhmuc.toml
    truc directory show -c node.toml --json
    """
    with speaking(as_json) as screen:
        directory = _one(file, config)
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
def check(file: _OneFile = None, config: _OrNode = None, as_json: AsJson = False) -> None:
    """
    Kiểm tra danh mục · Check a directory.

    Trùng mã, sai cấp trên, vòng, kế thừa hụt là lỗi; đơn vị mồ côi, đóng không kế thừa là cảnh báo ·
    Codes used twice, missing parents, loops, dangling successors are errors; orphans are warnings.

    \b
    truc directory check danhmuc.toml
    truc directory check -c node.toml
    """
    from gateway.core.calendar import today
    from gateway.core.directory import check as check_directory
    from gateway.core.directory_remarks import remarks

    with speaking(as_json) as screen:
        directory = _one(file, config)
        faults = check_directory(directory)
        odd = [] if faults else remarks(directory, today(now()))
        screen.data({"ok": not faults, "findings": [f.as_dict() for f in (*faults, *odd)]})
        screen.findings((*faults, *odd))
        if faults:
            raise typer.Exit(Exit.FAILED)
        screen.line(f"Danh mục dùng được · the directory is sound: {file or config}")


@app.command(epilog=EXIT_CODES)
def export(
    file: _OneFile = None,
    config: _OrNode = None,
    form: Annotated[Form, typer.Option(help="Dạng tệp · Form of the file")] = Form.TOML,
    as_json: AsJson = False,
) -> None:
    """
    Ghi danh mục ra tệp · Write a directory to standard output.

    \b
    truc directory export -c node.toml > danhmuc.toml
    truc directory export danhmuc.toml --form csv > donvi.csv
    """
    from gateway import directory_files

    write = {
        Form.TOML: directory_files.to_toml,
        Form.JSON: directory_files.to_json,
        Form.CSV: directory_files.to_csv,
    }
    with speaking(as_json):
        typer.echo(write[Form.JSON if as_json else form](_one(file, config)), nl=False)


@app.command(epilog=EXIT_CODES)
def diff(files: DirectoryFiles, config: _OrNode = None, node: Served = "", as_json: AsJson = False) -> None:
    """
    So sánh danh mục · What differs between two directories.

    Có -c: danh mục của nút với các tệp; không có: tệp thứ nhất với các tệp sau ·
    With -c the node's directory with the files, else the first file with the others.

    \b
    truc directory diff level1-2024.toml level1-2025.toml
    truc directory diff -c node.toml danhsach.json
    """
    from gateway.core.directory_change import difference

    if config is None and len(files) < 2:
        raise typer.BadParameter("cần hai tệp, hoặc -c node.toml · two files, or -c node.toml")
    with speaking(as_json) as screen:
        before = read_files(files[:1]) if config is None else asyncio.run(of_node(config))
        after = read_files(files[1:] if config is None else files, before, node)
        tell_change(screen, before, difference(before, after))


def tell_change(screen: Screen, before: Directory, change: Change, **more: object) -> None:
    """What a change does, row by row, then how many rows it touches."""
    from gateway.core.directory_change import What, lines

    told = list(lines(before, change))
    counted = {what.value: sum(line.what is what for line in told) for what in What}
    screen.data({"counts": counted, "rows": [line.as_dict() for line in told], **more})
    for line in told:
        screen.line(f"{_SIGN[line.what.value]} {line.key}  {line.name}".rstrip())
        for name, (was, now_is) in line.fields.items():
            screen.line(f"      {name}: {_shown(was)} → {_shown(now_is)}")
    vi = "thêm {added}, đổi {changed}, đóng {closed}, bỏ {removed}"
    en = "{added} added, {changed} changed, {closed} closed, {removed} removed"
    screen.line(f"{vi} · {en}".format(**counted))


_SIGN = {"added": "+", "changed": "~", "closed": "×", "removed": "-"}


def _shown(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "—"
    return "—" if value in (None, "") else str(value)


def read_files(files: list[Path], before: Directory | None = None, node: str = "") -> Directory:
    """What files make of a directory. Raises: Misconfigured if they cannot be read."""
    from gateway import directory_files
    from gateway.core.directory import Directory

    named = [(file.name, file.read_bytes()) for file in files]
    return directory_files.read_files(named, before or Directory(0, (), ()), node)


async def of_node(file: Path) -> Directory:
    """The directory that a node has now."""
    async with store_of(file) as (_config, store):
        return await store.directory()


def _one(file: Path | None, config: Path | None) -> Directory:
    if (file is None) == (config is None):
        raise typer.BadParameter("một trong hai: FILE hoặc -c node.toml · either FILE or -c node.toml")
    return asyncio.run(of_node(config)) if config else read_files([file or Path()])
