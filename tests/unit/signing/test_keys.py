from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from signing.devpki import KeyKind, make_key, write_pem, write_pkcs12
from signing.keys import KeyRefused, OpenKeyFile, SealKey, WrongPassphrase, load_key, method_for
from signing.policy import ECDSA_SHA256, ECDSA_SHA384, RSA_SHA256
from tests.unit.signing.letters import People

GOOD = {KeyKind.P256: ECDSA_SHA256, KeyKind.P384: ECDSA_SHA384, KeyKind.RSA_2048: RSA_SHA256}


def _pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(c.public_bytes(Encoding.PEM) for c in certificates)


def _private(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("kind", GOOD)
def test_key_is_the_same_from_pem_and_pkcs12(people: People, tmp_path: Path, kind: KeyKind) -> None:
    issued = people.issued(kind)
    write_pem(tmp_path / "node.pem", issued)
    write_pkcs12(tmp_path / "node.p12", issued, b"bi mat")
    for loaded in (
        load_key(tmp_path / "node.pem"),
        load_key(tmp_path / "node.p12", passphrase=b"bi mat"),
    ):
        assert issued.certificate == loaded.certificate
        assert issued.chain == loaded.chain
        assert issued.private_key.private_numbers() == loaded.private_key.private_numbers()
        assert GOOD[kind] == loaded.method


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o660])
def test_key_file_that_others_can_touch_is_refused(people: People, tmp_path: Path, mode: int) -> None:
    path = tmp_path / "node.pem"
    write_pem(path, people.issued())
    path.chmod(mode)
    with pytest.raises(OpenKeyFile) as refused:
        load_key(path)
    assert path == refused.value.path
    assert mode == refused.value.mode


def test_open_permissions_count_behind_a_link(people: People, tmp_path: Path) -> None:
    write_pem(tmp_path / "real.pem", people.issued())
    (tmp_path / "real.pem").chmod(0o644)
    (tmp_path / "link.pem").symlink_to(tmp_path / "real.pem")
    with pytest.raises(OpenKeyFile):
        load_key(tmp_path / "link.pem")


def test_read_only_for_the_owner_is_enough(people: People, tmp_path: Path) -> None:
    write_pem(tmp_path / "node.pem", people.issued())
    (tmp_path / "node.pem").chmod(0o400)
    assert load_key(tmp_path / "node.pem").certificate


def test_certificates_may_lie_in_a_public_file_of_their_own(people: People, tmp_path: Path) -> None:
    issued = people.issued()
    key = issued.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificates = tmp_path / "node.crt"
    certificates.write_bytes(_pem(issued.certificate, *issued.chain))
    certificates.chmod(0o644)
    loaded = load_key(_private(tmp_path / "node.key", key), certificates=certificates)
    assert issued.certificate == loaded.certificate


def test_chain_is_put_in_order_and_the_root_left_out(people: People, tmp_path: Path) -> None:
    issued = people.issued()
    key = issued.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    stranger = people.stranger.root.certificate
    mixed = _pem(people.pki.root.certificate, stranger, people.pki.issuing.certificate, issued.certificate)
    loaded = load_key(_private(tmp_path / "node.pem", mixed + key))
    assert issued.certificate == loaded.certificate
    assert (people.pki.issuing.certificate,) == loaded.chain


def test_encrypted_pem_needs_its_passphrase(people: People, tmp_path: Path) -> None:
    issued = people.issued()
    encryption = BestAvailableEncryption(b"bi mat")
    key = issued.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    path = _private(tmp_path / "node.pem", key + _pem(issued.certificate))
    assert load_key(path, passphrase=b"bi mat").certificate
    for wrong in (None, b"sai"):
        with pytest.raises(WrongPassphrase) as refused:
            load_key(path, passphrase=wrong)
        assert path == refused.value.path


def test_passphrase_for_an_open_pem_does_no_harm(people: People, tmp_path: Path) -> None:
    write_pem(tmp_path / "node.pem", people.issued())
    assert load_key(tmp_path / "node.pem", passphrase=b"unused").certificate


def test_wrong_passphrase_of_pkcs12_is_named(people: People, tmp_path: Path) -> None:
    write_pkcs12(tmp_path / "node.p12", people.issued(), b"bi mat")
    with pytest.raises(WrongPassphrase):
        load_key(tmp_path / "node.p12", passphrase=b"sai")


def test_rsa_1024_is_refused_with_its_file(people: People, tmp_path: Path) -> None:
    write_pem(tmp_path / "weak.pem", people.issued(KeyKind.RSA_1024))
    with pytest.raises(KeyRefused, match="1024") as refused:
        load_key(tmp_path / "weak.pem")
    assert tmp_path / "weak.pem" == refused.value.path


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP521R1()),
        ec.generate_private_key(ec.SECP256K1()),
        ed25519.Ed25519PrivateKey.generate(),
        dsa.generate_private_key(1024),
        b"secret for an HMAC",
    ],
    ids=lambda key: type(key).__name__,
)
def test_other_kinds_of_keys_are_refused(key: object) -> None:
    with pytest.raises(KeyRefused):
        method_for(key)


def test_certificate_of_another_key_is_refused(people: People, tmp_path: Path) -> None:
    issued = people.issued()
    with pytest.raises(KeyRefused, match="another key"):
        SealKey(make_key(KeyKind.P256), issued.certificate)
    key = make_key(KeyKind.P256).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(KeyRefused, match="no certificate of this key"):
        load_key(_private(tmp_path / "node.pem", key + _pem(issued.certificate)))


@pytest.mark.parametrize("data", [b"", b"rubbish", b"-----BEGIN X-----\nx", b"\x30\x03\x02\x01\x03"])
def test_file_without_a_key_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(KeyRefused):
        load_key(_private(tmp_path / "node.pem", data))


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.pem", tmp_path):
        with pytest.raises(KeyRefused) as refused:
            load_key(path)
        assert path == refused.value.path


def test_key_never_shows_itself(people: People) -> None:
    assert "private" not in repr(people.issued().seal_key).lower()
