"""
A broker that loses, doubles and reorders frames, and confirms that never come: delivered once all the same.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.broker.memory import CALM, Faults
from gateway.core.model import Kind
from gateway.core.stages import Stage
from tests.kit.correspondence import agency, letter, tree
from tests.kit.nodes import Manner, open_axis

AXIS = tree(
    {"central": "", "province": "central", "commune": "province"},
    [agency("000.01.H14", "commune"), agency("000.00.G22", "central")],
)
WRITER, READER = "000.01.H14", "000.00.G22"
SIZES = (2_000, 60_000, 3_000_000)
LETTERS = 9
HARD_TIMES = {
    "lost-confirms": Faults(lose_confirm=0.5),
    "lost-frames": Faults(lose_frame=0.5),
    "doubled": Faults(duplicate=0.7),
    "reordered": Faults(reorder=0.7),
    "all-at-once": Faults(lose_confirm=0.2, lose_frame=0.2, duplicate=0.3, reorder=0.5),
}


@pytest.mark.parametrize("faults", HARD_TIMES.values(), ids=HARD_TIMES.keys())
async def test_every_letter_is_delivered_once(tmp_path: Path, faults: Faults) -> None:
    contents = [letter(WRITER, READER, number=n, size=SIZES[n % 3], priority=n % 2) for n in range(LETTERS)]
    async with open_axis(AXIS, tmp_path, Manner(seed=7)) as axis:
        axis.post.disturb(faults)
        sent = [await axis.send(content, by=WRITER) for content in contents]
        for _ in range(6):
            await axis.wait(timedelta(minutes=31))
        received = await axis.collect(READER)
        for _ in range(6):
            await axis.wait(timedelta(minutes=31))
        axis.post.disturb(CALM)
        for _ in range(2):
            await axis.wait(timedelta(minutes=31))
        received += await axis.collect(READER)
        await axis.wait(timedelta(minutes=31))
        statuses = [mail.item.status_code for mail in await axis.collect(WRITER, Kind.STATUS)]
        stages = {(await axis.line(a.letter_id, WRITER, READER)).stage for a in sent}

    assert Counter(mail.letter_id for mail in received) == dict.fromkeys((a.letter_id for a in sent), 1)
    assert {mail.letter_id: mail.content for mail in received} == {
        accepted.letter_id: content for accepted, content in zip(sent, contents, strict=True)
    }
    assert statuses == ["01"] * LETTERS
    assert stages == {Stage.DELIVERED}
    assert axis.post.depths() == {}
