from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from signing.expiry import first_end
from tests.kit.certificates import Certificates


def test_first_certificate_to_end_decides(tmp_path: Path) -> None:
    pem = Certificates(tmp_path).server().read_bytes()
    chain = x509.load_pem_x509_certificates(pem)
    assert len(chain) > 1
    assert first_end(pem) == min(each.not_valid_after_utc for each in chain)


@pytest.mark.parametrize(
    "rubbish", [b"", b"\x00\xff", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_rubbish_ends_never(rubbish: bytes) -> None:
    assert first_end(rubbish) is None
