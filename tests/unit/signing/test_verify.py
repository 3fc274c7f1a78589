from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signing.devpki import KeyKind
from signing.keys import SealKey
from signing.seal import seal
from signing.trust import Trust
from signing.verdict import Outcome, Reason
from signing.verify import verify
from tests.unit.signing.letters import DAY, HOUR, NOW, SVG, Letter, People, letter, letters

KINDS = [KeyKind.RSA_2048, KeyKind.P256, KeyKind.P384]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=letters())
def test_good_seal_passes(people: People, trust: Trust, kind: KeyKind, made: Letter) -> None:
    sealed = seal(made.parts, people.issued(kind).seal_key, NOW)
    verdict = verify(sealed, made.parts, trust, at=NOW)
    assert verdict.objections == ()
    assert verdict.passed


def test_drawing_with_a_doctype_is_just_a_part(key: SealKey, trust: Trust) -> None:
    made = letter([SVG, b'<!DOCTYPE x [<!ENTITY a "b">]>&a;', b"\x00", b"]]>"])
    assert verify(seal(made.parts, key, NOW), made.parts, trust, at=NOW).passed


def test_facts_say_who_sealed_and_when(people: People, trust: Trust) -> None:
    issued = people.issued(KeyKind.RSA_2048)
    made = letter()
    facts = verify(
        seal(made.parts, issued.seal_key, NOW - HOUR), made.parts, trust, at=NOW, arrived_at=NOW + HOUR
    ).facts
    assert facts.common_name == "H14.31"
    assert facts.signer == "CN=H14.31, O=Truc dev, not for real letters, C=VN"
    assert f"{issued.certificate.serial_number:x}" == facts.serial
    assert (facts.key, facts.algorithm) == ("RSA-2048", "rsa-sha256")
    assert (facts.signed_at, facts.judged_at, facts.arrived_at) == (NOW - HOUR, NOW, NOW + HOUR)
    assert len(made.parts) == facts.parts


def test_changed_part_is_named(key: SealKey, trust: Trust) -> None:
    made = letter()
    changed = Letter({**made.bytes_of, "parts/0002": b"forged"})
    verdict = verify(seal(made.parts, key, NOW), changed.parts, trust, at=NOW)
    assert [(o.reason, o.member) for o in verdict.objections] == [(Reason.PART_CHANGED, "parts/0002")]


def test_swapped_contents_name_both_parts(key: SealKey, trust: Trust) -> None:
    made = letter([b"one", b"two"])
    swapped = Letter({**made.bytes_of, "parts/0001": b"two", "parts/0002": b"one"})
    verdict = verify(seal(made.parts, key, NOW), swapped.parts, trust, at=NOW)
    assert [o.member for o in verdict.objections] == ["parts/0001", "parts/0002"]
    assert verdict.reasons == (Reason.PART_CHANGED,)


def test_several_sins_are_all_told(key: SealKey, trust: Trust) -> None:
    made = letter([b"one", b"two"])
    parts = list(letter([b"one"]).parts)
    parts.reverse()
    verdict = verify(seal(made.parts, key, NOW), parts, trust, at=NOW)
    assert verdict.reasons == (Reason.PART_MISSING, Reason.PART_REORDERED)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_bit_of_the_seal_is_free(people: People, trust: Trust, data: st.DataObject) -> None:
    """Not the spelling of base64, not white space, not a prefix: what passes is what was made."""
    made = letter()
    sealed = bytearray(seal(made.parts, people.issued(data.draw(st.sampled_from(KINDS))).seal_key, NOW))
    position = data.draw(st.integers(0, 1 << 20)) % len(sealed)
    sealed[position] ^= 1 << data.draw(st.integers(0, 7))
    assert Outcome.FAILED is verify(bytes(sealed), made.parts, trust, at=NOW).outcome


@pytest.mark.parametrize("kind", KINDS)
def test_loose_last_bits_of_the_signature_value_are_caught(
    people: People, trust: Trust, kind: KeyKind
) -> None:
    """Base64 of 256 bytes ends in four bits that a forgiving decoder drops."""
    made = letter()
    sealed = seal(made.parts, people.issued(kind).seal_key, NOW)
    end = sealed.index(b"</ds:SignatureValue>")
    last = sealed[:end].rstrip(b"=")
    loose = bytes([last[-1] + 1]) if last[-1:].isalnum() else b"A"
    spelled = last[:-1] + loose + sealed[len(last) :]
    assert not verify(spelled, made.parts, trust, at=NOW).passed


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(rubbish=st.binary(max_size=300))
def test_rubbish_gets_an_answer_not_an_error(trust: Trust, rubbish: bytes) -> None:
    assert Outcome.FAILED is verify(rubbish, letter().parts, trust, at=NOW).outcome


def test_certificate_revoked_after_the_letter_was_accepted_and_arrived_does_not_hurt(
    people: People,
) -> None:
    issued = people.issued()
    made = letter()
    sealed = seal(made.parts, issued.seal_key, NOW)
    trust = people.trust(revoked={issued.certificate: NOW + 2 * HOUR})
    assert verify(sealed, made.parts, trust, at=NOW, arrived_at=NOW + HOUR).passed
    late = verify(sealed, made.parts, trust, at=NOW, arrived_at=NOW + 2 * HOUR)
    assert late.reasons == (Reason.CERTIFICATE_REVOKED,)
    assert late.facts.revoked_at == NOW + 2 * HOUR


def test_certificate_that_expires_on_the_way_was_good_when_it_sealed(people: People) -> None:
    issued = people.issued(valid_until=NOW + HOUR)
    made = letter()
    sealed = seal(made.parts, issued.seal_key, NOW)
    trust = people.trust(made_at=NOW)
    assert verify(sealed, made.parts, trust, at=NOW, arrived_at=NOW + DAY).passed
    assert verify(sealed, made.parts, trust, at=NOW + DAY).reasons == (Reason.CERTIFICATE_EXPIRED,)


def test_time_of_signing_alone_moves_nothing(key: SealKey, people: People) -> None:
    """SigningTime is the signer's claim: the certificate is judged at the time we give."""
    made = letter()
    sealed = seal(made.parts, key, NOW - timedelta(days=3650))
    assert verify(sealed, made.parts, people.trust(), at=NOW).passed


def test_many_keys_and_threads_in_one_process(people: People, trust: Trust) -> None:
    made = letter()

    def one(number: int) -> bool:
        issued = people.pki.issue(f"N{number}", NOW, key=people.keys[KINDS[number % 3]])
        verdict = verify(seal(made.parts, issued.seal_key, NOW), made.parts, trust, at=NOW)
        return verdict.passed and f"N{number}" == verdict.facts.common_name

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(one, range(24)))
