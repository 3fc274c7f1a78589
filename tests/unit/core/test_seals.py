"""
What a seal covers, and whether its letter may be handed over.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.core.calendar import Calendar
from gateway.core.catalogue import (
    EXPIRED,
    FROM_THE_FUTURE,
    NOT_ADDRESSED,
    NOT_ENTITLED,
    SEAL_FAILED,
    SEAL_UNDETERMINED,
)
from gateway.core.directory import Agency, Directory
from gateway.core.errors import Finding
from gateway.core.model import Addressee, AgencyCode, Part, Routing
from gateway.core.seals import (
    CLOCK_TOLERANCE,
    SEALS,
    certificate_remark,
    entitlement_objection,
    seal_objection,
    sealed_parts,
    time_objection,
)
from signing.verdict import Facts, Objection, Reason, Verdict, conclude
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    COMMUNE_OFFICE,
    DEPARTMENT,
    OTHER_OFFICE,
    PROVINCE,
    PROVINCE_OFFICE,
    routing,
    small_axis,
)
from tests.kit.clock import START

CALENDAR, TTL = Calendar(), 5
MANIFEST = ("routing.json", "parts.json", "envelope.xml", "parts/0000", "parts/0001.b64")


def part(name: str) -> Part:
    return Part(name, 7, "0" * 64)


def code(finding: Finding | None) -> str:
    return finding.code if finding else ""


def test_certificate_that_the_directory_does_not_name_is_remarked() -> None:
    sender = Agency(code=CENTRAL_OFFICE, name="VPCP", node=CENTRAL, certificates=("ab" * 32,))
    known, other = (conclude([], Facts(fingerprint=mark * 32)) for mark in ("ab", "cd"))
    assert certificate_remark(sender, known) is None
    assert code(certificate_remark(sender, other)) == "TRUC-612"
    assert certificate_remark(replace(sender, certificates=()), other) is None
    assert certificate_remark(None, other) is None


# --- what is sealed ------------------------------------------------------------------------------


def test_node_seals_everything_but_seals_in_the_order_of_the_manifest() -> None:
    parts = sealed_parts(part(name) for name in (*MANIFEST, *SEALS))
    assert tuple(p.name for p in parts) == MANIFEST
    assert all((p.size, p.sha256) == (7, "0" * 64) for p in parts)


def test_agency_seals_before_there_is_a_letter_id() -> None:
    parts = sealed_parts(map(part, MANIFEST), with_routing=False)
    assert tuple(p.name for p in parts) == MANIFEST[1:]


def test_types_follow_from_names_so_that_every_node_writes_the_same() -> None:
    types = {p.name: p.mime for p in sealed_parts(map(part, MANIFEST))}
    assert types == {
        "routing.json": "application/json",
        "parts.json": "application/json",
        "envelope.xml": "application/xml",
        "parts/0000": "application/octet-stream",
        "parts/0001.b64": "text/plain",
    }


# --- what a verdict means ------------------------------------------------------------------------


def verdict(*reasons: Reason) -> Verdict:
    return conclude([Objection(reason, "parts/0001") for reason in reasons], Facts())


def test_seal_that_passed_meets_no_objection() -> None:
    assert seal_objection(verdict()) is None


def test_failed_seal_is_told_with_member_and_reason() -> None:
    finding = seal_objection(verdict(Reason.PART_CHANGED))
    assert finding is not None
    assert finding.code == SEAL_FAILED.code
    for text in (finding.vi, finding.en):
        assert "parts/0001" in text
        assert "part-changed" in text


def test_seal_that_cannot_be_judged_yet_has_a_code_of_its_own() -> None:
    assert code(seal_objection(verdict(Reason.REVOCATION_MISSING))) == SEAL_UNDETERMINED.code
    assert code(seal_objection(verdict(Reason.REVOCATION_STALE, Reason.PART_CHANGED))) == SEAL_FAILED.code


def test_a_thousand_reasons_do_not_make_a_thousand_lines() -> None:
    finding = seal_objection(verdict(*[Reason.PART_CHANGED] * 1000))
    assert finding is not None
    assert len(finding.vi) < 1000


# --- when it may be judged -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "objection"),
    [
        (timedelta(0), ""),
        (timedelta(days=1), ""),
        (-CLOCK_TOLERANCE, ""),
        (-CLOCK_TOLERANCE - timedelta(seconds=1), FROM_THE_FUTURE.code),
        (timedelta(days=6), ""),  # over a weekend: five working days are a week
        (timedelta(days=8), EXPIRED.code),
    ],
    ids=str,
)
def test_acceptance_is_neither_ahead_nor_longer_ago_than_letters_live(
    after: timedelta, objection: str
) -> None:
    assert code(time_objection(routing(), START + after, CALENDAR, TTL, now=START + after)) == objection


def test_letter_that_arrived_before_its_time_is_judged_when_its_time_has_come() -> None:
    """A clock was set back between its acceptance and its arrival."""
    early = START - timedelta(hours=2)
    assert code(time_objection(routing(), early, CALENDAR, TTL, now=early)) == FROM_THE_FUTURE.code
    assert code(time_objection(routing(), early, CALENDAR, TTL, now=START)) == ""


def test_what_the_letter_says_of_its_own_expiry_does_not_count() -> None:
    """Somebody with a stolen key would write next year."""
    label = replace(routing(), expires_at=START + timedelta(days=365))
    month_later = START + timedelta(days=30)
    assert code(time_objection(label, month_later, CALENDAR, TTL, now=month_later)) == EXPIRED.code


# --- whose letter, and for whom ------------------------------------------------------------------

AXIS = small_axis()
HEIR = AgencyCode("000.00.99.G22")


def with_heir() -> Directory:
    """Central's office was closed; another agency of the same node followed it."""
    rows = [
        replace(row, valid_to=date(2026, 1, 1), successor=HEIR) if row.code == CENTRAL_OFFICE else row
        for row in AXIS.agency_rows
    ]
    return replace(AXIS, agency_rows=(*rows, Agency(code=HEIR, name="Cơ quan kế thừa", node=CENTRAL)))


