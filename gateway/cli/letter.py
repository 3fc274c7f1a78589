"""
`truc letter`: a lifelike letter to try a connection with, before a document system has one of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.opened import now
from gateway.cli.screen import AsJson, speaking

if TYPE_CHECKING:
    from gateway.core.model import Organ

MOST_NUMBER = 9999  # what an office reaches in a year
NAMED_IN = ("four-level.toml", "three-tier.toml")  # the directories of the sandbox


def letter(
    sender: Annotated[
        str, typer.Option("--from", metavar="CODE", help="Mã đơn vị gửi · Code of the sending agency")
    ],
    to: Annotated[
        list[str],
        typer.Option(metavar="CODE", help="Mã đơn vị nhận, lặp lại được · Recipient; may be repeated"),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", dir_okay=False, help="Ghi vào tệp nào · The file to write")
    ],
    number: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST_NUMBER,
            help="Số văn bản; mặc định: số ngẫu nhiên, mỗi lần một văn bản mới · "
            "Its number; by default one by chance, so that each is a new letter",
        ),
    ] = None,
    dialect: Annotated[
        str, typer.Option(help="Viết như phần mềm nào: java-sdk, dotnet, pvn… · Whose software wrote it")
    ] = "java-sdk",
    size: Annotated[
        int, typer.Option(min=0, help="Số byte của tệp đính kèm chính · Bytes of its main attachment")
    ] = 20_000,
    as_json: AsJson = False,
) -> None:
    """
    Tạo một văn bản mẫu · Make a sample letter.

    Nội dung là hư cấu, chỉ để thử kết nối · What it says is made up; it is for trying a connection only.

    \b
    truc letter --from 000.22.40.H14 --to 000.24.35.H21 -o letter.edxml
    truc letter --from 000.22.40.H14 --to 000.24.35.H21 --to 000.00.00.G22 --size 5000000 -o large.edxml
    """
    import secrets
    from random import Random

    from gateway.letters import DIALECTS, Dialect, compose_pieces

    if dialect not in DIALECTS:
        raise typer.BadParameter(f"--dialect: {', '.join(DIALECTS)}")
    with speaking(as_json) as screen:
        names = _names()
        chosen = number if number is not None else 1 + secrets.randbelow(MOST_NUMBER)
        pieces = compose_pieces(
            Dialect(dialect),
            _organ(sender, names),
            [_organ(code, names) for code in to],
            chosen,
            Random(chosen),  # noqa: S311 - chooses a subject, not a secret
            at=now(),
            size=size,
        )
        with output.open("wb") as file:
            written = sum(file.write(piece) for piece in pieces)
        screen.data({"file": str(output), "number": chosen, "size": written})
        screen.line(f"{output}: số · number {chosen}, {written} byte")


def _organ(code: str, names: Mapping[str, str]) -> Organ:
    from gateway.core.model import Organ

    return Organ(code, names.get(code, f"Cơ quan {code}"))


def _names() -> dict[str, str]:
    """The names that agencies have in the sandbox, by their codes."""
    from importlib.resources import files

    from gateway.core.directory import load_toml

    directories = [load_toml((files("gateway.directories") / name).read_bytes()) for name in NAMED_IN]
    return {agency.code: agency.name for found in directories for agency in found.agencies.values()}
