"""
Reading a request: who calls, which letter is meant, what the query and the JSON body say.

Whatever is wrong is told as TRUC-414 with the place of it, so that a developer needs no debugger. What an
agency may not see looks exactly like what does not exist.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from gateway.core.catalogue import BAD_REQUEST, UNAUTHENTICATED, UNKNOWN_LETTER
from gateway.core.errors import Rejected, find
from gateway.core.model import LetterId
from gateway.ports import Caller
from gateway.v1.transfer import LIMITS, body

Model = TypeVar("Model", bound=BaseModel)
Word = TypeVar("Word", bound=StrEnum)

CALLER: web.RequestKey[Caller] = web.RequestKey("truc_caller", Caller)
"""Who calls; the listener sets it before a handler runs, once the key was looked up."""

_LETTER_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")


def caller_of(request: web.Request) -> Caller:
    """Who calls. Raises: Rejected (UNAUTHENTICATED) where no listener has looked at the key."""
    if CALLER not in request:
        raise Rejected(find(UNAUTHENTICATED))
    return request[CALLER]


def letter_id_of(request: web.Request) -> LetterId:
    """The letter named in the path. Raises: Rejected (UNKNOWN_LETTER) for what can't be an id."""
    text = request.match_info["letter_id"].lower()
    if not is_letter_id(text):
        raise Rejected(find(UNKNOWN_LETTER, letter_id=_short(text)))
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


def only(request: web.Request, *names: str) -> None:
    """Refuse other query parameters: a misspelt `dry_run` that is ignored would send the letter."""
    for name in request.query:
        if name not in names:
            raise bad(f"?{_short(name)} ({', '.join(names) or '—'})", element=_short(name))


def text(request: web.Request, name: str, most: int = 200) -> str:
    """A query parameter as trimmed text, "" if absent."""
    value = request.query.get(name, "").strip()
    if len(value) > most:
        raise bad(f"{name}: ≤ {most}", element=name)
    return value


def whole_number(request: web.Request, name: str, default: int, low: int, high: int) -> int:
    """A query parameter as a number from `low` to `high`."""
    value = request.query.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) <= 19 and low <= int(value) <= high):
        raise bad(f"{name}={_short(value)} ({low}…{high})", element=name)
    return int(value)


def flag(request: web.Request, name: str) -> bool:
    """A query parameter that is `true` or `false` (default)."""
    value = request.query.get(name, "false").lower()
    if value not in ("true", "false", "1", "0"):
        raise bad(f"{name}={_short(value)} (true, false)", element=name)
    return value in ("true", "1")


def word(request: web.Request, name: str, words: type[Word]) -> Word | None:
    """A query parameter that is one of a few words, or None if absent."""
    value = request.query.get(name)
    if value is None:
        return None
    try:
        return words(value)
    except ValueError:
        raise bad(f"{name}={_short(value)} ({', '.join(words)})", element=name) from None


async def json_body(request: web.Request, model: type[Model]) -> Model:
    """The body as JSON of this shape. Raises: Rejected (BAD_REQUEST) with every field that is wrong."""
    data = bytearray()
    async for chunk in body(request, request.app[LIMITS].json_bytes):
        data += chunk
    try:
        return model.model_validate_json(bytes(data))
    except ValidationError as error:
        findings = [
            find(BAD_REQUEST, element="/".join(map(str, e["loc"])), detail=_told(e["loc"], e["type"]))
            for e in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise Rejected(*findings) from None


def bad(detail: str, element: str = "") -> Rejected:
    """TRUC-414 about one place of the request. `detail` is read in both languages: names and numbers only."""
    return Rejected(find(BAD_REQUEST, element=element, detail=detail))


def _told(place: tuple[str | int, ...], kind: str) -> str:
    return f"{'/'.join(map(str, place)) or 'JSON'}: {kind}"


def _short(value: str) -> str:
    """What a caller wrote, fit to be shown: visible characters, not too many."""
    shown = "".join(c if c.isprintable() else "·" for c in value[:64])
    return shown + ("…" if len(value) > 64 else "")
