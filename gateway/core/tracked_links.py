"""
Which documents belong to a tracked one, and what its receivers were asked to do with it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from gateway.core.business import Linked, Said, requests_to
from gateway.core.model import AgencyCode, Kind, LetterFacts
from gateway.core.tracking import Tracking


def with_links(
    tracking: Tracking,
    facts: LetterFacts,
    links: Sequence[Linked],
    mine: Collection[AgencyCode],
    *,
    sees_all: bool = False,
) -> Tracking:
    """
    The tracking of a document with what belongs to it.

    `mine`: the agencies that ask; they are shown only what they sent or have themselves, and its subject only
    if they sent or opened it. `sees_all`: an operator, who is shown that there is more, not what it says.
    """
    if tracking.kind is not Kind.DOCUMENT:
        return tracking
    seen = tuple(
        link if link.is_open_to(mine) else replace(link, subject="")
        for link in links
        if sees_all or not link.parties.isdisjoint(mine)
    )
    return replace(
        tracking,
        links=seen,
        recipients=tuple(
            replace(
                recipient,
                requests=requests_to(
                    {recipient.code, recipient.named},
                    facts,
                    tracking.accepted_at,
                    [
                        Said(line.code, line.arrived_at, text=line.description)
                        for line in recipient.statuses
                        if not line.is_notice
                    ],
                    seen,
                ),
            )
            for recipient in tracking.recipients
        ),
    )
