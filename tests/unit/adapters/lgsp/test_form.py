"""
A file within a form: cut out to the byte, however the form is cut into pieces; anything else is refused.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from random import Random

import pytest

from adapters.lgsp.form import file_within
from gateway.core.errors import Rejected

TYPE = 'multipart/form-data; boundary="----b"'
FILE_HEAD = (
    'Content-Disposition: form-data; name="edocFile"; filename="a.edxml"\r\nContent-Type: application/xml'
)
FIELD_HEAD = 'Content-Disposition: form-data; name="messageType"'


def form(*parts: tuple[str, bytes], end: bytes = b"------b--\r\n") -> bytes:
    told = b"".join(b"------b\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n" for head, data in parts)
    return told + end


async def read(body: bytes, size: int = 7, content_type: str = TYPE) -> bytes:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    return b"".join([piece async for piece in file_within(chunks(), content_type, "edocFile")])


FILES = [
    b"",
    b"x",
    b"<a/>\r\n",
    b"\r\n",
    b"\r\n--",
    b"\r\n------",
    b"------b",
    b"\r\n-----b--\r\n",
    bytes(range(256)),
]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("size", [1, 2, 3, 10, 10_000])
async def test_file_comes_out_to_the_byte(file: bytes, size: int) -> None:
    before, after = (FIELD_HEAD, b"edoc"), (FIELD_HEAD, b"edoc")
    assert await read(form(before, (FILE_HEAD, file), after), size) == file


async def test_long_random_file_comes_out_to_the_byte() -> None:
    file = Random(1).randbytes(300_000)
    assert await read(form((FILE_HEAD, file)), 4096) == file


async def test_file_is_known_by_its_name_or_by_having_a_file_name() -> None:
    assert await read(form(('content-disposition: form-data; name="EDOCFILE"', b"x"))) == b"x"
    assert await read(form(('Content-Disposition: form-data; name="f"; filename="a"', b"x"))) == b"x"


async def test_epilogue_says_nothing() -> None:
    assert await read(form((FILE_HEAD, b"x"), end=b"------b--\r\nbye------b\r\n")) == b"x"


async def test_form_of_the_dotnet_client_is_read() -> None:
    """It puts no quotes around names, and some around the boundary."""
    names = "name=edocFile; filename=a.edxml; filename*=utf-8''a.edxml"
    head = f"Content-Type: application/xml\r\nContent-Disposition: form-data; {names}"
    assert await read(form((head, b"<a/>"))) == b"<a/>"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        form((FIELD_HEAD, b"edoc")),
        form((FILE_HEAD, b"x"), end=b""),
        form((FILE_HEAD, b"x"))[:-4],
        form((FILE_HEAD, b"x"), (FILE_HEAD, b"y")),
        form((FILE_HEAD + "\r\nContent-Transfer-Encoding: base64", b"eA==")),
        form(*[(FIELD_HEAD, b"")] * 21),
        b"------b\r\n" + b"x" * 20_000,
        b"------b" + b" " * 20_000,
        b"------bxyz\r\n\r\n",
    ],
)
@pytest.mark.parametrize("size", [1, 10_000])
async def test_what_is_no_such_form_is_refused(body: bytes, size: int) -> None:
    with pytest.raises(Rejected) as refused:
        await read(body, size)
    assert refused.value.code in ("TRUC-414", "TRUC-102")


@pytest.mark.parametrize(
    "content_type",
    ["", "application/xml", "multipart/form-data", "multipart/mixed; boundary=x",
     "multipart/form-data; boundary=", f"multipart/form-data; boundary={'x' * 71}", "\x00",
     "multipart/form-data; boundary=đ"],
)  # fmt: skip
async def test_other_content_types_are_refused(content_type: str) -> None:
    with pytest.raises(Rejected):
        await read(form((FILE_HEAD, b"x")), content_type=content_type)
