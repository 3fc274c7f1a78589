import pytest

from gateway.core import catalogue
from gateway.core.edxml import read
from gateway.core.errors import Fault, Rejected
from gateway.core.model import Envelope, InReplyTo, Kind, Operation, ReceiverChange, Replacement
from tests.kit.messages import FROM, TO, codes, encoded, manifest, message, seen, status_message


def envelope(data: bytes) -> Envelope:
    return seen(data).reading.envelope


def told(data: bytes, fault: Fault) -> list[str]:
    """The elements of the findings of one fault."""
    return [f.element for f in seen(data).reading.findings if f.fault is fault]


def refusal(data: bytes) -> tuple[Fault, int | None]:
    with pytest.raises(Rejected) as caught:
        seen(data)
    return caught.value.first.fault, caught.value.first.line


# --- what cannot be understood --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ("<html><body/></html>", catalogue.WRONG_ROOT),
        ("<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'/>", catalogue.OLD_PROTOCOL),
        ("<van-ban-qua-mang/>", catalogue.OLD_PROTOCOL),
        (
            "<edXML><e:edXMLEnvelope xmlns:e='http://www.e-doc.vn/Schema/'/></edXML>",
            catalogue.WRONG_NAMESPACE,
        ),
        ("<edXML xmlns='http://www.e-doc.vn/Schema/'/>", catalogue.WRONG_NAMESPACE),
        ("<edXML><edXMLEnvelope/></edXML>", catalogue.WRONG_NAMESPACE),
        ("<edXML xmlns='http://www.mic.gov.vn/TBT/QCVN_102_2016'/>", catalogue.MISSING_ELEMENT),
        (
            "<edXML xmlns='http://www.mic.gov.vn/TBT/QCVN_102_2016'><edXMLEnvelope/></edXML>",
            catalogue.MISSING_ELEMENT,
        ),
    ],
)
def test_what_is_no_edxml_is_refused_with_a_code_of_its_own(data: str, fault: Fault) -> None:
    assert refusal(data.encode()) == (fault, 1)


def test_bytes_that_are_no_xml_are_refused_as_such() -> None:
    with pytest.raises(Rejected) as caught:
        read(b"<edXML>")

    assert caught.value.first.fault is catalogue.TRUNCATED


def test_the_namespace_is_asked_for_on_the_envelope_only() -> None:
    data = (
        b"<edXML><e:edXMLEnvelope xmlns:e='http://www.mic.gov.vn/TBT/QCVN_102_2016'><edXMLHeader>"
        b"<MessageHeader><From><OrganId>A</OrganId></From><To><OrganId>B</OrganId></To></MessageHeader>"
        b"</edXMLHeader><edXMLBody><edXMLManifest/></edXMLBody></e:edXMLEnvelope></edXML>"
    )

    assert envelope(data).sender.code == "A"
    assert codes(seen(data).reading.findings) == [catalogue.PREFIXES.code]


# --- sender and recipients ------------------------------------------------------------------------


@pytest.mark.parametrize("who", [TO, "<From/>" + TO, "<From><OrganId>null</OrganId></From>" + TO])
def test_a_missing_sender_is_one_finding_among_the_others(who: str) -> None:
    data = message("<DueDate>1/2/2025</DueDate>", who=who)

    assert told(data, catalogue.MISSING_ELEMENT) == ["MessageHeader/From/OrganId"]
    assert told(data, catalogue.DATE_FORM) == ["MessageHeader/DueDate"]
    assert envelope(data).recipients[0].code == "H21"


def test_organs_are_read_whole_with_the_senders_line() -> None:
    who = (
        f"{FROM}<To>\n<OrganId> H21 </OrganId><OrganizationInCharge>C</OrganizationInCharge>"
        "<OrganName>N</OrganName><OrganAdd>A</OrganAdd><Email>E</Email><Telephone>T</Telephone>"
        "<Fax>F</Fax><Website>W</Website></To><To/>"
    )

    (organ,) = envelope(message(who=who)).recipients

    assert (organ.code, organ.parent_agency, organ.name, organ.address) == ("H21", "C", "N", "A")
    assert (organ.email, organ.telephone, organ.fax, organ.website, organ.line) == ("E", "T", "F", "W", 3)


# --- values ---------------------------------------------------------------------------------------


def test_a_text_is_trimmed_and_placeholders_are_nothing() -> None:
    data = message("<Subject>  V/v  họp \n</Subject><Content>N/A</Content>")

    assert envelope(data).subject == "V/v  họp"
    assert envelope(data).content == ""
    assert told(data, catalogue.PLACEHOLDER) == ["MessageHeader/Content"]


@pytest.mark.parametrize(
    ("date", "fault"),
    [
        ("2025/10/16", None),
        ("16/10/2025", catalogue.DATE_FORM),
        ("2025-10-16", catalogue.DATE_FORM),
        ("2025/10/16 10:00:00", catalogue.DATE_FORM),
        ("2025/02/30", catalogue.DATE_UNREADABLE),
        ("tháng sau", catalogue.DATE_UNREADABLE),
    ],
)
def test_dates_keep_their_text_whatever_their_form(date: str, fault: Fault | None) -> None:
    data = message(f"<DueDate>{date}</DueDate>")

    assert envelope(data).due_date == date
    assert codes(seen(data).reading.findings) == ([fault.code] if fault else [])


