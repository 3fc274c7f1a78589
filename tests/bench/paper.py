"""Letters for measurements: as many different ones of a size as are wanted, at the price of one.

A letter is composed once for each size; each further one differs in its number and in a few bytes of its
attachment, so that neither sameness nor the content-addressed blobs of a node can spare any work.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from statistics import NormalDist

from gateway.core.model import Organ
from gateway.letters import FIRST_ISSUE, Dialect, draft, render

KIB, MIB = 1024, 1024 * 1024
SIZES = (6 * KIB, 100 * KIB, MIB, 10 * MIB, 100 * MIB)
"""Bytes of whole messages, envelope and base64 included; the peers carry as many."""

FIRST_NUMBER = 1_000_001  # seven digits, so that any later number takes its place without moving a byte
CONTENT = b"<edXML:ContentTransferEncoded"
INTO_THE_NOISE = 800  # characters of base64: past the head of the PDF, which ends before 600 bytes
MARK = 16  # digits, which are base64 too

# The attachments of a province's test data: half of them up to 644 KB, nine in ten up to 10.9 MB, none
# above 28.7 MB.
MEDIAN, NINETIETH, LARGEST = 644_000, 10_900_000, 28_700_000
KINDS_OF_MIX = 24


def size_name(size: int) -> str:
    """As people say it: 6 KB, 10 MB."""
    return f"{size // MIB} MB" if size >= MIB else f"{size // KIB} KB"


def mix(kinds: int = KINDS_OF_MIX) -> tuple[int, ...]:
    """Sizes of messages as offices send them, in a shuffled order that is always the same.

    A log-normal distribution through the median and the 90th percentile, cut at the largest; one size from
    the middle of each of `kinds` equal slices, so that a short run has the same share of large ones as a
    long one.
    """
    deviation = math.log(NINETIETH / MEDIAN) / NormalDist().inv_cdf(0.9)
    spread = NormalDist(math.log(MEDIAN), deviation)
    attached = [min(math.exp(spread.inv_cdf((n + 0.5) / kinds)), LARGEST) for n in range(kinds)]
    sizes = [max(int(size * 4 / 3), SIZES[0]) for size in attached]
    Random(1).shuffle(sizes)
    return tuple(sizes)


@dataclass(frozen=True, slots=True)
class Blank:
    """One letter, ready to be numbered."""

    head: bytes
    tail: bytes

    def numbered(self, number: int) -> tuple[bytes, bytes]:
        """
        The letter of this number (from FIRST_NUMBER on, seven digits) in two pieces; the second is shared.
        """
        head = self.head.replace(b"%d" % FIRST_NUMBER, b"%d" % number)
        return head + b"%0*d" % (MARK, number), self.tail


def blank(sender: str, recipients: Sequence[str], size: int, *, priority: int = 0) -> Blank:
    """A letter whose message has `size` bytes, within three of them; or as few as a letter can have."""
    attached = size * 3 // 4
    while True:
        content = _composed(sender, recipients, attached, priority)
        excess = (len(content) - size) * 3 // 4
        if abs(len(content) - size) <= 4 or attached - excess < INTO_THE_NOISE:
            break
        attached -= excess
    at = content.index(b">", content.index(CONTENT)) + 1 + INTO_THE_NOISE
    return Blank(content[:at], content[at + MARK :])


def _composed(sender: str, recipients: Sequence[str], attached: int, priority: int) -> bytes:
    parties = (
        Organ(sender, name=f"Cơ quan {sender}"),
        [Organ(code, name=f"Cơ quan {code}") for code in recipients],
    )
    drawn = draft(*parties, FIRST_NUMBER, Random(1), FIRST_ISSUE, max(attached, INTO_THE_NOISE))
    envelope = replace(
        drawn.envelope,
        priority=priority,
        listed_recipients=("Như trên", "Lưu: VT"),
        appendices=(),
        attachments=drawn.envelope.attachments[:1],
    )
    return b"".join(render(replace(drawn, envelope=envelope, files=drawn.files[:1]), Dialect.JAVA_SDK))
