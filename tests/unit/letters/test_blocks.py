from dataclasses import replace

from gateway.core.model import Envelope, InReplyTo, Kind, Organ
from gateway.letters.blocks import block, frame, header_in_java_order, leaves
from gateway.letters.markup import Tag

ENVELOPE = Envelope(Kind.DOCUMENT, Organ("H14"), (Organ("H21"), Organ("H22")), subject="V/v")


def test_a_leaf_without_text_and_a_block_without_leaves_are_left_out() -> None:
    assert leaves("e:", A="1", B="", C="3") == (Tag("e:A", "1"), Tag("e:C", "3"))
    assert block("e:X", leaves("e:", A="")) == ()
    assert block("e:X", leaves("e:", A="1")) == (Tag("e:X", (Tag("e:A", "1"),)),)


def test_the_header_stands_in_the_order_of_the_java_sdk() -> None:
    full = replace(
        ENVELOPE,
        document_id="d",
        code_number="1",
        issue_place="H",
        type_name="Công văn",
        content="c",
        signer_name="n",
        due_date="2025/01/01",
        in_reply_to=(InReplyTo("G22"),),
        steering_type="1",
        listed_recipients=("a",),
    )

    assert [tag.name for tag in header_in_java_order(full, "")] == [
        *("From", "To", "To", "DocumentId", "Code", "PromulgationInfo", "DocumentType", "Subject", "Content"),
        *("SignerInfo", "DueDate", "OtherInfo", "ResponseFor", "SteeringType", "ToPlaces"),
    ]


def test_attachments_stand_beside_the_envelope() -> None:
    root = frame((), (), ())

    assert isinstance(root.content, tuple)
    assert [tag.name for tag in root.content if isinstance(tag, Tag)] == [
        "edXML:edXMLEnvelope",
        "AttachmentEncoded",
    ]
