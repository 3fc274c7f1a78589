import unicodedata

import pytest

from gateway.core import catalogue
from gateway.core.edxml import read
from gateway.core.errors import find
from gateway.core.secrecy import Mark, discreet, mark_in, mark_in_file_name, secrecy_marks

CERTAIN = [
    "MẬT",
    "Mật",
    "mật",
    " TỐI MẬT ",
    "Tối mật",
    "TUYỆT MẬT",
    "tuyệt  mật",
    "(MẬT)",
    "[TUYỆT MẬT]",
    "«Tối Mật».",
    "Công văn MẬT về việc bố trí lực lượng",
    "V/v báo cáo tình hình biên giới (TỐI MẬT)",
    "Kế hoạch TUYỆT MẬT số 3",
    "Báo cáo -MẬT-",
    "Đây là văn bản MẬT, không sao chụp",
    "Công tác BẢO. MẬT",  # a full stop stands between the words
    "Độ mật: Mật",
    "Độ mật: tối mật",
    "ĐỘ MẬT: TUYỆT MẬT",
    "Lưu hành nội bộ; độ mật : MẬT; số bản: 2",
    "ĐỘ  MẬT:MẬT",
    "Danh mục tài liệu độ TỐI MẬT của ngành",
    "Thông báo MẬT\nKính gửi",
]
PERHAPS = [
    "CÔNG VĂN MẬT",
    "BÁO CÁO TỐI MẬT VỀ TÌNH HÌNH",
    "12/QĐ-MẬT",
    "MẬT 12",
]
NONE = [
    "",
    "Bảo mật",
    "bí mật",
    "V/v tăng cường bảo mật thông tin",
    "BẢO MẬT",
    "BẢO MẬT THÔNG TIN",
    "Quy chế BẢO MẬT thông tin",
    "Luật Bảo vệ bí mật nhà nước",
    "LUẬT BẢO VỆ BÍ MẬT NHÀ NƯỚC",
    "Triển khai Luật BẢO VỆ BÍ MẬT nhà nước",
    "V/v đổi MẬT KHẨU hộp thư công vụ",
    "MẬT KHẨU",
    "ĐỔI MẬT KHẨU",
    "Hội chợ MẬT ONG Mường Tè",
    "MẬT ONG",
    "Thống kê MẬT ĐỘ dân số",
    "MẬT ĐỘ DÂN SỐ",
    "Học viện Kỹ thuật MẬT MÃ",
    "Quan hệ MẬT THIẾT",
    "Quan hệ mật thiết",
    "Độ mật: Không",
    "Độ mật: bình thường",
    "Ghi chú: ĐỘ MẬT: Thường",
    "Độ mật:",
    "Độ mật: mật khẩu hết hạn",
    "Trương Văn Mật",
    "Chè mật, bánh mật",
    "MẬTT",
    "XMẬT",
]


@pytest.mark.parametrize("text", CERTAIN)
def test_a_mark_of_secrecy_is_certain(text: str) -> None:
    assert mark_in(text) is Mark.CERTAIN


@pytest.mark.parametrize("text", PERHAPS)
def test_in_a_field_of_capitals_the_word_alone_is_only_a_doubt(text: str) -> None:
    assert mark_in(text) is Mark.PERHAPS


@pytest.mark.parametrize("text", NONE)
def test_everyday_words_are_no_mark(text: str) -> None:
    assert mark_in(text) is Mark.NONE


@pytest.mark.parametrize("form", ["NFD", "NFKD"])
@pytest.mark.parametrize("text", CERTAIN + PERHAPS + NONE)
def test_decomposed_letters_are_judged_alike(text: str, form: str) -> None:
    decomposed = unicodedata.normalize(form, text)  # type: ignore[arg-type]

    assert mark_in(decomposed) is mark_in(text)


def test_marks_typed_in_odd_letters_are_seen() -> None:
    dot_first = "MA\u0323\u0302T"  # dot below typed before the circumflex
    soft_hyphen = "Công văn M\u00adẬT"
    eth = "\u00d0ộ mật: mật"  # Ð of Icelandic instead of Đ

    assert mark_in(dot_first) is Mark.CERTAIN
    assert mark_in(soft_hyphen) is Mark.CERTAIN
    assert mark_in(eth) is Mark.CERTAIN


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("MẬT.pdf", Mark.CERTAIN),
        ("Tối mật.docx", Mark.CERTAIN),
        ("Báo cáo MẬT quý 1.pdf", Mark.CERTAIN),
        ("1896_MẬT_bản_chính.pdf", Mark.CERTAIN),
        ("BÁO CÁO MẬT.pdf", Mark.PERHAPS),
        ("CV_12_MẬT.PDF", Mark.PERHAPS),
        ("Quy chế bảo mật.pdf", Mark.NONE),
        ("QUY CHẾ BẢO MẬT.pdf", Mark.NONE),
        ("mật ong.xlsx", Mark.NONE),
    ],
)
def test_the_extension_of_a_file_name_is_no_part_of_the_field(name: str, mark: Mark) -> None:
    assert mark_in_file_name(name) is mark


