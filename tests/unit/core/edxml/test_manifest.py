import pytest

from gateway.core import catalogue
from gateway.core.edxml import Reading
from tests.kit.messages import encoded, manifest, message, seen


def read_attachments(references: list[str], attachments: list[str]) -> Reading:
    return seen(message(body=manifest(*references), attachments=encoded(*attachments))).reading


def told(reading: Reading) -> list[tuple[str, str]]:
    """What was found about the attachments: code and the name or id it is about."""
    about = ("name", "found")
    return [
        (f.code, next((f.params[p] for p in about if p in f.params), ""))
        for f in reading.findings
        if f.code not in (catalogue.ELEMENT_ORDER.code, catalogue.EMPTY_ELEMENT.code)
    ]


def described(reading: Reading) -> list[tuple[str, str]]:
    return [(a.name, a.description) for a in reading.envelope.attachments]


def test_one_id_on_both_sides_pairs_in_any_order() -> None:
    reading = read_attachments(
        [
            "<ContentId>cid:b</ContentId><Description>B</Description>",
            "<ContentId>cid:a</ContentId><Description>A</Description>",
        ],
        [
            "<ContentId>cid:a</ContentId><AttachmentName>a.pdf</AttachmentName>@",
            "<ContentId>cid:b</ContentId><AttachmentName>b.pdf</AttachmentName>@",
        ],
    )

    assert described(reading) == [("a.pdf", "A"), ("b.pdf", "B")]
    assert told(reading) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "odd"),
    [
        ("cid:a", "a", "a"),
        ("a", "cid:a", "a"),
        ("cid:cid:a", "cid:cid:cid:a", "cid:cid:cid:a"),
        ("cid:a", "cid:cid:a", "cid:cid:a"),
    ],
)
def test_ids_are_compared_without_any_cid(ours: str, theirs: str, odd: str) -> None:
    reading = read_attachments(
        [f"<ContentId>{ours}</ContentId><AttachmentName>a.pdf</AttachmentName>"],
        [f"<ContentId>{theirs}</ContentId>@"],
    )

    assert reading.envelope.attachments[0].name == "a.pdf"
    assert reading.envelope.attachments[0].content_id == "a"
    assert told(reading) == [(catalogue.CONTENT_ID_FORM.code, odd)]


def test_the_link_of_the_dotnet_builder_is_an_id_too() -> None:
    xlink = "http://www.w3.org/1999/xlink"
    data = message(
        body=manifest("").replace("<Reference>", f'<Reference xmlns:x="{xlink}" x:href="cid:a">'),
        attachments=encoded("<ContentId>a</ContentId>@"),
    )

    assert told(seen(data).reading) == [(catalogue.CONTENT_ID_FORM.code, "a")]


def test_other_ids_pair_by_position() -> None:
    reading = read_attachments(
        [
            "<ContentId>cid:1</ContentId><Description>A</Description>",
            "<ContentId>cid:2</ContentId><Description>B</Description>",
        ],
        [
            "<ContentId>cid:x</ContentId><AttachmentName>a.pdf</AttachmentName>@",
            "<ContentId>cid:y</ContentId><AttachmentName>b.pdf</AttachmentName>@",
        ],
    )

    assert described(reading) == [("a.pdf", "A"), ("b.pdf", "B")]
    assert told(reading) == [
        (catalogue.PAIRED_BY_POSITION.code, "a.pdf"),
        (catalogue.PAIRED_BY_POSITION.code, "b.pdf"),
    ]


def test_names_win_over_a_position_that_contradicts_them() -> None:
    name = "<AttachmentName>{0}</AttachmentName>".format
    reading = read_attachments(
        [f"<Description>A</Description>{name('a.pdf')}", f"<Description>B</Description>{name('b.pdf')}"],
        [f"{name('b.pdf')}@", f"{name('a.pdf')}@"],
    )

    assert described(reading) == [("b.pdf", "B"), ("a.pdf", "A")]


def test_the_same_id_everywhere_pairs_in_order() -> None:
    one = "<ContentId>cid:209</ContentId>"
    reading = read_attachments(
        [f"{one}<Description>A</Description>", f"{one}<Description>B</Description>"],
        [
            f"{one}<AttachmentName>a.pdf</AttachmentName>@",
            f"{one}<AttachmentName>b.pdf</AttachmentName>@",
        ],
    )

    assert described(reading) == [("a.pdf", "A"), ("b.pdf", "B")]


def test_a_reference_without_its_attachment_is_an_error_at_its_line() -> None:
    data = message(
        body="\n\n" + manifest("<ContentId>cid:a</ContentId><AttachmentName>a.pdf</AttachmentName>"),
        attachments="",
    )

    (finding,) = seen(data).reading.findings
    assert (finding.fault, finding.line) == (catalogue.ATTACHMENT_MISSING, 6)
    assert finding.params["name"] == "a.pdf"


def test_an_attachment_without_content_is_missing() -> None:
    reading = read_attachments([], ["<AttachmentName>a.pdf</AttachmentName>"])

    assert reading.envelope.attachments == ()
    assert told(reading) == [(catalogue.ATTACHMENT_MISSING.code, "a.pdf")]


def test_an_attachment_that_no_manifest_names_is_taken_all_the_same() -> None:
    reading = read_attachments([], ["<ContentId>cid:a</ContentId><AttachmentName>a.pdf</AttachmentName>@"])

    assert described(reading) == [("a.pdf", "")]
    assert told(reading) == [(catalogue.ATTACHMENT_UNLISTED.code, "a.pdf")]


def test_content_that_stands_anywhere_keeps_the_numbers_of_the_parts_right() -> None:
    """The split counts every ContentTransferEncoded; so must the reader, or files change names."""
    stray = "<Subject>V/v</Subject><ContentTransferEncoded>eHl6</ContentTransferEncoded>"
    data = message(
        stray,
        body=manifest("<ContentId>cid:a</ContentId>"),
        attachments=encoded("<ContentId>cid:a</ContentId><AttachmentName>a.pdf</AttachmentName>@"),
    )

    looked = seen(data)
    first, second = looked.reading.envelope.attachments

    assert (first.part, first.name, looked.blobs[first.part]) == (0, "", b"xyz")
    assert (second.part, second.name, looked.blobs[second.part]) == (1, "a.pdf", b"abc")


def test_attachments_inside_the_envelope_are_found() -> None:
    inside = encoded("<ContentId>cid:a</ContentId><AttachmentName>a.pdf</AttachmentName>@")
    reading = seen(message(body=manifest("<ContentId>cid:a</ContentId>") + inside)).reading

    assert described(reading) == [("a.pdf", "")]


def test_an_attachment_tells_the_senders_own_line() -> None:
    """Earlier attachments went out with their lines; the sender's file still has them."""
    first = "<Attachment><ContentId>a</ContentId>@</Attachment>".replace(
        "@", "<ContentTransferEncoded>YW\nJj\n</ContentTransferEncoded>\n"
    )
    second = "<Attachment><ContentId>b</ContentId>\n<ContentTransferEncoded>YWJj</ContentTransferEncoded>"
    data = message(attachments=f"<AttachmentEncoded>\n{first}{second}</Attachment></AttachmentEncoded>")

    attachments = seen(data).reading.envelope.attachments

    lines = data.decode().splitlines()
    assert attachments[1].line is not None
    assert "YWJj<" in lines[attachments[1].line - 1]
