"""The directory in files: each form in and out, lists of the axis, tables from an office, rubbish."""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files

import pytest

from gateway.core.directory import Agency, Directory, NodeRow, load_toml
from gateway.core.directory_change import difference
from gateway.core.errors import Misconfigured
from gateway.core.model import AgencyCode, NodeId
from gateway.directory_files import read_files, to_csv, to_json, to_toml

NONE = Directory(0, (), ())
WHOLE = load_toml((files("gateway.directories") / "three-tier.toml").read_bytes())
RICH = Directory(
    4,
    (NodeRow(id=NodeId("G22"), name='Nút "gốc"', level="trung ương", organ_code="A"),),
    (
        Agency(
            code=AgencyCode("A"),
            name="Sở «Nội vụ»\\\x7f",
            node=NodeId("G22"),
            aliases=("a1", "a2"),
            valid_from=date(2016, 4, 1),
            valid_to=date(2025, 6, 30),
            successor="A",
            locked=True,
            sends_arrived=True,
            max_size=50_000_000,
            types=("pdf", "docx"),
            certificates=("ab" * 32,),
            version=3,
        ),
    ),
)


@pytest.mark.parametrize("directory", [WHOLE, RICH], ids=["three-tier", "rich"])
def test_whole_directory_comes_back_from_toml_and_json(directory: Directory) -> None:
    assert load_toml(to_toml(directory).encode()) == directory
    assert read_files([("x.toml", to_toml(directory).encode())], NONE) == directory
    assert read_files([("x.json", to_json(directory).encode())], WHOLE) == directory


@pytest.mark.parametrize("directory", [WHOLE, RICH], ids=["three-tier", "rich"])
def test_agencies_come_back_from_csv(directory: Directory) -> None:
    nodes_only = Directory(directory.version, directory.node_rows, ())
    read = read_files([("x.csv", to_csv(directory).encode())], nodes_only)
    assert not difference(read, directory)
    assert read_files([("x.csv", to_csv(directory).encode())], directory) is directory


def test_table_from_excel_is_read() -> None:
    table = (
        "\ufeffcode;name;parent;valid_to;locked;types\r\n"
        "000.05.40.H14;Phòng Y tế;000.00.60.H14;31/12/2026;có;pdf docx\r\n;;;;;\r\n"
    )
    after = read_files([("Đơn vị.CSV", table.encode())], WHOLE)
    row = after.find("000.05.40.H14")
    assert row is not None
    assert (row.node, row.valid_to, row.locked, row.types) == (
        "H14.60",
        date(2026, 12, 31),
        True,
        ("pdf", "docx"),
    )
    assert (after.version, len(after.agency_rows)) == (WHOLE.version + 1, len(WHOLE.agency_rows) + 1)


def test_lists_of_the_axis_are_read_together() -> None:
    listed = {
        "status": "OK",
        "ErrorCode": "0",
        "data": [
            {
                "id": "7",
                "pid": "",
                "code": "000.00.00.H14",
                "name": "",
                "mail": "vt@cb.vn",
                "oldCode": "vxp.3",
            },
            {"id": "9", "pid": "7", "code": "000.09.00.H14", "name": "Chi cục", "mail": None},
            {"id": "11", "pid": "9", "code": "Z-1", "name": "Trạm"},
            {"id": "12", "code": "không phải mã", "name": "x"},
            "rác",
        ],
    }
    qd20 = [{"id": "9", "code": "H14.09.01", "name": "Chi cục", "code102": "000.09.00.H14"}]
    after = read_files(
        [("a.json", json.dumps(listed).encode()), ("b.json", json.dumps(qd20).encode())], WHOLE
    )
    province, branch, station = map(after.find, ("H14", "H14.09.01", "Z-1"))
    assert province is not None
    assert branch is not None
    assert station is not None
    assert (province.mail, "vxp.3" in province.aliases) == ("vt@cb.vn", True)
    assert province.name == "Ủy ban nhân dân tỉnh Cao Bằng"  # an empty name says nothing
    assert (branch.code, branch.parent, branch.node) == ("000.09.00.H14", "000.00.00.H14", "H14")
    assert (station.parent, station.node) == ("000.09.00.H14", "H14")
    assert len(after.agency_rows) == len(WHOLE.agency_rows) + 2


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.toml", b"version = "),
        ("x.toml", b"\xff\xfe"),
        ("x.json", b"{"),
        ("x.json", b"[" * 100_000),
        ("x.json", b"7"),
        ("x.json", b'{"status": "FAIL"}'),
        ("x.json", b'{"data": []}'),
        ("x.json", b'{"version": 0, "nodes": [], "agencies": [1]}'),
        ("x.csv", b""),
        ("x.csv", b"name,node\nx,y\n"),
        ("x.csv", b"code,name\n\xff,x\n"),
        ("x.csv", b"code,name,lockd\nH14,x,1\n"),
        ("x.csv", b"code,name,locked\nH14,x,maybe\n"),
        ("x.csv", b"code,name,node,max_size\nX,x,G22,many\n"),
        ("x.csv", b"code,name,node,valid_to\nX,x,G22,31/02/2026\n"),
    ],
)
def test_rubbish_is_refused_with_what_is_wrong(name: str, data: bytes) -> None:
    with pytest.raises(Misconfigured) as refused:
        read_files([(name, data)], WHOLE)
    assert refused.value.findings
