"""
Who may import whom. The plan of the house is the table below; everything else follows from it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable

import pytest

from tests.kit.source_tree import PACKAGES, ROOT, Module, knots, modules, under

# Room → rooms it may import besides itself; the longest matching room decides. schemas knows nothing of
# anybody; from there each line looks only towards lines above it.
CORE = {"schemas", "signing", "gateway.core"}
OUTSIDE = CORE | {"gateway.ports", "gateway.observe", "gateway.crash"}
# The wire as pure functions may be known outside the broker's own room; the shells that do the work may not.
SHELLS = {"gateway.broker.rabbitmq", "gateway.broker.memory"}
WIRE = {m.name for m in modules() if m.name.startswith("gateway.broker.")} - {
    m.name for m in modules() for shell in SHELLS if m.name.startswith(shell)
}
OFFICE = OUTSIDE | WIRE | {"gateway.answers", "gateway.doors", "gateway.office", "gateway.clerk"}
MAY_IMPORT: dict[str, set[str]] = {
    "schemas": set(),
    "signing": {"schemas"},
    "gateway": set(),
    "gateway.core": {"schemas", "signing"},
    "gateway.ports": CORE | {"gateway.observe", "gateway.v1.operations"},
    "gateway.config": CORE,
    "gateway.observe": CORE,
    "gateway.clock": CORE | {"gateway.ports"},
    "gateway.bell": CORE | {"gateway.ports"},
    "gateway.ids": CORE,
    "gateway.answers": OUTSIDE,
    "gateway.directories": set(),
    "gateway.directory_files": CORE | {"gateway.vxp"},
    "gateway.letters": CORE,
    "gateway.sealed_file": CORE,
    "gateway.evidence": CORE | {"gateway.ports"},
    "gateway.inside": CORE | {"gateway.ports"},
    "gateway.journal": OUTSIDE,
    "gateway.store": OUTSIDE | {"gateway.durable", "gateway.journal"},
    "gateway.broker": OUTSIDE | {"gateway.probing"},
    "gateway.doors": OUTSIDE | WIRE | {"gateway.answers", "gateway.sealed_file"},
    "gateway.vxp": CORE,
    "gateway.durable": frozenset(),
    "gateway.vault": CORE | {"gateway.config", "gateway.durable"},
    "gateway.notices": OUTSIDE,
    "gateway.probing": CORE | {"gateway.ports"},
    "gateway.seen_seals": OUTSIDE,
    "gateway.key_log": OUTSIDE,
    "gateway.keyring": OUTSIDE | {"gateway.key_log", "gateway.vault"},
    "gateway.keys": OUTSIDE,
    "gateway.alerts": OUTSIDE | {"gateway.config"},
    "gateway.hand_on": OUTSIDE | {"gateway.config"},
    "gateway.watchmen": OUTSIDE | {"gateway.alerts", "gateway.config", "gateway.doors", "gateway.hand_on"},
    "gateway.accounts": OUTSIDE,
    "gateway.reports": OUTSIDE | {"gateway.alerts.ways", "gateway.config", "gateway.durable"},
    "adapters": OUTSIDE
    | {"gateway.v1", "gateway.vxp", "gateway.client", "gateway.config", "gateway.durable", "gateway.inside"}
    | {"gateway.probing"},
    "gateway.enrolment": OUTSIDE | {"gateway.doors"},
    "gateway.office": OUTSIDE | {"gateway.answers", "gateway.doors", "gateway.evidence", "gateway.enrolment"},
    "gateway.clerk": OUTSIDE | {"gateway.answers", "gateway.doors", "gateway.office"},
    "gateway.v1": OUTSIDE | {"gateway.answers"},
    "gateway.client": OUTSIDE | {"gateway.answers", "gateway.v1", "gateway.vxp"},
    "gateway.http": OFFICE
    | {"gateway", "gateway.config", "gateway.durable", "gateway.inside", "gateway.key_log", "gateway.keys"}
    | {"gateway.reports", "gateway.v1"},
    "gateway.http.console": OUTSIDE
    | {"gateway", "gateway.accounts", "gateway.config", "gateway.http", "gateway.v1"}
    | {"gateway.directory_files", "gateway.evidence", "gateway.reports"},
    "gateway.crash": CORE,
    "gateway.seals": OUTSIDE | {"gateway.config"},
    "gateway.node": {"gateway", "schemas", "signing"},
    "gateway.doctor": {"gateway", "schemas", "signing"},
    "gateway.serve": {"gateway", "schemas", "signing"},
    "gateway.sandbox": {"gateway", "schemas", "signing"},
    "gateway.cli": {"gateway", "schemas", "signing"},
}
# Nobody looks up at the roof.
ROOF = {"gateway.node", "gateway.serve", "gateway.sandbox", "gateway.cli"}
MAY_SEE_THE_ROOF = {
    "gateway.serve": {"gateway.node"},
    "gateway.doctor": {"gateway.serve"},
    "gateway.sandbox": {"gateway.node", "gateway.serve"},
    "gateway.cli": {"gateway.node", "gateway.serve", "gateway.sandbox"},
}

DOORS = [f"gateway.doors.{door}" for door in ("intake", "relay", "arrival", "handover")]

# Library → the only rooms that may use it.
OWNERS: dict[str, set[str]] = {
    "aio_pika": {"gateway.broker.rabbitmq"},
    "aiormq": {"gateway.broker.rabbitmq"},
    "sqlalchemy": {"gateway.store"},
    "alembic": {"gateway.store"},
    "sqlite3": {"gateway.store"},
    "psycopg": {"gateway.store"},
    "aiohttp": {
        *("adapters", "gateway.ports", "gateway.http", "gateway.v1", "gateway.client"),
        *("gateway.node", "gateway.sandbox"),
    },
    "aiosmtplib": {"adapters"},
    "apprise": {"gateway.alerts.ways"},
    "structlog": {"gateway.observe"},
    "xlsxwriter": {"gateway.http", "gateway.reports.sheets"},
    "jinja2": {"gateway.http"},
    "prometheus_client": {"gateway.observe", "gateway.http"},
    "typer": {"gateway.cli"},
    "rich": {"gateway.cli", "gateway.sandbox"},
    "pydantic": {"gateway.config", "gateway.v1", "gateway.http", "gateway.vxp", "adapters"},
    "signxml": {"signing"},
    "cryptography": {"signing", "gateway.vault"},
    "holidays": {"gateway.core.calendar"},
    "jwt": {"adapters.lgsp", "gateway.http.console.openid"},
    "argon2": {"gateway.accounts.passwords"},
    "segno": {"gateway.http.console"},
}

# A decision that looks at a clock, the network or chance can be neither tested nor replayed.
NOT_IN_CORE = {
    *("asyncio", "time", "random", "secrets", "uuid", "socket", "ssl", "select", "threading", "subprocess"),
    *("logging", "structlog", "sqlite3", "sqlalchemy", "aiohttp", "aio_pika", "os", "pathlib", "tempfile"),
}
CLOCKS = {"now", "utcnow", "today"}

NOT_IN_THE_WIRE = {"asyncio", "time", "socket", "ssl", "threading", "aio_pika", "structlog"}

XML_READERS = {"xml", "xmltodict", "defusedxml", "bs4", "lxml.html", "lxml.objectify", "lxml.sax", "html5lib"}
XML_READING = {
    *("parse", "fromstring", "fromstringlist", "XML", "XMLID", "HTML", "iterparse", "parseid"),
    *(
        "XMLParser",
        "HTMLParser",
        "XMLPullParser",
        "HTMLPullParser",
        "ETCompatXMLParser",
        "get_default_parser",
    ),
}
XML_WRITER = "xml.sax.saxutils"  # escapes text, reads nothing
THE_XML_READER = "schemas.safe_xml"


def room_of(name: str) -> str | None:
    return max((room for room in MAY_IMPORT if under(name, room)), key=len, default=None)


def is_allowed(importer: str, imported: str) -> bool:
    room = room_of(importer)
    assert room is not None
    if under(imported, room) and room != "gateway":
        return True
    seen = MAY_SEE_THE_ROOF.get(room, set())
    if any(under(imported, top) for top in ROOF):
        return any(under(imported, top) for top in seen)
    # the package `gateway` itself holds only the version
    return any(under(imported, r) for r in MAY_IMPORT[room]) or imported == "gateway"


def told(faults: Iterable[str]) -> str:
    return "\n" + "\n".join(faults)


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_module_imports_only_what_its_room_may_know(module: Module) -> None:
    assert room_of(module.name) not in (None, "gateway") or module.name == "gateway", (
        f"{module.shown}: a new room; say in MAY_IMPORT what it may know"
    )
    faults = [
        f"{module.shown}:{line} imports {name}"
        for name, line in module.imports()
        if name.split(".")[0] in PACKAGES and not is_allowed(module.name, name)
    ]
    assert not faults, told(faults)


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_library_is_used_only_in_the_room_that_owns_it(module: Module) -> None:
    faults = [
        f"{module.shown}:{line} imports {name}"
        for name, line in module.imports()
        for library, owners in OWNERS.items()
        if under(name, library) and not any(under(module.name, owner) for owner in owners)
    ]
    assert not faults, told(faults)


def test_doors_never_import_each_other() -> None:
    faults = [
        f"{m.shown}:{line} imports {name}"
        for m in modules()
        for name, line in m.imports()
        if any(under(m.name, d) for d in DOORS)
        and any(under(name, d) and not under(m.name, d) for d in DOORS)
    ]
    assert not faults, told(faults)


def test_core_knows_no_clock_no_network_and_no_chance() -> None:
    faults = []
    for module in (m for m in modules() if under(m.name, "gateway.core")):
        faults += [
            f"{module.shown}:{n} imports {i}" for i, n in module.imports() if i.split(".")[0] in NOT_IN_CORE
        ]
        faults += [
            f"{module.shown}:{node.lineno} reads the clock"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute)
            and node.attr in CLOCKS
            and isinstance(node.value, ast.Name)
            and node.value.id in ("datetime", "date")
        ]
    assert not faults, told(faults)


def test_the_wire_does_no_input_or_output() -> None:
    faults = [
        f"{m.shown}:{line} imports {name}"
        for m in modules()
        for name, line in m.imports()
        if m.name in WIRE and (name.split(".")[0] in NOT_IN_THE_WIRE or name in SHELLS)
    ]
    assert not faults, told(faults)


def test_only_safe_xml_parses_xml() -> None:
    faults = []
    for module in (m for m in modules() if m.name != THE_XML_READER):
        faults += [
            f"{module.shown}:{line} imports {name}"
            for name, line in module.imports()
            if any(under(name, reader) for reader in XML_READERS) and not under(name, XML_WRITER)
        ]
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr in XML_READING and _is_etree(node.value):
                faults.append(f"{module.shown}:{node.lineno} calls etree.{node.attr}")
            if isinstance(node, ast.ImportFrom) and node.module == "lxml.etree":
                faults += [
                    f"{module.shown}:{node.lineno} imports etree.{a.name}"
                    for a in node.names
                    if a.name in XML_READING
                ]
            if isinstance(node, ast.Call) and _lets_etree_open_a_file(node):
                faults.append(f"{module.shown}:{node.lineno} lets etree open a file")
    assert not faults, told(faults)


def _is_etree(node: ast.expr) -> bool:
    """`etree` or `lxml.etree`."""
    return (isinstance(node, ast.Name) and node.id == "etree") or (
        isinstance(node, ast.Attribute) and node.attr == "etree"
    )


def _lets_etree_open_a_file(node: ast.Call) -> bool:
    names_a_file = any(keyword.arg == "file" for keyword in node.keywords)
    return names_a_file and isinstance(node.func, ast.Attribute) and _is_etree(node.func.value)


def test_only_the_modules_of_one_package_wait_for_each_other() -> None:
    """A package that passes on the names of its modules is such a knot; anything wider is a circle."""
    wide = [sorted(knot) for knot in knots() if not any(is_package_of(name, knot) for name in knot)]
    assert wide == []


def is_package_of(name: str, knot: set[str]) -> bool:
    return all(under(member, name) for member in knot)


# What becomes of a knot depends on which of its modules comes first, so each comes first once: libraries are
# loaded, then every such module in a child process of its own. Outside knots the order changes nothing.
ALONE = """
import importlib, os, sys, traceback
for library in ("aiohttp.web", "sqlalchemy", "alembic", "lxml.etree", "pydantic", "structlog",
                "prometheus_client", "typer", "rich.console", "holidays", "signxml", "cryptography.x509"):
    importlib.import_module(library)
failed = []
for names in [sys.argv[1].split(), *([name] for name in sys.argv[2].split())]:
    child = os.fork()
    if child == 0:
        try:
            for name in names:
                importlib.import_module(name)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        failed.append(names[0])
sys.exit("cannot be imported first: " + ", ".join(failed) if failed else 0)
"""


def test_every_module_can_be_imported_first() -> None:
    everything = " ".join(m.name for m in modules() if not m.name.endswith("__main__"))
    tied = " ".join(sorted(name for knot in knots() for name in knot))
    command = [sys.executable, "-c", ALONE, everything, tied]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
