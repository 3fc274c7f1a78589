"""
Letters for agencies: however many wait, all are found, and no more is asked for than is wanted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.vxp import mail
from gateway.core.errors import Rejected
from gateway.ports import Caller
from tests.kit.office import DISTRICT, PROVINCE, SmallOffice, document, one_chunk

READER = Caller("reader", frozenset({DISTRICT}))
WRITER = Caller("writer", frozenset({PROVINCE}))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
async def test_all_are_found_round_by_round(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "ROUND", 2)
    office = SmallOffice()
    ids = [
        (await office.accept(one_chunk(document(PROVINCE, DISTRICT, body=str(n))), WRITER)).letter_id
        for n in range(count)
    ]
    assert [item.letter_id async for item in mail.waiting(office, READER, None)] == ids


async def test_no_more_is_asked_for_than_is_wanted() -> None:
    asked = []

    async def numbers() -> AsyncIterator[int]:
        for number in range(100):
            asked.append(number)
            yield number

    assert await mail.first_of(numbers(), 3) == [0, 1, 2]
    assert asked == [0, 1, 2]


@pytest.mark.parametrize(
    "text", ["", "x", "5bebcfeff858e3e0cc154762", "019ab000-0000-7000-8000-00000000fffg"]
)
def test_what_is_no_id_of_ours_is_an_unknown_letter(text: str) -> None:
    with pytest.raises(Rejected) as refused:
        mail.letter_id_of(text)
    assert refused.value.code == "TRUC-404"
