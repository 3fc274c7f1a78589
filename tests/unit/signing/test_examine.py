from __future__ import annotations

import io
import random
from pathlib import Path

from signing.asice import AGENCY_SIGNATURE, NODE_SIGNATURE, write_container
from signing.devpki import KeyKind
from signing.examine import Examination, examine
from signing.keys import SealKey
from signing.seal import seal
from signing.trust import Trust
from signing.verdict import Outcome, Reason
from tests.unit.signing.containers import asice
from tests.unit.signing.letters import HOUR, NOW, SVG, People, letter


def _examine(data: bytes, trust: Trust) -> Examination:
    return examine(io.BytesIO(data), trust, at=NOW)


def test_file_with_both_seals_passes(people: People, trust: Trust) -> None:
    node, agency = people.issued().seal_key, people.issued(KeyKind.RSA_2048).seal_key
    examination = _examine(asice(letter(), node, agency=agency), trust)
    assert examination.outcome is Outcome.PASSED
    assert list(examination.verdicts) == [NODE_SIGNATURE, AGENCY_SIGNATURE]


def test_file_on_a_disk_passes(key: SealKey, trust: Trust, tmp_path: Path) -> None:
    (tmp_path / "letter.asice").write_bytes(asice(letter(), key))
    with (tmp_path / "letter.asice").open("rb") as file:
        assert examine(file, trust, at=NOW).outcome is Outcome.PASSED


def test_without_revocation_lists_it_is_undetermined(key: SealKey, people: People) -> None:
    examination = _examine(asice(letter(), key), people.trust_without_lists)
    assert examination.outcome is Outcome.UNDETERMINED


def test_each_of_500_changed_bytes_is_caught_with_its_member(key: SealKey, trust: Trust) -> None:
    good = asice(letter([SVG, bytes(300)]), key, agency=key)
    chance = random.Random(20261122)
    for _ in range(500):
        spoilt = bytearray(good)
        spoilt[chance.randrange(len(good))] ^= chance.randrange(1, 256)
        examination = _examine(bytes(spoilt), trust)
        assert examination.outcome is Outcome.FAILED
        assert any(o.member for o in examination.objections)


def test_file_of_an_agency_that_sealed_at_its_own_office(people: People, trust: Trust) -> None:
    """Made before there is a letter_id: the same parts without routing.json."""
    made = letter()
    contents = [content for content in made.contents if content.part.name != "routing.json"]
    parts = [content.part for content in contents]
    out = io.BytesIO()
    write_container(out, contents, {AGENCY_SIGNATURE: seal(parts, people.issued().seal_key, NOW)})
    assert _examine(out.getvalue(), trust).outcome is Outcome.PASSED


def test_routing_beside_an_agency_seal_only_is_covered_by_nobody(people: People, trust: Trust) -> None:
    made = letter()
    covered = [part for part in made.parts if part.name != "routing.json"]
    out = io.BytesIO()
    write_container(out, made.contents, {AGENCY_SIGNATURE: seal(covered, people.issued().seal_key, NOW)})
    examination = _examine(out.getvalue(), trust)
    assert examination.outcome is Outcome.FAILED
    assert [(o.reason, o.member) for o in examination.objections] == [(Reason.PART_ADDED, "routing.json")]


def test_one_bad_seal_of_two_fails_the_file(people: People, trust: Trust) -> None:
    late = people.issued(valid_until=NOW - HOUR).seal_key
    examination = _examine(asice(letter(), people.issued().seal_key, agency=late), trust)
    assert examination.outcome is Outcome.FAILED
    assert examination.verdicts[NODE_SIGNATURE].passed
    assert examination.verdicts[AGENCY_SIGNATURE].reasons == (Reason.CERTIFICATE_EXPIRED,)


def test_seals_exchanged_between_two_letters_fail(key: SealKey, trust: Trust) -> None:
    one, other = letter(about=b"A"), letter([b"z"], about=b"B")
    out = io.BytesIO()
    write_container(out, one.contents, {NODE_SIGNATURE: seal(other.parts, key, NOW)})
    examination = _examine(out.getvalue(), trust)
    assert examination.verdicts[NODE_SIGNATURE].reasons == (Reason.ANOTHER_LETTER,)


def test_something_that_is_no_container_has_an_answer(trust: Trust) -> None:
    examination = _examine(b"%PDF-1.7", trust)
    assert examination.outcome is Outcome.FAILED
    assert examination.container is None
