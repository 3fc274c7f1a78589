import base64
import io
from dataclasses import replace
from random import Random

import pytest

from gateway.core import catalogue
from gateway.core.archives import ArchiveLimits, FileKind
from gateway.core.attachments import Look, extension, look, look_at, marked, unwrapped
from gateway.core.errors import Rejected
from gateway.core.model import Attachment
from tests.kit.archives import lying, office, zipped
from tests.kit.messages import encoded, message, seen

LIMITS = ArchiveLimits()
UUID = "32da2890-1a55-4ccd-9ac9-cd0d98559e67"
NOISE = Random(7).randbytes(40_000)


def looked(data: bytes, name: str, limits: ArchiveLimits = LIMITS) -> Look:
    return look(io.BytesIO(data), name, limits)


def faults(data: bytes, name: str = "a.zip", limits: ArchiveLimits = LIMITS) -> list[str]:
    return [finding.fault.name for finding in looked(data, name, limits).findings]


# --- what the SDK wrapped -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "wrapped"),
    [
        ("a.doc", zipped({f"{UUID}.edxml": b"<?xml version='1.0'?>"}), True),
        ("a.pdf", zipped({f"{UUID}.pdf": b"%PDF-1.4"}), True),
        ("a.txt", zipped({f"{UUID}.txt": b"abc"}), True),
        ("không có đuôi", zipped({UUID: b"abc"}), True),
        ("a.xlsx", zipped({f"{UUID}.xlsx": office()}), True),
        ("a.docx", zipped({f"{UUID}.docx": office()}), True),
        ("a.rar", zipped({f"{UUID}.rar": b"Rar!\x1a\x07\x00"}), True),
        ("a.XLSX", zipped({f"{UUID}.xlsx": office()}), True),
        ("a.zip", zipped({"a.txt": b"abc"}), False),
        ("a.docx", office(), False),
        ("a.doc", office(), False),
        ("a.doc", zipped({"a.txt": b"a", "b.txt": b"b"}), False),
        ("a.doc", zipped({"a/": b""}), False),
        ("a.xlsx", zipped({"[Content_Types].xml": b"<Types/>"}), False),
        ("a.pdf", b"%PDF-1.4", False),
        ("a.doc", zipped({}), False),
    ],
)
def test_the_sdks_wrapping_is_told_from_a_real_archive(name: str, data: bytes, wrapped: bool) -> None:
    assert looked(data, name).wrapped is wrapped
    assert looked(data, name).findings == ()


def test_a_wrapped_file_comes_out_as_it_went_in() -> None:
    data = zipped({f"{UUID}.txt": NOISE})

    assert b"".join(unwrapped(io.BytesIO(data))) == NOISE
    assert looked(data, "a.txt").entry == f"{UUID}.txt"
    assert looked(data, "a.txt").kind is FileKind.ZIP


def test_what_is_inside_the_wrapping_is_known() -> None:
    assert looked(zipped({f"{UUID}.xlsx": office()}), "a.xlsx").content is FileKind.OFFICE
    assert looked(zipped({f"{UUID}.pdf": b"%PDF-1.4"}), "a.pdf").content is FileKind.PDF


def test_unwrapping_stops_at_the_ratio_and_at_damage() -> None:
    bomb = lying(bytes(10_000_000), claimed=100)
    whole = zipped({"a.txt": NOISE})

    with pytest.raises(Rejected) as too_much:
        list(unwrapped(io.BytesIO(bomb)))
    with pytest.raises(Rejected) as damaged:
        list(unwrapped(io.BytesIO(whole[:-10])))

    assert too_much.value.first.fault is catalogue.ARCHIVE_RATIO
    assert damaged.value.first.fault is catalogue.ARCHIVE_DAMAGED


# --- bombs ----------------------------------------------------------------------------------------


def test_an_archive_that_expands_too_far_is_refused() -> None:
    assert faults(zipped({"a.bin": bytes(20_000_000)})) == ["archive-ratio"]
    assert faults(zipped({"a.bin": bytes(20_000_000)}), limits=ArchiveLimits(ratio=2000)) == []


def test_many_entries_count_together() -> None:
    entries = {f"{number}.bin": bytes(2_000_000) for number in range(5)}

    assert faults(zipped({**entries, "noise.bin": NOISE})) == ["archive-ratio"]


def test_a_table_of_contents_that_lies_is_found_out() -> None:
    assert faults(lying(bytes(20_000_000), claimed=1000)) == ["archive-ratio"]


def test_a_small_archive_may_expand_as_it_likes() -> None:
    """60 KB of blank lines are no bomb; a blank scan packs a hundredfold too."""
    assert faults(zipped({"a.txt": bytes(60_000)})) == []


@pytest.mark.parametrize("name", ["a.xlsx", "a.docx"])
def test_a_bomb_inside_a_document_is_refused(name: str) -> None:
    bomb = office({"xl/sheet1.xml": bytes(20_000_000)})

    assert faults(bomb, name) == ["archive-ratio"]


def test_a_bomb_inside_the_wrapping_is_refused_by_the_size_that_was_sent() -> None:
    inner = office({"xl/sheet1.xml": bytes(3_000_000)})

    assert faults(inner, "a.xlsx") == ["archive-ratio"]
    assert faults(zipped({f"{UUID}.xlsx": inner}), "a.xlsx") == ["archive-ratio"]
    assert faults(zipped({f"{UUID}.txt": bytes(20_000_000)}), "a.txt") == ["archive-ratio"]


