"""
Reading a request: who calls, which letter is meant, what the query and the JSON body say.

Whatever is wrong is told as TRUC-414 with the place of it, so that a developer needs no debugger. What an
agency may not see looks exactly like what does not exist.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from aiohttp import web
from pydantic import BaseModel, ValidationError

from gateway.core.catalogue import BAD_REQUEST, UNAUTHENTICATED, UNKNOWN_LETTER
from gateway.core.errors import Finding, Rejected, find
from gateway.core.model import LetterId
from gateway.ports import Caller
from gateway.v1.moments import A_DAY
from gateway.v1.operations import IDEMPOTENCY_KEY, LETTER_ID, QUERY
from gateway.v1.query import QueryModel, shown
from gateway.v1.query import bad as bad
from gateway.v1.transfer import LIMITS, body

Model = TypeVar("Model", bound=BaseModel)

CALLER: web.RequestKey[Caller] = web.RequestKey("truc_caller", Caller)
"""Who calls; the listener sets it before a handler runs, once the key was looked up."""

FAULTS_TOLD = 200  # more than anyone mends at once
FAULTS_LOOKED_AT = (
    10_000  # all recipients of the largest letter; beyond it the node would be busy with telling
)

LONGEST_MISSPELT = 100  # characters of a name that is compared with known ones; none of those is half as long

_WANTED = {
    "max_length": "≤ ",
    "min_length": "≥ ",
    "le": "≤ ",
    "ge": "≥ ",
    "pattern": "",
    "expected": "",
    "wanted": "",
}
"""What pydantic says of a limit → the sign for it."""

_LETTER_ID = re.compile(LETTER_ID.pattern)
_VISIBLE = re.compile(IDEMPOTENCY_KEY.pattern)


def caller_of(request: web.Request) -> Caller:
    """Who calls. Raises: Rejected (UNAUTHENTICATED) where no listener has looked at the key."""
    if CALLER not in request:
        raise Rejected(find(UNAUTHENTICATED))
    return request[CALLER]


def letter_id_of(request: web.Request) -> LetterId:
    """The letter named in the path. Raises: Rejected (UNKNOWN_LETTER) for what can't be an id."""
    text = request.match_info["letter_id"].lower()
    if not is_letter_id(text):
        raise Rejected(find(UNKNOWN_LETTER, letter_id=shown(text)))
    return LetterId(text)


def is_letter_id(text: str) -> bool:
    """Whether a text has the form of a letter_id."""
    return _LETTER_ID.fullmatch(text) is not None


def idempotency_key(request: web.Request) -> str | None:
    """The Idempotency-Key header: up to 255 visible ASCII characters, or None."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _VISIBLE.fullmatch(key):
        raise bad("Idempotency-Key: 1–255 ASCII", element="Idempotency-Key")
    return key


def query(request: web.Request, model: type[QueryModel]) -> QueryModel:
    """The query parameters, as the operation declares them; what is wrong was refused before.

    Raises: TypeError where the operation declares another model than its handler reads.
    """
    given = request[QUERY]
    if not isinstance(given, model):
        raise TypeError(f"{request.path}: the operation declares {type(given).__name__}")
    return given


async def json_body(request: web.Request, model: type[Model]) -> Model:
    """The body as JSON of this shape. Raises: Rejected (BAD_REQUEST) with every field that is wrong."""
    data = bytearray()
    async for chunk in body(request, request.app[LIMITS].json_bytes):
        data += chunk
    return read_json(bytes(data), model)


def read_json(text: bytes, model: type[Model]) -> Model:
    """
    JSON of this shape, in which no name stands twice: readers differ in which of the two counts.

    Raises: Rejected (BAD_REQUEST) with every field that is wrong, at most FAULTS_TOLD of them.
    """
    try:
        said = model.model_validate_json(text)
    except ValidationError as error:
        raise Rejected(*_faults(model, error)) from None
    if twice := _said_twice(text):
        raise bad(f"{twice}: 2 × (1 ×)", element=twice)
    return said


def _faults(model: type[BaseModel], error: ValidationError) -> Iterator[Finding]:
    """What is wrong, field by field; of rubbish only its count, since telling costs more than reading."""
    if error.error_count() > FAULTS_LOOKED_AT:
        yield find(BAD_REQUEST, detail=f"JSON: {error.error_count()} ✗")
        return
    for e in error.errors(include_url=False, include_input=False)[:FAULTS_TOLD]:
        place = shown("/".join(map(str, e["loc"])))
        detail = _told(model, e["loc"], e["type"], e.get("ctx", {}))
        yield find(BAD_REQUEST, element=place, detail=detail)


def _said_twice(text: bytes) -> str:
    """A name that stands twice in one object, "" if none does. `text` is known to be JSON of a shape."""
    found: list[str] = []

    def looked_at(pairs: list[tuple[str, object]]) -> None:
        names: set[str] = set()
        for name, _ in pairs:
            if name in names:
                found.append(name)
            names.add(name)

    json.loads(text, object_pairs_hook=looked_at, parse_int=str, parse_float=str)
    return shown(found[0]) if found else ""


def _told(model: type[BaseModel], place: tuple[str | int, ...], kind: str, context: Mapping[str, Any]) -> str:
    """What is wrong at this place and what may stand there; of an unknown field, which one was meant."""
    path = shown("/".join(map(str, place)))
    if kind == "extra_forbidden" and (meant := _nearest(model, place)):
        return f"{path} → {meant}?"
    wanted = next((f"{sign}{context[name]}" for name, sign in _WANTED.items() if name in context), "")
    if kind.startswith("date_"):
        wanted = A_DAY
    return f"{path or 'JSON'}: {kind}" + (f" ({wanted})" if wanted else "")


def _nearest(model: type[BaseModel], place: tuple[str | int, ...]) -> str:
    """The known field whose name is nearest to the last of `place`, "" if none is near."""
    for step in place[:-1]:
        field = model.model_fields.get(step) if isinstance(step, str) else None
        model = model if field is None else next(_models_in(field.annotation), model)
    if len(str(place[-1])) > LONGEST_MISSPELT:
        return ""
    return next(iter(get_close_matches(str(place[-1]), model.model_fields, n=1)), "")


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """The models that a type names: `tuple[Reply, ...]` names Reply."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
