"""
`hash-file`: SHA-256 of the file without the CRLF that follows it, in the two ways it is written.

The SDK writes each byte as a hexadecimal number without padding, so that 0x0a becomes `a`.

Spec: VXP
"""

from __future__ import annotations

import hmac


def unpadded(digest: bytes) -> str:
    """A digest as the SDK writes it."""
    return "".join(f"{byte:x}" for byte in digest)


def agrees(received: str, digest: bytes) -> bool:
    """Whether a `hash-file` names this digest, padded or not, in small or capital letters."""
    said = received.strip().lower().encode("utf-8", "replace")
    return any(hmac.compare_digest(said, form.encode()) for form in (digest.hex(), unpadded(digest)))
