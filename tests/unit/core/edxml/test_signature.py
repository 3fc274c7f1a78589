import base64

import pytest

from gateway.core import catalogue
from gateway.core.edxml.names import XMLDSIG
from tests.kit.messages import codes, message, seen

DER = b"\x30\x82\x01\x00" + bytes(256)
WHOLE = base64.b64encode(DER).decode()


def signature(name: str, namespace: str, value: str, certificate: str) -> str:
    return (
        f'<{name} xmlns="{namespace}"><SignedInfo/><SignatureValue>{value}</SignatureValue>'
        f"<KeyInfo><X509Data><X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></{name}>"
    )


def test_a_signature_with_a_value_and_a_whole_certificate_could_be_verified() -> None:
    reading = seen(message(trace=signature("Signature", XMLDSIG, "AAAA", WHOLE))).reading

    assert reading.envelope.signed_header
    assert catalogue.DUMMY_SIGNATURE.code not in codes(reading.findings)


@pytest.mark.parametrize(
    "dummy",
    [
        "<DigitalSignature/>",
        "<Signature/>",
        signature("Signature", "http://www.mic.gov.vn/TBT/QCVN_102_2016", "AAAA", WHOLE),
        signature("Signature", XMLDSIG, "", WHOLE),
        signature("Signature", XMLDSIG, "AAAA", "MIIFqTCCBJG"),
        signature("Signature", XMLDSIG, "AAAA", base64.b64encode(DER[:-1]).decode()),
        signature("Signature", XMLDSIG, "AAAA", "không phải"),
    ],
)
def test_dummies_are_told_and_never_refused(dummy: str) -> None:
    reading = seen(message(trace=dummy)).reading

    assert not reading.envelope.signed_header
    assert codes(f for f in reading.findings if f.is_error) == []
    assert catalogue.DUMMY_SIGNATURE.code in codes(reading.findings)
