from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from gateway.core.catalogue import FAULTS
from schemas import safe_xml
from schemas.safe_xml import Kind, Limits, Scanner, TextReader, UnsafeXml, parse, scan

KIB = 1024
SMALL = Limits(
    depth=5,
    elements=20,
    attribute_bytes=200,
    text_bytes=1000,
    envelope_bytes=200 * KIB,
    document_bytes=400 * KIB,
    attachments=3,
)
ROOT = b'<?xml version="1.0" encoding="UTF-8"?>\n<edXML>%s</edXML>'
CONTENT = b"<ContentTransferEncoded>%s</ContentTransferEncoded>"


def contents(data: bytes, *, chunk: int = 7) -> list[bytes]:
    """What the scanner takes for the content of attachments."""
    found: list[bytes] = []
    for piece in scan(data[at : at + chunk] for at in range(0, len(data), chunk)):
        if piece.kind is Kind.BEGIN:
            found.append(b"")
        elif piece.kind is Kind.CONTENT:
            found[-1] += piece.data
    return found


def refusal(data: bytes, limits: Limits = SMALL) -> UnsafeXml:
    with pytest.raises(UnsafeXml) as caught:
        list(scan((data,), limits))
    return caught.value


# --- cutting -----------------------------------------------------------------------------------


def test_content_lies_between_the_start_tag_and_the_end_tag() -> None:
    assert contents(ROOT % (CONTENT % b"\nQUJD\r\n ")) == [b"\nQUJD\r\n "]


def test_any_prefix_and_any_attribute_may_stand_in_the_start_tag() -> None:
    tag = b"""<e:ContentTransferEncoded a='>"' xmlns:e = "x'>y" >QQ==</e:ContentTransferEncoded\n>"""
    assert contents(ROOT % tag) == [b"QQ=="]


def test_an_empty_element_tag_has_empty_content() -> None:
    assert contents(
        ROOT % (b"<ContentTransferEncoded/><ContentTransferEncoded a='/>' />" + CONTENT % b"QQ==")
    ) == [b"", b"", b"QQ=="]


def test_the_word_in_comments_cdata_and_attributes_is_not_an_attachment() -> None:
    trap = b"<!-- %s --><![CDATA[%s]]><a b='&lt;ContentTransferEncoded>QQ=='/>" % (
        CONTENT % b"QQ==",
        CONTENT % b"QQ==",
    )
    assert contents(ROOT % (trap + CONTENT % b"QUJD")) == [b"QUJD"]


def test_what_stands_inside_content_belongs_to_it() -> None:
    inner = b"QQ<!-- </ContentTransferEncoded> --><![CDATA[<x>]]><b>" + CONTENT % b"A" + b"</b>&#13;"
    assert [inner] == contents(ROOT % (CONTENT % inner))


def test_a_tag_that_is_cut_by_a_block_is_found() -> None:
    for shift in range(60):
        padding = b" " * (safe_xml.BLOCK - len(ROOT) - 60 + shift)
        assert contents(ROOT % (padding + CONTENT % b"QQ=="), chunk=safe_xml.BLOCK) == [b"QQ=="]


# --- what is tolerated -------------------------------------------------------------------------


def test_a_byte_order_mark_is_remarked() -> None:
    scanner = Scanner()
    scanner.feed(b"\xef\xbb\xbf" + ROOT % b"")
    scanner.close()
    assert scanner.remarks == [("bom", 1)]


@pytest.mark.parametrize("space", [b"\n", b"\r\n", b"\r", b"  ", b"\n<!-- end -->\n"])
def test_white_space_after_the_end_is_remarked(space: bytes) -> None:
    scanner = Scanner()
    scanner.feed(ROOT % b"\n" + space)
    scanner.close()
    assert [remark.reason for remark in scanner.remarks] == ["trailing-space"]


def test_a_plain_document_gets_no_remark() -> None:
    scanner = Scanner()
    scanner.feed(ROOT % b"")
    scanner.close()
    assert scanner.remarks == []


