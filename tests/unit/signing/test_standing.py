from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signing.devpki import DevPki, Issued, Usage, create, revocation_list
from signing.policy import POLICY
from signing.standing import Standing, check_certificate, describe_key, judge_standing
from signing.trust import Trust
from signing.verdict import Reason
from tests.unit.signing.letters import DAY, HOUR, NOW, People


def _judge(
    issued: Issued,
    trust: Trust,
    at: datetime = NOW,
    until: datetime | None = None,
    chain: Sequence[x509.Certificate] | None = None,
) -> Standing:
    return judge_standing(
        issued.certificate,
        issued.chain if chain is None else chain,
        trust,
        at=at,
        until=until or at,
        policy=POLICY,
    )


def _reasons(standing: Standing) -> list[Reason]:
    return [objection.reason for objection in standing.objections]


def test_authority_between_may_come_from_our_own_files(people: People) -> None:
    trust = people.trust()
    assert _reasons(_judge(people.issued(), trust, chain=())) == [Reason.CERTIFICATE_UNKNOWN]
    known = Trust(trust.roots, (people.pki.issuing.certificate,), trust.revocation_lists)
    assert _reasons(_judge(people.issued(), known, chain=())) == []


def test_chain_that_a_letter_brings_is_never_trusted(people: People) -> None:
    stranger = people.stranger.issue("H14.31", NOW)
    chain = (*stranger.chain, people.stranger.root.certificate)
    assert _reasons(_judge(stranger, people.trust(), chain=chain)) == [Reason.CERTIFICATE_UNKNOWN]


def test_list_forged_by_a_stranger_is_no_list(people: People) -> None:
    forged = people.stranger.revocation_lists(NOW)
    trust = Trust((people.pki.root.certificate,), (), forged)
    assert _reasons(_judge(people.issued(), trust)) == [Reason.REVOCATION_MISSING]


def test_one_list_of_two_is_not_enough(people: People) -> None:
    for one in people.pki.revocation_lists(NOW):
        trust = Trust((people.pki.root.certificate,), (), (one,))
        assert _reasons(_judge(people.issued(), trust)) == [Reason.REVOCATION_MISSING]


def test_list_made_after_the_letter_speaks_about_it_too(people: People) -> None:
    assert _reasons(_judge(people.issued(), people.trust(made_at=NOW + 3 * DAY))) == []


def test_old_list_beside_a_fresh_one_does_no_harm(people: People) -> None:
    old, fresh = (people.pki.revocation_lists(at) for at in (NOW - 30 * DAY, NOW))
    trust = Trust((people.pki.root.certificate,), (), (*old, *fresh))
    assert _reasons(_judge(people.issued(), trust)) == []


def test_list_out_of_date_at_arrival_is_stale(people: People) -> None:
    issued = people.issued()
    assert _reasons(_judge(issued, people.trust(), until=NOW + 7 * DAY)) == []
    late = _judge(issued, people.trust(), until=NOW + 7 * DAY + HOUR)
    assert _reasons(late) == [Reason.REVOCATION_STALE]


def test_list_made_after_the_certificate_expired_says_nothing_about_it(people: People) -> None:
    """An authority drops expired certificates from its lists: an empty list is no acquittal."""
    issued = people.issued(valid_until=NOW + DAY)
    late = people.trust(made_at=NOW + 2 * DAY)
    assert _reasons(_judge(issued, late, until=NOW + 2 * DAY)) == [Reason.REVOCATION_MISSING]


@pytest.mark.parametrize(
    ("kept_since", "expected"),
    [(NOW - 30 * DAY, []), (NOW + DAY + HOUR, [Reason.REVOCATION_MISSING])],
)
def test_list_that_keeps_the_expired_speaks_about_those_it_keeps(
    people: People, kept_since: datetime, expected: list[Reason]
) -> None:
    issued = people.issued(valid_until=NOW + DAY)
    at = NOW + 2 * DAY
    keeps = core.GeneralizedTime(kept_since).dump()
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(people.pki.issuing.certificate.subject)
        .last_update(at)
        .next_update(at + DAY)
        .add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.60"), keeps), False)
    )
    kept = builder.sign(people.pki.issuing.private_key, hashes.SHA256())
    trust = Trust((people.pki.root.certificate,), (), (revocation_list(people.pki.root, at), kept))
    assert _reasons(_judge(issued, trust, until=at)) == expected


