"""
hash-file in both of its ways.
"""

from __future__ import annotations

import hashlib

import pytest

from gateway.vxp.functions import AFTER_FILE
from gateway.vxp.hashes import agrees, unpadded
from tests.kit.capture import captured

DIGEST = bytes([0x00, 0x0A, 0xFF, *range(29)])


@pytest.mark.parametrize("number", [5, 13])
def test_digest_of_the_sdk_is_that_of_the_file_without_its_crlf(number: int) -> None:
    call = captured()[number]
    digest = hashlib.sha256(call.body.removesuffix(AFTER_FILE)).digest()
    assert unpadded(digest) == call.header("XroadVnpt-hash-file")
    assert agrees(call.header("XroadVnpt-hash-file"), digest)
    assert not agrees(call.header("XroadVnpt-hash-file"), hashlib.sha256(call.body).digest())


def test_padded_and_unpadded_forms_agree_in_any_case() -> None:
    assert unpadded(DIGEST).startswith("0aff012")
    for form in (DIGEST.hex(), unpadded(DIGEST), DIGEST.hex().upper(), f" {unpadded(DIGEST)} "):
        assert agrees(form, DIGEST)


@pytest.mark.parametrize("wrong", ["", "0", "đ", "\udcff", "0aff", DIGEST.hex() + "0"])
def test_anything_else_does_not(wrong: str) -> None:
    assert not agrees(wrong, DIGEST)
