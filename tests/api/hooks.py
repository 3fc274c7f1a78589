"""
What schemathesis is told beside the OpenAPI document: ids that exist, and bytes that are edXML.

It runs in a process of its own and loads this module by name (SCHEMATHESIS_HOOKS); what the node really has
comes in IDS.
"""

from __future__ import annotations

import json
import os
import re
from random import Random
from typing import Any

import schemathesis
from hypothesis import strategies as st

from gateway.core.model import Organ
from gateway.letters import DIALECTS, compose
from tests.kit.builders import DEPARTMENT, PROVINCE_OFFICE

IDS = "SCHEMA_IDS"
"""Environment variable: JSON, path parameter → what exists of it."""

BYSTANDER = "AX.H14"
"""An agency of the node that writes no letters: calls may change what was agreed with it."""

_REAL: dict[str, list[str]] = json.loads(os.environ.get(IDS, "{}"))
_AGENCIES = [Organ(str(code), name=f"Cơ quan {code}") for code in (PROVINCE_OFFICE, DEPARTMENT)]


@st.composite
def edxml(draw: st.DrawFn) -> bytes:
    """A message in any dialect, from one of the caller's agencies or to an agency that nobody knows."""
    writes, reads = draw(st.permutations([*_AGENCIES, Organ("000.00.99.Z99")]))[:2]
    number = draw(st.integers(1, 9999))
    dialect = draw(st.sampled_from(list(DIALECTS)))
    return compose(dialect, writes, [reads], number, Random(number), size=2000)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A message that lost its end, or holds a stray byte."""
    data = draw(edxml())
    at = draw(st.integers(0, len(data)))
    return data[:at] + draw(st.sampled_from([b"", b"\x00", b"<", b"\xff" + data[at:], b"&x;" + data[at:]]))


schemathesis.openapi.media_type("application/xml", st.one_of(edxml(), damaged(), st.binary(max_size=100)))
schemathesis.openapi.media_type(
    "application/vnd.etsi.asic-e+zip", st.binary(max_size=200).map(b"PK\x03\x04".__add__)
)


schemathesis.openapi.media_type("application/offset+octet-stream", st.binary(max_size=200))


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Every second well-formed id becomes one that exists; the others, and all rubbish, stay as they are."""
    changed = dict(path_parameters or {})
    for name, value in changed.items():
        number, real = sum(str(value).encode(errors="replace")), _REAL.get(name, [])
        if real and number % 2 and re.fullmatch(rf"[0-9a-z_-]{{{len(real[0])}}}", str(value)):
            changed[name] = real[number % len(real)]
        if name == "code" and number % 2 and context.operation.path.startswith("/v1/agencies/"):
            changed[name] = BYSTANDER
    return changed if path_parameters else path_parameters


@schemathesis.hook
def map_body(_context: Any, body: Any) -> Any:
    """Agencies that nobody knows become one that exists, where an operator acts for an agency."""
    match body:
        case {"agencies": [str(code)]} if re.fullmatch(r"[0-9A-Za-z.]{1,35}", code):
            return {**body, "agencies": [BYSTANDER]}
        case _:
            return body


@schemathesis.hook
def map_query(_context: Any, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """Whoever asks to wait for letters waits for none here: it would cost a minute each time."""
    if query and re.fullmatch("[1-9]|[1-4][0-9]|5[0-5]", str(query.get("wait"))):
        return {**query, "wait": 0}
    return query
