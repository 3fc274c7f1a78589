from __future__ import annotations

from pathlib import Path

from cryptography import x509

from gateway.alerts.certificates import certificate_ends
from gateway.config import Config
from tests.kit.certificates import Certificates


def test_certificates_of_seal_and_listeners_are_found(tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    server = made.server()
    ends_at = x509.load_pem_x509_certificates(server.read_bytes())[0].not_valid_after_utc
    config = Config.model_validate(
        {
            "node": {"id": "H14"},
            "http": {"tls_cert": str(server), "tls_key": str(server)},
            "seal": {"key_file": str(made.client("seal.pem"))},
        }
    )
    found = certificate_ends(config, {})
    assert sorted(found) == ["http", "seal"]
    assert found["http"] <= ends_at


def test_certificate_that_can_not_be_read_is_left_out(tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    config = Config.model_validate(
        {
            "node": {"id": "H14"},
            "http": {"tls_cert": str(rubbish), "tls_key": str(rubbish)},
            "vxp": {"tls_cert": str(tmp_path / "gone"), "tls_key": str(tmp_path / "gone")},
            "seal": {"key_file": str(rubbish)},
        }
    )
    assert certificate_ends(config, {}) == {}
    assert certificate_ends(Config.model_validate({"node": {"id": "H14"}}), {}) == {}
