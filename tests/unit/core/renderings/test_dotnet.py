import re

from gateway.core.model import Dialect
from tests.kit.messages import encoded, manifest, message, seen, status_message
from tests.kit.renderings import rendered

HEADER = (
    "<DocumentId>d1</DocumentId>"
    "<DocumentType><Type>18</Type><TypeDetail>0</TypeDetail><TypeName>Công văn</TypeName></DocumentType>"
    "<OtherInfo><Priority>1</Priority></OtherInfo><SteeringType>1</SteeringType>"
    "<ToPlaces><Place>UBND</Place></ToPlaces>"
)
TRACE = (
    "<TraceHeaderList><Bussiness><BussinessDocType>0</BussinessDocType><Paper>1</Paper>"
    "<StaffInfo><Staff>A</Staff><Email>a@b</Email><Mobile>09</Mobile></StaffInfo></Bussiness>"
    "<TraceHeader><Timestamp>2025/11/20 08:00:00</Timestamp></TraceHeader></TraceHeaderList>"
)
ATTACHED = "<ContentId>cid:a1</ContentId><AttachmentName>a.txt</AttachmentName><Description>một</Description>"
DATA = message(HEADER, trace=TRACE, body=manifest(ATTACHED), attachments=encoded(ATTACHED + "@"))


def dotnet(data: bytes = DATA) -> str:
    return rendered(data, Dialect.DOTNET).decode()


def children(text: str, block: str) -> list[str]:
    """The start tags inside the first `block`."""
    inside = re.search(rf"<(?:edXML:)?{block}\b[^>]*>(.*?)</(?:edXML:)?{block}>", text, re.DOTALL)
    assert inside
    return re.findall(r"<([A-Za-z][\w:]*)", inside[1])


def test_the_message_stands_on_one_line_with_the_declarations_of_its_serializer() -> None:
    assert "\n" not in dotnet()
    assert dotnet().startswith(
        '<?xml version="1.0" encoding="utf-8"?><edXML xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016">'
        '<edXML:edXMLEnvelope xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLHeader>'
    )


def test_blocks_have_the_order_of_dotnet() -> None:
    text = dotnet()

    top = [n for n in children(text, "MessageHeader") if n[6:] in ("DocumentId", "ToPlaces", "OtherInfo")]
    assert top == ["edXML:ToPlaces", "edXML:OtherInfo", "edXML:DocumentId"]
    assert children(text, "DocumentType") == ["edXML:Type", "edXML:TypeName", "edXML:TypeDetail"]
    assert children(text, "StaffInfo") == ["edXML:Staff", "edXML:Mobile", "edXML:Email"]
    assert children(text, "Bussiness")[-1] == "edXML:Paper"
    assert children(text, "Attachment") == [
        *("ContentId", "Description", "ContentTransferEncoded", "AttachmentName"),
    ]


def test_the_trace_bears_the_attributes_of_a_soap_header() -> None:
    assert re.search(
        r'<edXML:TraceHeaderList id="[0-9a-f]{8}" version="1.0" mustUnderstand="1" '
        r'actor="http://schemas.xmlsoap.org/soap/actor/next"><edXML:TraceHeader>',
        dotnet(),
    )
    assert "<edXML:DigitalSignature/></edXML:edXMLHeader>" in dotnet()


def test_a_reference_links_to_an_attachment_whose_id_has_no_cid() -> None:
    text = dotnet()

    assert (
        '<edXML:Reference xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="cid:a1" '
        'xlink:role="XLinkRole" xlink:type="simple">'
    ) in text
    assert "<edXML:ContentId>cid:a1</edXML:ContentId></edXML:Reference>" in text
    assert "<Attachment><ContentId>a1</ContentId>" in text
    assert "<ContentTransferEncoded>YWJj</ContentTransferEncoded>" in text


def test_a_signature_gives_way_to_the_empty_one() -> None:
    signed = message(trace="<Signature><SignatureValue>AAAA</SignatureValue></Signature>")

    assert "SignatureValue" not in dotnet(signed)


def test_attachments_keep_their_bytes_and_type() -> None:
    kept = seen(rendered(DATA, Dialect.DOTNET))

    assert kept.blobs == (b"abc",)
    assert kept.reading.envelope.attachments[0].content_type == ""


def test_a_status_has_neither_trace_nor_signature() -> None:
    reply = "<OrganId>H21</OrganId><DocumentId>d1</DocumentId><PromulgationDate>2025/11/20</PromulgationDate>"

    text = dotnet(status_message(f"<ResponseFor>{reply}</ResponseFor><StatusCode>01</StatusCode>"))

    assert children(text, "ResponseFor")[1:] == ["edXML:PromulgationDate", "edXML:DocumentId"]
    assert "Trace" not in text
    assert "DigitalSignature" not in text
