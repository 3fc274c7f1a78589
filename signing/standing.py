"""
How a certificate stands: may it seal, was it valid, who vouches for it, was it revoked.

Judged at two moments. The certificate and the path to a root must be valid at `at`, the time the
letter is judged at. Revocation counts up to `until`, the time of arrival: without a time-stamp
nobody can tell a seal made before a theft from one made after it with the date set back.

The path and the revocation lists are checked by pyhanko-certvalidator, with everything given as
data: nothing is fetched, and what is missing gives UNDETERMINED.

Spec: RFC5280
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import core
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import (
    InsufficientRevinfoError,
    PathBuildingError,
    RevokedError,
    StaleRevinfoError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.validate import async_validate_path

from signing.certificates import UNREADABLE_CERTIFICATE
from signing.policy import Policy
from signing.trust import GoodStanding, Trust
from signing.verdict import Objection, Outcome, Reason

_MAX_PATHS = 8
"""Ways from one certificate to the roots: a cross-signed authority gives two. More is a maze laid on
purpose, and each try costs milliseconds."""

_INSTANT = timedelta(microseconds=1)

_EXPIRED_CERTS_ON_CRL = "2.5.29.60"


@dataclass(frozen=True, slots=True)
class Standing:
    """The answer about one certificate: no objection means it stands well."""

    objections: tuple[Objection, ...] = ()
    revoked_at: datetime | None = None


def check_certificate(certificate: x509.Certificate, at: datetime, policy: Policy) -> Iterator[Objection]:
    """What the signer's certificate says against itself: key, usage, validity at `at`."""
    yield from _key_objections(certificate, policy, policy.seal_curves)
    try:
        wrong = _wrong_usage(certificate, policy)
    except UNREADABLE_CERTIFICATE as error:
        yield Objection(Reason.CERTIFICATE_UNREADABLE, detail=str(error)[:200])
    else:
        if wrong:
            yield Objection(Reason.CERTIFICATE_WRONG_USAGE, detail=wrong)
    if at < certificate.not_valid_before_utc:
        detail = f"valid from {certificate.not_valid_before_utc.isoformat()}"
        yield Objection(Reason.CERTIFICATE_NOT_YET_VALID, detail=detail)
    if at > certificate.not_valid_after_utc:
        detail = f"valid until {certificate.not_valid_after_utc.isoformat()}"
        yield Objection(Reason.CERTIFICATE_EXPIRED, detail=detail)


def judge_standing(
    certificate: x509.Certificate,
    chain: Sequence[x509.Certificate],
    trust: Trust,
    *,
    at: datetime,
    until: datetime,
    policy: Policy,
) -> Standing:
    """
    Find a way from the certificate to a root and check that nobody on it was revoked by `until`.

    `chain` are certificates the letter brought: they may help to find the way, they are never trusted.
    Blocks for milliseconds and runs an event loop of its own: call it in a worker thread.
    """
    key = _memory_key(certificate, chain, policy)
    known = trust.memory.recall(key)
    if known is not None and known.covers(at, until):
        return Standing()
    standing, remembered = asyncio.run(_judge(certificate, chain, trust, at, until, policy))
    if remembered is not None:
        trust.memory.keep(key, remembered)
    return standing


def _memory_key(certificate: x509.Certificate, chain: Sequence[x509.Certificate], policy: Policy) -> Hashable:
    return policy, tuple(c.public_bytes(Encoding.DER) for c in (certificate, *chain))


# --- the certificate itself --------------------------------------------------------------------


