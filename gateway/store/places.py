"""
Places in the mailboxes of a node: numbers in the order of commits, and the topic that is rung for a new one.
"""

from __future__ import annotations

from sqlalchemy import Connection

from gateway.store.statements import count_and_tell
from gateway.store.tables import counters

_TAKE = count_and_tell(counters, "value")


def take_places(connection: Connection, how_many: int) -> range:
    """
    The next places, ours until the commit.

    A number from a sequence could become visible after a higher one, and a cursor would pass over it.
    """
    counter = {"name": "mail", "value": how_many}
    last: int = connection.execute(_TAKE.of(connection), counter).scalar_one()
    return range(last - how_many + 1, last + 1)


MAIL = "mail:"


def mail_topic(agency: str) -> str:
    """What is rung when something new is listed for an agency: `mail:000.00.00.H14`."""
    return f"{MAIL}{agency}"
