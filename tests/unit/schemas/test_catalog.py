from __future__ import annotations

import builtins
import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.catalog import schema, violations
from schemas.safe_xml import parse

QCVN = "http://www.mic.gov.vn/TBT/QCVN_102_2016"

DOCUMENT = """
<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXMLEnvelope>
  <edXMLHeader>
    <MessageHeader>
      <From><OrganId>000.00.00.G22</OrganId><OrganName>Văn phòng Chính phủ</OrganName></From>
      <To><OrganId>H14</OrganId></To>
      <To><OrganId>vxp.saas.03</OrganId></To>
      <DocumentId>000.00.00.G22,2025/09/30,7816/VPCP-TTĐT</DocumentId>
      <Code><CodeNumber>7816</CodeNumber><CodeNotation>VPCP-TTĐT</CodeNotation></Code>
      <PromulgationInfo><Place>Huế</Place><PromulgationDate>2025/09/30</PromulgationDate></PromulgationInfo>
      <DocumentType><Type>18</Type><TypeDetail>-1</TypeDetail><TypeName>Công văn</TypeName></DocumentType>
      <Subject>V/v kết nối</Subject>
      <Content>V/v kết nối</Content>
      <SignerInfo><Competence>TL.</Competence><FullName>Nguyễn Văn A</FullName></SignerInfo>
      <DueDate>2025/10/15</DueDate>
      <OtherInfo><Priority>2</Priority><PromulgationAmount>1</PromulgationAmount><PageAmount>3</PageAmount>
        <Direction>false</Direction><Appendixes><Appendix>Phụ lục</Appendix></Appendixes></OtherInfo>
      <ResponseFor><OrganId>H14</OrganId><Code>267/UBND-VX</Code></ResponseFor>
      <ResponseFor><DocumentId>12345</DocumentId><PromulgationDate>2025/09/01</PromulgationDate></ResponseFor>
      <SteeringType>1</SteeringType>
      <ResponseForTask><TaskCode>439684_H23-NV-G22-2024-011227004</TaskCode></ResponseForTask>
      <ToPlaces><Place>Như trên</Place><Place>Lưu: VT</Place></ToPlaces>
    </MessageHeader>
    <TraceHeaderList>
      <Bussiness><BussinessDocType>2</BussinessDocType><Paper>0</Paper>
        <BussinessDocumentInfo><DocumentInfo>1</DocumentInfo><DocumentReceiver>1</DocumentReceiver><ReceiverList>
          <Receiver><OrganId>H14</OrganId><ReceiverType>0</ReceiverType></Receiver></ReceiverList>
        </BussinessDocumentInfo>
        <StaffInfo><Department>Văn thư</Department><Staff>Trần Thị B</Staff></StaffInfo></Bussiness>
      <TraceHeader><OrganId>G22</OrganId><Timestamp>2025/09/30 08:00:00</Timestamp></TraceHeader>
    </TraceHeaderList>
  </edXMLHeader>
  <edXMLBody><edXMLManifest version="1.0">
    <Reference><ContentId>cid:1</ContentId><ContentType>application/pdf</ContentType>
      <AttachmentName>7816.pdf</AttachmentName></Reference>
  </edXMLManifest></edXMLBody>
</edXMLEnvelope>
<AttachmentEncoded><Attachment><ContentId>cid:1</ContentId><AttachmentName>7816.pdf</AttachmentName>
  <ContentTransferEncoded/></Attachment></AttachmentEncoded></edXML>"""

STATUS = """
<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXMLEnvelope><edXMLHeader><MessageHeader>
  <From><OrganId>000.00.00.H41</OrganId></From>
  <ResponseFor><OrganId>000.00.00.G22</OrganId><Code>7816/VPCP-TTĐT</Code>
    <PromulgationDate>2025/09/30</PromulgationDate></ResponseFor>
  <StaffInfo><Staff>Trần Thị B</Staff><Mobile>0912</Mobile></StaffInfo>
  <StatusCode>02</StatusCode>
  <Description>Sai nơi nhận</Description>
  <Timestamp>2025/10/01 09:30:00</Timestamp>
</MessageHeader></edXMLHeader></edXMLEnvelope></edXML>"""

MINIMAL = """
<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXMLEnvelope><edXMLHeader><MessageHeader>
  <From><OrganId>A</OrganId></From><To><OrganId>B</OrganId></To>
</MessageHeader></edXMLHeader><edXMLBody><edXMLManifest version="1.0"/></edXMLBody></edXMLEnvelope></edXML>"""

MINIMAL_STATUS = """
<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXMLEnvelope><edXMLHeader><MessageHeader>
  <From><OrganId>A</OrganId></From><ResponseFor><OrganId>B</OrganId></ResponseFor><StatusCode>01</StatusCode>
</MessageHeader></edXMLHeader></edXMLEnvelope></edXML>"""


def wrong(name: str, text: str) -> list[str]:
    """The messages of the schema about a message."""
    return [found.message for found in violations(name, "1", parse(text.encode()).root)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("edxml-document", DOCUMENT),
        ("edxml-document", MINIMAL),
        ("edxml-status", STATUS),
        ("edxml-status", MINIMAL_STATUS),
    ],
)
def test_a_good_message_passes(name: str, text: str) -> None:
    assert wrong(name, text) == []


