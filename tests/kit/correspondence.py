"""
What agencies write in tests: whole edXML messages, and the directories in which their addresses stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.resources import files
from random import Random

from gateway.core.directory import Agency, Directory, NodeRow, load_toml
from gateway.core.model import AgencyCode, Envelope, NodeId, Organ
from gateway.letters import FIRST_ISSUE, Dialect, draft, render

SIZE = 2_000
"""Bytes of the main attachment: with its envelope it fits one frame and the letter's rows."""


def letter(
    sender: str,
    *recipients: str,
    number: int = 1,
    priority: int = 0,
    size: int = SIZE,
    dialect: Dialect = Dialect.JAVA_SDK,
    **fields: str,
) -> bytes:
    """
    The `number`-th letter of `sender`; `fields` replace those of its envelope.

    To more recipients it is the same letter: its «Nơi nhận» names none of them.
    """
    written = draft(
        _organ(sender), [_organ(code) for code in recipients], number, Random(number), FIRST_ISSUE, size
    )
    envelope: Envelope = replace(
        written.envelope,
        priority=priority,
        listed_recipients=("Như trên", "Lưu: VT"),
        **fields,  # type: ignore[arg-type]
    )
    return b"".join(render(replace(written, envelope=envelope), dialect))


def _organ(code: str) -> Organ:
    return Organ(code, name=f"Cơ quan {code}")


# --- directories ---------------------------------------------------------------------------------


def four_level() -> Directory:
    """The directory of the sandbox: central, two provinces, a district in each, communes."""
    return load_toml((files("gateway.directories") / "four-level.toml").read_bytes())


def tree(parents: Mapping[str, str], agencies: Iterable[Agency] = ()) -> Directory:
    """
    Nodes by name with their parents ("" for the root), and the agencies they serve.

    Each node has an organ `AX.<node>` of its own, in whose name it writes to senders.
    """
    organs = [
        Agency(code=AgencyCode(f"AX.{node}"), name=f"Trục {node}", node=NodeId(node)) for node in parents
    ]
    rows = [NodeRow(id=NodeId(n), parent=NodeId(p), organ_code=f"AX.{n}") for n, p in parents.items()]
    return Directory(1, tuple(rows), (*organs, *agencies))


def agency(code: str, node: str, **more: object) -> Agency:
    """An agency of a node."""
    return Agency(code=AgencyCode(code), name=f"Cơ quan {code}", node=NodeId(node), **more)  # type: ignore[arg-type]
