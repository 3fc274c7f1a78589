"""
/v1 as a whole: what a document system can ask of its post office, gathered for one listener.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.http.about import About
from gateway.http.accounts import Accounts
from gateway.http.diary import Diary
from gateway.http.keys import Keys
from gateway.http.letters import Letters
from gateway.http.looking import Looking
from gateway.http.reader import Reader
from gateway.http.searching import Searching
from gateway.http.sending import Sending
from gateway.http.stats import Stats
from gateway.http.subscriptions import Subscriptions
from gateway.http.surroundings import Surroundings
from gateway.http.uploads import Uploads
from gateway.v1.operations import Operation


def operations_of(surroundings: Surroundings, of_adapters: Iterable[Operation] = ()) -> tuple[Operation, ...]:
    """Every operation of one listener, with those that document them all."""
    served = (
        *Sending(surroundings).operations(),
        *Searching(surroundings).operations(),
        *Looking(surroundings).operations(),  # before Letters: {letter_id} would swallow `….edxml`
        *Letters(surroundings).operations(),
        *Uploads(surroundings).operations(),
        *of_adapters,
        *Accounts(surroundings).operations(),
        *Diary(surroundings).operations(),
        *Stats(surroundings).operations(),
        *Keys(surroundings).operations(),
        *Subscriptions(surroundings).operations(),
        *About(surroundings).operations(),
    )
    return (*served, *Reader(served).operations())