def test_revocation_at_the_very_moment_of_arrival_counts(people: People) -> None:
    issued = people.issued()
    trust = people.trust(revoked={issued.certificate: NOW + HOUR})
    assert _reasons(_judge(issued, trust, until=NOW + HOUR)) == [Reason.CERTIFICATE_REVOKED]


def test_good_standing_is_remembered_and_bad_is_worked_out_afresh(people: People) -> None:
    issued = people.issued()
    trust = people.trust(revoked={issued.certificate: NOW + HOUR})
    assert _reasons(_judge(issued, trust)) == []
    assert _reasons(_judge(issued, trust)) == []
    revoked = _judge(issued, trust, until=NOW + 2 * HOUR)
    assert _reasons(revoked) == [Reason.CERTIFICATE_REVOKED]
    assert revoked.revoked_at == NOW + HOUR
    assert _reasons(_judge(issued, trust)) == []


def test_memory_never_outlives_the_lists(people: People) -> None:
    issued, trust = people.issued(), people.trust()
    assert _reasons(_judge(issued, trust)) == []
    assert _reasons(_judge(issued, trust, until=NOW + 8 * DAY)) == [Reason.REVOCATION_STALE]
    early = issued.certificate.not_valid_before_utc - HOUR
    assert _reasons(_judge(issued, trust, at=early)) == [Reason.CERTIFICATE_NOT_YET_VALID]


def test_authority_that_expired_before_its_certificate(people: People) -> None:
    short = people.pki.issue("issuing", NOW, usage=Usage.AUTHORITY, valid_until=NOW + HOUR)
    below = DevPki(people.pki.issuing, short).issue("H14.31", NOW)
    lists = (*people.pki.revocation_lists(NOW), revocation_list(short, NOW))
    trust = Trust((people.pki.root.certificate,), (people.pki.issuing.certificate,), lists)
    assert _reasons(_judge(below, trust)) == []
    assert _reasons(_judge(below, trust, at=NOW + DAY)) == [Reason.CERTIFICATE_EXPIRED]


def test_renewed_authority_gives_a_second_path(people: People) -> None:
    """The same authority under two certificates: it is enough that one of them stands."""
    old = people.pki.issuing
    renewed = DevPki(people.pki.root, people.pki.root).issue(
        "x", NOW, usage=Usage.AUTHORITY, key=old.private_key, name=old.certificate.subject
    )
    trust = people.trust(revoked={old.certificate: NOW - DAY})
    issued = people.issued()
    assert _reasons(_judge(issued, trust)) == [Reason.CERTIFICATE_REVOKED]
    both = Trust(trust.roots, (renewed.certificate,), trust.revocation_lists)
    assert _reasons(_judge(issued, both)) == []


def test_root_does_not_seal_by_itself(people: People) -> None:
    pinned = people.issued()
    trust = Trust((pinned.certificate,), (), people.pki.revocation_lists(NOW))
    assert _reasons(_judge(pinned, trust)) == [Reason.CERTIFICATE_PATH_INVALID]


def test_weak_authority_makes_no_strong_seal(people: People) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    authority = people.pki.issue("weak", NOW, usage=Usage.AUTHORITY, key=weak)
    below = DevPki(people.pki.issuing, authority).issue("H14.31", NOW)
    lists = (*people.pki.revocation_lists(NOW), revocation_list(authority, NOW))
    trust = Trust((people.pki.root.certificate,), (people.pki.issuing.certificate,), lists)
    assert _reasons(_judge(below, trust)) == [Reason.WEAK_KEY]


