"""
What a foreign server answers, and the letter inside an answer, however both are cut.
"""

from __future__ import annotations

import base64
import json
import random

import pytest

from gateway.vxp.replies import MOST_AROUND, LetterScanner, Reply, read_reply

LETTER = bytes(range(256)) * 40 + b"."
B64 = base64.b64encode(LETTER).decode()
OK = '"status":"OK","ErrorCode":"0","ErrorDesc":"Thanh cong"'


def scanned(text: bytes, cut: int) -> tuple[bytes, Reply | None]:
    scanner = LetterScanner()
    letter = b"".join(scanner.feed(text[at : at + cut]) for at in range(0, len(text), cut))
    return letter, scanner.reply()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (b'{"status":"OK","ErrorCode":"0","ErrorDesc":"Thanh cong"}', (True, "0", "Thanh cong")),
        (b'\xef\xbb\xbf {"STATUS":"ok","errorCode":0}', (True, "0", "")),
        (b'{"ErrorCode":"0"}', (True, "0", "")),
        (b'{"status":null,"ErrorCode":"15","ErrorDesc":null}', (False, "15", "")),
        (b'{"status":"FAIL"}', (False, "", "")),
        ('{"status":"FAIL","ErrorCode":"18","ErrorDesc":"Đơn vị"}'.encode(), (False, "18", "Đơn vị")),
        (b'{"status":"FAIL","ErrorCode":"18","ErrorDesc":"\xff"}', (False, "18", "\ufffd")),
    ],
)
def test_answer_is_read_tolerantly(text: bytes, read: tuple[bool, str, str]) -> None:
    reply = read_reply(text)
    assert reply is not None
    assert (reply.is_ok, reply.code, reply.text) == read


@pytest.mark.parametrize(
    "text",
    [b"", b"null", b"[]", b"7", b"<html></html>", b"{", b"{}", b'{"a":1}', b"\xff\xfe", b"[" * 100_000],
)
def test_what_is_none_of_vxp_is_no_answer(text: bytes) -> None:
    assert read_reply(text) is None


def test_values_are_found_in_any_case() -> None:
    reply = read_reply(b'{"status":"OK","docid":24,"Count":"3","data":[1]}')
    assert reply is not None
    assert (reply.word("DocId"), reply.word("data"), reply.word("x")) == ("24", "", "")
    assert (reply.number("count"), reply.number("data")) == (3, None)


@pytest.mark.parametrize(("code", "is_passing"), [("20", True), ("21", True), ("15", False), ("", False)])
def test_faults_of_the_server_pass(code: str, is_passing: bool) -> None:
    assert Reply(False, code, "").is_passing is is_passing


# --- the letter inside ---------------------------------------------------------------------------

FORMS = {
    "behind": f'{{{OK},"data":"{B64}"}}',
    "before": f'{{"data":"{B64}",{OK}}}',
    "between": f'{{"status":"OK","data" : "{B64}" , "ErrorCode":"0","ErrorDesc":"Thanh cong"}}',
    "other-data-before": f'{{"x":{{"data":"AAAA"}},"y":["data","z"],"\\"data":"BBBB",{OK},"data":"{B64}"}}',
    "capitals": f'{{{OK},"Data":"{B64}"}}',
    "escaped-slash": f'{{{OK},"data":"{B64}"}}'.replace("/", "\\/"),
    "escaped-signs": f'{{{OK},"data":"{B64}"}}'.replace("=", "\\u003d").replace("+", "\\u002B"),
    "line-breaks": f'{{{OK},"data":"' + "\\r\\n".join(B64[n : n + 76] for n in range(0, len(B64), 76)) + '"}',
    "bare-line-breaks": f'{{{OK},"data":"'
    + "\n".join(B64[n : n + 64] for n in range(0, len(B64), 64))
    + '"}',
    "no-padding": f'{{{OK},"data":"{B64.rstrip("=")}"}}',
    "spaces": json.dumps({"data": B64, "status": "OK", "ErrorCode": "0", "ErrorDesc": "x"}, indent=4),
    "bom": f'\ufeff{{{OK},"data":"{B64}"}}\r\n',
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cut", [1, 2, 3, 5, 7, 64, 1000, 10**6])
def test_letter_is_found_wherever_it_stands(form: str, cut: int) -> None:
    letter, reply = scanned(FORMS[form].encode(), cut)
    assert letter == LETTER
    assert reply is not None
    assert (reply.is_ok, reply.code) == (True, "0")


@pytest.mark.parametrize("size", range(8))
@pytest.mark.parametrize("cut", [1, 3, 100])
def test_short_letters_come_whole(size: int, cut: int) -> None:
    data = base64.b64encode(LETTER[:size]).decode()
    assert scanned(f'{{"data":"{data}",{OK}}}'.encode(), cut)[0] == LETTER[:size]


@pytest.mark.parametrize(
    "data", ['"data":""', '"data":null', '"data":[]', '"data":{"a":"b"}', '"x":1', '"data":false']
)
def test_refusal_without_a_letter_is_read(data: str) -> None:
    text = f'{{"status":"FAIL","ErrorCode":"15","ErrorDesc":"Sai \\"SystemId\\"",{data}}}'.encode()
    letter, reply = scanned(text, 3)
    assert letter == b""
    assert reply is not None
    assert (reply.is_ok, reply.code, reply.text) == (False, "15", 'Sai "SystemId"')


@pytest.mark.parametrize("text", [b"", b"null", b"<html><body>502</body></html>", b'["data":"QUJD"]'])
def test_page_of_a_proxy_is_no_answer(text: bytes) -> None:
    assert scanned(text, 4)[1] is None


@pytest.mark.parametrize(
    "data", ["A", "QUJDR", "QQ==QQ==", "QUJD*", "Q\\", "QUJD\\u00", "QUJD\\u1ec7", "đ", "=", "===="]
)
@pytest.mark.parametrize("cut", [1, 4, 100])
def test_data_that_is_not_base64_is_told(data: str, cut: int) -> None:
    with pytest.raises(ValueError):
        scanned(f'{{"data":"{data}",{OK}}}'.encode(), cut)


@pytest.mark.parametrize("end", [0, 1, 500])
def test_letter_that_is_broken_off_is_told(end: int) -> None:
    text = f'{{{OK},"data":"{B64[:end]}'.encode()
    with pytest.raises(ValueError):
        scanned(text, 100)


@pytest.mark.parametrize("text", [b"x" * (2 * MOST_AROUND), b'{"a":"' + b"x" * (2 * MOST_AROUND) + b'"}'])
@pytest.mark.parametrize("cut", [65_536, 10**9])
def test_endless_answer_without_a_letter_is_given_up(text: bytes, cut: int) -> None:
    with pytest.raises(ValueError):
        scanned(text, cut)


def test_random_rubbish_never_breaks_the_scanner() -> None:
    source = random.Random(7)
    signs = [b'"', b"\\", b"{", b"}", b"[", b":", b",", b"data", b"QUJD", b"=", b"u00", b" ", b"\xff"]
    for _ in range(3000):
        text = b'{"data":"' * source.randrange(2) + b"".join(source.choices(signs, k=source.randrange(1, 30)))
        try:
            scanned(text, source.randrange(1, 9))
        except ValueError:
            continue
