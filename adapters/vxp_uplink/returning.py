"""
Letters of our own axis that come back down: they went up for an agency that has moved to us since.

Such a letter is known here, so the office sees a repeat. But its delivery ended with handing it to the axis
above, where the agency never fetched it; it is put into the agency's mailbox now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from adapters.vxp_uplink.fetched import FetchedLetter
from adapters.vxp_uplink.ledger import Errand, Ledger
from adapters.vxp_uplink.letters import accepted_on
from gateway.core.facts import facts_of
from gateway.core.model import AgencyCode, LetterId
from gateway.ports import Caller, StoredLetter, Wanted, Workplace

EVER = datetime(2000, 1, 1, tzinfo=UTC)
MOST = 20  # letters of one number that are looked at; a number is given once a year


class Returning:
    """Finds them by what the ledger says of their way up."""

    def __init__(self, workplace: Workplace, ledger: Ledger) -> None:
        self._place, self._ledger = workplace, ledger

    async def by_its_id(self, letter_id: LetterId, named: str) -> None:
        """Hand it over here if it went up for this agency. A letter that is here already stays as it is."""
        agency = self._place.office.directory().find(named)
        if agency is None:
            return
        letter = (await self._place.office.track(_at(agency.code), letter_id)).letter
        if errand := await self._went_up(letter, agency.code):
            await self._hand_over(errand, agency.code)

    async def by_what_it_says(self, letter: FetchedLetter, to: Sequence[str]) -> bool:
        """
        Hand over a letter of another node of our axis; whether this node holds it for all of these agencies.

        Nobody here may make it anew, since only its own node speaks for its sender.
        """
        directory = self._place.office.directory()
        agencies = [agency.code for agency in map(directory.find, to) if agency is not None]
        facts = facts_of(await asyncio.to_thread(letter.envelope))
        wishes = [Wanted(sha256=letter.sha256, sent=False)]
        if facts.document_id or facts.code:
            wishes.append(
                Wanted(
                    document_id=facts.document_id, code=facts.code, issue_date=facts.issue_date, sent=False
                )
            )
        for agency in agencies:
            found = await self._held(agency, wishes, facts.status_code)
            if found is None:
                return False
            if errand := await self._went_up(found, agency):
                await self._hand_over(errand, agency)
        return True

    async def _held(
        self, agency: AgencyCode, wishes: Sequence[Wanted], status_code: str
    ) -> StoredLetter | None:
        office = self._place.office
        for wanted in wishes:
            for letter_id in await office.find(_at(agency), wanted, limit=MOST):
                letter = (await office.track(_at(agency), letter_id)).letter
                if letter.facts.status_code == status_code:
                    return letter
        return None

    async def _went_up(self, letter: StoredLetter, agency: AgencyCode) -> Errand | None:
        begun = await asyncio.to_thread(self._ledger.of, letter.routing.letter_id, accepted_on(letter))
        return next((errand for errand in begun if agency in errand.ended), None)

    async def _hand_over(self, errand: Errand, agency: AgencyCode) -> None:
        """List it, then strike the mark: after a crash between the two it is listed once more, never lost."""
        await self._place.office.offer_again(_at(agency), EVER, letter_id=errand.letter_id)
        await asyncio.to_thread(self._ledger.end, errand, agency, ended=False)
        self._place.log.info("uplink.handed_again", letter_id=errand.letter_id, agency=agency)


def _at(agency: AgencyCode) -> Caller:
    """Who looks into the mailbox of an agency that moves."""
    return Caller("uplink", frozenset({agency}))
