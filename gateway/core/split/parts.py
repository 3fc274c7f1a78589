"""
The parts manifest: what was cut out of an edXML, and where it goes back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.core import catalogue
from gateway.core.errors import Finding, Rejected, find
from gateway.core.model import Envelope
from gateway.core.split.base64_text import AROUND, LONGEST_LINE, Layout

VERSION = 1


@dataclass(frozen=True, slots=True)
class PartSpec:
    """One attachment as it was cut out.

    `index` counts from 0 in document order; `offset` is the byte of envelope.xml before which the text goes
    back, `line` the line of envelope.xml (from 1) where that is, `lines` how many line feeds went out with
    the text. With a layout the blob holds the decoded bytes; without one it holds the text as the sender
    wrote it, and `decodable` says whether that is base64 at all. `sha256` (hex) and `size` are those of the
    blob, `content_sha256` and `content_size` those of the decoded bytes (of the blob, if not decodable).
    """

    index: int
    offset: int
    line: int
    lines: int
    layout: Layout | None
    sha256: str
    size: int
    content_sha256: str
    content_size: int
    decodable: bool = True
    name: str = ""

    @property
    def member_name(self) -> str:
        """Its name among the parts of a letter; real names stand only in parts.json."""
        return f"parts/{self.index:04d}" + ("" if self.layout else ".b64")


@dataclass(frozen=True, slots=True)
class Split:
    """An edXML taken apart. `findings` are what was tolerated while reading it."""

    envelope: bytes
    parts: tuple[PartSpec, ...]
    original_sha256: str
    original_size: int
    findings: tuple[Finding, ...] = ()


def with_names(parts: Iterable[PartSpec], names: Mapping[int, str]) -> tuple[PartSpec, ...]:
    """The parts with the file names that their index has in `names`."""
    return tuple(replace(part, name=names.get(part.index, part.name)) for part in parts)


def parts_json(split: Split, envelope: Envelope | None = None) -> bytes:
    """The parts manifest as the seal covers it: canonical JSON (sorted keys, no spaces, UTF-8).

    The attachments' file names are those of `envelope`.

    Spec: RFC8785
    """
    names = {a.part: a.name for a in envelope.attachments} if envelope else {}
    parts = [_as_json(part) for part in with_names(split.parts, names)]
    body = {"parts": parts, "version": VERSION}
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_parts_json(data: bytes) -> tuple[PartSpec, ...]:
    """The parts of a manifest that parts_json() wrote, here or on another node.

    Raises: Rejected (FRAME_VERSION, FRAME_DAMAGED) if it is not one
    """
    try:
        body = json.loads(data)
        version = body["version"]
        if version != VERSION:
            raise Rejected(find(catalogue.FRAME_VERSION, detail=f"parts.json {version!r}"))
        parts = tuple(_from_json(item) for item in body["parts"])
        _check_order(parts)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Rejected(find(catalogue.FRAME_DAMAGED, detail=f"parts.json: {error}")) from error
    return parts


def original_line(parts: Sequence[PartSpec], line: int) -> int:
    """The line of the sender's own file that is `line` of envelope.xml (both from 1).

    On the very line of a cut, what follows the attachment counts as standing before it.
    """
    shift = 0
    for part in parts:
        if part.line >= line:
            break
        shift += part.lines
    return line + shift


def _as_json(part: PartSpec) -> dict[str, Any]:
    layout = part.layout
    item: dict[str, Any] = {
        "content_sha256": part.content_sha256,
        "content_size": part.content_size,
        "decodable": part.decodable,
        "index": part.index,
        "layout": layout
        and {
            "lead": layout.lead.decode("ascii"),
            "line_end": layout.line_end.decode("ascii"),
            "trail": layout.trail.decode("ascii"),
            "width": layout.width,
        },
        "line": part.line,
        "lines": part.lines,
        "name": part.name,
        "offset": part.offset,
        "sha256": part.sha256,
        "size": part.size,
    }
    return item


def _from_json(item: Any) -> PartSpec:
    layout = item["layout"]
    return PartSpec(
        index=_natural(item, "index"),
        offset=_natural(item, "offset"),
        line=_natural(item, "line"),
        lines=_natural(item, "lines"),
        layout=None if layout is None else _layout(layout),
        sha256=_text(item, "sha256"),
        size=_natural(item, "size"),
        content_sha256=_text(item, "content_sha256"),
        content_size=_natural(item, "content_size"),
        decodable=item["decodable"] is True,
        name=_text(item, "name"),
    )


def _layout(item: Any) -> Layout:
    lead, line_end, trail = (_text(item, key).encode("ascii") for key in ("lead", "line_end", "trail"))
    width = _natural(item, "width")
    # join() holds one line in memory: it must not be as long as the attachment
    if (
        width > LONGEST_LINE
        or max(map(len, (lead, line_end, trail))) > AROUND
        or bool(width) != bool(line_end)
    ):
        raise ValueError("layout")
    return Layout(lead, width, line_end, trail)


def _natural(item: Any, key: str) -> int:
    value = item[key]
    if type(value) is not int or value < 0:
        raise ValueError(f"{key} = {value!r}")
    return value


def _text(item: Any, key: str) -> str:
    value = item[key]
    if not isinstance(value, str):
        raise ValueError(f"{key} = {value!r}")
    return value


def _check_order(parts: tuple[PartSpec, ...]) -> None:
    """join() walks the envelope once, so the cuts must stand in order."""
    if [part.index for part in parts] != list(range(len(parts))):
        raise ValueError("index")
    offsets = [part.offset for part in parts]
    if offsets != sorted(offsets):
        raise ValueError("offset")
