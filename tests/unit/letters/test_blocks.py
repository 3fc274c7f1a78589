from dataclasses import replace

from gateway.core.model import (
    Business,
    Envelope,
    InReplyTo,
    Kind,
    Operation,
    Organ,
    ReceiverChange,
    Replacement,
)
from gateway.letters.blocks import block, business, frame, header_in_java_order, leaves
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


def test_an_update_says_what_changed_and_who_came_and_went() -> None:
    came, went = ReceiverChange("H21", added=True), ReceiverChange("H22", added=False)
    work = Business(Operation.UPDATE, "d", receivers_changed=True, receivers=(came, went))

    (told,) = business(replace(ENVELOPE, business=work), "")
    assert told.content[-1] == Tag(
        "BussinessDocumentInfo",
        (
            Tag("DocumentInfo", "0"),
            Tag("DocumentReceiver", "1"),
            Tag(
                "ReceiverList",
                (
                    Tag("Receiver", (Tag("OrganId", "H21"), Tag("ReceiverType", "1"))),
                    Tag("Receiver", (Tag("OrganId", "H22"), Tag("ReceiverType", "0"))),
                ),
            ),
        ),
    )


def test_a_replacement_names_what_it_replaces_and_for_whom() -> None:
    work = Business(Operation.REPLACE, replacements=(Replacement("a", ("H21",)), Replacement("b")))

    (told,) = business(replace(ENVELOPE, business=work), "")
    assert told.content[-1] == Tag(
        "ReplacementInfoList",
        (
            Tag("ReplacementInfo", (Tag("DocumentId", "a"), Tag("OrganIdList", (Tag("OrganId", "H21"),)))),
            Tag("ReplacementInfo", (Tag("DocumentId", "b"),)),
        ),
    )


def test_attachments_stand_beside_the_envelope() -> None:
    root = frame((), (), ())

    assert isinstance(root.content, tuple)
    assert [tag.name for tag in root.content if isinstance(tag, Tag)] == [
        "edXML:edXMLEnvelope",
        "AttachmentEncoded",
    ]
