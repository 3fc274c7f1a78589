"""
Sealed files without a node: what intake takes from an agency, and what anybody can say about an .asice.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.catalogue import (
    CONTAINER_REFUSED,
    FRAME_DAMAGED,
    FROM_THE_FUTURE,
    ORIGINAL_DIFFERS,
    REVOKED_SINCE,
    SIGNER_NOT_ORIGIN,
)
from gateway.core.errors import Finding, Rejected
from gateway.core.model import NodeId
from gateway.core.seals import sealed_parts
from gateway.letters import DIALECTS, Dialect, compose
from gateway.sealed_file import Inspection, inspect, is_container, open_container
from schemas.safe_xml import DEFAULT_LIMITS
from signing.asice import AGENCY_SIGNATURE, NODE_SIGNATURE, Content, write_container
from signing.seal import seal
from signing.trust import Trust
from signing.verdict import Outcome, Reason
from signing.verify import verify
from tests.kit.clock import START
from tests.kit.sealed import (
    SVG,
    Members,
    Seals,
    as_parts,
    drawing,
    label,
    make_seals,
    members_of,
    packed,
    seals_over,
)
from tests.kit.sinks import take_apart
from tests.unit.cli.edxml_files import RECEIVER, SENDER

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

EDXML = drawing()
ROUTING = label(EDXML, START)
OURS = members_of(EDXML)
LETTER = members_of(EDXML, ROUTING)


@pytest.fixture(scope="module")
def seals() -> Seals:
    return make_seals(START)


@pytest.fixture(scope="module")
def from_agency(seals: Seals) -> bytes:
    return packed(OURS, seals.agency_only, START)


@pytest.fixture(scope="module")
def from_node(seals: Seals) -> bytes:
    return packed(LETTER, seals.both, START)


def refusal(data: bytes, **limits: int) -> Finding:
    """What intake would say to the agency that hands this in."""
    with pytest.raises(Rejected) as refused:
        open_container(io.BytesIO(data), replace(DEFAULT_LIMITS, **limits))
    assert refused.value.code == CONTAINER_REFUSED.code
    return refused.value.first


def looked_into(
    data: bytes, trust: Trust, *, now: datetime = START, at: datetime | None = None
) -> Inspection:
    return inspect(io.BytesIO(data), trust, now=now, at=at)


def codes(inspection: Inspection) -> list[str]:
    return [finding.code for finding in inspection.findings]


# --- what intake takes ---------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS, ids=str)
def test_letter_of_every_dialect_comes_out_as_it_was_sealed(seals: Seals, dialect: Dialect) -> None:
    edxml = compose(dialect, SENDER, [RECEIVER], 1, Random(1), size=90_000)
    opened = open_container(io.BytesIO(packed(members_of(edxml), seals.agency_only, START)))
    assert b"".join(opened.original()) == edxml
    assert b"".join(opened.original()) == edxml, "from the start each time"
    opened.require_same(as_parts(members_of(edxml, ROUTING)))


def test_seal_and_parts_are_what_a_verifier_takes(from_agency: bytes, seals: Seals) -> None:
    opened = open_container(io.BytesIO(from_agency))
    assert verify(opened.agency_seal, opened.parts, seals.trust(), at=START).passed
    assert [part.name for part in opened.parts] == [
        "parts.json",
        "envelope.xml",
        "parts/0000",
        "parts/0001.b64",
    ]


def test_agencys_seal_still_holds_in_the_file_that_the_node_makes(seals: Seals, from_agency: bytes) -> None:
    """The node takes the original apart anew and adds routing.json and its own seal."""
    opened = open_container(io.BytesIO(from_agency))
    again = members_of(b"".join(opened.original()), ROUTING)
    opened.require_same(as_parts(again))
    signatures = {**seals_over(again, seals.node_only, START), AGENCY_SIGNATURE: opened.agency_seal}
    made = packed(again, {}, START, signatures=dict(sorted(signatures.items())))
    assert looked_into(made, seals.trust()).outcome is Outcome.PASSED


def test_parts_of_another_letter_are_not_the_same(from_agency: bytes) -> None:
    opened = open_container(io.BytesIO(from_agency))
    other = as_parts(members_of(EDXML.replace(b"YW Jj", b"YW J k"), ROUTING))
    with pytest.raises(Rejected) as refused:
        opened.require_same(other)
    assert refused.value.code == CONTAINER_REFUSED.code
    assert refused.value.first.element == "parts.json"


def test_drawing_with_a_doctype_is_an_attachment_like_any_other(from_agency: bytes) -> None:
    opened = open_container(io.BytesIO(from_agency))
    apart = take_apart(b"".join(opened.original()))
    assert apart.sinks[0].blob == SVG


def test_what_a_node_sealed_is_not_taken_from_an_agency(from_node: bytes) -> None:
    assert refusal(from_node).element == NODE_SIGNATURE


def test_routing_is_not_taken_from_an_agency(seals: Seals) -> None:
    """It would decide where the letter goes, and under which id."""
    assert refusal(packed(LETTER, seals.agency_only, START)).element == "routing.json"


def test_container_is_told_from_edxml_by_its_first_bytes(from_agency: bytes) -> None:
    assert is_container(from_agency[:4])
    assert not is_container(EDXML[:4])
    assert not is_container(b"")


def without(members: Members, name: str) -> Members:
    return {n: data for n, data in members.items() if n != name}


def renamed(members: Members, old: str, new: str) -> Members:
    return {new if n == old else n: data for n, data in members.items()}


def rewritten(change: Callable[[dict[str, Any]], object]) -> Members:
    """The letter with another parts.json, in the form that ours has."""
    body = json.loads(OURS["parts.json"])
    change(body)
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return {**OURS, "parts.json": text.encode()}


@pytest.mark.parametrize(
    ("members", "named"),
    [
        (without(OURS, "parts.json"), "parts.json"),
        (without(OURS, "envelope.xml"), "envelope.xml"),
        (without(OURS, "parts/0000"), "parts/0001.b64"),
        (without(OURS, "parts/0001.b64"), "parts/0001.b64"),
        ({**OURS, "parts/0002": b"x"}, "parts/0002"),
        (renamed(OURS, "parts/0000", "parts/0009"), "parts/0009"),
        (renamed(OURS, "parts/0001.b64", "parts/0001"), "parts/0001"),
        ({"envelope.xml": OURS["envelope.xml"], **OURS}, "envelope.xml"),
        ({**OURS, "parts/0000": SVG + b" "}, "parts/0000"),
        ({**OURS, "parts.json": b"{}"}, "parts.json"),
        ({**OURS, "parts.json": b"[" * 20_000}, "parts.json"),
        (rewritten(lambda body: body.update(version=2)), "parts.json"),
        (rewritten(lambda body: body["parts"][0].update(sha256="A" * 64)), "parts.json"),
        (rewritten(lambda body: body["parts"][0].update(size=-1)), "parts.json"),
        (rewritten(lambda body: body["parts"][1].update(offset=10**18)), "parts.json"),
        (rewritten(lambda body: body["parts"][0].update(layout=None)), "parts/0000"),
        (rewritten(lambda body: body["parts"].pop()), "parts/0001.b64"),
    ],
    ids=lambda value: None if isinstance(value, str) else "-",
)
def test_parts_that_are_not_those_of_the_manifest_are_refused(
    seals: Seals, members: Members, named: str
) -> None:
    """Sealed or not: what could not be joined to one original is of no use to anybody."""
    assert refusal(packed(members, seals.agency_only, START)).element == named


def test_part_sealed_under_another_type_is_refused(seals: Seals) -> None:
    """The node would write our type into its manifest, and the agency's seal would no longer hold."""
    raw = "parts/0001.b64"
    parts = [
        replace(part, mime="application/pdf") if part.name == raw else part
        for part in sealed_parts(as_parts(OURS))
    ]
    contents = [Content(part, partial(list, [OURS[part.name]])) for part in parts]
    out = io.BytesIO()
    write_container(out, contents, {AGENCY_SIGNATURE: seal(parts, seals.agency.seal_key, START)})
    assert refusal(out.getvalue()).element == raw


