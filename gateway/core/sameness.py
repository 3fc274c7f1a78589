"""
When two letters are the same letter sent twice.

Clients retry without a key, after minutes or hours, from files rebuilt by their SDK. So sameness is judged
by what the letter says and carries, not by its bytes: every known field except the recipients and the trace
headers (an axis on the way adds those), and the digests of the attachments' content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gateway.core.model import Envelope

# where the letter goes, which way it came, and how its file happens to be laid out say nothing of sameness
_NOT_COMPARED = frozenset({"recipients", "traces", "line", "signed_header", "content_id", "part", "wrapped"})


def sameness(envelope: Envelope, digests: Sequence[str]) -> str:
    """The hex digest under which a repeat of this message is recognised, for one recipient at a time.

    `digests` are the SHA-256 of the attachments' content in document order.
    """
    told = {"envelope": _compared(asdict(envelope)), "attachments": list(digests)}
    canonical = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _compared(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _compared(inner)
            for key, inner in value.items()
            if key not in _NOT_COMPARED and inner not in ("", None, (), [])
        }
    if isinstance(value, list | tuple):
        return [_compared(inner) for inner in value]
    return value
