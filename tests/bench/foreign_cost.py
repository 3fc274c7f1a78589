"""
What one core does with a foreign library: build a signed message and take it apart again, for some seconds.

Run by the Python of an environment with that library alone (see foreign.py), so nothing of ours is there:

    python foreign_cost.py as4|pyas2lib SECONDS SIZE...

Writes one line of JSON for each size: size, letters, seconds (wall), cpu (seconds), latencies, peak (bytes).
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

LINE_BYTES = 720  # of random bytes, 960 characters of base64: no text node comes near a parser's limit
NAMESPACE, ROOT = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2", "Invoice"

Way = Callable[[bytes], None]


def main(library: str, seconds: float, sizes: list[int]) -> None:
    """Measure each size in turn."""
    name = "AP000001"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    way = WAYS[library](name, key, self_signed(name, key))
    way(payload(min(sizes)))  # what is only done once does not count
    for size in sizes:
        print(json.dumps({"size": size, **measured(way, payload(size), seconds)}), flush=True)


def measured(way: Way, data: bytes, seconds: float) -> dict[str, Any]:
    """The way again and again, until `seconds` have passed; at least once."""
    latencies: list[float] = []
    began, began_cpu = time.perf_counter(), time.process_time()
    while not latencies or time.perf_counter() - began < seconds:
        before = time.perf_counter()
        way(data)
        latencies.append(time.perf_counter() - before)
    spent, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    status = Path("/proc/self/status").read_text("ascii")
    peak = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    return {"letters": len(latencies), "seconds": spent, "cpu": cpu, "latencies": latencies, "peak": peak}


def payload(size: int) -> bytes:
    """An XML document of about `size` bytes that a compressor can do as little with as with an attachment."""
    lines = max(size // (LINE_BYTES // 3 * 4), 1)
    body = b"".join(b"<L>" + base64.b64encode(os.urandom(LINE_BYTES)) + b"</L>" for _ in range(lines))
    return f'<{ROOT} xmlns="{NAMESPACE}">'.encode() + body + f"</{ROOT}>".encode()


def self_signed(name: str, key: rsa.RSAPrivateKey) -> x509.Certificate:
    """A certificate for both ends; it is pinned, so no path is built."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    usage = dict.fromkeys(
        ("content_commitment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"), False
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_encipherment=True,
                encipher_only=False,
                decipher_only=False,
                **usage,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )


# --- the libraries -------------------------------------------------------------------------------


def as4_way(name: str, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> Way:
    """Peppol AS4: gzip, XML signature, AES-GCM, MIME, and the same backwards; without the receipt."""
    from as4 import AS4LocalPrivateKey, SecurityPolicy, pinned_certificates
    from as4.peppol import (
        build_peppol_message,
        create_peppol_external_party,
        create_peppol_internal_party,
        parse_peppol_message,
    )

    local = create_peppol_internal_party(name, certificate, AS4LocalPrivateKey(key))
    remote = create_peppol_external_party(name, certificate)
    policy = SecurityPolicy(signer_resolver=pinned_certificates(certificate))

    def way(data: bytes) -> None:
        message = build_peppol_message(
            payload=data,
            local_party=local,
            remote_party=remote,
            sender="9932:1111111111",
            recipient="9932:2222222222",
            sender_country_id="VN",
            document_type_identifier_scheme="busdox-docid-qns",
            document_type_identifier_value=f"{NAMESPACE}::{ROOT}##urn:bench::2.1",
            process_identifier="urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
        )
        body, boundary = message.get_request_data()
        received = parse_peppol_message(
            request_headers=message.get_http_headers(boundary),
            request_body=body,
            local_party=local,
            security_policy=policy,
        )
        if not received.successful:
            raise AssertionError("as4 refused its own message")

    return way


def as2_way(name: str, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> Way:
    """AS2: S/MIME signature over the payload, and its verification; neither compressed nor encrypted."""
    start_oscrypto()
    from pyas2lib.as2 import Message, Organization, Partner

    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    organization = Organization(as2_name=name, sign_key=private + public, sign_key_pass=None)
    partner = Partner(as2_name=name, verify_cert=public, sign=True, validate_certs=False)

    def way(data: bytes) -> None:
        sent = Message(organization, partner)
        sent.build(data, content_type="application/xml")
        got = Message()
        status, (error, _), _ = got.parse(
            sent.headers_str + b"\r\n" + sent.content, lambda _: organization, lambda _: partner
        )
        if status != "processed" or not got.signed:
            raise AssertionError(f"pyas2lib refused its own message: {error}")

    return way


def start_oscrypto() -> None:
    """Import oscrypto 1.3.0, which takes OpenSSL's version for three digits and stops at 3.0.10 and later."""
    search = re.search

    def lenient(pattern: Any, text: str, *flags: Any) -> Any:
        if isinstance(pattern, str):
            pattern = pattern.replace(r"\.\d[a-z]*)", r"\.\d+[a-z]*)")
        return search(pattern, text, *flags)

    re.search = lenient  # type: ignore[assignment]
    try:
        import oscrypto.asymmetric  # noqa: F401 - for the versions that it reads while it is imported
    finally:
        re.search = search


WAYS = {"as4": as4_way, "pyas2lib": as2_way}

if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), [int(size) for size in sys.argv[3:]])
