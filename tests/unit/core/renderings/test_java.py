import re

from gateway.core.model import Dialect
from schemas.catalog import violations
from tests.kit.messages import encoded, manifest, message, seen, status_message
from tests.kit.renderings import AT_IN_VIETNAM, NODE_ORGAN, rendered, tree_of

TRACE = (
    "<TraceHeaderList>"
    "<TraceHeader><OrganId>H14</OrganId><Timestamp>2025/11/20 08:00:00</Timestamp></TraceHeader>"
    "<Bussiness><BussinessDocType>1</BussinessDocType></Bussiness></TraceHeaderList>"
)
SIGNATURE = (
    '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="s1"><!-- tay --><ds:SignedInfo>\n'
    '  <ds:Reference URI=""/>\n</ds:SignedInfo>'
    "<ds:SignatureValue>AAAA\nBBBB</ds:SignatureValue></ds:Signature>"
)


def names(text: str) -> list[str]:
    """The start tags of a message as they stand in the text, which is how the SDK finds elements."""
    return re.findall(r"<([A-Za-z][\w:]*)", text)


def java(data: bytes, dialect: Dialect = Dialect.JAVA_SDK) -> str:
    return rendered(data, dialect).decode()


def test_java_finds_every_element_under_the_prefix_it_looks_for() -> None:
    body = manifest("<ContentId>cid:cid:a</ContentId><AttachmentName>a.pdf</AttachmentName>")
    attachments = encoded("<ContentId>a</ContentId><AttachmentName>a.pdf</AttachmentName>@")

    found = names(java(message(trace=TRACE, body=body, attachments=attachments)))

    bare = [name for name in found if not name.startswith("edXML:")]
    assert bare == [
        *("edXML", "AttachmentEncoded", "Attachment", "ContentId", "AttachmentName", "ContentType"),
    ]
    assert found[-1] == "edXML:ContentTransferEncoded"


def test_business_stands_before_the_traces() -> None:
    text = java(message(trace=TRACE))

    assert text.index("<edXML:Bussiness>") < text.index("<edXML:TraceHeader>")


def test_what_the_parser_of_java_throws_on_is_written_as_a_number() -> None:
    for header in (
        "",
        "<SteeringType>chỉ đạo</SteeringType>",
        "<SteeringType/>",
        "<SteeringType>1e9</SteeringType>",
    ):
        text = java(message(header))
        assert "<edXML:SteeringType>0</edXML:SteeringType>" in text
        assert "<edXML:Direction>false</edXML:Direction>" in text
    text = java(message("<SteeringType>2</SteeringType><OtherInfo><Direction>TRUE</Direction></OtherInfo>"))
    assert "<edXML:SteeringType>2<" in text
    assert "<edXML:Direction>true<" in text


def test_a_content_id_has_exactly_one_cid() -> None:
    for written in ("a", "cid:a", "cid:cid:cid:a"):
        body = manifest(f"<ContentId>{written}</ContentId>")
        attachments = encoded(f"<ContentId>{written}</ContentId><AttachmentName>a.pdf</AttachmentName>@")

        text = java(message(body=body, attachments=attachments))

        assert re.findall("ContentId>([^<]*)</", text) == ["cid:a", "cid:a"]


def test_a_signature_is_kept_in_the_namespace_of_edxml_without_a_prefix() -> None:
    data = message(trace=TRACE + SIGNATURE)

    for dialect in (Dialect.JAVA_SDK, Dialect.NATIONAL_AXIS):
        text = java(data, dialect)
        assert [n for n in names(text) if "ign" in n or n == "Reference"] == [
            *("Signature", "SignedInfo", "Reference", "SignatureValue"),
        ]
        assert "xmldsig" not in text
        assert 'Id="s1"' in text
        assert 'URI=""' in text
        assert ">AAAA\nBBBB<" in text
        assert violations("edxml-document", "1", tree_of(text.encode())) == ()


def test_a_status_that_answers_two_organs_names_both() -> None:
    replies = (
        "<ResponseFor><OrganId>H21</OrganId></ResponseFor><ResponseFor><OrganId>H22</OrganId></ResponseFor>"
    )

    again = seen(rendered(status_message(f"{replies}<StatusCode>01</StatusCode>"), Dialect.JAVA_SDK))

    assert [organ.code for organ in again.reading.envelope.recipients] == ["H21", "H22"]


def test_the_axis_adds_its_own_trace_behind_the_others() -> None:
    traces = seen(rendered(message(trace=TRACE), Dialect.NATIONAL_AXIS)).reading.envelope.traces

    assert [(trace.organ, trace.timestamp) for trace in traces] == [
        ("H14", "2025/11/20 08:00:00"),
        (NODE_ORGAN, AT_IN_VIETNAM),
    ]


def test_the_axis_drops_what_it_does_not_know_and_leaves_empty_blocks() -> None:
    header = (
        "<Unheard>x</Unheard><Subject/><Content>N/A</Content><SteeringType>1</SteeringType>"
        "<ResponseFor><OrganId/><Code/></ResponseFor><OtherInfo/><ToPlaces/>"
    )

    text = java(message(header), Dialect.NATIONAL_AXIS)

    message_header = text.partition("</edXML:MessageHeader>")[0]
    assert names(message_header)[4:] == [
        *("edXML:From", "edXML:OrganId", "edXML:To", "edXML:OrganId"),
        *("edXML:OtherInfo", "edXML:Priority", "edXML:Direction"),
        *("edXML:ResponseFor", "edXML:SteeringType", "edXML:ToPlaces"),
    ]
    assert "<edXML:ResponseFor/>" in message_header
    assert "\n        <edXML:From>\n          <edXML:OrganId>" in text


def test_the_axis_makes_no_business_up() -> None:
    assert "Bussiness" not in java(message(), Dialect.NATIONAL_AXIS)
    assert "<edXML:BussinessDocType>1<" in java(message(trace=TRACE), Dialect.NATIONAL_AXIS)


def test_the_axis_gives_a_status_no_trace() -> None:
    data = status_message("<ResponseFor><OrganId>H21</OrganId></ResponseFor><StatusCode>01</StatusCode>")

    assert "Trace" not in java(data, Dialect.NATIONAL_AXIS)
