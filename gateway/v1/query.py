"""
Query parameters: one pydantic model per operation says which there are, how they are read, what docs show.

Whatever is wrong is told as TRUC-414 with the place of it, so that a developer needs no debugger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from gateway.core.catalogue import BAD_REQUEST
from gateway.core.errors import Finding, Rejected, find

LONGEST_NUMBER = 19  # digits of 2^63-1; int() of a million digits would take seconds


class Query(BaseModel):
    """The query parameters of one operation. An unknown one is refused: a misspelt `dry_run` would send."""

    model_config = ConfigDict(frozen=True, extra="forbid")


QueryModel = TypeVar("QueryModel", bound=Query)


def described(default: Any, vi: str, en: str, **limits: Any) -> Any:
    """A field of a query or a body with its sentence in both languages; `...` if it must be given."""
    return Field(default, title=vi, description=en, **limits)


Number = int
"""A whole number, plain digits only; give it `ge` and `le`."""

Flag = bool
"""`true` or `false`."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
"""What somebody typed, trimmed."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter as docs show it: `shape` is its JSON schema, without any null."""

    name: str
    vi: str
    en: str
    shape: Mapping[str, Any]
    is_required: bool

    @property
    def is_repeatable(self) -> bool:
        return self.shape.get("type") == "array"


@cache
def parameters_of(model: type[Query]) -> Mapping[str, Parameter]:
    """Name in the query → what may stand there."""
    schema = model.model_json_schema()
    required = schema.get("required", ())
    return {
        name: Parameter(
            name,
            field.get("title", ""),
            field.get("description", ""),
            _plain(field, schema.get("$defs", {})),
            name in required,
        )
        for name, field in schema.get("properties", {}).items()
    }


def _plain(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema of its own: references followed, `null` left out (a query has no null), no words."""
    plain = {k: v for k, v in field.items() if k not in ("title", "description", "$ref", "anyOf")}
    if plain.get("default", ...) in (None, "", []):
        del plain["default"]
    for choice in field.get("anyOf", [field]):
        if "$ref" in choice:
            choice = definitions[choice["$ref"].rpartition("/")[2]]
        if choice.get("type") != "null":
            plain.update(
                {
                    k: v
                    for k, v in choice.items()
                    if k not in ("title", "description", "anyOf", "$ref", "default")
                }
            )
    return plain


def read(request: web.BaseRequest, model: type[QueryModel]) -> QueryModel:
    """The query of a request. Raises: Rejected (BAD_REQUEST) naming every parameter that is wrong."""
    known, given = parameters_of(model), dict[str, object]()
    findings: dict[str, Finding] = {}
    for name in request.query:
        if name not in known:
            raise bad(f"?{shown(name)} ({', '.join(known) or '—'})", element=shown(name))
        values, parameter = request.query.getall(name), known[name]
        if len(values) > 1 and not parameter.is_repeatable:
            raise bad(f"{name}: {len(values)} × (1 ×)", element=name)
        given[name] = values if parameter.is_repeatable else values[0]
        for value in values:
            if not _is_plain(parameter.shape.get("items", parameter.shape).get("type"), value):
                findings[name] = _refused(parameter, "malformed", value)
    try:
        asked = model.model_validate(given)
    except ValidationError as error:
        for e in error.errors(include_url=False, include_context=False):
            name = str(e["loc"][0])
            findings.setdefault(name, _refused(known[name], e["type"], e["input"]))
    else:
        if not findings:
            return asked
    raise Rejected(*(findings[name] for name in known if name in findings))


def _is_plain(kind: object, value: str) -> bool:
    """Whether a number or a flag is written as docs say: pydantic alone also takes `1.0`, ` 1`, `y`, `on`."""
    if kind == "integer":
        return value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER
    if kind == "boolean":
        return value.lower() in ("true", "false", "1", "0")
    return True


def bad(detail: str, element: str = "") -> Rejected:
    """TRUC-414 about one place of the request. `detail` is read in both languages: names and numbers only."""
    return Rejected(find(BAD_REQUEST, element=element, detail=detail))


def shown(value: str) -> str:
    """What a caller wrote, fit to be shown: visible characters, not too many."""
    visible = "".join(c if c.isprintable() else "·" for c in value[:64])
    return visible + ("…" if len(value) > 64 else "")


def _refused(parameter: Parameter, kind: str, value: object) -> Finding:
    name = parameter.name
    if kind in ("missing", "string_too_short"):
        detail = f"?{name}="
    elif kind == "string_too_long":
        shape = parameter.shape.get("items", parameter.shape)
        detail = f"{name}: ≤ {shape['maxLength']}"
    elif kind == "too_long":
        detail = f"{name}: ≤ {parameter.shape['maxItems']} ×"
    else:
        detail = f"{name}={shown(str(value))} ({_wanted(parameter.shape) or kind})"
    return find(BAD_REQUEST, element=name, detail=detail)


def _wanted(shape: Mapping[str, Any]) -> str:
    """What would have been right, in a few signs that both languages read."""
    shape = shape.get("items", shape)
    if "enum" in shape:
        return ", ".join(map(str, shape["enum"]))
    if shape.get("type") == "boolean":
        return "true, false"
    if shape.get("type") == "integer":
        return f"{shape.get('minimum', '')}…{shape.get('maximum', '')}"
    return str(shape.get("pattern") or shape.get("format") or "")
