from __future__ import annotations

import pytest

from signing.keys import SealKey
from signing.policy import ECDSA_SHA256, POLICY, SHA256
from signing.profile import NotInProfile, SealedReference, read_form
from signing.seal import seal
from signing.verdict import Reason
from tests.unit.signing.forger import find, forge
from tests.unit.signing.letters import NOW, letter


def test_form_says_what_was_sealed(key: SealKey) -> None:
    made = letter()
    form = read_form(seal(made.parts, key, NOW), POLICY)
    assert tuple(SealedReference(p.name, p.digest, p.mime) for p in made.parts) == form.references
    assert form.method == ECDSA_SHA256
    assert (key.certificate, *key.chain) == form.certificates
    assert [algorithm for algorithm, _ in form.certificate_digests] == [SHA256, SHA256]
    assert form.signed_at == NOW


@pytest.mark.parametrize(
    ("element", "text"),
    [
        ("SigningTime", "2026-11-22T05:00:00"),
        ("SigningTime", "2026-13-22T05:00:00Z"),
        ("SigningTime", "hôm qua"),
        ("DigestValue", "AAAA===="),
        ("DigestValue", "AAB="),
        ("DigestValue", ""),
        ("X509Certificate", "AA AA"),
    ],
)
def test_text_with_another_spelling_is_no_seal(key: SealKey, element: str, text: str) -> None:
    def change(root: object) -> None:
        find(root, element).text = text  # type: ignore[arg-type]

    with pytest.raises(NotInProfile) as refused:
        read_form(forge(seal(letter().parts, key, NOW), key.private_key, change), POLICY)
    assert [o.reason for o in refused.value.objections] == [Reason.SEAL_MALFORMED]


@pytest.mark.parametrize("odd", ["", "1", "a b", "a#b", "-a", "a:b"])
def test_id_that_no_xml_knows_is_no_seal(key: SealKey, odd: str) -> None:
    def change(root: object) -> None:
        find(root, "Reference").set("Id", odd)  # type: ignore[arg-type]
        find(root, "DataObjectFormat").set("ObjectReference", f"#{odd}")  # type: ignore[arg-type]

    with pytest.raises(NotInProfile) as refused:
        read_form(forge(seal(letter().parts, key, NOW), key.private_key, change), POLICY)
    assert [o.reason for o in refused.value.objections] == [Reason.SEAL_MALFORMED]


@pytest.mark.parametrize(
    "data", [b"<x/>", b"<asic:XAdESSignatures xmlns:asic='http://uri.etsi.org/02918/v1.2.1#'/>"]
)
def test_other_xml_is_no_seal(data: bytes) -> None:
    with pytest.raises(NotInProfile) as refused:
        read_form(data, POLICY)
    assert Reason.SEAL_MALFORMED is refused.value.objections[0].reason


def test_sins_side_by_side_are_all_named(key: SealKey) -> None:
    def change(root: object) -> None:
        find(root, "CanonicalizationMethod").set("Algorithm", "urn:x")  # type: ignore[arg-type]
        find(root, "Reference").set("URI", "/etc/passwd")  # type: ignore[arg-type]

    with pytest.raises(NotInProfile) as refused:
        read_form(forge(seal(letter().parts, key, NOW), key.private_key, change), POLICY)
    reasons = [o.reason for o in refused.value.objections]
    assert reasons == [Reason.ALGORITHM_REFUSED, Reason.OUTSIDE_REFERENCE]
