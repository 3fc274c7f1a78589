"""
What browsers are told and asked, so that no other site can act in somebody's name.

Every page comes with a policy that knows only this site's own style sheet and script: text from a letter that
slipped through as markup could still run nothing. Every form proves twice where it comes from: by the address
that the browser itself states, and by a token that only pages of the same session hold.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from aiohttp import web

from gateway.core.catalogue import FORM_STALE
from gateway.core.errors import Rejected, find
from gateway.http.console.around import Around

TOKEN_FIELD = "csrf"  # noqa: S105 - the name of a field
_PURPOSE = b"truc console form"
_MAC_BYTES = 32

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",  # browsers of old PCs that do not know frame-ancestors
    # not no-referrer: forms would then state their origin as null
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = "max-age=31536000"


def form_token(secret: str) -> str:
    """
    The token of the forms of one session, written differently each time.

    Pages are compressed; one that always looked the same could be guessed from their length, sign by sign.
    """
    mask = secrets.token_bytes(_MAC_BYTES)
    masked = bytes(a ^ b for a, b in zip(mask, _mac(secret), strict=True))
    return base64.urlsafe_b64encode(mask + masked).decode("ascii")


def _mac(secret: str) -> bytes:
    return hmac.new(secret.encode(), _PURPOSE, hashlib.sha256).digest()


def check_token(secret: str, token: str) -> None:
    """Raises: Rejected (FORM_STALE) unless the token is one of this session."""
    try:
        both = base64.urlsafe_b64decode(token.encode("ascii"))
    except ValueError:
        both = b""
    mask, masked = both[:_MAC_BYTES], both[_MAC_BYTES:]
    found = bytes(a ^ b for a, b in zip(mask, masked, strict=False))
    if not secret or not hmac.compare_digest(found, _mac(secret)):
        raise Rejected(find(FORM_STALE))


def check_origin(request: web.Request, around: Around) -> None:
    """
    Raises: Rejected (FORM_STALE) for a form that another site sent, or whose origin is not stated.

    Without a public address in the settings the scheme is not compared: a proxy may have changed it.
    """
    stated = _origin_of(request.headers.get("Origin") or request.headers.get("Referer") or "")
    expected = around.settings.url
    is_ours = stated == expected if expected else urlsplit(stated).netloc == request.host != ""
    if not is_ours or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Rejected(find(FORM_STALE))


def _origin_of(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""  # such as `http://[`
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
