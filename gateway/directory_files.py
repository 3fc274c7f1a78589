"""
The directory in files: TOML and JSON hold a whole one, CSV and the axis' own lists name agencies.

    *.toml, *.json   nodes and agencies (what `truc directory export` writes)
    *.json           the answer of getAgenciesList or getAgenciesListQD20, or only its `data`
    *.csv            a table whose first line names columns of an agency; comma or semicolon

Spec: VXP
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gateway.core.codes import normal, shape_ok
from gateway.core.directory import Directory, from_rows, load_toml
from gateway.core.directory_change import applied
from gateway.core.directory_lists import Listed, change_of, one_per_agency
from gateway.core.directory_rows import Agency, NodeRow, bad_value
from gateway.core.errors import Misconfigured
from gateway.core.model import AgencyCode, NodeId
from gateway.vxp.shapes import AgencyLine, AgencyLineQD20, read_lines

LISTS = ("aliases", "types", "certificates")
FLAGS = ("locked", "sends_arrived")
COLUMNS = tuple(Agency(code=AgencyCode(""), name="", node=NodeId("")).as_row())
"""Of a CSV file that is written; one that is read may have fewer, `code` at least."""

_YES, _NO = frozenset({"1", "true", "x", "có"}), frozenset({"", "0", "false", "không"})
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")  # as Excel shows it in Vietnam


def read_files(files: Iterable[tuple[str, bytes]], before: Directory, node: str = "") -> Directory:
    """
    What files (name, content) make of a directory; it is not checked here.

    A whole directory takes its place. Lists change it, all of them together; `node` serves new agencies of
    which nothing else says who does.

    Raises: Misconfigured with everything that cannot be used.
    """
    whole = before
    lines: list[Listed] = []
    axis: list[object] = []
    for name, data in files:
        suffix = name.lower().rpartition(".")[2]
        if suffix == "csv":
            lines += _from_csv(name, data)
        elif suffix != "json":
            whole = load_toml(data)
        elif isinstance(tree := _tree(name, data), Mapping) and "agencies" in tree:
            whole = from_rows(tree.get("version"), tree.get("nodes", []), tree["agencies"])
        else:
            axis += _data(name, tree)
    lines += _from_axis(axis)
    return applied(whole, change_of(whole, lines, node)) if lines else whole


def _tree(name: str, data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Misconfigured(bad_value(name, f"không phải JSON · not JSON: {error}")) from error


def _data(name: str, tree: object) -> list[object]:
    data = tree.get("data") if isinstance(tree, Mapping) else tree
    if not isinstance(data, list) or not data:
        detail = "không có danh sách đơn vị («data» hoặc «agencies») · no list of agencies in it"
        raise Misconfigured(bad_value(name, detail))
    return data


def _from_axis(data: Sequence[object]) -> Iterator[Listed]:
    """The axis' lists: a line names its parent by the id of another line."""
    lines, qd20 = read_lines(AgencyLine, data), read_lines(AgencyLineQD20, data)
    told: list[tuple[Sequence[str], str, str]] = []
    ids: dict[str, str] = {}
    parents: dict[str, str] = {}
    for line, other in zip(lines, qd20, strict=True):
        codes = (other.code102, other.code) if other.code102 else (line.code, line.old_code)
        told.append((codes, line.name, line.mail))
        first = next(filter(shape_ok, codes), "")
        ids[line.id] = first
        if line.pid:
            parents[normal(first)] = line.pid
    for written, name, mail in one_per_agency(told):
        pid = next((parents[normal(code)] for code in written if normal(code) in parents), "")
        parent = ids.get(pid, pid)
        is_parent = shape_ok(parent) and normal(parent) not in map(normal, written)
        said = {"name": name.strip(), "mail": mail.strip(), "parent": parent.strip() if is_parent else ""}
        given = {key: text for key, text in said.items() if text}  # what is empty says nothing
        yield {"code": written[0], "aliases": list(written[1:]), **given}


def _from_csv(name: str, data: bytes) -> Iterator[Listed]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = "không phải UTF-8; lưu lại dạng «CSV UTF-8» · not UTF-8; save it as “CSV UTF-8”"
        raise Misconfigured(bad_value(name, detail)) from error
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    columns = [cell.strip().lower() for cell in next(reader, [])]
    if "code" not in columns:
        raise Misconfigured(bad_value(name, "dòng đầu phải có cột «code» · the first line must name `code`"))
    for row in reader:
        if any(cell.strip() for cell in row):
            cells = dict(zip(columns, map(str.strip, row), strict=False))
            cells.pop("version", None)
            yield {key: _cell(key, value) for key, value in cells.items() if key}


def _cell(key: str, text: str) -> object:
    """A cell as a row holds it; what cannot be read stays text, for the row's reader to name."""
    if key in LISTS:
        return text.replace(";", " ").split()
    if key in FLAGS and text.lower() in _YES | _NO:
        return text.lower() in _YES
    if key == "max_size" and (not text or (text.isascii() and text.isdigit())):
        return int(text or 0)
    if key.startswith("valid_") and (day := _DAY.fullmatch(text)):
        return f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}"
    return text


# --- writing ------------------------------------------------------------------------------------


def to_toml(directory: Directory) -> str:
    """The directory as a file for people; what has its default is left out."""
    told = [f"version = {directory.version}"]
    for node in directory.node_rows:
        told += ["", "[[nodes]]", *_pairs(node, NodeRow(id=NodeId("")))]
    plain = Agency(code=AgencyCode(""), name="", node=NodeId(""))
    for agency in directory.agency_rows:
        told += ["", "[[agencies]]", *_pairs(agency, plain)]
    return "\n".join((*told, ""))


def to_csv(directory: Directory) -> str:
    """The agencies as a table; the nodes are not in it."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(COLUMNS)
    for agency in directory.agency_rows:
        writer.writerow([_written(value) for value in agency.as_row().values()])
    return sheet.getvalue()


def to_json(directory: Directory) -> str:
    """Nodes and agencies, nothing left out."""
    return json.dumps(directory.as_dict(), ensure_ascii=False, indent=2) + "\n"


def _written(value: object) -> object:
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, bool):
        return int(value)
    return "" if value is None else value


def _pairs(row: Agency | NodeRow, plain: Agency | NodeRow) -> Iterator[str]:
    usual = plain.as_row()
    for key, value in row.as_row().items():
        if value != usual[key]:
            is_day = key in ("valid_from", "valid_to")
            yield f"{key} = {value if is_day else _toml(value)}"


def _toml(value: object) -> str:
    """A value as TOML writes it: JSON, but for one control character that JSON leaves as it is."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
