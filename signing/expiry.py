"""
When certificates end, for who has to renew them in time.
"""

from __future__ import annotations

from datetime import datetime

from cryptography import x509

from signing.certificates import UNREADABLE_CERTIFICATE


def first_end(pem: bytes) -> datetime | None:
    """When the first of the certificates in a PEM file ends; None if there is none that can be read."""
    try:
        return min((each.not_valid_after_utc for each in x509.load_pem_x509_certificates(pem)), default=None)
    except UNREADABLE_CERTIFICATE:
        return None