@pytest.mark.parametrize("encoding", [b"utf-8", b"UTF-8", b"utf8"])
def test_spellings_of_utf8_are_accepted(encoding: bytes) -> None:
    list(scan((b'<?xml version="1.0" encoding="%s"?><a/>' % encoding,)))


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("empty", b""),
        ("empty", b" \r\n\t"),
        ("empty", b"\xef\xbb\xbf"),
        ("truncated", b"<"),
        ("truncated", b"<!-- nothing more -->"),
        ("truncated", b"<edXML"),
        ("truncated", b"<edXML><a>"),
        ("truncated", b"<edXML><a></a"),
        ("truncated", b"<edXML><![CDATA[ x"),
        ("truncated", b"<edXML>\xc4"),
        ("truncated", ROOT[:-3] % (CONTENT % b"QUJD")),
        ("truncated", (ROOT % (CONTENT % b"QUJD"))[:80]),
        ("not-xml", b"hello"),
        ("not-xml", b'{"json": true}'),
        ("not-xml", b"PK\x03\x04rubbish"),
        ("not-xml", b"<a></b>"),
        ("not-xml", b"<a b='1' b='2'/>"),
        ("not-xml", b"<a>1 < 2</a>"),
        ("not-xml", b"<a>&#0;</a>"),
        ("not-xml", b"<a>\x01</a>"),
        ("not-xml", b"<a>\xef\xbf\xbe</a>"),
        ("not-xml", b"<a>" + CONTENT % b"A & B" + b"</a>"),
        ("not-utf8", "<edXML>đ</edXML>".encode("utf-16")),
        ("not-utf8", "<edXML>đ</edXML>".encode("utf-16-le")),
        ("not-utf8", "<edXML>đ</edXML>".encode("utf-16-be")),
        ("not-utf8", b"<a>\xe9</a>"),
        ("not-utf8", b"<a>\xed\xa0\x80</a>"),
        ("not-utf8", b"\xff"),
        ("not-utf8", b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>'),
        ("not-utf8", b'<?xml version="1.0" encoding="windows-1258"?><a/>'),
        ("stray-bytes", b"1212" + ROOT % b""),
        ("stray-bytes", b"\n" + ROOT % b""),
        ("stray-bytes", b"\xef\xbb\xbf " + ROOT % b""),
        ("stray-bytes", b"1212<edXML/>"),
        ("stray-bytes", b"\xef\xbb\xbf\xef\xbb\xbf" + ROOT % b""),
        ("trailing-junk", ROOT % b"" + b"\n--boundary--"),
        ("trailing-junk", ROOT % b"" + ROOT % b""),
        ("trailing-junk", ROOT % b"" + b"\0"),
        ("trailing-junk", ROOT % b"" + b"\xff"),
        ("trailing-junk", ROOT % b"" + b"<!-- open"),
        ("doctype", b"<!DOCTYPE edXML><edXML/>"),
        ("doctype", b'<!DOCTYPE a SYSTEM "http://example.invalid/a.dtd"><a/>'),
        ("doctype", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        ("entity", b"<a>&nbsp;</a>"),
        ("entity", b"<a b='&nbsp;'/>"),
        ("processing-instruction", b"<?xml-stylesheet href='x'?><a/>"),
        ("processing-instruction", b"<a><?php echo ?></a>"),
        ("processing-instruction", b"<a/><?end?>"),
        ("processing-instruction", b"<a>" + CONTENT % b"<?x y?>" + b"</a>"),
        ("too-deep", b"<a><a><a><a><a><a>"),
        ("too-many-elements", b"<a>" + b"<b/>" * 20),
        ("too-many-attachments", b"<a>" + CONTENT % b"" * 4),
        ("attribute-too-long", b"<a b='" + b"x" * 200 + b"'/>"),
        ("attribute-too-long", b"<a></a" + b" " * 70 * KIB),
        ("text-too-long", b"<a>" + b"x" * 1001 + b"</a>"),
        ("text-too-long", b"<a><b>y</b>" + b"x" * 1001 + b"</a>"),
        ("text-too-long", b"<a><!-- " + b"x" * 1001 + b" --></a>"),
        ("text-too-long", b"<a><!-- " + b"x" * 70 * KIB),
        ("text-too-long", b"<a><![CDATA[" + b"x" * 1001 + b"]]></a>"),
        ("text-too-long", b"<a/>" + b" " * 1001),
        ("envelope-too-large", b"<a>" + b"<!-- x -->" * 30 * KIB),
        ("document-too-large", b"<a>" + CONTENT % (b"Q" * 400 * KIB) + b"</a>"),
    ],
)
def test_bad_input_is_refused_by_its_own_name(reason: str, data: bytes) -> None:
    limits = (
        SMALL if reason != "envelope-too-large" else Limits(text_bytes=KIB * KIB, envelope_bytes=200 * KIB)
    )
    assert reason == refusal(data, limits).reason