def test_envelope_too_large_to_be_held_is_refused(from_agency: bytes) -> None:
    assert refusal(from_agency, envelope_bytes=100).element == "envelope.xml"


def test_manifest_larger_than_it_can_be_is_refused(seals: Seals) -> None:
    members = {**OURS, "parts.json": OURS["parts.json"] + b" " * 40_000}
    assert refusal(packed(members, seals.agency_only, START)).element == "parts.json"


def test_zip_bomb_is_refused_by_its_label() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", b"application/vnd.etsi.asic-e+zip")
        file.writestr("envelope.xml", bytes(10 << 20))
    assert Reason.CONTAINER_COMPRESSED in refusal(out.getvalue()).vi


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=400))
def test_anything_at_all_is_refused_in_our_own_words(data: bytes) -> None:
    assert refusal(b"PK\x03\x04" + data).vi


# --- what anybody can say ------------------------------------------------------------------------


def test_letter_of_a_node_passes_with_its_own_papers(from_node: bytes, seals: Seals) -> None:
    seen = looked_into(from_node, seals.trust(), now=START + HOUR)
    assert seen.outcome is Outcome.PASSED
    assert seen.findings == ()
    assert seen.routing == ROUTING
    assert seen.original is not None
    assert (seen.original.sha256, seen.original.size) == (ROUTING.original_sha256, len(EDXML))
    assert seen.letter is not None
    assert b"".join(seen.letter.original()) == EDXML
    assert all(v.facts.judged_at == ROUTING.accepted_at for v in seen.examination.verdicts.values())


