"""
What is said on the page after a form was sent: it travels in a cookie that only this session can write.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

from gateway.http.console.words import Words

COOKIE = "truc-said"
LONGEST = 2_000
_PURPOSE = b"truc console flash"


def write(secret: str, sentence: str, filled: Mapping[str, str]) -> str:
    """A sentence (as `said` marks it) with what fills it, for the cookie."""
    body = base64.urlsafe_b64encode(json.dumps([sentence, dict(filled)]).encode()).decode("ascii")
    return f"{body}.{_mac(secret, body)}"


def read(secret: str, cookie: str, words: Words) -> str:
    """
    The sentence in a language; "" if nothing was said, somebody else wrote it, or it can't be filled.

    Who has no secret has said nothing: what an empty one signs, anybody can sign.
    """
    body, _, mac = cookie.partition(".")
    if (
        not (secret and body)
        or len(cookie) > LONGEST
        or not hmac.compare_digest(mac.encode(), _mac(secret, body).encode())
    ):
        return ""
    try:
        sentence, filled = json.loads(base64.urlsafe_b64decode(body))
        return words(sentence, **filled)
    except (KeyError, TypeError, ValueError):
        return ""  # a sentence of another release must not keep the page from being shown


def _mac(secret: str, body: str) -> str:
    return hmac.new(secret.encode(), _PURPOSE + body.encode(), hashlib.sha256).hexdigest()
