import base64
from dataclasses import replace
from datetime import date

import pytest

from gateway.core import catalogue
from gateway.core.catalogue import FAULTS
from gateway.core.directory import Directory, from_rows
from gateway.core.edxml import Reading
from gateway.core.errors import Fault, Finding
from gateway.core.validate import validate
from tests.kit.archives import zipped
from tests.kit.messages import FROM, TO, Seen, encoded, manifest, message, seen, status_message

REPLY = "<ResponseFor><OrganId>H21</OrganId><Code>1/A</Code></ResponseFor>"


def bussiness(kind: int, more: str = "") -> str:
    return (
        f"<TraceHeaderList><Bussiness><BussinessDocType>{kind}</BussinessDocType>{more}</Bussiness>"
        "</TraceHeaderList>"
    )


def names(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.fault.name for finding in findings]


def judged(data: bytes) -> list[str]:
    return names(seen(data).judged())


def the(findings: tuple[Finding, ...], fault: Fault) -> Finding:
    (finding,) = [f for f in findings if f.fault is fault]
    return finding


# --- all at once ----------------------------------------------------------------------------------


def test_a_plain_document_and_a_plain_status_have_no_findings() -> None:
    assert judged(message("<Subject>V/v họp</Subject>")) == []
    assert judged(status_message(f"{REPLY}<StatusCode>01</StatusCode>")) == []


def test_everything_is_told_at_once_by_the_senders_line() -> None:
    who = f"{FROM}\n<To><OrganId>Sở Y tế</OrganId></To>{TO}{TO}"
    header = (
        "<PromulgationInfo><PromulgationDate>2026/01/02</PromulgationDate></PromulgationInfo>\n"
        "<DueDate>2025/12/31</DueDate>\n"
        f"<Subject>{'x' * 501}</Subject>"
    )
    data = message(
        header,
        who=who,
        trace=bussiness(1),
        body="\n" + manifest("<ContentId>cid:a</ContentId>"),
        attachments=encoded("<ContentId>cid:a</ContentId>@").replace("YWJj", "không"),
    )

    findings = seen(data).judged(caller_codes={"H99"})

    assert names(findings) == [
        "sender-not-caller",
        "code-shape",
        "recipient-twice",
        "issued-ahead",
        "due-before-issue",
        "too-long",
        "operation-target",
        "not-base64",
    ]
    lines = [finding.line for finding in findings]
    assert lines == sorted(lines, key=lambda line: line or 0)


def test_what_the_reader_found_is_not_told_again() -> None:
    looked = seen(message("<DueDate>1/2/2026</DueDate>", who=TO))

    assert "missing-element" in names(looked.reading.findings)
    assert names(looked.judged()) == []


# --- schema ---------------------------------------------------------------------------------------


def test_the_strict_form_judges_the_normalised_message() -> None:
    """The reader lets nothing through that breaks the form; the net is there for the day it does."""
    looked = seen(message("\n<OtherInfo><Priority>3</Priority></OtherInfo>"))
    broken = Reading(
        replace(looked.reading.envelope, priority=9),
        looked.reading.findings,
        looked.reading.fields,
        looked.reading.parts,
    )

    (finding, *_) = validate(broken, looked.split, today=date(2025, 11, 20))

    assert finding.fault is catalogue.SCHEMA
    assert (finding.element, finding.line) == ("MessageHeader/OtherInfo/Priority", 3)
    assert "Priority" in finding.en


@pytest.mark.parametrize(
    "who",
    [TO, FROM, f"{FROM}<To><OrganId>Sở Y tế</OrganId></To>", f"<From><OrganId>a b</OrganId></From>{TO}"],
)
def test_addresses_are_no_matter_of_the_form(who: str) -> None:
    """A code exists if the directory knows it, and one bad one among many stops only itself."""
    assert "schema" not in judged(message(who=who))


@pytest.mark.parametrize("code", ["<StatusCode/>", "<StatusCode>abc</StatusCode>"])
def test_a_status_code_is_no_matter_of_the_form(code: str) -> None:
    assert "schema" not in judged(status_message(code))


# --- who to whom ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "fault"),
    [
        ({"H14"}, None),
        ({"h14 "}, None),
        ({"H15", "H14"}, None),
        ({"H15"}, "sender-not-caller"),
        (set(), "sender-not-caller"),
        (None, None),
    ],
)
def test_an_agency_sends_only_as_itself(codes: set[str] | None, fault: str | None) -> None:
    assert names(seen(message()).judged(caller_codes=codes)) == ([fault] if fault else [])


