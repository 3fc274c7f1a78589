from __future__ import annotations

from signing.policy import POLICY


def test_nothing_weak_is_allowed() -> None:
    allowed = POLICY.rsa_methods | POLICY.ecdsa_methods | POLICY.digest_methods
    assert not [uri for uri in allowed if any(weak in uri for weak in ("sha1", "md5", "hmac", "#dsa", "224"))]


def test_seal_of_the_longest_letter_fits_the_bound_of_its_file() -> None:
    per_part = 420  # a reference with its DataObjectFormat and a name such as parts/0001
    assert POLICY.max_parts * per_part < POLICY.max_signature_bytes
