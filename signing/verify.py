"""
Check a seal against digests we took ourselves, and the signer against our own trust.

In this order, each step on what the one before has established: shape (profile), parts, arithmetic
(signxml), certificate, path and revocation. The parts' bytes are never handed to any XML tool.

Spec: EN319102-1 (a result of three values)
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidDigest, SignXMLException
from signxml.verifier import VerifyResult
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from signing.certificates import UNREADABLE_CERTIFICATE, names_of
from signing.parts import SealedPart
from signing.policy import POLICY, SHA256, SHA384, SHA512, Policy
from signing.profile import Form, NotInProfile, SealedReference, read_form
from signing.seal import DS
from signing.standing import check_certificate, describe_key, judge_standing
from signing.trust import Trust
from signing.verdict import Facts, Objection, Reason, Verdict, conclude

_HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {
    SHA256: hashes.SHA256,
    SHA384: hashes.SHA384,
    SHA512: hashes.SHA512,
}


def verify(
    signature: bytes,
    parts: Sequence[SealedPart],
    trust: Trust,
    *,
    at: datetime,
    arrived_at: datetime | None = None,
    policy: Policy = POLICY,
) -> Verdict:
    """
    Check one seal.

    `parts` stand in manifest order with digests the caller computed over the bytes it holds. `at` is
    the moment the certificate is judged at (accepted_at of the letter), `arrived_at` the moment up to
    which a revocation counts (`at` if it is None). Both are aware times.

    Never raises for anything a letter can contain. Takes milliseconds and runs an event loop of its
    own for the certificate path: call it in a worker thread.

    Spec: EN319102-1, RFC5280
    """
    facts = Facts(judged_at=at, arrived_at=arrived_at, parts=len(parts))
    try:
        form = read_form(signature, policy)
    except NotInProfile as refusal:
        return conclude(refusal.objections, facts)
    signer = form.certificates[0]
    facts = _with_claims(facts, form)
    objections = [*_compare_parts(form.references, parts), *_check_signer_named(form)]
    if not objections:
        objections += _check_arithmetic(form, parts, policy)
    if objections:
        return conclude(objections, facts)
    objections += check_certificate(signer, at, policy)
    if not objections:
        until = max(at, arrived_at) if arrived_at else at
        standing = judge_standing(signer, form.certificates[1:], trust, at=at, until=until, policy=policy)
        objections += standing.objections
        facts = replace(facts, revoked_at=standing.revoked_at)
    return conclude(objections, facts)


# --- the parts ---------------------------------------------------------------------------------


def _compare_parts(sealed: Sequence[SealedReference], parts: Sequence[SealedPart]) -> Iterator[Objection]:
    """What differs between the list that was sealed and the list that is here, part by part."""
    here = {part.name: part for part in parts}
    there = {reference.name: reference for reference in sealed}
    doubled = [*_doubles([r.name for r in sealed]), *_doubles([p.name for p in parts])]
    if doubled:
        yield from (Objection(Reason.PART_DOUBLED, name) for name in doubled)
        return
    digests = {reference.digest for reference in sealed}
    if len(parts) > 1 and len(sealed) > 1 and not any(part.digest in digests for part in parts):
        yield Objection(Reason.ANOTHER_LETTER, detail="no part of this letter is in the seal")
        return
    added = [part for part in parts if part.name not in there]
    for reference in sealed:
        part = here.get(reference.name)
        if part is None:
            twin = next((a for a in added if a.digest == reference.digest), None)
            if twin is None:
                yield Objection(Reason.PART_MISSING, reference.name)
            else:
                added.remove(twin)
                yield Objection(Reason.PART_RENAMED, reference.name, f"is here as {twin.name}")
        elif part.digest != reference.digest:
            yield Objection(Reason.PART_CHANGED, reference.name)
        elif part.mime != reference.mime:
            yield Objection(Reason.PART_TYPE_DIFFERS, reference.name, f"{reference.mime[:80]} was sealed")
    yield from (Objection(Reason.PART_ADDED, part.name) for part in added)
    common = [r.name for r in sealed if r.name in here]
    order = [p.name for p in parts if p.name in there]
    for expected, found in zip(common, order, strict=True):
        if expected != found:
            yield Objection(Reason.PART_REORDERED, found, f"stands where {expected} was sealed")
            return


def _doubles(names: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield name
        seen.add(name)


# --- the arithmetic ----------------------------------------------------------------------------


def _check_signer_named(form: Form) -> Iterator[Objection]:
    """SigningCertificateV2 names exactly the certificates of KeyInfo, the signer first.

    Without it a certificate could be swapped for another one of the same key.
    """
    named = [
        digest == certificate.fingerprint(_HASHES[algorithm]())
        for (algorithm, digest), certificate in zip(form.certificate_digests, form.certificates, strict=False)
    ]
    if len(form.certificate_digests) != len(form.certificates) or not all(named):
        yield Objection(Reason.SIGNER_NOT_NAMED)


def _check_arithmetic(form: Form, parts: Sequence[SealedPart], policy: Policy) -> Iterator[Objection]:
    """The signature value fits SignedInfo and the signer's key, and every digest fits."""
    signer = form.certificates[0]
    configuration = XAdESSignatureConfiguration(
        location="./",  # the default looks anywhere and takes the first
        expect_references=len(parts) + 2,
        signature_methods=frozenset(SignatureMethod(m) for m in policy.rsa_methods | policy.ecdsa_methods),
        digest_algorithms=frozenset(DigestAlgorithm(d) for d in policy.digest_methods),
        # signxml would call an expired certificate a bad signature; validity is judged later, by name.
        verification_time=signer.not_valid_before_utc,
    )
    try:
        # One verifier per call: it keeps what it found on itself.
        _DigestVerifier(parts).verify(form.root, x509_cert=signer, expect_config=configuration)
    except (SignXMLException, etree.LxmlError, *UNREADABLE_CERTIFICATE) as error:
        yield Objection(Reason.SIGNATURE_INVALID, detail=f"{type(error).__name__}: {error}"[:200])


class _DigestVerifier(XAdESVerifier):
    """signxml's verifier for parts that lie elsewhere.

    signxml would load every part whole and parse it as XML, so that a drawing with a DOCTYPE became a
    false alarm. Here a part is its digest and nothing more.
    """

    def __init__(self, parts: Sequence[SealedPart]) -> None:
        super().__init__()
        self._digests = {part.name: part.digest for part in parts}

    def _verify_reference(self, reference: Any, *rest: Any, **more: Any) -> Any:
        uri = reference.get("URI")
        if uri.startswith("#"):
            return super()._verify_reference(reference, *rest, **more)  # type: ignore[no-untyped-call]
        sealed = b64decode(reference.findtext(f"{{{DS}}}DigestValue"), validate=True)
        if self._digests.get(uri) != sealed:
            raise InvalidDigest(f"Digest mismatch for part {uri}")
        return VerifyResult(b"", None, reference, b"")


# --- the facts ---------------------------------------------------------------------------------


def _with_claims(facts: Facts, form: Form) -> Facts:
    """The facts with what the seal and its certificate say about themselves."""
    signer = form.certificates[0]
    names = names_of(signer)
    return replace(
        facts,
        signer=names.subject,
        common_name=names.common_name,
        issuer=names.issuer,
        serial=f"{signer.serial_number:x}",
        fingerprint=signer.fingerprint(hashes.SHA256()).hex(),
        key=describe_key(signer),
        algorithm=form.method.rpartition("#")[2],
        valid_from=signer.not_valid_before_utc,
        valid_until=signer.not_valid_after_utc,
        signed_at=form.signed_at,
    )