def test_a_caller_may_send_under_any_code_of_its_agency() -> None:
    looked = seen(message(who=f"<From><OrganId>000.00.00.H14</OrganId></From>{TO}"))

    assert names(looked.judged(caller_codes={"H14"}, directory=directory())) == []
    assert names(looked.judged(caller_codes={"H14"})) == ["sender-not-caller"]


def directory() -> Directory:
    nodes = [{"id": "G22", "organ_code": "G22"}]
    agencies = [
        {"code": "H14", "name": "A", "node": "G22", "aliases": ["000.00.00.H14"]},
        {"code": "H21", "name": "B", "node": "G22", "aliases": ["000.00.00.H21"]},
        {"code": "H22", "name": "C", "node": "G22", "valid_to": "2025-06-30", "successor": "H21"},
        {"code": "H23", "name": "D", "node": "G22", "locked": True},
        {"code": "G22", "name": "E", "node": "G22"},
    ]
    return from_rows(1, nodes, agencies)


@pytest.mark.parametrize(
    ("to", "fault"),
    [
        ("H21", None),
        ("000.00.00.H21", None),
        ("H99", catalogue.RECIPIENT_UNKNOWN),
        ("H22", catalogue.RECIPIENT_FOLLOWED),
        ("H23", catalogue.RECIPIENT_LOCKED),
    ],
)
def test_recipients_are_looked_up_where_there_is_a_directory(to: str, fault: Fault | None) -> None:
    looked = seen(message(who=f"{FROM}\n<To><OrganId>{to}</OrganId></To>"))

    found = looked.judged(directory=directory())

    assert [f.fault for f in found] == ([fault] if fault else [])
    assert all(f.line == 3 and f.params["organ"] in (to, "H21") for f in found)
    assert looked.judged() == ()


def test_a_sender_that_no_directory_knows_is_told() -> None:
    looked = seen(message(who=f"<From><OrganId>H99</OrganId></From>{TO}"))

    assert names(looked.judged(directory=directory())) == ["sender-unknown"]


def test_one_agency_under_two_codes_is_named_twice() -> None:
    who = f"{FROM}{TO}\n<To><OrganId>000.00.00.H21</OrganId></To>"

    (finding,) = seen(message(who=who)).judged(directory=directory())

    assert (finding.fault, finding.line) == (catalogue.RECIPIENT_TWICE, 3)
    assert judged(message(who=who)) == []  # nobody knows without a directory
    assert judged(message(who=FROM + TO + "<To><OrganId>h21</OrganId></To>")) == ["recipient-twice"]


def test_a_message_to_nobody_is_refused_unless_the_request_names_one() -> None:
    looked = seen(message(who=f"{FROM}<To><OrganId/></To>"))
    status = seen(status_message("<ResponseFor><Code>1/A</Code></ResponseFor><StatusCode>01</StatusCode>"))

    for nobody in (looked, status):
        assert names(nobody.judged()) == ["no-recipient"]
        assert names(nobody.judged(recipients=["H21"])) == []


# --- documents ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("issued", "due", "faults"),
    [
        ("2025/11/20", "2025/11/20", []),
        ("2025/11/21", "2025/12/21", ["issued-ahead"]),
        ("20/11/2025", "2025-11-19", ["due-before-issue"]),
        ("", "2020/01/01", []),
        ("hôm nay", "2020/01/01", []),
    ],
)
def test_dates_are_compared_whatever_their_form(issued: str, due: str, faults: list[str]) -> None:
    header = (
        f"<PromulgationInfo><PromulgationDate>{issued}</PromulgationDate></PromulgationInfo>"
        f"<DueDate>{due}</DueDate>"
    )

    assert judged(message(header)) == faults


@pytest.mark.parametrize(
    ("header", "trace", "named"),
    [
        ("", bussiness(0), True),
        ("", bussiness(1), False),
        (REPLY, bussiness(1), True),
        ("", bussiness(2), False),
        ("", bussiness(2, "<DocumentId>d</DocumentId>"), True),
        ("", bussiness(3), False),
        (
            "",
            bussiness(
                3,
                "<ReplacementInfoList><ReplacementInfo><DocumentId>d</DocumentId></ReplacementInfo>"
                "</ReplacementInfoList>",
            ),
            True,
        ),
    ],
)
def test_a_recall_update_or_replacement_names_its_document(header: str, trace: str, named: bool) -> None:
    assert judged(message(header, trace=trace)) == ([] if named else ["operation-target"])