def test_the_scratch_for_a_wrapped_document_is_bounded() -> None:
    data = zipped({f"{UUID}.xlsx": office({"noise.bin": NOISE})})

    assert faults(data, "a.xlsx", ArchiveLimits(scratch_bytes=10_000)) == ["archive-ratio"]


def test_too_many_entries_are_refused() -> None:
    data = zipped({f"{number}.txt": b"" for number in range(12)})

    assert faults(data, limits=ArchiveLimits(entries=10)) == ["archive-entries"]


# --- archives in archives -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "inner",
    [
        zipped({"a.txt": b"a"}),
        b"Rar!\x1a\x07\x00" + NOISE,
        b"7z\xbc\xaf\x27\x1c" + NOISE,
        b"\x1f\x8b\x08" + NOISE,
    ],
)
def test_an_archive_inside_an_archive_is_refused_by_its_bytes(inner: bytes) -> None:
    finding = looked(zipped({"note.txt": b"abc", "vô hại.pdf": inner}), "a.zip").findings[0]

    assert finding.fault is catalogue.ARCHIVE_NESTED
    assert finding.params == {"name": "a.zip", "inner": "vô hại.pdf"}


def test_ten_levels_are_refused_at_the_second() -> None:
    data = b"abc"
    for level in range(10):
        data = zipped({f"{level}.zip": data})

    assert faults(data) == ["archive-nested"]


@pytest.mark.parametrize("name", ["báo cáo.docx", "báo cáo.zip"])
def test_documents_that_are_zips_inside_may_lie_in_an_archive(name: str) -> None:
    assert faults(zipped({name: office(), "b.xlsx": office()})) == []


def test_an_archive_inside_a_document_is_refused_but_its_metafiles_are_not() -> None:
    assert faults(office({"word/embeddings/a.bin": zipped({"a.txt": b"a"})}), "a.docx") == ["archive-nested"]
    assert faults(office({"word/media/image1.emz": b"\x1f\x8b\x08" + NOISE}), "a.docx") == []


def test_the_sdks_wrapping_is_no_level() -> None:
    archive = zipped({"a.txt": b"a"})

    assert faults(zipped({f"{UUID}.tep": archive}), "a.tep") == []
    assert faults(zipped({f"{UUID}.tep": zipped({"b.zip": archive})}), "a.tep") == ["archive-nested"]


def test_an_encrypted_archive_is_judged_by_its_names() -> None:
    def encrypted(data: bytes) -> bytes:
        changed = bytearray(data)
        changed[data.index(b"PK\x01\x02") + 8] |= 1
        return bytes(changed)

    assert faults(encrypted(zipped({"a.txt": b"a"}))) == []
    assert faults(encrypted(zipped({"a.zip": b"a"}))) == ["archive-nested"]
    assert not looked(encrypted(zipped({"a.txt": b"a"})), "a.txt").wrapped


def test_deeper_archives_can_be_allowed() -> None:
    assert faults(zipped({"a.zip": zipped({"b.txt": b"b"})}), limits=ArchiveLimits(depth=2)) == []


# --- damage ---------------------------------------------------------------------------------------


def test_a_damaged_archive_is_a_warning_and_is_not_unwrapped() -> None:
    whole = zipped({f"{UUID}.txt": NOISE})
    for data in (whole[:-30], whole[: len(whole) // 2], b"PK\x03\x04 not a zip"):
        assert faults(data, "a.txt") == ["archive-damaged"]
        assert not looked(data, "a.txt").wrapped
    inner = zipped({f"{UUID}.xlsx": office()[:-30]})
    assert faults(inner, "a.xlsx") == ["archive-damaged"]


# --- through the split ----------------------------------------------------------------------------


def test_text_that_is_kept_raw_is_looked_at_decoded() -> None:
    """Base64 in an odd layout is kept as text; a bomb must not hide behind a blank."""
    bomb = base64.b64encode(zipped({"a.bin": bytes(20_000_000)})).decode()
    odd = f" {bomb[:5]}  {bomb[5:100]}\n\t{bomb[100:]}"
    content = f"<ContentTransferEncoded>{odd}</ContentTransferEncoded>"
    data = message(attachments=encoded(f"<AttachmentName>a.zip</AttachmentName>{content}"))

    result = seen(data)

    assert result.split.parts[0].layout is None
    assert [f.fault for f in result.looks[0].findings] == [catalogue.ARCHIVE_RATIO]


def test_what_is_not_base64_is_not_looked_into() -> None:
    part = replace(seen(message(attachments=encoded("@"))).split.parts[0], decodable=False)

    found = look_at(io.BytesIO(b"PK\x03\x04"), Attachment(0, "a"), part)

    assert found == Look(FileKind.UNKNOWN, FileKind.UNKNOWN)


def test_an_envelope_is_marked_by_its_looks() -> None:
    envelope = seen(message(attachments=encoded("@", "@"))).reading.envelope
    wrapped = Look(FileKind.ZIP, FileKind.PDF, wrapped=True)
    plain = Look(FileKind.PDF, FileKind.PDF)

    assert [a.wrapped for a in marked(envelope, [wrapped, plain]).attachments] == [True, False]


@pytest.mark.parametrize(
    ("name", "ending"), [("a.PDF", "pdf"), ("a.b.docx ", "docx"), ("a", ""), ("", ""), (".txt", "txt")]
)
def test_an_extension_is_what_stands_behind_the_last_dot(name: str, ending: str) -> None:
    assert extension(name) == ending