def test_trace_headers_may_stand_before_or_behind_the_business() -> None:
    """The SDK of 2022 and its own examples differ."""
    business, trace = (
        re.search(rf"<{tag}>.*</{tag}>", DOCUMENT, re.DOTALL) for tag in ("Bussiness", "TraceHeader")
    )
    assert business
    assert trace
    swapped = DOCUMENT.replace(business[0], "@").replace(trace[0], business[0]).replace("@", trace[0])
    assert wrong("edxml-document", swapped) == []


def test_prefixes_do_not_matter() -> None:
    prefixed = re.sub(r"<(/?)(\w)", r"<\1e:\2", STATUS.strip()).replace("xmlns=", "xmlns:e=")
    assert wrong("edxml-status", prefixed) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<From><OrganId>A</OrganId></From>", ""),
        ("<From><OrganId>A</OrganId></From>", "<From/>"),
        ("<To><OrganId>B</OrganId></To>", ""),
        ("<OrganId>B</OrganId>", "<OrganId>không có</OrganId>"),
        ("<OrganId>B</OrganId>", "<OrganId></OrganId>"),
        ("<OrganId>B</OrganId>", f"<OrganId>{'B' * 36}</OrganId>"),
        ("<OrganId>B</OrganId>", "<OrganName>B</OrganName><OrganId>B</OrganId>"),
        ("</To>", "</To><Subject> </Subject>"),
        ("</To>", "</To><Subject>a</Subject><DocumentId>b</DocumentId>"),
        ("</To>", "</To><DueDate>15/10/2025</DueDate>"),
        ("</To>", "</To><DueDate>2025/13/01</DueDate>"),
        ("</To>", "</To><SteeringType>none</SteeringType>"),
        ("</To>", "</To><OtherInfo><Priority>5</Priority></OtherInfo>"),
        ("</To>", "</To><OtherInfo><Direction>maybe</Direction></OtherInfo>"),
        ("</To>", "</To><DocumentType><Type>x</Type></DocumentType>"),
        ("</To>", "</To><Unknown>x</Unknown>"),
        ("</MessageHeader>", "</MessageHeader><TraceHeaderList><TraceHeader/></TraceHeaderList>"),
        ("</MessageHeader>", "</MessageHeader><TraceHeaderList><Business/></TraceHeaderList>"),
        ("</MessageHeader>", "</MessageHeader><Signature/><Signature/>"),
        (' version="1.0"', ""),
        ('<edXMLBody><edXMLManifest version="1.0"/></edXMLBody>', ""),
        ("</edXMLEnvelope>", "</edXMLEnvelope><AttachmentEncoded><Attachment/></AttachmentEncoded>"),
        (QCVN, "http://www.e-doc.vn/Schema/"),
    ],
)
def test_a_wrong_document_fails(before: str, after: str) -> None:
    assert before in MINIMAL
    assert wrong("edxml-document", MINIMAL.replace(before, after)) != []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<StatusCode>01</StatusCode>", ""),
        ("<StatusCode>01</StatusCode>", "<StatusCode>1</StatusCode>"),
        ("<StatusCode>01</StatusCode>", "<StatusCode>xx</StatusCode>"),
        ("<ResponseFor><OrganId>B</OrganId></ResponseFor>", ""),
        ("<ResponseFor><OrganId>B</OrganId></ResponseFor>", "<ResponseFor/>"),
        ("</StatusCode>", "</StatusCode><Timestamp>2025/10/01</Timestamp>"),
        ("</StatusCode>", "</StatusCode><To><OrganId>B</OrganId></To>"),
        ("</edXMLHeader>", "</edXMLHeader><edXMLBody/>"),
    ],
)
def test_a_wrong_status_fails(before: str, after: str) -> None:
    assert before in MINIMAL_STATUS
    assert wrong("edxml-status", MINIMAL_STATUS.replace(before, after)) != []


def test_one_form_does_not_pass_for_the_other() -> None:
    assert wrong("edxml-status", MINIMAL) != []
    assert wrong("edxml-document", MINIMAL_STATUS) != []


def test_no_length_is_a_reason_to_refuse() -> None:
    assert wrong("edxml-document", DOCUMENT.replace("V/v kết nối", "Về việc " * 1000)) == []


def test_a_violation_says_where_and_what() -> None:
    root = parse(MINIMAL.replace("<To>", "<To>\n<Foo/>").encode()).root
    (found, *_) = violations("edxml-document", "1", root)
    assert found.line == root.xpath(f"{found.path}/@x | {found.path}")[0].sourceline  # type: ignore[index, union-attr]
    assert "Foo" in found.message
    assert QCVN not in found.message


def test_a_schema_is_compiled_once() -> None:
    assert schema("edxml-document", "1") is schema("edxml-document", "1")


def test_an_unknown_form_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        schema("edxml-document", "99")


def test_threads_do_not_get_each_others_violations() -> None:
    good, bad = parse(MINIMAL.encode()).root, parse(MINIMAL.replace("<To>", "<Foo/><To>").encode()).root
    with ThreadPoolExecutor(8) as pool:
        roots = [good, bad] * 200
        found = list(pool.map(lambda root: len(violations("edxml-document", "1", root)), roots))
    assert found == [0, 1] * 200


def test_a_message_cannot_make_the_check_fetch_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """xsi:schemaLocation is a hint that validators may follow; ours must not."""

    def refused(*args: object, **kwargs: object) -> object:
        raise AssertionError("something was fetched")

    schema("edxml-document", "1")
    monkeypatch.setattr(builtins, "open", refused)
    monkeypatch.setattr(socket, "socket", refused)
    hint = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x file:///etc/hostname"'
    assert wrong("edxml-document", MINIMAL.replace("<edXML ", f"<edXML {hint} ")) == []
