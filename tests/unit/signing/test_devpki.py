from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography import x509

from signing.devpki import KeyKind, Usage, create, write_pem, write_pkcs12
from signing.keys import KeyRefused
from signing.trust import load_trust
from tests.unit.signing.letters import DAY, HOUR, NOW, People


def test_root_vouches_for_the_issuing_authority_and_that_for_a_node(people: People) -> None:
    root, issuing = people.pki.root.certificate, people.pki.issuing.certificate
    node = people.issued().certificate
    root.verify_directly_issued_by(root)
    issuing.verify_directly_issued_by(root)
    node.verify_directly_issued_by(issuing)


def test_times_are_those_asked_for(people: People) -> None:
    certificate = people.issued(valid_from=NOW - 3 * DAY, valid_until=NOW - HOUR).certificate
    assert certificate.not_valid_before_utc == NOW - 3 * DAY
    assert certificate.not_valid_after_utc == NOW - HOUR


def test_each_authority_lists_only_what_it_issued(people: People) -> None:
    node, issuing = people.issued().certificate, people.pki.issuing.certificate
    root_list, issuing_list = people.pki.revocation_lists(NOW, revoked={node: NOW, issuing: NOW - DAY})
    assert root_list.get_revoked_certificate_by_serial_number(node.serial_number) is None
    listed = root_list.get_revoked_certificate_by_serial_number(issuing.serial_number)
    assert listed is not None
    assert listed.revocation_date_utc == NOW - DAY
    assert issuing_list.get_revoked_certificate_by_serial_number(node.serial_number) is not None
    assert issuing_list.next_update_utc == NOW + 7 * DAY


@pytest.mark.parametrize("usage", Usage)
def test_only_authorities_may_sign_certificates(people: People, usage: Usage) -> None:
    extensions = people.issued(usage=usage).certificate.extensions
    signs = extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    assert signs is (usage is Usage.AUTHORITY)


def test_keys_are_written_for_their_owner_alone(people: People, tmp_path: Path) -> None:
    write_pem(tmp_path / "a.pem", people.issued())
    write_pem(tmp_path / "a.pem", people.issued())  # over an older one as well
    write_pkcs12(tmp_path / "a.p12", people.issued(), b"x")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert {0o600} == modes


def test_folder_holds_what_a_verifier_needs_and_no_key(people: People, tmp_path: Path) -> None:
    people.pki.write(tmp_path, NOW)
    trust = load_trust(
        [tmp_path / "root.pem"],
        intermediates=[tmp_path / "issuing.pem"],
        revocation_lists=[tmp_path / "crl"],
    )
    assert (people.pki.root.certificate,) == trust.roots
    assert len(trust.revocation_lists) == 2
    assert not [path for path in tmp_path.rglob("*.*") if b"PRIVATE" in path.read_bytes()]


def test_rsa_1024_is_made_for_tests_and_no_seal_takes_it(people: People) -> None:
    with pytest.raises(KeyRefused):
        _ = people.issued(KeyKind.RSA_1024).seal_key


def test_two_infrastructures_share_nothing(people: People) -> None:
    assert create(NOW).root.certificate != people.pki.root.certificate