def test_p521_may_stand_above_a_seal_but_not_make_one(people: People) -> None:
    key = ec.generate_private_key(ec.SECP521R1())
    own = people.pki.issue("H14.31", NOW, key=key)
    assert [o.reason for o in check_certificate(own.certificate, NOW, POLICY)] == [Reason.KEY_REFUSED]
    authority = people.pki.issue("strong", NOW, usage=Usage.AUTHORITY, key=key)
    below = DevPki(people.pki.issuing, authority).issue("H14.31", NOW)
    lists = (*people.pki.revocation_lists(NOW), revocation_list(authority, NOW))
    trust = Trust((people.pki.root.certificate,), (people.pki.issuing.certificate,), lists)
    assert _reasons(_judge(below, trust)) == []


def test_maze_of_authorities_is_given_up(people: People) -> None:
    """Cross-signed authorities double the paths with every level; the good one stands last here."""
    good = people.pki.issuing
    name, key = good.certificate.subject, good.private_key
    others = [create(NOW, name="Truc dev") for _ in range(11)]
    maze = tuple(
        DevPki(other.root, other.root).issue("x", NOW, usage=Usage.AUTHORITY, key=key, name=name).certificate
        for other in others
    )
    trust = people.trust()
    roots = (*(other.root.certificate for other in others), *trust.roots)
    lost = Trust(roots, (), trust.revocation_lists)
    short, long = (*maze[:3], good.certificate), (*maze, good.certificate)
    assert _reasons(_judge(people.issued(), lost, chain=short)) == []
    assert _reasons(_judge(people.issued(), lost, chain=long)) == [Reason.REVOCATION_MISSING]


def test_certificate_that_may_sign_certificates_may_not_seal(people: People) -> None:
    """Even one that forgot to say that it is an authority."""
    usage = x509.KeyUsage(True, True, False, False, False, True, False, False, False)
    issuing = people.pki.issuing
    certificate = (
        x509.CertificateBuilder()
        .subject_name(issuing.certificate.subject)
        .issuer_name(issuing.certificate.subject)
        .public_key(people.issued().certificate.public_key())
        .serial_number(1)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(usage, True)
        .sign(issuing.private_key, hashes.SHA256())
    )
    found = check_certificate(certificate, NOW, POLICY)
    assert [o.reason for o in found] == [Reason.CERTIFICATE_WRONG_USAGE]


@pytest.mark.parametrize("usage", [usage for usage in Usage if usage is not Usage.SEAL])
def test_certificate_for_something_else_may_not_seal(people: People, usage: Usage) -> None:
    found = check_certificate(people.issued(usage=usage).certificate, NOW, POLICY)
    assert [o.reason for o in found] == [Reason.CERTIFICATE_WRONG_USAGE]


def test_every_objection_of_a_certificate_is_told(people: People) -> None:
    certificate = people.issued(usage=Usage.ENCRYPTION, valid_until=NOW - HOUR).certificate
    found = [o.reason for o in check_certificate(certificate, NOW, POLICY)]
    assert found == [Reason.CERTIFICATE_WRONG_USAGE, Reason.CERTIFICATE_EXPIRED]


def test_validity_includes_both_ends(people: People) -> None:
    certificate = people.issued().certificate
    for at in (certificate.not_valid_before_utc, certificate.not_valid_after_utc):
        assert not list(check_certificate(certificate, at, POLICY))


def test_keys_are_described_in_known_words(people: People) -> None:
    described = {describe_key(people.issued(kind).certificate) for kind in people.keys}
    assert {"P-256", "P-384", "RSA-2048", "RSA-1024"} == described


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
async def test_calling_it_on_an_event_loop_is_a_mistake(people: People) -> None:
    with pytest.raises(RuntimeError, match="event loop"):
        _judge(people.issued(), people.trust())


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_broken_certificate_in_the_chain_gets_an_answer(people: People, data: st.DataObject) -> None:
    good = people.pki.issuing.certificate
    der = bytearray(good.public_bytes(Encoding.DER))
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        broken = x509.load_der_x509_certificate(bytes(der))
    except (ValueError, Warning):
        return
    standing = _judge(people.issued(), people.trust(), chain=(broken,))
    # What an authority signed is all that counts; the frame around it may be spelt in two ways.
    assert standing.objections or good.tbs_certificate_bytes == broken.tbs_certificate_bytes
