"""
The forms by name and version: our own XML schemas, compiled once per process, without a network.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any, NamedTuple

from lxml import etree

from schemas.safe_xml import parse

_FOLDER = Path(__file__).parent
_NAMESPACE = re.compile(r"\{[^}]*\}")

_FILES = MappingProxyType(
    {
        ("edxml-document", "1"): "edxml/document.xsd",
        ("edxml-status", "1"): "edxml/status.xsd",
    }
)


class Violation(NamedTuple):
    """One place where a tree does not follow its form.

    `path` is an XPath from the root of that tree; `message` is libxml2's, its names without their namespace.
    """

    line: int
    path: str
    message: str


class _Form(NamedTuple):
    schema: etree.XMLSchema
    lock: Lock  # lxml leaves the errors of a check on the schema, so one check at a time


def schema(name: str, version: str) -> etree.XMLSchema:
    """The compiled schema of a form, e.g. `("edxml-document", "1")`.

    Raises: KeyError if there is no such form
    """
    return _form(name, version).schema


def violations(name: str, version: str, root: etree._Element) -> tuple[Violation, ...]:
    """Where `root` does not follow the form; empty if it does. May be called from any thread.

    Raises: KeyError if there is no such form
    """
    form = _form(name, version)
    with form.lock:
        if form.schema.validate(root):
            return ()
        errors: Iterable[Any] = form.schema.error_log  # type: ignore[assignment]  # the stubs leave it empty
        return tuple(Violation(e.line, e.path or "/*", _NAMESPACE.sub("", e.message)) for e in errors)


@cache
def _form(name: str, version: str) -> _Form:
    path = _FOLDER / _FILES[name, version]
    return _Form(etree.XMLSchema(parse(path.read_bytes(), base_url=str(path)).root), Lock())
