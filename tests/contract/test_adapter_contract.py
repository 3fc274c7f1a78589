"""
The contract itself: what a faulty adapter does wrong is noticed, by the test that is named after it.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.core.model import AgencyCode
from gateway.ports import Caller, OpenLetter
from gateway.sandbox import trial_node
from gateway.sandbox.adapter_contract import AdapterContract
from gateway.sandbox.partner import Partner
from tests.example_adapter.test_spool import SpoolPartner
from tests.example_adapter.truc_spool import SpoolAdapter
from tests.kit.installed import installed_adapter


class Forgetful(SpoolAdapter):
    """Says that the agency has it."""

    async def deliver(self, letter: OpenLetter) -> bool:
        return True


class Doubling(SpoolAdapter):
    """Lays each try down under another name."""

    _tries = itertools.count(1)

    async def deliver(self, letter: OpenLetter) -> bool:
        path = self._spool(letter.agency) / "in" / f"{next(self._tries)}.edxml"
        path.write_bytes(b"".join(letter.chunks()))
        return True


class Shortening(SpoolAdapter):
    """Loses the last bytes."""

    async def deliver(self, letter: OpenLetter) -> bool:
        path = self._spool(letter.agency) / "in" / f"{letter.letter.routing.letter_id}.edxml"
        path.write_bytes(b"".join(letter.chunks())[:-1])
        return True


class Trusting(SpoolAdapter):
    """Believes whatever From says."""

    async def _handed_in(self, agency: AgencyCode, path: Path) -> str:
        everybody = frozenset(row.code for row in self._place.office.directory().agency_rows)
        caller = Caller("spool", everybody)

        async def pieces() -> AsyncIterator[bytes]:
            yield path.read_bytes()

        return f"OK {(await self._place.office.accept(pieces(), caller)).letter_id}\n"


class Clinging(SpoolAdapter):
    """Leaves a task behind."""

    async def run(self) -> None:
        self.left = asyncio.create_task(_linger())
        await super().run()


async def _linger() -> None:
    await asyncio.sleep(3600)


class Stumbling(SpoolAdapter):
    """Fails once in a way that nobody expected, and then works."""

    has_failed = False

    async def deliver(self, letter: OpenLetter) -> bool:
        if not self.has_failed:
            self.has_failed = True
            raise KeyError(letter.agency)
        return await super().deliver(letter)


class Misnamed(SpoolAdapter):
    """Says another name than its entry point."""

    name = "spol"


class Spool(AdapterContract):
    def partner(self) -> Partner:
        return SpoolPartner()


@contextmanager
def on_trial(adapter: type[SpoolAdapter], folder: Path) -> Iterator[Spool]:
    """The contract over a node that finds this adapter."""
    with installed_adapter(folder, "spool", f"{adapter.__module__}:{adapter.__qualname__}"):
        Spool.setup_class()
        try:
            yield Spool()
        finally:
            Spool.teardown_class()


FAULTY = {
    Misnamed: "test_it_is_found_by_its_entry_point_and_bears_its_name",
    Forgetful: "test_offered_letter_is_taken_or_lies_at_the_door",
    Shortening: "test_agency_gets_what_was_sent_in_whatever_dialect_it_was_written",
    Doubling: "test_death_between_hand_over_and_its_record_loses_nothing_and_doubles_nothing",
    Trusting: "test_letter_in_the_name_of_another_is_refused_in_words",
    Clinging: "test_node_that_stops_leaves_no_task_and_no_file_of_the_adapter",
    Stumbling: "test_offered_letter_is_taken_or_lies_at_the_door",
}


@pytest.mark.parametrize("adapter", FAULTY, ids=lambda adapter: adapter.__name__)
def test_fault_is_noticed(
    adapter: type[SpoolAdapter], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_node, "LONGEST", 3.0)  # what never comes about need not be waited for so long
    with on_trial(adapter, tmp_path) as contract, pytest.raises(AssertionError):
        getattr(contract, FAULTY[adapter])()


def test_sound_adapter_passes_the_same_tests(tmp_path: Path) -> None:
    with on_trial(SpoolAdapter, tmp_path) as contract:
        for test in dict.fromkeys(FAULTY.values()):
            getattr(contract, test)()
