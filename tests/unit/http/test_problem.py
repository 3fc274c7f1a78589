"""
Problems: which language, which status, which words.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from gateway.core.catalogue import (
    BLOB_DAMAGED,
    BOM,
    CONFIG_BAD_VALUE,
    DISK_FULL,
    NOT_XML,
    SEAL_UNDETERMINED,
    STORE_BUSY,
    UNAUTHENTICATED,
    UNKNOWN_LETTER,
)
from gateway.core.errors import Misconfigured, Rejected, TrucError, Unavailable, find
from gateway.http.problem import SHOWN, language, of_error, of_incident, status_of
from gateway.v1.shapes import Problem


def asking(**headers: str) -> web.Request:
    return make_mocked_request(
        "GET", "/v1/letters/x?find=secret", headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "vi"),
        ("vi", "vi"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("en;q=0.5, vi;q=0.5", "vi"),
        ("en;q=0.9, vi;q=0.5", "en"),
        ("fr, de", "vi"),
        ("*", "vi"),
        ("en;q=rubbish", "vi"),
        (",;,=;q", "vi"),
    ],
)
def test_language_is_what_the_caller_prefers(header: str, expected: str) -> None:
    assert language(asking(Accept_Language=header)) == expected


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Rejected(find(UNKNOWN_LETTER)), 404),
        (Rejected(find(BOM), find(NOT_XML)), 400),  # the first error decides, not the first finding
        (Unavailable(find(STORE_BUSY)), 503),
        (Unavailable(find(DISK_FULL)), 507),
        (Unavailable(find(BLOB_DAMAGED)), 500),
        (Unavailable(find(SEAL_UNDETERMINED)), 503),
        (Unavailable(find(BOM)), 503),  # never below 500: the caller may try again
        (Misconfigured(find(CONFIG_BAD_VALUE)), 500),
    ],
)
def test_status_follows_the_family_of_the_error(error: TrucError, status: int) -> None:
    assert status_of(error) == status


def told(response: web.Response) -> dict[str, Any]:
    assert isinstance(response.body, bytes)
    words: dict[str, Any] = json.loads(response.body)
    return words


def test_problem_says_what_whose_fault_and_what_next_in_both_languages() -> None:
    error = Rejected(find(NOT_XML, line=7, element="edXML", detail="thẻ chưa đóng"))
    response = of_error(asking(Accept_Language="en"), error)
    assert response.content_type == "application/problem+json"
    assert response.headers["Content-Language"] == "en"
    problem = told(response)
    assert problem["title"] == "The file is not well-formed XML"
    assert problem["detail"] == (
        "The file is not well-formed XML: thẻ chưa đóng. "
        "Export the file again from the document system and send it again."
    )
    assert problem["vi"] == "Tệp không phải XML đúng cú pháp: thẻ chưa đóng"
    assert problem["next"]["vi"] == "Xuất lại tệp từ phần mềm quản lý văn bản rồi gửi lại"
    (finding,) = problem["findings"]
    assert (finding["line"], finding["element"], finding["blame"]) == (7, "edXML", "sender")
    assert "incident" not in problem


def test_problem_names_the_path_and_never_the_query() -> None:
    response = of_error(asking(), Rejected(find(UNKNOWN_LETTER)))
    assert told(response)["instance"] == "/v1/letters/x"
    assert b"secret" not in bytes(response.body or b"")  # type: ignore[arg-type]


def test_vietnamese_comes_first() -> None:
    problem = told(of_error(asking(), Rejected(find(UNAUTHENTICATED))))
    assert problem["title"] == "Chưa xác thực hoặc khóa truy cập sai"


def test_answer_stays_small_however_much_is_wrong() -> None:
    error = Rejected(*(find(NOT_XML, line=n) for n in range(SHOWN + 50)))
    assert len(told(of_error(asking(), error))["findings"]) == SHOWN


@pytest.mark.parametrize(("wait", "expected"), [(0.2, "1"), (30, "30"), (90.4, "90")])
def test_unavailable_says_when_to_come_back(wait: float, expected: str) -> None:
    error = Unavailable(find(STORE_BUSY), retry_after=timedelta(seconds=wait))
    assert of_error(asking(), error).headers["Retry-After"] == expected


def test_incident_is_a_number_and_nothing_more() -> None:
    problem = told(of_incident(asking(), "AB12-CD34"))
    assert (problem["status"], problem["code"], problem["incident"]) == (500, "TRUC-900", "AB12-CD34")


def test_client_reads_what_the_server_writes() -> None:
    error = Rejected(find(BOM), find(NOT_XML, line=2, detail="x"))
    body = of_error(asking(), error).body
    assert isinstance(body, bytes)
    problem = Problem.read(body)
    assert problem is not None
    assert tuple(f.finding() for f in problem.findings) == error.findings