@pytest.mark.parametrize(
    ("written", "priority"), [("0", 0), ("4", 4), ("5", 0), ("Hỏa tốc", 0), ("", 0), ("-1", 0)]
)
def test_an_unknown_priority_is_ordinary(written: str, priority: int) -> None:
    data = message(f"<OtherInfo><Priority>{written}</Priority></OtherInfo>")

    assert envelope(data).priority == priority
    unknown = bool(written) and not (written.isdigit() and int(written) <= 4)
    assert bool(told(data, catalogue.PRIORITY_UNKNOWN)) is unknown


def test_a_word_for_a_number_is_kept_and_told() -> None:
    data = message("<SteeringType>chỉ đạo</SteeringType>")

    assert envelope(data).steering_type == "chỉ đạo"
    assert told(data, catalogue.NUMBER_UNREADABLE) == ["MessageHeader/SteeringType"]


def test_lists_are_read_whole() -> None:
    data = message(
        "<OtherInfo><Appendixes><Appendix>1</Appendix><Appendix/><Appendix>2</Appendix></Appendixes>"
        "</OtherInfo><ResponseForTask><TaskCode>t1</TaskCode></ResponseForTask><ResponseForTask>"
        "<TaskCode>t2</TaskCode></ResponseForTask><ToPlaces><Place>A</Place><Place>B</Place></ToPlaces>"
    )

    assert envelope(data).appendices == ("1", "2")
    assert envelope(data).task_codes == ("t1", "t2")
    assert envelope(data).listed_recipients == ("A", "B")


# --- trace and business ---------------------------------------------------------------------------


def test_without_bussiness_a_document_is_new() -> None:
    data = message()

    assert envelope(data).business.operation is Operation.NEW
    assert seen(data).reading.findings == ()


@pytest.mark.parametrize("name", ["Bussiness", "Business"])
def test_bussiness_is_read_under_both_spellings(name: str) -> None:
    trace = (
        f"<TraceHeaderList><{name}><DocumentId>d</DocumentId><{name}DocType>2</{name}DocType>"
        f"<{name}DocReason>r</{name}DocReason><Paper>1</Paper><{name}DocumentInfo><DocumentInfo>1</DocumentInfo>"
        "<DocumentReceiver>1</DocumentReceiver><ReceiverList><Receiver><OrganId>H41</OrganId>"
        "<ReceiverType>0</ReceiverType></Receiver><Receiver><OrganId>H14</OrganId><ReceiverType>1</ReceiverType>"
        f"</Receiver></ReceiverList></{name}DocumentInfo><StaffInfo><Staff>An</Staff></StaffInfo></{name}>"
        "</TraceHeaderList>"
    )

    business = envelope(message(trace=trace)).business

    assert (business.operation, business.document_id, business.reason) == (Operation.UPDATE, "d", "r")
    assert business.paper_copy
    assert business.information_changed
    assert business.receivers_changed
    assert business.receivers == (ReceiverChange("H41", added=False), ReceiverChange("H14", added=True))
    assert [person.name for person in business.staff] == ["An"]
    assert bool(told(message(trace=trace), catalogue.ALIAS_NAME)) is (name == "Business")


def test_replacements_are_read() -> None:
    trace = (
        "<TraceHeaderList><Bussiness><BussinessDocType>3</BussinessDocType><ReplacementInfoList>"
        "<ReplacementInfo><DocumentId>a</DocumentId><OrganIdList><OrganId>H41</OrganId><OrganId>H14</OrganId>"
        "</OrganIdList></ReplacementInfo><ReplacementInfo><DocumentId>b</DocumentId></ReplacementInfo>"
        "</ReplacementInfoList></Bussiness></TraceHeaderList>"
    )

    business = envelope(message(trace=trace)).business

    assert business.replacements == (Replacement("a", ("H41", "H14")), Replacement("b"))


def test_paper_and_staff_beside_bussiness_count_as_in_it() -> None:
    trace = "<TraceHeaderList><Paper>1</Paper><StaffInfo><Staff>An</Staff></StaffInfo></TraceHeaderList>"
    data = message(trace=trace)

    assert envelope(data).business.paper_copy
    assert envelope(data).business.staff[0].name == "An"
    assert told(data, catalogue.ALIAS_NAME) == ["TraceHeaderList/Paper", "TraceHeaderList/StaffInfo"]


@pytest.mark.parametrize("written", ["4", "-1", "thu hồi"])
def test_an_unknown_operation_is_read_as_new(written: str) -> None:
    trace = (
        f"<TraceHeaderList><Bussiness><BussinessDocType>{written}</BussinessDocType></Bussiness>"
        "</TraceHeaderList>"
    )

    assert envelope(message(trace=trace)).business.operation is Operation.NEW
    assert len(told(message(trace=trace), catalogue.OPERATION_UNKNOWN)) == 1


