"""
What a test of a connection found, step by step, each told in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Tried(StrEnum):
    """What a step tries."""

    NAME = "name"  #: the name leads to a number
    REACH = "reach"  #: the machine answers at the port
    TLS = "tls"  #: both agree on encryption, and the certificate is one that is trusted
    LOGIN = "login"  #: the other side takes our account
    ANSWER = "answer"  #: the service behind it answers as expected
    FOLDER = "folder"  #: the folder can be read and written


@dataclass(frozen=True, slots=True)
class Step:
    """
    One step and what came of it, in both languages.

    `certificate_ends_at` is of the certificate that the other side showed, if it showed one.
    """

    tried: Tried
    is_good: bool
    vi: str
    en: str
    certificate_ends_at: datetime | None = None
