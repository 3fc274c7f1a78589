"""
The parts of a letter as a seal sees them: a name, a digest, a size, a type; never the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from signing.policy import POLICY, Policy

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_MIME = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,96}\Z")

MIMETYPE_MEMBER = "mimetype"
META_FOLDER = "META-INF"


class UnfitPart(ValueError):
    """A part that no container could hold or no seal could name; a mistake of the caller."""


@dataclass(frozen=True, slots=True)
class SealedPart:
    """One member of a sealed letter.

    `name` is the member's name in the container and the URI in the seal (`envelope.xml`,
    `parts/0001`), `sha256` the hex digest of its bytes, `size` their count, `mime` its type.

    Raises: UnfitPart for a name, digest, size or type that could not be written.
    """

    name: str
    sha256: str
    size: int
    mime: str = "application/octet-stream"

    def __post_init__(self) -> None:
        if not is_member_name(self.name):
            raise UnfitPart(f"not a name of a sealed part: {self.name[:80]!r}")
        if not _SHA256.match(self.sha256):
            raise UnfitPart(f"{self.name}: not a SHA-256 in lower-case hex")
        if self.size < 0:
            raise UnfitPart(f"{self.name}: a size below zero")
        if not _MIME.match(self.mime):
            raise UnfitPart(f"{self.name}: not a media type: {self.mime[:80]!r}")

    @property
    def digest(self) -> bytes:
        return bytes.fromhex(self.sha256)


def is_member_name(name: str) -> bool:
    """Whether a part may bear this name.

    ASCII without percent signs, so that the URI in the seal, the name in the zip and the path on a
    disk are the same characters; no segment begins with a dot, so no path leads outside.
    """
    return (
        len(name) <= POLICY.max_member_name
        and _NAME.match(name) is not None
        and name.lower() != MIMETYPE_MEMBER
        and name.partition("/")[0].upper() != META_FOLDER
    )


def check_parts(parts: Sequence[SealedPart], policy: Policy = POLICY) -> None:
    """Refuse a list that cannot be sealed.

    Raises: UnfitPart when it is empty, too long or names a part twice.
    """
    if not 1 <= len(parts) <= policy.max_parts:
        raise UnfitPart(f"a seal covers 1 to {policy.max_parts} parts, not {len(parts)}")
    # Case-folded: two names that differ in case only are one file on some desks.
    if len({part.name.lower() for part in parts}) != len(parts):
        raise UnfitPart("two parts of one letter bear the same name")
