from __future__ import annotations

import warnings

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from signing.certificates import UNREADABLE_CERTIFICATE, load_certificate, names_of
from tests.unit.signing.letters import People

LONG = "Ủy ban nhân dân phường Nghĩa Đô, quận Cầu Giấy, thành phố Hà Nội (cũ)"


def _name(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        return x509.Name([x509.NameAttribute(oid, text, _validate=False) for oid, text in attributes])


def test_names_are_one_line_with_the_common_name_first(people: People) -> None:
    names = names_of(people.issued().certificate)
    assert names.subject == "CN=H14.31, O=Truc dev, not for real letters, C=VN"
    assert names.common_name == "H14.31"
    assert names.issuer.startswith("CN=Truc dev issuing")


def test_long_vietnamese_name_is_read_without_a_warning(people: People) -> None:
    name = _name((NameOID.ORGANIZATION_NAME, LONG), (NameOID.COMMON_NAME, LONG))
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        certificate = people.issued(name=name).certificate
    assert len(LONG.encode()) > 64
    assert f"CN={LONG}, O={LONG}" == names_of(certificate).subject


def test_two_common_names_are_none(people: People) -> None:
    name = _name((NameOID.COMMON_NAME, "H14.31"), (NameOID.COMMON_NAME, "H99"))
    assert names_of(people.issued(name=name).certificate).common_name == ""


def test_control_characters_do_not_reach_a_log(people: People) -> None:
    names = names_of(people.issued(name=_name((NameOID.COMMON_NAME, "a\nFAKE LINE\x1b[2J"))).certificate)
    assert names.common_name == "a?FAKE LINE?[2J"


def test_certificate_is_decoded(people: People) -> None:
    good = people.issued().certificate
    assert load_certificate(good.public_bytes(Encoding.DER)) == good


def test_serial_number_that_is_not_positive_is_refused(people: People) -> None:
    certificate = people.issued().certificate
    der = certificate.public_bytes(Encoding.DER)
    serial = certificate.serial_number.to_bytes(certificate.serial_number.bit_length() // 8 + 1, "big")
    broken = der.replace(serial, bytes([serial[0] | 0x80]) + serial[1:], 1)
    with pytest.raises(UNREADABLE_CERTIFICATE, match="not positive"):
        load_certificate(broken)


@pytest.mark.parametrize("der", [b"", b"0", b"0\x00", b"\x30\x82\xff\xff", b"<x/>"])
def test_rubbish_is_no_certificate(der: bytes) -> None:
    with pytest.raises(UNREADABLE_CERTIFICATE):
        load_certificate(der)