HEAD = (
    '<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXMLEnvelope><edXMLHeader><MessageHeader>\n'
    "<From><OrganId>A01</OrganId></From><To><OrganId>B02</OrganId></To>\n"
)
TAIL = "</MessageHeader></edXMLHeader><edXMLBody/></edXMLEnvelope></edXML>"


def marks(inside: str) -> list[tuple[str, str, int | None]]:
    reading = read((HEAD + inside + TAIL).encode())
    return [(f.code, f.element, f.line) for f in secrecy_marks(reading)]


@pytest.mark.parametrize(
    ("inside", "element"),
    [
        ("<Subject>Công văn MẬT số 3</Subject>", "MessageHeader/Subject"),
        ("<Content>Độ mật: Tối mật</Content>", "MessageHeader/Content"),
        (
            "<OtherInfo><SphereOfPromulgation>Mật</SphereOfPromulgation></OtherInfo>",
            "MessageHeader/OtherInfo/SphereOfPromulgation",
        ),
        ("<OtherInfo><Priority>Tối mật</Priority></OtherInfo>", "MessageHeader/OtherInfo/Priority"),
        ("<DocumentType><TypeName>Mật</TypeName></DocumentType>", "MessageHeader/DocumentType/TypeName"),
        ("<ToPlaces><Place>Phòng A</Place><Place>MẬT</Place></ToPlaces>", "MessageHeader/ToPlaces/Place[2]"),
        (
            "<OtherInfo><Appendixes><Appendix>Phụ lục MẬT</Appendix></Appendixes></OtherInfo>",
            "MessageHeader/OtherInfo/Appendixes/Appendix",
        ),
        ("<DoMat>Tuyệt mật</DoMat>", "MessageHeader/DoMat"),
        ("<Subject>Họp</Subject><Subject>MẬT</Subject>", "MessageHeader/Subject[2]"),
        ("<Code>MẬT<CodeNumber>1</CodeNumber></Code>", "MessageHeader/Code"),
        ("<Subject>M<!-- -->ẬT</Subject>", "MessageHeader/Subject"),
        ("<DoMat>Độ <b/>mật: mật</DoMat>", "MessageHeader/DoMat"),
    ],
)
def test_every_text_of_the_message_is_looked_at(inside: str, element: str) -> None:
    assert marks(inside) == [(catalogue.STATE_SECRET.code, element, 3)]


@pytest.mark.parametrize(
    "inside",
    [
        "<SignerInfo><FullName>Nguyễn Văn MẬT</FullName></SignerInfo>",
        "<PromulgationInfo><Place>Mật</Place></PromulgationInfo>",
        "<Subject>V/v đổi MẬT KHẨU</Subject>",
    ],
)
def test_names_and_places_bear_no_mark(inside: str) -> None:
    assert marks(inside) == []


def test_many_doubts_do_not_hide_a_certainty() -> None:
    doubts = "".join("<Place>PHÒNG MẬT</Place>" for _ in range(60))

    found = marks(f"<ToPlaces>{doubts}</ToPlaces><Subject>MẬT</Subject>")

    assert (catalogue.STATE_SECRET.code, "MessageHeader/Subject", 3) in found


def test_a_finding_never_holds_the_text() -> None:
    reading = read((HEAD + "<Subject>Bố trí tên lửa, MẬT, số 9</Subject>" + TAIL).encode())

    for finding in secrecy_marks(reading):
        assert "tên lửa" not in str(finding.as_dict())


def test_other_findings_quote_nothing_of_a_secret_document() -> None:
    secret = find(catalogue.STATE_SECRET, element="Subject")
    other = find(catalogue.DATE_UNREADABLE, line=7, found="ngày N")

    assert [f.params for f in discreet([other, secret])] == [{}, secret.params]
    assert discreet([other]) == (other,)
