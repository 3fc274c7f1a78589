from __future__ import annotations

import hashlib

import pytest

from signing.parts import SealedPart, UnfitPart, check_parts, is_member_name
from signing.policy import POLICY
from tests.unit.signing.letters import part_of

DIGEST = hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize("name", ["envelope.xml", "parts/0001", "parts/0001.b64", "a/b/c-d_e.f"])
def test_plain_names_are_fit(name: str) -> None:
    assert is_member_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../x",
        "parts/../x",
        "parts/.hidden",
        "parts//1",
        "parts/",
        "a\\b",
        "a b",
        "%2e%2e/x",
        "công-văn.pdf",
        "http://x/y",
        "#KeyInfo",
        "mimetype",
        "MimeType",
        "META-INF/signatures001.xml",
        "meta-inf/x",
        "x\n",
        "n" * 129,
    ],
)
def test_names_that_lead_elsewhere_are_not(name: str) -> None:
    assert not is_member_name(name)
    with pytest.raises(UnfitPart):
        part_of(name, b"x")


@pytest.mark.parametrize(
    ("sha256", "size", "mime"),
    [
        (DIGEST.upper(), 1, "text/xml"),
        (DIGEST[:-1], 1, "text/xml"),
        (DIGEST, -1, "text/xml"),
        (DIGEST, 1, "text"),
        (DIGEST, 1, 'text/xml"><x a="'),
    ],
)
def test_part_with_an_unwritable_property_is_refused(sha256: str, size: int, mime: str) -> None:
    with pytest.raises(UnfitPart):
        SealedPart("envelope.xml", sha256, size, mime)


def test_digest_is_the_bytes_of_the_hex() -> None:
    assert hashlib.sha256(b"x").digest() == part_of("a", b"x").digest


def test_list_must_not_be_empty_long_or_ambiguous() -> None:
    check_parts([part_of("a", b"")])
    for parts in (
        [],
        [part_of("a", b""), part_of("A", b"")],
        [part_of(f"parts/{n}", b"") for n in range(POLICY.max_parts + 1)],
    ):
        with pytest.raises(UnfitPart):
            check_parts(parts)