@pytest.mark.parametrize("chunk", [1, 1000])
@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("stray-bytes", b"1212" + ROOT % b""),
        ("not-utf8", "<edXML>đ</edXML>".encode("utf-16")),
        ("truncated", b"<edXML><a"),
        ("trailing-junk", ROOT % b"" + b" x"),
    ],
)
def test_how_the_input_is_cut_does_not_change_the_verdict(reason: str, data: bytes, chunk: int) -> None:
    with pytest.raises(UnsafeXml) as caught:
        list(scan((data[at : at + chunk] for at in range(0, len(data), chunk)), SMALL))
    assert reason == caught.value.reason


def test_every_reason_is_the_name_of_a_fault() -> None:
    names = {fault.name for fault in FAULTS.values()}
    source = safe_xml.__file__
    assert source is not None
    raised = set(re.findall(r'(?:UnsafeXml|_unsafe|Remark)\(\s*"([a-z0-9-]+)"', Path(source).read_text()))
    assert len(raised) > 15
    assert set() == raised - names


def test_the_line_is_that_of_the_input() -> None:
    assert refusal(b"<a>\n<b/>\r\n</c></a>").line == 3
    assert refusal(b"<a>\n<!-- x -->&foo;</a>").line == 2
    assert refusal(b"<a>\n" + CONTENT % b"\nQQ\n" + b"</b></a>").line == 4


def test_the_detail_names_what_was_found() -> None:
    assert "&nbsp;" in refusal(b"<a>&nbsp;</a>").detail
    assert "<b>" in refusal(b"<a><b>").detail
    assert "1212" in refusal(b"1212" + ROOT % b"").detail
    assert "0xE9" in refusal(b"<a>\xe9</a>").detail
    assert refusal(b"<a><?php x?></a>").detail == "php"
    assert refusal(b"<a>" * 6).limit == 5


def test_a_hundred_megabytes_of_open_tags_stop_at_the_depth_limit() -> None:
    taken = 0

    def endless() -> object:
        nonlocal taken
        while taken < 100 * KIB * KIB:
            taken += 64 * KIB
            yield b"<a>" * (64 * KIB // 3)

    with pytest.raises(UnsafeXml) as caught:
        list(scan(endless()))  # type: ignore[arg-type]
    assert caught.value.reason == "too-deep"
    assert taken <= 2 * 64 * KIB


@pytest.mark.parametrize(
    ("reason", "start", "limit"),
    [
        ("attribute-too-long", b"<a b='", 64 * KIB),
        ("text-too-long", b"<a><!-- ", KIB * KIB),
        ("text-too-long", b"<a>", KIB * KIB),
        ("text-too-long", b"<a><![CDATA[", KIB * KIB),
        ("processing-instruction", b"<?x ", 64 * KIB),
    ],
)
def test_what_does_not_end_is_stopped_while_it_is_small(reason: str, start: bytes, limit: int) -> None:
    """expat reads an unfinished token again with every block: 20 MB of it would take minutes."""
    taken = 0

    def endless() -> object:
        nonlocal taken
        yield start
        while taken < 20 * KIB * KIB:
            taken += 1000
            yield b"x" * 1000

    with pytest.raises(UnsafeXml) as caught:
        list(scan(endless()))  # type: ignore[arg-type]
    assert reason == caught.value.reason
    assert taken <= limit + 2 * safe_xml.BLOCK


def test_content_of_an_attachment_has_no_limit_of_its_own() -> None:
    data = ROOT % (CONTENT % (b"Q" * 300 * KIB))
    assert len(contents(data, chunk=10_000)[0]) == 300 * KIB
    list(scan((data,), SMALL))


# --- text of content ---------------------------------------------------------------------------


def test_text_of_content_is_what_a_reader_of_xml_sees() -> None:
    reader = TextReader()
    text = reader.feed(b"QQ<![CDATA[=") + reader.feed(b"=]]>&#13;<!-- no -->\n&am") + reader.feed(b"p;")
    assert text + reader.close() == "QQ==\r\n&"


def test_elements_inside_content_are_not_text() -> None:
    with pytest.raises(UnsafeXml):
        TextReader().feed(b"QQ<b>==</b>")


# --- trees -------------------------------------------------------------------------------------


def line_of(element: etree._Element) -> int:
    return int(element.sourceline)  # type: ignore[call-overload,no-any-return]  # the stubs leave it open


QCVN = "http://www.mic.gov.vn/TBT/QCVN_102_2016"


def test_a_tree_keeps_prefixes_and_lines() -> None:
    root = parse(b'<a xmlns="urn:x">\n<p:b xmlns:p="urn:y"/></a>').root
    assert (root.tag, line_of(root)) == ("{urn:x}a", 1)
    assert (root[0].prefix, line_of(root[0])) == ("p", 2)


def test_lines_beyond_65535_are_exact() -> None:
    root = parse(b"<a>" + b"\n" * 70_000 + b"<b/></a>").root
    assert line_of(root[0]) == 70_001


def test_known_prefixes_without_declaration_are_repaired_on_a_copy() -> None:
    data = b'<edXML xmlns="%s">\n<a xlink:href="x"/>\n<edXML:b/><edXML:c/></edXML>' % QCVN.encode()
    root, repaired = parse(data)
    assert list(repaired) == [("xlink", 2), ("edXML", 3)]
    assert f"{{{QCVN}}}b" == root[1].tag
    assert root[0].get("{http://www.w3.org/1999/xlink}href") == "x"
    assert line_of(root[1]) == 3


def test_a_prefix_is_repaired_even_on_the_root() -> None:
    assert f"{{{QCVN}}}edXML" == parse(b"<edXML:edXML/>").root.tag


def test_a_declaration_in_scope_is_not_overridden() -> None:
    root, repaired = parse(b'<a><edXML:b xmlns:edXML="urn:mine"/><edXML:c/></a>')
    assert [repair.prefix for repair in repaired] == ["edXML"]
    assert ["{urn:mine}b", f"{{{QCVN}}}c"] == [child.tag for child in root]


def test_another_undeclared_prefix_is_refused_by_name() -> None:
    with pytest.raises(UnsafeXml) as caught:
        parse(b"<a>\n<foo:b/></a>")
    assert (caught.value.reason, caught.value.line) == ("not-xml", 2)
    assert "foo" in caught.value.detail


def test_names_that_no_namespace_allows_are_refused() -> None:
    with pytest.raises(UnsafeXml) as caught:
        parse(b"<a:b:c xmlns:a='urn:a'/>")
    assert caught.value.reason == "not-xml"


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("doctype", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'),
        ("processing-instruction", b"<a><?x?></a>"),
        ("too-deep", b"<a>" * 100),
        ("truncated", b"<a>"),
        ("envelope-too-large", b"<a>" + b" " * 300 * KIB + b"</a>"),
    ],
)
def test_a_tree_is_built_only_of_what_the_scanner_passes(reason: str, data: bytes) -> None:
    with pytest.raises(UnsafeXml) as caught:
        parse(data, SMALL)
    assert reason == caught.value.reason