def describe_key(certificate: x509.Certificate) -> str:
    """The kind of key in words people know: `RSA-2048`, `P-256`."""
    try:
        key = certificate.public_key()
    except UNREADABLE_CERTIFICATE:
        return "?"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA-{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        names = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
        return names.get(key.curve.name, key.curve.name)
    return type(key).__name__.removesuffix("PublicKey")


def _key_objections(
    certificate: x509.Certificate, policy: Policy, curves: frozenset[str]
) -> Iterator[Objection]:
    kind = describe_key(certificate)
    try:
        key = certificate.public_key()
    except UNREADABLE_CERTIFICATE as error:
        yield Objection(Reason.KEY_REFUSED, detail=str(error)[:200])
        return
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < policy.min_rsa_bits:
            yield Objection(Reason.WEAK_KEY, detail=kind)
        elif key.key_size > policy.max_rsa_bits:
            yield Objection(Reason.KEY_REFUSED, detail=kind)
    elif not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in curves:
        yield Objection(Reason.KEY_REFUSED, detail=kind)


def _wrong_usage(certificate: x509.Certificate, policy: Policy) -> str:
    """Why this certificate may not seal, empty if it may."""
    extensions = {type(e.value): e.value for e in certificate.extensions}
    constraints = extensions.get(x509.BasicConstraints)
    if isinstance(constraints, x509.BasicConstraints) and constraints.ca:
        return "the certificate of an authority"
    usage = extensions.get(x509.KeyUsage)
    if not isinstance(usage, x509.KeyUsage):
        return "no keyUsage"
    if usage.key_cert_sign or usage.crl_sign:
        return "keyUsage of an authority"
    if not (usage.digital_signature or usage.content_commitment):
        return "keyUsage without digitalSignature and nonRepudiation"
    extended = extensions.get(x509.ExtendedKeyUsage)
    if isinstance(extended, x509.ExtendedKeyUsage):
        given = {oid.dotted_string for oid in extended}
        if not given & policy.extended_usages:
            return f"extendedKeyUsage {', '.join(sorted(given))}"[:200]
    return ""


# --- the path to a root ------------------------------------------------------------------------


async def _judge(
    certificate: x509.Certificate,
    chain: Sequence[x509.Certificate],
    trust: Trust,
    at: datetime,
    until: datetime,
    policy: Policy,
) -> tuple[Standing, GoodStanding | None]:
    try:
        return await _judge_paths(certificate, chain, trust, at, until, policy)
    except PathBuildingError as error:
        return _refused(Reason.CERTIFICATE_UNKNOWN, str(error)), None
    except Exception as error:
        # The chain comes from a stranger and asn1crypto decodes lazily, deep inside the validator:
        # broken DER raises anything there. It is the letter that fails, not the node.
        return _refused(Reason.CERTIFICATE_UNREADABLE, f"{type(error).__name__}: {error}"), None


async def _judge_paths(
    certificate: x509.Certificate,
    chain: Sequence[x509.Certificate],
    trust: Trust,
    at: datetime,
    until: datetime,
    policy: Policy,
) -> tuple[Standing, GoodStanding | None]:
    """The first path that stands well, else the one that says most."""
    leaf = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    material = _Material.of(trust, chain)
    found: list[Standing] = []
    paths = material.context(at, []).path_builder.async_build_paths_lazy(leaf)
    try:
        async for path in paths:
            standing, remembered = await _judge_path(path, material, at, until, policy)
            if not standing.objections:
                return standing, remembered
            found.append(standing)
            if len(found) == _MAX_PATHS:
                break
    finally:
        await paths.cancel()  # type: ignore[no-untyped-call]
    # Revoked on one path is revoked; doubt on one path may end well; the rest are dead ends.
    found.sort(key=lambda s: (s.revoked_at is None, s.objections[0].reason.outcome is Outcome.FAILED))
    return found[0], None


@dataclass(frozen=True, slots=True)
class _Material:
    """Roots, authorities and lists in the validator's own types.

    Made for each judgement: its objects decode themselves while they are read, which two threads
    at once do not survive.
    """

    roots: list[asn1_x509.Certificate]
    others: list[asn1_x509.Certificate]
    lists: list[asn1_crl.CertificateList]

    @classmethod
    def of(cls, trust: Trust, chain: Sequence[x509.Certificate]) -> _Material:
        return cls(
            [asn1_x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in trust.roots],
            [
                asn1_x509.Certificate.load(c.public_bytes(Encoding.DER))
                for c in (*trust.intermediates, *chain)
            ],
            [asn1_crl.CertificateList.load(c.public_bytes(Encoding.DER)) for c in trust.revocation_lists],
        )

    def context(self, moment: datetime, lists: list[asn1_crl.CertificateList]) -> ValidationContext:
        # trust_roots is always given, also when empty: None would mean the system's web authorities.
        return ValidationContext(
            trust_roots=self.roots,
            other_certs=self.others,
            crls=lists,
            revocation_mode="require",  # "soft-fail", the default, passes a certificate without any list
            allow_fetching=False,
            moment=moment,
            # A list made after the moment also tells of the time before it; see _usable_lists.
            retroactive_revinfo=True,
        )


async def _judge_path(
    path: ValidationPath, material: _Material, at: datetime, until: datetime, policy: Policy
) -> tuple[Standing, GoodStanding | None]:
    root, *certificates = path.iter_certs(include_root=True)
    if not certificates:
        return _refused(Reason.CERTIFICATE_PATH_INVALID, "a root does not seal by itself"), None
    valid_from = max(c.not_valid_before for c in certificates)
    valid_until = min(c.not_valid_after for c in certificates)
    if at < valid_from:
        return _refused(Reason.CERTIFICATE_NOT_YET_VALID, f"an authority is valid from {valid_from}"), None
    if at > valid_until:
        return _refused(Reason.CERTIFICATE_EXPIRED, f"an authority was valid until {valid_until}"), None
    for authority in (root, *certificates[:-1]):
        issuer = x509.load_der_x509_certificate(authority.dump())
        for objection in _key_objections(issuer, policy, policy.authority_curves):
            return Standing((objection,)), None
    # After its end a certificate is on no list any more, so revocation is asked for up to that end.
    moment = min(until, valid_until)
    lists = _usable_lists(material.lists, certificates)
    standing = Standing()
    # First as far ahead as the lists reach: if that holds, it holds for the letters to come too.
    ahead = max(moment, _horizon(lists, certificates, valid_until))
    for known_until in dict.fromkeys((ahead, moment)):
        standing = await _validate(path, material, lists, known_until)
        if not standing.objections:
            return standing, GoodStanding(valid_from, valid_until, known_until)
    return standing, None


async def _validate(
    path: ValidationPath, material: _Material, lists: list[asn1_crl.CertificateList], moment: datetime
) -> Standing:
    # The validator counts revocations before the moment; one at that very moment counts as well.
    context = material.context(moment + _INSTANT, lists)
    try:
        await async_validate_path(context, path)
    except RevokedError as error:
        return Standing(
            (Objection(Reason.CERTIFICATE_REVOKED, detail=str(error)[:200]),), error.revocation_dt
        )
    except StaleRevinfoError as error:
        return _refused(Reason.REVOCATION_STALE, str(error))
    except InsufficientRevinfoError as error:
        return _refused(Reason.REVOCATION_MISSING, str(error))
    except ValidationError as error:
        return _refused(Reason.CERTIFICATE_PATH_INVALID, str(error))
    return Standing()


def _refused(reason: Reason, detail: str) -> Standing:
    return Standing((Objection(reason, detail=detail[:200]),))


def _usable_lists(
    lists: list[asn1_crl.CertificateList], certificates: Sequence[asn1_x509.Certificate]
) -> list[asn1_crl.CertificateList]:
    """The lists that can speak about these certificates.

    An authority may drop a revoked certificate from its lists once it has expired: a later list says
    nothing about it, unless it says that it keeps the expired ones (X.509 expiredCertsOnCRL).
    """
    return [
        one
        for one in lists
        if not any(
            one.issuer == certificate.issuer
            and one["tbs_cert_list"]["this_update"].native > certificate.not_valid_after
            and not _keeps_expired(one, certificate.not_valid_after)
            for certificate in certificates
        )
    ]


def _keeps_expired(one: asn1_crl.CertificateList, expired_at: datetime) -> bool:
    for extension in one["tbs_cert_list"]["crl_extensions"]:
        if extension["extn_id"].dotted == _EXPIRED_CERTS_ON_CRL:
            since = core.GeneralizedTime.load(extension["extn_value"].native).native
            return bool(since <= expired_at)
    return False


def _horizon(
    lists: list[asn1_crl.CertificateList], certificates: Sequence[asn1_x509.Certificate], end: datetime
) -> datetime:
    """How far ahead the lists reach for all certificates of a path."""
    reach = end
    for certificate in certificates:
        updates = [
            one["tbs_cert_list"]["next_update"].native for one in lists if one.issuer == certificate.issuer
        ]
        reach = min([reach, max((u for u in updates if u is not None), default=reach)])
    return reach
