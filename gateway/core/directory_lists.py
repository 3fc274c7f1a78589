"""
Lists of agencies as others keep them (the axis' own, a table from an office) become rows of the directory.

A list names agencies, not nodes, and is never the whole of it: who is not on it stays as it is. A code that
is known stays known, since letters of former years name it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.core.codes import normal, shape_ok
from gateway.core.directory import Directory
from gateway.core.directory_change import Change
from gateway.core.directory_rows import Agency, bad_value, read_agency
from gateway.core.errors import Finding, Misconfigured

Listed = Mapping[str, Any]
"""What a list says of one agency: some keys of `Agency.as_row`, `code` always among them."""


def one_per_agency(
    told: Iterable[tuple[Sequence[str], str, str]],
) -> tuple[tuple[tuple[str, ...], str, str], ...]:
    """
    Lines (codes, name, mail), those that share a code put together: all codes as written, the primary first.

    What is no code is passed over, and a line without any.
    """
    found: dict[str, dict[str, str]] = {}  # any code → the codes of its agency as written, primary one first
    named: dict[str, tuple[str, str]] = {}
    for codes, name, mail in told:
        written = [code.strip() for code in codes if shape_ok(code)]
        if not written:
            continue
        known = [found[normal(code)] for code in written if normal(code) in found]
        group: dict[str, str] = known[0] if known else {}
        for other in known[1:]:
            group.update({code: text for code, text in other.items() if code not in group})
        group.update({normal(code): code for code in written if normal(code) not in group})
        found.update(dict.fromkeys(group, group))
        first = next(iter(group))
        if not named.get(first, ("", ""))[0]:
            named[first] = (name, mail)
    groups = {next(iter(group)): group for group in found.values()}
    return tuple((tuple(group.values()), *named.get(first, ("", ""))) for first, group in groups.items())


def change_of(directory: Directory, listed: Sequence[Listed], node: str = "") -> Change:
    """
    What a list changes in a directory.

    An agency is known by any of its codes, and keeps its primary one. A new one is served by the node that
    the list names, else by that of its parent, else by that of the organ whose level-1 code it bears, else by
    `node`.

    Raises: Misconfigured with every line that cannot be used.
    """
    faults: list[Finding] = []
    waiting = [
        (f"{number}: {line.get('code', '')}", _row(directory, line, f"{number}", faults))
        for number, line in enumerate(listed, start=1)
    ]
    rows: dict[str, Agency] = {}  # by every code
    may_wait = True  # a parent may stand below its children
    while waiting:
        later = []
        for at, raw in waiting:
            raw["node"] = raw.get("node") or _node(directory, rows, raw) or ("" if may_wait else node)
            if not raw["node"] and may_wait:
                later.append((at, raw))
            elif not raw["node"]:
                detail = "chưa rõ nút phục vụ; ghi --node · which node serves it? say --node"
                faults.append(bad_value(f"{at}.node", detail))
            elif (row := read_agency(raw, at, faults)) is not None:
                rows |= dict.fromkeys(row.codes, row)
        may_wait = len(later) < len(waiting)
        waiting = later
    if faults:
        raise Misconfigured(*faults)
    news = {normal(row.code): row for row in rows.values()}
    return Change(agencies=tuple(row for row in news.values() if not _is_there(directory, row)))


def _row(directory: Directory, line: Listed, at: str, faults: list[Finding]) -> dict[str, Any]:
    """What the row shall say: what the directory knows, and over it what the list says."""
    known = _known(directory, line, at, faults)
    if known is None:
        return {"name": line.get("code", ""), **line}
    return {**known.as_row(), **line, "code": known.code, "aliases": _all_codes(known, line)}


def _known(directory: Directory, line: Listed, at: str, faults: list[Finding]) -> Agency | None:
    codes = [code for code in (line.get("code"), *line.get("aliases", ())) if isinstance(code, str)]
    found = {agency.code: agency for code in codes if (agency := directory.find(code)) is not None}
    if len(found) > 1:
        detail = f"các mã thuộc nhiều cơ quan · the codes belong to several agencies: {', '.join(found)}"
        faults.append(bad_value(at, detail))
    return next(iter(found.values()), None)


def _all_codes(known: Agency, line: Listed) -> list[str]:
    aliases = {normal(alias): alias for alias in known.aliases}
    for code in (line["code"], *line.get("aliases", ())):
        if normal(code) != normal(known.code):
            aliases.setdefault(normal(code), code)
    return list(aliases.values())


def _node(directory: Directory, rows: Mapping[str, Agency], raw: Mapping[str, Any]) -> str:
    code, parent = str(raw.get("code", "")), str(raw.get("parent", ""))
    groups = normal(code).split(".")
    for above in (parent, groups[-1], groups[0], f"000.00.00.{groups[-1]}", f"000.00.00.{groups[0]}"):
        agency = rows.get(normal(above)) or directory.find(above)
        if agency is not None and normal(agency.code) != normal(code):
            return agency.node
    return ""


def _is_there(directory: Directory, row: Agency) -> bool:
    known = directory.agencies.get(row.code)
    return known is not None and replace(row, version=known.version) == known