def test_agencys_file_passes_without_routing(from_agency: bytes, seals: Seals) -> None:
    seen = looked_into(from_agency, seals.trust(), now=START + HOUR)
    assert seen.outcome is Outcome.PASSED
    assert seen.routing is None
    assert seen.examination.verdicts[AGENCY_SIGNATURE].facts.judged_at == START + HOUR


def test_without_revocation_lists_it_is_undetermined(from_node: bytes, seals: Seals) -> None:
    assert looked_into(from_node, Trust(seals.trust().roots)).outcome is Outcome.UNDETERMINED


def test_stranger_s_root_does_not_do(from_node: bytes) -> None:
    assert looked_into(from_node, make_seals(START).trust()).outcome is Outcome.FAILED


def test_each_of_500_changed_bytes_is_caught_with_its_member(from_node: bytes, seals: Seals) -> None:
    chance, trust = Random(20261122), seals.trust()
    for place in chance.sample(range(len(from_node)), 500):
        spoilt = bytearray(from_node)
        spoilt[place] ^= chance.randrange(1, 256)
        seen = looked_into(bytes(spoilt), trust)
        assert seen.outcome is Outcome.FAILED, place
        assert any(objection.member for objection in seen.examination.objections), place
        assert seen.letter is None


def test_certificate_of_another_name_is_told_but_does_not_fail(seals: Seals) -> None:
    """Which names a node may bear, only a directory could say."""
    elsewhere = replace(ROUTING, origin=NodeId("H21"))
    seen = looked_into(packed(members_of(EDXML, elsewhere), seals.node_only, START), seals.trust())
    assert seen.outcome is Outcome.PASSED
    assert codes(seen) == [SIGNER_NOT_ORIGIN.code]
    assert "H21" in seen.findings[0].vi