# --- statuses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "faults"),
    [
        (f"{REPLY}<StatusCode>02</StatusCode>", ["reason-missing"]),
        (f"{REPLY}<StatusCode>02</StatusCode><Description>Sai nơi nhận</Description>", []),
        (f"{REPLY}<StatusCode>13</StatusCode>", ["reason-missing"]),
        (f"{REPLY}<StatusCode>16</StatusCode>", ["reason-missing"]),
        (f"{REPLY}<StatusCode>15</StatusCode>", []),
        (f"{REPLY}<StatusCode>07</StatusCode>", ["status-unknown"]),
        (
            "<ResponseFor><OrganId>H21</OrganId></ResponseFor><StatusCode>01</StatusCode>",
            ["operation-target"],
        ),
    ],
)
def test_statuses_are_judged_and_never_refused(inside: str, faults: list[str]) -> None:
    assert judged(status_message(inside)) == faults
    assert not any(FAULTS[f.code].severity == "error" for f in seen(status_message(inside)).judged())


# --- attachments ----------------------------------------------------------------------------------


def attached(content: str, name: str = "a.pdf", content_type: str = "") -> Seen:
    inside = (
        f"<ContentId>cid:a</ContentId><AttachmentName>{name}</AttachmentName>"
        f"<ContentType>{content_type}</ContentType>@"
    )
    data = message(
        body=manifest("<ContentId>cid:a</ContentId>"), attachments=encoded(inside).replace("YWJj", content)
    )
    return seen(data)


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("content", "fault"),
    [("YWJj", None), ("", "attachment-empty"), ("   ", "attachment-empty"), ("${file}", "not-base64")],
)
def test_an_attachment_has_content_in_base64(content: str, fault: str | None) -> None:
    found = attached(content).judged()

    assert names(found) == ([fault] if fault else [])
    assert all(f.params["name"] == "a.pdf" and f.line == 5 for f in found)


WRAPPED = base64_of(zipped({"x.txt": b"abc"}))
PDF = base64_of(b"%PDF-1.4\n")


@pytest.mark.parametrize(
    ("name", "content", "content_type", "faults"),
    [
        ("a.pdf", PDF, "application/pdf", []),
        ("a.pdf", PDF, "APPLICATION/PDF; charset=x", []),
        ("a.pdf", PDF, "text/plain", ["content-type-wrong"]),
        ("a.pdf", PDF, "application/zip", ["content-type-wrong"]),
        ("a.pdf", PDF, "application/octet-stream", []),
        ("a.pdf", PDF, "", []),
        ("a.pdf", "YWJj", "application/pdf", ["content-type-wrong"]),
        ("a.html", "YWJj", "application/msword", []),
        ("a.txt", "YWJj", "text/plain", []),
        ("a.txt", WRAPPED, "application/zip", ["attachment-wrapped"]),
        ("a.txt", WRAPPED, "text/plain", ["attachment-wrapped", "content-type-wrong"]),
        ("a.pdf", WRAPPED, "application/pdf", ["attachment-wrapped", "content-type-wrong"]),
        ("a.zip", WRAPPED, "application/zip", []),
    ],
)
def test_content_types_are_compared_with_the_bytes(
    name: str, content: str, content_type: str, faults: list[str]
) -> None:
    assert names(attached(content, name, content_type).judged()) == faults


def test_what_a_look_found_is_told_at_the_attachment() -> None:
    bomb = base64_of(zipped({"a.bin": bytes(20_000_000)}))

    finding = the(attached(bomb, "a.zip").judged(), catalogue.ARCHIVE_RATIO)

    assert (finding.line, finding.element, finding.clause) == (
        5,
        "AttachmentEncoded/Attachment",
        "QCVN102/Attachment",
    )


# --- state secrets --------------------------------------------------------------------------------


def test_a_secret_document_is_refused_and_nothing_of_it_is_told() -> None:
    header = (
        "<DueDate>2020/01/01</DueDate><PromulgationInfo><PromulgationDate>2021/01/01</PromulgationDate>"
        "</PromulgationInfo><Subject>Công văn MẬT về tên lửa</Subject>"
    )

    findings = seen(message(header)).judged(caller_codes=["H99"])

    assert the(findings, catalogue.STATE_SECRET).is_error
    for finding in findings:
        told = str(finding.as_dict())
        assert "tên lửa" not in told
        assert "2021/01/01" not in told
        assert "H14" not in told


def test_a_doubt_about_secrecy_is_a_warning() -> None:
    findings = seen(message("<Subject>CÔNG VĂN MẬT</Subject>")).judged()

    assert names(findings) == ["perhaps-secret"]
    assert not findings[0].is_error


def test_one_kind_of_warning_is_not_told_for_ever() -> None:
    found = judged(message(who=FROM + TO * 400))

    assert set(found) == {"recipient-twice"}
    assert len(found) == 100
