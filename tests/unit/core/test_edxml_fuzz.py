"""
Real and made messages, broken in every way: only Rejected may come out, and findings that can be told.
"""

from __future__ import annotations

from random import Random

import pytest

from gateway.core.errors import Finding, Rejected
from gateway.core.model import Organ
from gateway.letters import Dialect, compose
from tests.kit.messages import seen
from tests.kit.samples import DEFAULT, sample_folder

ROUNDS = 60
SMALL = 20_000  # larger samples differ only in the length of their base64
TOKENS = [
    *(b"<", b">", b"/>", b"</", b"&", b"&#0;", b"&x;", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<?x?>"),
    *(b"<edXML:To>", b"<OrganId>", b"<ContentTransferEncoded>", b"<Attachment>", b"<Reference/>"),
    *(b"xmlns='urn:x'", b"xmlns:edXML='urn:x'", b"\x00", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"N/A", b"null"),
    *(b"99999999999999999999", b"-1", b"9999/99/99 99:99:99", b"cid:cid:", b"=", b"UEsDBBQ", b"\xe2\x80\xae"),
]
NAMES = [b"From", b"To", b"OrganId", b"Bussiness", b"Reference", b"Attachment", b"StatusCode", b"edXMLBody"]


def mutated(data: bytes, rng: Random) -> bytes:
    """`data` with one to four pieces cut out, doubled, moved, changed or put in."""
    for _ in range(rng.randint(1, 4)):
        at, to = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        to = min(to, at + rng.choice((1, 8, 200, 5000)))
        match rng.randrange(5):
            case 0:
                data = data[:at] + data[to:]
            case 1:
                data = data[:to] + data[at:]
            case 2:
                data = data[:at] + rng.choice(TOKENS) + data[at:]
            case 3:
                data = data[:at] + rng.randbytes(1) + data[at + 1 :]
            case _:
                names = [
                    name for name in (b"From", b"To", b"OrganId", b"Bussiness", b"Reference") if name in data
                ]
                data = data.replace(rng.choice(names), rng.choice(names)) if names else data
    return data


def survives(data: bytes) -> None:
    findings: tuple[Finding, ...]
    try:
        looked = seen(data)
        findings = (*looked.split.findings, *looked.reading.findings, *looked.judged())
    except Rejected as refused:
        findings = refused.findings
    lines = data.count(b"\n") + data.count(b"\r") + 1  # expat counts a lone CR as a line end too
    for finding in findings:
        assert finding.vi
        assert finding.en
        assert finding.line is None or 1 <= finding.line <= lines


@pytest.mark.parametrize("dialect", Dialect)
def test_a_broken_letter_is_read_or_rejected(dialect: Dialect) -> None:
    rng = Random(f"{dialect}")
    for _ in range(ROUNDS):
        letter = compose(dialect, Organ("H14", "UBND tỉnh A"), [Organ("H21")], 3, rng, size=300)
        survives(mutated(letter, rng))


def test_a_broken_sample_is_read_or_rejected() -> None:
    folder = sample_folder()
    rng = Random(2016)
    small = [
        data
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".edxml", ".xml") and len(data := path.read_bytes()) < SMALL
    ]
    assert small or folder != DEFAULT
    for data in small:
        for _ in range(ROUNDS // 3):
            survives(mutated(data, rng))


def test_a_letter_cut_off_anywhere_is_rejected() -> None:
    letter = compose(Dialect.JAVA_SDK, Organ("H14"), [Organ("H21")], 3, Random(1), size=300)
    whole = len(letter.rstrip())
    for at in range(0, whole, 37):
        with pytest.raises(Rejected):
            seen(letter[:at])
