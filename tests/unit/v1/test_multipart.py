"""
Forms as they arrive: cut right whatever the pieces, and refused where two readers might disagree.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import Rejected
from gateway.v1.multipart import FormReader, PartBegins, PartEnds, boundary_of

Parts = list[tuple[str, str | None, bytes]]


def read(pieces: Iterable[bytes], boundary: str = "B") -> Parts:
    reader, parts = FormReader(boundary), Parts()
    for piece in pieces:
        for event in reader.feed(piece):
            if isinstance(event, PartBegins):
                parts.append((event.name, event.filename, b""))
            elif isinstance(event, bytes):
                name, filename, content = parts[-1]
                parts[-1] = (name, filename, content + event)
            else:
                assert isinstance(event, PartEnds)
    reader.close()
    return parts


def form(*parts: tuple[str, bytes], end: bytes = b"--B--\r\n") -> bytes:
    """Parts given as (what follows `form-data`, content)."""
    return (
        b"".join(
            f"--B\r\nContent-Disposition: form-data{head}\r\n\r\n".encode() + content + b"\r\n"
            for head, content in parts
        )
        + end
    )


WHOLE = form(('; name="metadata"', b"{}"), ('; name="files"; filename="a.pdf"', b"%PDF\r\n--A\r\n\r\n"))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_parts_are_the_same_whatever_the_pieces(size: int) -> None:
    pieces = [WHOLE[at : at + size] for at in range(0, len(WHOLE), size)]
    assert read(pieces) == [("metadata", None, b"{}"), ("files", "a.pdf", b"%PDF\r\n--A\r\n\r\n")]


@given(
    st.lists(st.binary(max_size=60).filter(lambda d: b"\r\n--B" not in b"\r\n" + d), max_size=4), st.data()
)
def test_any_content_comes_out_as_it_went_in(contents: list[bytes], data: st.DataObject) -> None:
    whole, pieces = form(*(('; name="f"; filename="x"', content) for content in contents)), []
    while whole:
        cut = data.draw(st.integers(1, len(whole)))
        pieces.append(whole[:cut])
        whole = whole[cut:]
    assert [content for _, _, content in read(pieces)] == contents


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ('; name="f"; filename="Công văn 12.pdf"', "Công văn 12.pdf"),
        ("; name=f; filename=a.pdf", "a.pdf"),
        ("; name=f; filename*=UTF-8''C%C3%B4ng%20v%C4%83n.pdf", "Công văn.pdf"),
        ("; name=f; filename=\"x.pdf\"; filename*=utf-8'vi'%C4%91.pdf", "đ.pdf"),
        ('; name="f"; filename="C:\\van thu\\a.pdf"', "C:\\van thu\\a.pdf"),
        ('; name="f"; filename="a %22b%22.pdf"', 'a "b".pdf'),
        ('; name="f"; filename="a;b.pdf"', "a;b.pdf"),
        ('; name="f"; filename=""', ""),
    ],
)
def test_names_are_read_as_programs_write_them(head: str, name: str) -> None:
    assert read([form((head, b""))])[0][1] == name


def test_name_in_another_encoding_is_shown_oddly_but_not_refused() -> None:
    data = form(('; name="f"; filename="?.pdf"', b"")).replace(b"?", b"\xf4")
    assert read([data])[0][1] == "ô.pdf"


def test_empty_form_has_no_parts() -> None:
    assert read([b"--B--"]) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        WHOLE[:-5],
        WHOLE[:40],
        b"--B\r\n",
        b"--C\r\n" + WHOLE,
        b"preamble" + WHOLE,
        WHOLE.replace(b"\r\n", b"\n"),
        b"--B \r\nContent-Disposition: form-data; name=x\r\n\r\n\r\n--B--",
        form(("", b"")),
        form(('; filename="a"', b"")),
        b"--B\r\n\r\n\r\n\r\n--B--",
        b"--B\r\nContent-Disposition: attachment; name=x\r\n\r\n\r\n--B--",
        form(("; name=x\r\nContent-Transfer-Encoding: base64", b"")),
        b"--B\r\nX: " + b"x" * 9000 + b"\r\n\r\n\r\n--B--",
        b"--B\r\n" + b"x" * 9000,
    ],
)
def test_what_is_no_whole_form_is_refused(data: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        read([data])
    assert refused.value.code in ("TRUC-414", "TRUC-102")


def test_epilogue_says_nothing() -> None:
    assert read([WHOLE, b"and more", b"--B\r\n" * 100]) == read([WHOLE])


def test_boundary_is_the_one_that_the_header_names() -> None:
    assert boundary_of('multipart/form-data; boundary="a b:c"') == "a b:c"


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary="a\rb"',
        f"multipart/form-data; boundary={'x' * 71}",
    ],
)
def test_boundary_that_may_not_be_is_refused(content_type: str) -> None:
    with pytest.raises(Rejected):
        boundary_of(content_type)
