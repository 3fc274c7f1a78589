"""
The letters of the demo: lifelike ones in every dialect, or the visitor's own files, and who writes to whom.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count as count_from
from itertools import cycle, islice
from pathlib import Path

from gateway.core.catalogue import CONFIG_NO_FILE
from gateway.core.directory import Directory
from gateway.core.errors import Misconfigured, find
from gateway.core.model import AgencyCode, LetterId, NodeId, Organ
from gateway.letters import DIALECTS, compose, readdress

SUFFIXES = (".edxml", ".xml")
PAIRS_LOOKED_AT = 200  # far pairs repeat long before


@dataclass(slots=True)
class Sent:
    """A letter of the demo; `letter_id` is None until a node accepted it, `refused` why none did."""

    name: str
    sender: AgencyCode
    recipient: AgencyCode
    content: bytes
    letter_id: LetterId | None = None
    refused: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def letters(directory: Directory, count: int, folder: Path | None, seed: int = 1) -> Sequence[Sent]:
    """
    `count` letters of our own making, one dialect after the other; or each edXML file of `folder` once.

    Raises: Misconfigured if the folder holds no edXML file.
    """
    pairs = far_pairs(directory)
    if folder is not None:
        return [_of_file(path, *next(pairs)) for path in _files(folder)]
    return list(islice(_made(directory, pairs, 1, seed), count))


def letters_without_end(
    directory: Directory, but_not: Collection[AgencyCode], after: int, seed: int = 1
) -> Iterator[Sent]:
    """Letters numbered on from `after`, none from or to agencies `but_not`; none at all if nobody is left."""
    some = islice(far_pairs(directory), PAIRS_LOOKED_AT)
    pairs = [pair for pair in some if not set(pair) & set(but_not)]
    return _made(directory, cycle(pairs), after + 1, seed)


def _made(
    directory: Directory, pairs: Iterator[tuple[AgencyCode, AgencyCode]], first: int, seed: int
) -> Iterator[Sent]:
    rng = random.Random(seed)  # noqa: S311 - the same letters on every run
    for number, dialect, (sender, recipient) in zip(count_from(first), cycle(DIALECTS), pairs, strict=False):
        writes, reads = _organ(directory, sender), _organ(directory, recipient)
        content = compose(dialect, sender=writes, recipients=[reads], number=number, rng=rng)
        yield Sent(f"{number:03d} {dialect}", sender, recipient, content)


def far_pairs(directory: Directory) -> Iterator[tuple[AgencyCode, AgencyCode]]:
    """Pairs of agencies on two sides of the root, at the leaves of the tree; for ever, both ways in turn."""
    branches: dict[NodeId, list[AgencyCode]] = {}
    for leaf in directory.nodes:
        if directory.children(leaf):
            continue
        served = [a.code for a in directory.served_by(leaf) if not (a.locked or a.valid_to)]
        branches.setdefault(_branch(directory, leaf), []).extend(served)
    one, other = list(branches.values())[:2]
    for a, b in zip(cycle(one), cycle(other), strict=False):
        yield a, b
        yield b, a


def _branch(directory: Directory, node: NodeId) -> NodeId:
    """The child of the root above a node."""
    row = directory.nodes[node]
    while row.parent and directory.nodes[row.parent].parent:
        row = directory.nodes[row.parent]
    return row.id


def _organ(directory: Directory, code: AgencyCode) -> Organ:
    agency = directory.agencies[code]
    return Organ(code, agency.name)


def _files(folder: Path) -> list[Path]:
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES) if folder.is_dir() else []
    if not found:
        detail = "không có tệp edXML nào · there is no edXML file"
        raise Misconfigured(find(CONFIG_NO_FILE, path=folder, detail=detail))
    return found


def _of_file(path: Path, sender: AgencyCode, recipient: AgencyCode) -> Sent:
    """The file, re-addressed; one in which no address is found goes as it is, and is refused."""
    content = path.read_bytes()
    with suppress(ValueError):
        content = readdress(content, sender, [recipient])
    return Sent(path.name, sender, recipient, content)
