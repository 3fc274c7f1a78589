from __future__ import annotations

import pytest

from signing.keys import SealKey
from signing.trust import Trust
from tests.unit.signing.letters import People, make_people


@pytest.fixture(scope="session")
def people() -> People:
    """Made once: RSA keys cost a tenth of a second each."""
    return make_people()


@pytest.fixture(scope="session")
def key(people: People) -> SealKey:
    return people.issued().seal_key


@pytest.fixture(scope="session")
def trust(people: People) -> Trust:
    return people.trust()
