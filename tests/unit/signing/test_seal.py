from __future__ import annotations

import shutil
import subprocess
from base64 import b64decode, b64encode
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from signing.devpki import KeyKind
from signing.keys import SealKey
from signing.parts import SealedPart, UnfitPart
from signing.policy import POLICY
from signing.seal import ASIC, DS, SIGNED_PROPERTIES, XADES, SealTooLarge, seal
from tests.unit.signing.forger import find, references, tree
from tests.unit.signing.letters import NOW, People, letter, part_of

KINDS = [KeyKind.RSA_2048, KeyKind.P256, KeyKind.P384]


def test_root_is_the_one_of_asic_with_one_signature(key: SealKey) -> None:
    root = tree(seal(letter().parts, key, NOW))
    assert f"{{{ASIC}}}XAdESSignatures" == root.tag
    assert [f"{{{DS}}}Signature"] == [child.tag for child in root]


def test_one_reference_per_part_in_order_then_properties_and_key(key: SealKey) -> None:
    made = letter()
    found = references(tree(seal(made.parts, key, NOW)))
    assert [*made.bytes_of, "#Seal-SignedProperties", "#KeyInfo"] == [r.get("URI") for r in found]
    assert [b64encode(part.digest).decode() for part in made.parts] == [
        find(reference, "DigestValue").text for reference in found[:-2]
    ]
    assert found[-2].get("Type") == SIGNED_PROPERTIES
    assert not list(found[0].iter(f"{{{DS}}}Transform"))


def test_every_part_has_its_data_object_format(key: SealKey) -> None:
    parts = [part_of("envelope.xml", b"x", "text/xml"), part_of("parts/0001", b"y", "application/pdf")]
    root = tree(seal(parts, key, NOW))
    formats = root.findall(f".//{{{XADES}}}DataObjectFormat")
    assert [find(each, "MimeType").text for each in formats] == ["text/xml", "application/pdf"]
    ids = ["#" + str(reference.get("Id")) for reference in references(root)[:-2]]
    assert ids == [each.get("ObjectReference") for each in formats]


def test_signer_is_named_first_with_the_chain_after(key: SealKey) -> None:
    root = tree(seal(letter().parts, key, NOW))
    certificates = [key.certificate, *key.chain]
    in_key_info = [b64decode(e.text or "") for e in root.iter(f"{{{DS}}}X509Certificate")]
    assert [c.public_bytes(Encoding.DER) for c in certificates] == in_key_info
    named = [b64decode(e[1].text or "") for e in root.iter(f"{{{XADES}}}CertDigest")]
    assert [c.fingerprint(hashes.SHA256()) for c in certificates] == named


def test_time_is_the_one_given_in_utc(key: SealKey) -> None:
    hanoi = timezone(timedelta(hours=7))
    at = datetime(2026, 11, 22, 12, 0, 59, 999999, tzinfo=hanoi)
    assert find(tree(seal(letter().parts, key, at)), "SigningTime").text == "2026-11-22T05:00:59Z"


def test_naive_time_is_a_mistake(key: SealKey) -> None:
    with pytest.raises(ValueError, match="aware"):
        seal(letter().parts, key, NOW.replace(tzinfo=None))


def test_rsa_seal_is_the_same_each_time(people: People) -> None:
    rsa = people.issued(KeyKind.RSA_2048).seal_key
    assert seal(letter().parts, rsa, NOW) == seal(letter().parts, rsa, NOW)


def test_ecdsa_seals_differ_in_their_value_only(key: SealKey) -> None:
    one, other = (tree(seal(letter().parts, key, NOW)) for _ in range(2))
    assert find(one, "SignatureValue").text != find(other, "SignatureValue").text
    for root in (one, other):
        find(root, "SignatureValue").text = ""
    assert [(e.tag, e.text, dict(e.attrib)) for e in one.iter()] == [
        (e.tag, e.text, dict(e.attrib)) for e in other.iter()
    ]


def test_the_longest_letter_can_be_sealed(key: SealKey) -> None:
    parts = [part_of(f"parts/{n:04}", b"%d" % n) for n in range(POLICY.max_parts)]
    assert len(seal(parts, key, NOW)) < POLICY.max_signature_bytes


def test_seal_that_no_verifier_would_take_is_not_made(key: SealKey) -> None:
    parts = [SealedPart(f"{n:0128}", "0" * 64, 0, "a/" + "b" * 96) for n in range(POLICY.max_parts)]
    policy = type(POLICY)(max_signature_bytes=10_000)
    with pytest.raises(SealTooLarge):
        seal(parts, key, NOW, policy=policy)


def test_unfit_list_is_refused(key: SealKey) -> None:
    for parts in ([], [part_of("a", b""), part_of("a", b"x")]):
        with pytest.raises(UnfitPart):
            seal(parts, key, NOW)


@pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="xmlsec1 (Debian package) is not installed")
@pytest.mark.parametrize("kind", KINDS)
def test_xmlsec1_agrees_with_the_parts_laid_beside(people: People, tmp_path: Path, kind: KeyKind) -> None:
    made = letter()
    for name, data in made.bytes_of.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    people.pki.write(tmp_path, NOW)
    (tmp_path / "seal.xml").write_bytes(seal(made.parts, people.issued(kind).seal_key, NOW))
    command = ["xmlsec1", "--verify", "--trusted-pem", "root.pem", "--untrusted-pem", "issuing.pem"]
    command += ["--verification-time", NOW.strftime("%Y-%m-%d %H:%M:%S")]
    for element in (f"{DS}:Signature", f"{DS}:KeyInfo", f"{XADES}:SignedProperties"):
        command += ["--id-attr:Id", element]

    def opinion() -> tuple[int, str]:
        done = subprocess.run([*command, "seal.xml"], cwd=tmp_path, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    code, said = opinion()
    assert code == 0, said
    assert f"References (ok/all): {len(made.parts) + 2}/{len(made.parts) + 2}" in said
    (tmp_path / "parts" / "0001").write_bytes(b"something else")
    code, said = opinion()
    assert code != 0, said