def test_more_than_ten_megabytes_can_be_parsed() -> None:
    """lxml's own limit without huge_tree, below our limit for an envelope."""
    root = parse(b"<a>" + b"<b>%s</b>" % (b"x" * 1000) * 12_000 + b"</a>").root
    assert len(root) == 12_000


# --- content that passes expat by ----------------------------------------------------------------

MUCH = (b"QUJD" * 19 + b"\r\n") * 4000  # five blocks of base64
BEHIND = {
    b"\x00": "not-xml",
    b"\x01QUJD": "not-xml",
    b"\xff": "not-utf8",
    b"]]>": "not-xml",
    b"&nothing;": "entity",
    b"<?php ?>": "processing-instruction",
}


@pytest.mark.parametrize("bad", BEHIND, ids=repr)
@pytest.mark.parametrize("rest", [b"", MUCH])
def test_what_is_wrong_behind_much_base64_is_refused_at_its_own_line(bad: bytes, rest: bytes) -> None:
    before = b"<a>\n<ContentTransferEncoded>" + MUCH
    found = refusal(before + bad + rest + b"</ContentTransferEncoded></a>", Limits())
    assert (found.reason, found.line) == (BEHIND[bad], before.count(b"\n") + 1)
    assert len(before) <= found.offset <= len(before) + len(bad)


@pytest.mark.parametrize(
    "inside",
    [
        MUCH,
        b"<!--" + b"QUJD" * 2000 + b"-->" + MUCH,
        b"<![CDATA[" + MUCH + b"]]>" + MUCH,
        MUCH + b"&#13;\n" + MUCH,
        b"<x>" + MUCH + b"</x>" + MUCH,
        MUCH[:-1] + b"\r" * 70_000,
    ],
)
@pytest.mark.parametrize("chunk", [1000, 65_536, 10**7])
def test_content_is_the_same_however_much_of_it_is_base64(inside: bytes, chunk: int) -> None:
    whole = b"<a><ContentTransferEncoded>" + inside + b"</ContentTransferEncoded>\n<b/></a>"
    assert contents(whole, chunk=chunk) == [inside]
