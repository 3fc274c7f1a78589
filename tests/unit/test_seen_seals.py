from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from gateway.seen_seals import SeenSeals
from gateway.store.sql import SqlStore
from signing.verdict import Facts, Objection, Outcome, Reason, Verdict
from tests.kit.builders import PROVINCE, stored_letter
from tests.kit.clock import START, ManualClock
from tests.kit.seals import SteppedCheck

ENDS = START + timedelta(days=90)
GOOD = Verdict(
    Outcome.PASSED, facts=Facts(signer="CN=H14", common_name="H14", fingerprint="ab", valid_until=ENDS)
)
FAILED = replace(GOOD, outcome=Outcome.FAILED, objections=(Objection(Reason.PART_CHANGED),))


class Judge(SteppedCheck):
    """An examiner whose verdict about letters is known before."""

    says = GOOD

    async def verdict(self, letter: object) -> Verdict:
        return self.says


async def test_certificate_of_a_good_seal_is_kept_for_its_node(tmp_path: Path) -> None:
    store = SqlStore("sqlite://", tmp_path, node=PROVINCE, instance="one", inline=True)
    judge = Judge(store.blobs, START)
    seen = SeenSeals(judge, store, ManualClock())
    assert await seen.verdict(stored_letter(1)) is GOOD
    kept = (await store.seal_certificates())[PROVINCE]
    assert (kept.fingerprint, kept.subject, kept.ends_at) == ("ab", "CN=H14", ENDS)
    await store.close()


async def test_certificate_of_a_seal_that_failed_is_not_believed(tmp_path: Path) -> None:
    store = SqlStore("sqlite://", tmp_path, node=PROVINCE, instance="one", inline=True)
    judge = Judge(store.blobs, START)
    judge.says = FAILED
    assert await SeenSeals(judge, store, ManualClock()).verdict(stored_letter(1)) is FAILED
    assert await store.seal_certificates() == {}
    await store.close()
