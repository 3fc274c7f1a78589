import json

import pytest

from adapters.folder.layout import TEMPLATE_NAME
from adapters.folder.sidecar import FAULTS_TOLD, MOST_BYTES, Field, Sidecar, Value, read_sidecar
from adapters.folder.words import TEMPLATE, as_text
from gateway.core.errors import Rejected


def said(text: str | bytes, name: str = "x.txt") -> dict[Field, list[str]]:
    data = text if isinstance(text, bytes) else text.encode()
    read: Sidecar = read_sidecar(name, data)
    return {field: [value.text for value in values] for field, values in read.items()}


def refused(text: str | bytes, name: str = "x.txt") -> list[tuple[str, int | None]]:
    with pytest.raises(Rejected) as error:
        said(text, name)
    return [(finding.fault.name, finding.line) for finding in error.value.findings]


@pytest.mark.parametrize(
    "key", ["số ký hiệu", "So ky hieu", "SỐ, KÝ HIỆU", "so-ky-hieu", "so_ky_hieu", "số và ký hiệu", "code"]
)
def test_field_is_known_however_people_write_it(key: str) -> None:
    assert said(f"{key}: 12/UBND") == {Field.CODE: ["12/UBND"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_file_of_any_editor_is_read(encoding: str, line_end: str) -> None:
    text = f"# chú thích{line_end}{line_end}trích yếu: Về việc{line_end}ngày: 01/02/2026".encode(encoding)
    assert said(text) == {Field.SUBJECT: ["Về việc"], Field.DATE: ["01/02/2026"]}


def test_value_keeps_its_colons_and_goes_on_when_indented() -> None:
    assert said("trích yếu: V/v: họp lúc 8:00\n  tại hội trường\n") == {
        Field.SUBJECT: ["V/v: họp lúc 8:00 tại hội trường"]
    }


def test_field_left_empty_is_not_said() -> None:
    assert said("hạn xử lý:\nngày:  \n") == {}


def test_recipients_may_stand_on_several_lines() -> None:
    assert said("nơi nhận: A\nnơi nhận: B") == {Field.RECIPIENTS: ["A", "B"]}


def test_value_tells_on_which_line_it_stands() -> None:
    assert read_sidecar("x.txt", "\n\nngày: 1".encode())[Field.DATE] == (Value("1", 3),)


def test_template_says_nothing_and_is_no_error() -> None:
    assert said(as_text(TEMPLATE), TEMPLATE_NAME) == {}


def test_json_says_the_same() -> None:
    tree = {"nơi nhận": ["A", "B"], "so_ky_hieu": "12/UBND", "do-khan": 2, "bản giấy": True, "hạn": None}
    assert said(json.dumps(tree), "x.json") == {
        Field.RECIPIENTS: ["A", "B"],
        Field.CODE: ["12/UBND"],
        Field.URGENCY: ["2"],
        Field.PAPER: ["có"],
    }


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("nơi nhân: A\nngay thang: 1", [("field-unknown", 2)]),
        ("xyz: 1\nabc: 2", [("field-unknown", 1), ("field-unknown", 2)]),
        ("ngày: 1\nngày: 2", [("field-value", 2)]),
        ("ngày 01/02/2026", [("sidecar-unreadable", 1)]),
        (": x", [("sidecar-unreadable", 1)]),
        (b"ng\xe0y: 1", [("sidecar-unreadable", None)]),
        (b"\xff\xfe\x00", [("sidecar-unreadable", None)]),
        (b"x" * (MOST_BYTES + 1), [("sidecar-unreadable", None)]),
        (b"%PDF-1.4\x00\x01", [("sidecar-unreadable", 1)]),
    ],
)
def test_file_that_cannot_be_understood_is_refused_by_line(
    text: str | bytes, faults: list[tuple[str, int | None]]
) -> None:
    assert refused(text) == faults


@pytest.mark.parametrize("text", ["", "[]", "1", "{", '{"ngày": {}}', '{"ngày": [[1]]}', "[" * 100_000])
def test_json_of_another_shape_is_refused(text: str) -> None:
    assert refused(text, "x.json")[0][0] == "sidecar-unreadable"


def test_unknown_field_is_told_with_its_nearest() -> None:
    with pytest.raises(Rejected) as error:
        said("trích yêu cầu: x")
    assert error.value.first.params["nearest"] == "trích yếu"


def test_other_text_beside_a_document_is_not_told_line_by_line() -> None:
    assert len(refused("một câu: gì đó\n" * 3000)) == FAULTS_TOLD