@pytest.mark.parametrize(
    "claim",
    [{"original_sha256": "0" * 64}, {"original_size": len(EDXML) + 1}, {"original_size": 10}],
    ids=["digest", "larger", "smaller"],
)
def test_original_that_is_not_the_sealed_one_fails(seals: Seals, claim: dict[str, Any]) -> None:
    """The node itself sealed a label that does not fit: only joining finds that."""
    lying = replace(ROUTING, **claim)
    seen = looked_into(packed(members_of(EDXML, lying), seals.node_only, START), seals.trust())
    assert seen.examination.outcome is Outcome.PASSED
    assert seen.outcome is Outcome.FAILED
    assert codes(seen) == [ORIGINAL_DIFFERS.code]
    assert seen.letter is None


def test_parts_that_do_not_join_fail(seals: Seals) -> None:
    members = {**LETTER, "parts/0002": b"x"}
    seen = looked_into(packed(members, seals.node_only, START), seals.trust())
    assert seen.outcome is Outcome.FAILED
    assert [(f.code, f.element) for f in seen.findings] == [(CONTAINER_REFUSED.code, "parts/0002")]


def test_nodes_seal_without_routing_fails(seals: Seals) -> None:
    """An agency's seal could otherwise be shown under the name of a node's."""
    seen = looked_into(packed(OURS, {NODE_SIGNATURE: seals.agency.seal_key}, START), seals.trust())
    assert seen.outcome is Outcome.FAILED
    assert [(f.code, f.element) for f in seen.findings] == [(CONTAINER_REFUSED.code, "routing.json")]


def test_routing_that_cannot_be_read_fails(seals: Seals) -> None:
    members = {**LETTER, "routing.json": LETTER["routing.json"].replace(b'"lane":"normal"', b'"lane":"fast"')}
    seen = looked_into(packed(members, seals.node_only, START), seals.trust())
    assert seen.outcome is Outcome.FAILED
    assert codes(seen) == [FRAME_DAMAGED.code]


def test_letter_accepted_in_the_future_is_undetermined(from_node: bytes, seals: Seals) -> None:
    seen = looked_into(from_node, seals.trust(), now=START - DAY)
    assert seen.outcome is Outcome.UNDETERMINED
    assert codes(seen) == [FROM_THE_FUTURE.code]


@pytest.mark.parametrize("later", [2 * DAY, 400 * DAY], ids=["lists in force", "lists out of date"])
def test_certificate_revoked_since_leaves_the_answer_open(
    from_node: bytes, seals: Seals, later: timedelta
) -> None:
    """The time of acceptance is the signer's own word: a thief would set it back."""
    trust = seals.trust(revoked={seals.node.certificate: START + DAY})
    seen = looked_into(from_node, trust, now=START + later)
    assert seen.outcome is Outcome.UNDETERMINED
    assert [(f.code, f.element) for f in seen.findings] == [(REVOKED_SINCE.code, NODE_SIGNATURE)]


def test_certificate_revoked_before_fails(from_node: bytes, seals: Seals) -> None:
    trust = seals.trust(revoked={seals.node.certificate: START - HOUR})
    assert looked_into(from_node, trust, now=START + DAY).outcome is Outcome.FAILED


def test_whoever_knows_when_the_file_existed_may_say_so(from_node: bytes, seals: Seals) -> None:
    trust = seals.trust(revoked={seals.node.certificate: START + DAY})
    known = looked_into(from_node, trust, now=START + 2 * DAY, at=START + HOUR)
    assert known.outcome is Outcome.PASSED
    assert known.examination.verdicts[NODE_SIGNATURE].facts.judged_at == START + HOUR
    assert looked_into(from_node, trust, now=START + 2 * DAY, at=START + DAY).outcome is Outcome.FAILED


def test_something_that_is_no_container_has_an_answer(seals: Seals) -> None:
    seen = looked_into(EDXML, seals.trust())
    assert seen.outcome is Outcome.FAILED
    assert seen.routing is None
