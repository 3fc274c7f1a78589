"""
Every real message among the samples: what the tolerant reader makes of it.

The table holds every file that is known; a sample that is not in it need only be read or refused in order.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.core.errors import Rejected
from gateway.core.model import Kind, Operation
from tests.kit.messages import codes, seen
from tests.kit.samples import sample_files, sample_folder

SDK, OTHER, PVN = "official-sdk", "other-dialects", "gateway-pvn"
TRAILING, ORDER, DUMMY, EMPTY = "TRUC-115", "TRUC-214", "TRUC-213", "TRUC-208"
SIGNED = [TRAILING, DUMMY]
HAND_MADE = [TRAILING, ORDER]


class Expected(NamedTuple):
    """What one sample says, and the codes of what was tolerated in it and what was found in it."""

    kind: Kind
    sender: str
    recipients: list[str]
    tolerated: list[str]
    judged: list[str] = []  # noqa: RUF012  # never changed
    status: str = ""
    operation: Operation = Operation.NEW
    attachments: list[str] = []  # noqa: RUF012


def status(
    code: str, tolerated: list[str], sender: str = "000.00.00.H41", to: str = "000.00.00.G22"
) -> Expected:
    return Expected(Kind.STATUS, sender, [to], tolerated, status=code)


def from_vpcp(operation: Operation) -> Expected:
    to = ["000.00.00.H41", "000.00.00.H14", "000.00.00.G17"]
    return Expected(
        Kind.DOCUMENT,
        "000.00.00.G22",
        to,
        SIGNED,
        ["TRUC-224"],
        operation=operation,
        attachments=["1896_QD-TTg_m_294779.doc"],
    )


READ = {
    f"{SDK}/edoc_new.edxml": Expected(
        Kind.DOCUMENT,
        "002.00.20.H13",
        ["28.22.H17"],
        SIGNED,
        ["TRUC-224", "TRUC-314"],
        attachments=["1896_QD-TTg_m_294779.doc"],
    ),
    f"{SDK}/edoc_update.edxml": from_vpcp(Operation.UPDATE),
    f"{SDK}/edoc_revocation.edxml": from_vpcp(Operation.RECALL),
    f"{SDK}/edoc_replacement.edxml": from_vpcp(Operation.REPLACE),
    f"{SDK}/edoc.edxml": Expected(
        Kind.DOCUMENT,
        "002.00.20.H13",
        ["000.00.15.H51"],
        [TRAILING, "TRUC-117", "TRUC-117", EMPTY, ORDER],
        ["TRUC-222", "TRUC-314"],
        attachments=["GUIDE_INSTALL OPENVPN.SIGNED.PDF"],
    ),
    f"{SDK}/status.edxml": status("01", [TRAILING]),
    f"{SDK}/status_inbox_01.edxml": status("01", HAND_MADE),
    f"{SDK}/status_rejection_02.edxml": status("02", HAND_MADE),
    f"{SDK}/status_acceptance_03.edxml": status("03", HAND_MADE),
    f"{SDK}/status_assignment_04.edxml": status("04", HAND_MADE),
    f"{SDK}/status_processing_05.edxml": status("05", HAND_MADE),
    f"{SDK}/status_finish_06.edxml": status("06", HAND_MADE),
    f"{SDK}/status_cancellation_13.edxml": status("13", HAND_MADE, "000.00.00.G22", "000.00.00.H41"),
    f"{SDK}/status_change-acceptance_15.edxml": status("15", HAND_MADE),
    f"{SDK}/status_change-rejection_16.edxml": status("16", HAND_MADE),
    f"{PVN}/1f881896-6e3a-4a5f-87f1-c380878e148e.edxml": Expected(
        Kind.DOCUMENT,
        "vxp.saas.03",
        ["vxp.saas.02"],
        [TRAILING],
        ["TRUC-224", "TRUC-224", "TRUC-224", "TRUC-303"],
        attachments=["localA.txt", "localB.txt", "localC.txt"],
    ),
    f"{PVN}/test_user_edxml.xml": Expected(
        Kind.DOCUMENT, "vxp.saas.03", ["vxp.saas.03"], [TRAILING], ["TRUC-224"], attachments=["clean.txt"]
    ),
    f"{OTHER}/edoc_new_dotnet_layout.edxml": Expected(
        Kind.DOCUMENT,
        "H37.DN.001",
        ["000.00.00.H37"],
        [TRAILING, EMPTY, "TRUC-209", DUMMY, ORDER, "TRUC-217"],
        ["TRUC-313"],
        attachments=["12-CV-DN.pdf"],
    ),
}
REFUSED = {
    f"{SDK}/edoc_new.as-found-with-1212-prefix.edxml": "TRUC-104",
    f"{OTHER}/legacy_soap_status_layout.xml": "TRUC-203",
}


def bytes_of(name: str) -> bytes:
    path = sample_folder() / name
    if not path.is_file():
        pytest.skip(f"{name} is not among these samples")
    return path.read_bytes()


@pytest.mark.parametrize("name", READ)
def test_sample_is_read_as_expected(name: str) -> None:
    expected = READ[name]

    looked = seen(bytes_of(name))

    envelope = looked.reading.envelope
    assert envelope.kind is expected.kind
    assert envelope.sender.code == expected.sender
    assert [organ.code for organ in envelope.recipients] == expected.recipients
    assert envelope.status_code == expected.status
    assert envelope.business.operation is expected.operation
    assert [a.name for a in envelope.attachments] == expected.attachments
    assert looked.tolerated == sorted(expected.tolerated)
    assert codes(looked.judged()) == expected.judged


@pytest.mark.parametrize("name", REFUSED)
def test_sample_is_refused_with_its_own_code(name: str) -> None:
    with pytest.raises(Rejected) as caught:
        seen(bytes_of(name))

    assert (caught.value.code, caught.value.first.line) == (REFUSED[name], 1)


def test_the_example_without_an_attachment_of_its_own_passes_once_it_has_one() -> None:
    mended = bytes_of(f"{SDK}/edoc.edxml").replace(b"${__StringFromFile(test.txt,,,)}", b"JVBERi0xLjQK")

    assert [f.code for f in seen(mended).judged() if f.is_error] == []


def test_every_sample_is_read_or_refused_in_order() -> None:
    files = sample_files()
    unknown = [path for path in files if _name(path) not in READ and _name(path) not in REFUSED]
    for path in unknown:
        with suppress(Rejected):
            seen(path.read_bytes()).judged()
    print(f"{len(files)} samples, {len(unknown)} of them not in the table")


def _name(path: Path) -> str:
    return str(path.relative_to(sample_folder()))
