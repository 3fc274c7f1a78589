from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.safe_xml import Kind, scan

TEXTS = st.sampled_from([b"", b"QUJD", b"\r\n", b"x" * 700, b"]]&gt;", b"<a/>", b"<!-- c -->"])
EDGES = (Kind.BEGIN, Kind.END)


def document(texts: list[bytes]) -> bytes:
    parts = (b"<ContentTransferEncoded>%s</ContentTransferEncoded>" % text for text in texts)
    return b"<?xml version='1.0'?>\n<edXML>%s</edXML>\n" % b"<a>&amp;</a>\r\n".join(parts)


@given(st.lists(TEXTS, max_size=4), st.sampled_from([1, 2, 3, 1000, 65536]))
def test_all_pieces_together_are_the_input(texts: list[bytes], chunk: int) -> None:
    data = document(texts)
    pieces = scan(data[at : at + chunk] for at in range(0, len(data), chunk))
    assert data == b"".join(piece.data for piece in pieces)


@given(st.lists(TEXTS, max_size=4))
def test_content_lies_between_a_beginning_and_an_end(texts: list[bytes]) -> None:
    found: list[bytes] = []
    is_open = False
    for piece in scan([document(texts)]):
        assert (piece.data == b"") is (piece.kind in EDGES)
        if piece.kind in EDGES:
            assert is_open is (piece.kind is Kind.END)
            is_open = not is_open
            found += [b""] * is_open
        else:
            assert is_open is (piece.kind is Kind.CONTENT)
            found[-1:] = [found[-1] + piece.data] if is_open else found[-1:]
    assert texts == found


@given(st.integers(0, 200_000), st.sampled_from([1000, 65536, 10**6]))
def test_large_content_comes_in_pieces(size: int, chunk: int) -> None:
    data = document([b"Q" * size])
    pieces = list(scan(data[at : at + chunk] for at in range(0, len(data), chunk)))
    assert size == sum(len(piece.data) for piece in pieces if piece.kind is Kind.CONTENT)
    assert all(len(piece.data) <= 2 * 65536 for piece in pieces)
