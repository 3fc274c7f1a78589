import csv

import pytest

from gateway.core.edxml.names import (
    ATTACHMENT_ENCODED,
    BUSSINESS,
    ENVELOPE,
    MESSAGE_HEADER,
    ROOT,
    Shape,
    bare_id,
    clause_of,
    known_name,
    local_name,
    namespace_of,
)
from tests.kit.source_tree import ROOT as PROJECT


@pytest.mark.parametrize(
    ("written", "parent", "name"),
    [
        ("From", MESSAGE_HEADER, "From"),
        ("Bussiness", Shape("TraceHeaderList", (BUSSINESS,)), "Bussiness"),
        ("Business", Shape("TraceHeaderList", (BUSSINESS,)), "Bussiness"),
        ("Bussines", Shape("TraceHeaderList", (BUSSINESS,)), "Bussiness"),
        ("BusinessDocType", BUSSINESS, "BussinessDocType"),
        ("businessDocReason", BUSSINESS, "BussinessDocReason"),
        ("BusinessDocumentInfo", BUSSINESS, "BussinessDocumentInfo"),
        ("OrganID", MESSAGE_HEADER.by_name["From"], "OrganId"),
        ("IssuedAmount", MESSAGE_HEADER.by_name["OtherInfo"], "PromulgationAmount"),
        ("Form", MESSAGE_HEADER, None),
        ("OrganId", MESSAGE_HEADER, None),
        ("", MESSAGE_HEADER, None),
    ],
)
def test_names_are_known_in_their_place_and_by_their_aliases(
    written: str, parent: Shape, name: str | None
) -> None:
    assert known_name(written, parent) == name


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("cid:209", "209"),
        ("209", "209"),
        ("cid:cid:cid:a-b", "a-b"),
        (" CID: cid:a ", "a"),
        ("a:cid:b", "a:cid:b"),
        ("cid:", ""),
        ("", ""),
    ],
)
def test_a_content_id_is_compared_without_any_cid(written: str, bare: str) -> None:
    assert bare_id(written) == bare


def test_every_clause_that_a_finding_can_name_exists() -> None:
    with (PROJECT / "schemas" / "CLAUSES.tsv").open(encoding="utf-8") as file:
        clauses = {row["clause"] for row in csv.DictReader(file, delimiter="\t")}

    def paths(shape: Shape, above: str) -> set[str]:
        path = f"{above}/{shape.name}" if above else shape.name
        return {path}.union(*(paths(child, path) for child in shape.children))

    frame = {"edXML", "edXMLEnvelope", "edXMLHeader", "edXMLBody", "DoMat", "MessageHeader/DoMat", ""}
    every = frame.union(*(paths(s, "") for s in (ROOT, ENVELOPE, ATTACHMENT_ENCODED, MESSAGE_HEADER)))

    assert {clause_of(path) for path in every} - clauses == set()


@pytest.mark.parametrize(
    ("path", "clause"),
    [
        ("MessageHeader/To[12]/OrganId", "QCVN102/To"),
        ("MessageHeader/OtherInfo/Priority", "QCVN102/Priority"),
        ("MessageHeader/DoMat", "QCVN102/MessageHeader"),
        ("TraceHeaderList/TraceHeader/Timestamp", "QCVN102/Timestamp"),
        ("TraceHeaderList/Bussiness/DocumentId", "QCVN102/DocumentId"),
        ("AttachmentEncoded/Attachment[2]/ContentId", "QCVN102/Attachment"),
        ("edXMLManifest/Reference", "QCVN102/Reference"),
        ("Signature", "QCVN102/Signature"),
        ("edXML", "QCVN102/edXML"),
    ],
)
def test_a_path_belongs_to_the_clause_of_its_block(path: str, clause: str) -> None:
    assert clause_of(path) == clause


def test_tags_are_taken_apart() -> None:
    assert (local_name("{urn:x}From"), namespace_of("{urn:x}From")) == ("From", "urn:x")
    assert (local_name("From"), namespace_of("From")) == ("From", "")
