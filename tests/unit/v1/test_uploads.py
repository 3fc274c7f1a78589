"""
The headers of tus: read strictly, since an offset that is misread spoils a document.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

import pytest
from aiohttp.test_utils import make_mocked_request

from gateway.core.errors import Rejected
from gateway.v1.uploads import asked_checksum, asked_length, asked_offset, is_ours, told


def test_numbers_are_read() -> None:
    request = make_mocked_request("POST", "/", headers={"Upload-Length": "10", "Upload-Offset": "0"})
    assert (asked_length(request, 10), asked_offset(request)) == (10, 0)


@pytest.mark.parametrize("text", ["", "-1", "1.0", "+1", "0x1", "１", "9" * 16, "11"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(Rejected):
        asked_length(make_mocked_request("POST", "/", headers={"Upload-Length": text}), 10)


def test_checksum_is_sha256_or_refused() -> None:
    digest = hashlib.sha256(b"x").digest()
    good = f"sha256 {base64.b64encode(digest).decode()}"
    assert asked_checksum(make_mocked_request("PATCH", "/", headers={"Upload-Checksum": good})) == digest
    assert asked_checksum(make_mocked_request("PATCH", "/")) is None
    for bad in ("sha256 x", "md5 47DE", "sha256", f"sha1 {good[7:]}"):
        with pytest.raises(Rejected):
            asked_checksum(make_mocked_request("PATCH", "/", headers={"Upload-Checksum": bad}))


@pytest.mark.parametrize(
    ("headers", "ours"),
    [({"Tus-Resumable": "1.0.0"}, True), ({}, False), ({"Tus-Resumable": "0.2.2"}, False)],
)
def test_only_our_version_is_spoken(headers: dict[str, str], ours: bool) -> None:
    assert is_ours(make_mocked_request("PATCH", "/", headers=headers)) is ours


def test_answer_bears_the_headers_of_tus() -> None:
    assert told(3, 10, datetime(2026, 11, 24, 1, tzinfo=UTC)) == {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "3",
        "Upload-Length": "10",
        "Upload-Expires": "Tue, 24 Nov 2026 01:00:00 GMT",
    }