def objection(
    agency: AgencyCode, *, label: Routing | None = None, signer: str = PROVINCE, directory: Directory = AXIS
) -> str:
    return code(entitlement_objection(label or routing(), agency, signer, directory))


def test_recipient_of_routing_gets_the_letter() -> None:
    assert objection(CENTRAL_OFFICE) == ""


@pytest.mark.parametrize("agency", [OTHER_OFFICE, DEPARTMENT, PROVINCE_OFFICE, AgencyCode("nobody")])
def test_nobody_else_does(agency: AgencyCode) -> None:
    assert objection(agency) == NOT_ADDRESSED.code


def test_successor_of_a_recipient_gets_it_too() -> None:
    assert objection(HEIR, directory=with_heir()) == ""
    assert objection(HEIR) == NOT_ADDRESSED.code


def test_agency_that_was_named_by_a_closed_code_gets_it() -> None:
    """The origin resolved the code that was named to the one to serve; both stand in the letter."""
    label = replace(routing(), recipients=(Addressee(CENTRAL_OFFICE, HEIR, CENTRAL),))
    assert objection(HEIR, label=label) == ""
    assert objection(CENTRAL_OFFICE, label=label) == ""


@pytest.mark.parametrize("signer", ["", CENTRAL, "H14.31.01", "h14", PROVINCE_OFFICE])
def test_certificate_must_name_the_origin(signer: str) -> None:
    assert objection(CENTRAL_OFFICE, signer=signer) == NOT_ENTITLED.code


@pytest.mark.parametrize("sender", [OTHER_OFFICE, COMMUNE_OFFICE, AgencyCode("nobody")])
def test_node_seals_only_for_the_agencies_that_the_directory_gives_it(sender: AgencyCode) -> None:
    assert objection(CENTRAL_OFFICE, label=replace(routing(), sender=sender)) == NOT_ENTITLED.code


def test_origin_that_another_node_claims_to_be_is_not_entitled() -> None:
    """The seal is good and the certificate its own; the letter just is not its to seal."""
    label = replace(routing(), origin=CENTRAL)
    assert objection(CENTRAL_OFFICE, label=label, signer=CENTRAL) == NOT_ENTITLED.code