def test_what_a_vendor_adds_to_a_trace_is_told_and_left_alone() -> None:
    trace = (
        "<TraceHeaderList><TraceHeader><OrganId>null</OrganId><Timestamp>2025/10/16 11:04:32</Timestamp>"
        "<Business><BusinessName>x</BusinessName></Business></TraceHeader></TraceHeaderList>"
    )
    data = message(trace=trace)

    assert [(t.organ, t.timestamp) for t in envelope(data).traces] == [("", "2025/10/16 11:04:32")]
    assert told(data, catalogue.UNKNOWN_ELEMENT) == ["TraceHeaderList/TraceHeader/Business"]


# --- documents and statuses -----------------------------------------------------------------------

REPLY = "<ResponseFor><OrganId>G22</OrganId><Code>1/A</Code></ResponseFor>"


def test_a_status_goes_to_the_organ_it_answers() -> None:
    data = status_message(f"{REPLY}<StatusCode>03</StatusCode><Timestamp>2025/10/16 11:04:32</Timestamp>")

    status = envelope(data)
    assert (status.kind, status.status_code, status.timestamp) == (Kind.STATUS, "03", "2025/10/16 11:04:32")
    assert [organ.code for organ in status.recipients] == ["G22"]
    assert status.in_reply_to == (InReplyTo("G22", "1/A"),)
    assert seen(data).reading.findings == ()


@pytest.mark.parametrize(("written", "code"), [("1", "01"), ("06", "06"), ("99", "99"), ("abc", "abc")])
def test_a_status_code_of_one_digit_is_understood(written: str, code: str) -> None:
    data = status_message(f"{REPLY}<StatusCode>{written}</StatusCode>")

    assert envelope(data).status_code == code
    assert bool(told(data, catalogue.STATUS_CODE_FORM)) is (written != code)


@pytest.mark.parametrize("code", ["", "<StatusCode/>"])
def test_a_status_without_its_code_is_an_error(code: str) -> None:
    data = status_message(REPLY + code)

    assert envelope(data).kind is Kind.STATUS
    assert told(data, catalogue.MISSING_ELEMENT) == ["MessageHeader/StatusCode"]


def test_a_document_with_a_status_code_is_a_document() -> None:
    data = message("<StatusCode>01</StatusCode>")

    assert (envelope(data).kind, envelope(data).status_code) == (Kind.DOCUMENT, "")
    assert told(data, catalogue.UNKNOWN_ELEMENT) == ["MessageHeader/StatusCode"]


def test_a_recall_without_body_and_attachments_is_a_document() -> None:
    data = message(REPLY, body="").replace(b"<edXMLBody>\n</edXMLBody>", b"")

    assert envelope(data).kind is Kind.DOCUMENT
    assert told(data, catalogue.EMPTY_ELEMENT) == ["edXMLBody"]


def test_an_empty_answer_is_no_answer() -> None:
    data = message("<ResponseFor><OrganId/><Code></Code></ResponseFor>", body=manifest())

    assert envelope(data).in_reply_to == ()


# --- lines and repairs ----------------------------------------------------------------------------


def test_undeclared_prefixes_are_repaired_and_told() -> None:
    data = message().replace(b"<edXMLBody>", b'<edXML:edXMLBody xlink:href="">')
    data = data.replace(b"</edXMLBody>", b"</edXML:edXMLBody>")

    assert [f.params["prefix"] for f in seen(data).reading.findings if "prefix" in f.params] == [
        "edXML",
        "xlink",
    ]


def test_a_finding_tells_the_line_behind_a_long_attachment() -> None:
    """The split took lines out with the base64; the sender's file still has them."""
    body = "<edXMLManifest><Reference><ContentId>cid:a</ContentId></Reference></edXMLManifest>"
    first = "<AttachmentEncoded><Attachment><ContentId>cid:a</ContentId>\n<ContentTransferEncoded>"
    data = message(
        body=body, attachments=f"{first}{'YWJj' * 4}\n{'YWJj' * 4}\n</ContentTransferEncoded>\n<Lạ/>"
    )
    data = data.replace("<Lạ/>".encode(), "\n<Lạ/></Attachment></AttachmentEncoded>".encode())

    reading = seen(data).reading
    (finding,) = [f for f in reading.findings if f.fault is catalogue.UNKNOWN_ELEMENT]

    assert finding.line is not None
    assert "<Lạ/>" in data.decode().splitlines()[finding.line - 1]
    assert reading.line_of("edXMLManifest/Reference/ContentId") == 4
    assert reading.line_of("MessageHeader/Subject") is None


def test_an_unknown_prefix_is_refused_at_the_senders_line() -> None:
    inside = encoded("<ContentId>cid:a</ContentId>@").replace("YWJj", "YWJj\nYWJj\n")
    data = message(attachments=f"{inside}\n<la:Them/>")

    fault, line = refusal(data)

    assert fault is catalogue.NOT_XML
    assert line is not None
    assert "<la:Them/>" in data.decode().splitlines()[line - 1]
