import base64
from collections.abc import Iterator

import pytest

from gateway.letters.files import File
from gateway.letters.markup import Comment, Style, Tag, printed

DATA = bytes(range(200))


def text(tag: Tag, style: Style) -> str:
    return b"".join(printed(tag, style)).decode()


def test_elements_are_indented_as_the_style_says() -> None:
    tree = Tag("a", (Tag("b", "x & y"), Comment("nháp"), Tag("c")), 'id="1"')

    assert text(tree, Style(declaration="<?xml?>")) == (
        '<?xml?>\n<a id="1">\n  <b>x &amp; y</b>\n  <!-- nháp -->\n  <c/>\n</a>\n'
    )
    assert text(tree, Style("<?xml?>", "\t", "\r\n", closes_empty=True)) == (
        '<?xml?>\r\n<a id="1">\r\n\t<b>x &amp; y</b>\r\n\t<!-- nháp -->\r\n\t<c></c>\r\n</a>\r\n'
    )
    assert text(tree, Style("<?xml?>", "", "")) == ('<?xml?><a id="1"><b>x &amp; y</b><!-- nháp --><c/></a>')


@pytest.mark.parametrize("step", [1, 2, 7, 57, 200])
@pytest.mark.parametrize("width", [0, 76])
def test_base64_is_laid_out_alike_however_the_file_comes_in_pieces(step: int, width: int) -> None:
    def pieces() -> Iterator[bytes]:
        return (DATA[at : at + step] for at in range(0, len(DATA), step))

    tag = Tag("a", File("a", "", pieces))
    written = text(tag, Style("", line_end="\n" if width else "", base64_width=width))
    encoded = written.strip().removeprefix("<a>").removesuffix("</a>")

    assert base64.b64decode(encoded) == DATA
    lines = encoded.split("\n") if width else [encoded]
    assert all(len(line) == 76 for line in lines[:-2]) or not width


def test_what_stands_around_the_document_is_written_too() -> None:
    written = b"".join(printed(Tag("a"), Style("<?x?>", "", "", before=b"\xef\xbb\xbf", after=b"\r\n")))

    assert written == b"\xef\xbb\xbf<?x?><a/>\r\n"
