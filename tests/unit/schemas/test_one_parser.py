"""
Nothing but schemas/safe_xml.py parses XML.

Others may import lxml.etree to build, walk, canonicalise and serialise trees, and use the escaping of the
standard library. What they may not do is turn bytes into a tree, or hand a file to a library that does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.kit.source_tree import Module, modules, under

THE_PARSER = "schemas.safe_xml"

PARSING_LIBRARIES = (
    *("xml", "pyexpat", "defusedxml", "xmltodict", "untangle", "bs4", "html5lib", "xmlschema", "feedparser"),
    *("lxml.html", "lxml.objectify", "lxml.sax", "lxml.ElementInclude", "lxml.isoschematron"),
)
ESCAPING = frozenset({"xml.sax.saxutils.escape", "xml.sax.saxutils.quoteattr"})
PARSING_NAMES = frozenset(
    {
        *(
            "fromstring",
            "fromstringlist",
            "XML",
            "XMLID",
            "XMLDTDID",
            "HTML",
            "parse",
            "parseid",
            "iterparse",
        ),
        *("XMLParser", "XMLPullParser", "HTMLParser", "HTMLPullParser", "ETCompatXMLParser", "DTD"),
        *("get_default_parser", "set_default_parser", "XInclude", "XMLTreeBuilder", "TreeBuilder"),
    }
)
COMPILERS = frozenset({"XMLSchema", "RelaxNG", "Schematron", "XSLT"})
"""These take a tree, which is fine, or a file or a name of one, which they would parse themselves."""


def parsing(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every place where a module could parse XML, with what it uses there."""
    etrees = {"etree"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if any(under(alias.name, library) for library in PARSING_LIBRARIES):
                    yield node.lineno, alias.name
                if alias.name == "lxml.etree" and alias.asname:
                    etrees.add(alias.asname)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                if full not in ESCAPING and any(under(full, library) for library in PARSING_LIBRARIES):
                    yield node.lineno, full
                if node.module == "lxml.etree" and alias.name in PARSING_NAMES | COMPILERS | {"*"}:
                    yield node.lineno, full
                if full == "lxml.etree":
                    etrees.add(alias.asname or "etree")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in PARSING_NAMES and _names(node.value, etrees):
            yield node.lineno, f"etree.{node.attr}"
        elif isinstance(node, ast.Call):
            yield from _calls(node, etrees)


def _names(node: ast.expr, etrees: set[str]) -> bool:
    """Whether an expression is lxml.etree, under any name the module gave it."""
    if isinstance(node, ast.Name):
        return node.id in etrees
    return isinstance(node, ast.Attribute) and node.attr == "etree"


def _calls(node: ast.Call, etrees: set[str]) -> Iterator[tuple[int, str]]:
    called = node.func
    first = node.args[0] if node.args else None
    named = str(first.value) if isinstance(first, ast.Constant) else ""
    if isinstance(called, ast.Attribute) and called.attr in COMPILERS and _names(called.value, etrees):
        if named or any(keyword.arg == "file" for keyword in node.keywords):
            yield node.lineno, f"etree.{called.attr}(file)"
    elif isinstance(called, ast.Attribute) and called.attr == "ElementTree" and _names(called.value, etrees):
        if any(keyword.arg in ("file", "parser") for keyword in node.keywords):
            yield node.lineno, "etree.ElementTree(file)"
    elif (isinstance(called, ast.Name) and called.id == "__import__") or (
        isinstance(called, ast.Attribute) and called.attr == "import_module"
    ):
        if any(under(named, library) for library in (*PARSING_LIBRARIES, "lxml")):
            yield node.lineno, f"import of {named}"
    elif isinstance(called, ast.Name) and called.id == "getattr" and first and _names(first, etrees):
        yield node.lineno, "getattr(etree, …)"


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_nothing_else_parses_xml(module: Module) -> None:
    if module.name == THE_PARSER:
        assert list(parsing(module.tree)), "the rule does not even see the parser"
        return
    assert [f"{module.shown}:{line} {what}" for line, what in parsing(module.tree)] == []


@pytest.mark.parametrize(
    "source",
    [
        "import xml.etree.ElementTree as ET",
        "from xml.dom import minidom",
        "from xml import sax",
        "import pyexpat",
        "from pyexpat import ParserCreate",
        "from lxml import html",
        "from lxml import objectify",
        "from lxml.etree import fromstring",
        "from lxml.etree import *",
        "from lxml import etree\netree.fromstring(b'')",
        "from lxml import etree as e\ne.parse('x')",
        "import lxml.etree\nlxml.etree.XML(b'')",
        "import lxml.etree as tree\ntree.iterparse('x')",
        "from lxml import etree\nread = etree.fromstring",
        "from lxml import etree\netree.XMLSchema(file='x.xsd')",
        "from lxml import etree\netree.ElementTree(file='x.xml')",
        "from lxml import etree\ngetattr(etree, 'from' + 'string')(b'')",
        "import importlib\nimportlib.import_module('xml.sax')",
        "__import__('lxml.etree')",
        "def f():\n    import defusedxml.lxml",
    ],
)
def test_the_rule_sees_every_way_in(source: str) -> None:
    assert list(parsing(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "from lxml import etree\netree.tostring(etree.SubElement(etree.Element('a'), 'b'))",
        "from xml.sax.saxutils import escape, quoteattr",
        "from lxml import etree\netree.tostring(root, method='c14n')",
        "from lxml import etree\netree.XMLSchema(tree)",
        "from lxml.etree import Element, QName",
        "from schemas.safe_xml import parse\nparse(b'')",
        "import json\njson.loads('{}')",
    ],
)
def test_building_and_walking_trees_is_allowed(source: str) -> None:
    assert list(parsing(ast.parse(source))) == []
