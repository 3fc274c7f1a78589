"""What the system of an agency can take."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.core.capabilities import fitting
from gateway.core.catalogue import NO_KNOWN_RECIPIENT, RECIPIENT_SIZE, RECIPIENT_TYPES
from gateway.core.directory import Agency, Directory
from gateway.core.model import Addressee, AgencyCode, Attachment, NodeId

FILES = (Attachment(0, "", "a.PDF"), Attachment(1, "", "bảng.xlsx", line=7))


def agency(code: str, **said: Any) -> Agency:
    return Agency(code=AgencyCode(code), name=code, node=NodeId("G22"), **said)


HERE = Directory(
    1,
    (),
    (
        agency("ALL"),
        agency("SMALL", max_size=1000),
        agency("PDF", types=("pdf",)),
        agency("BOTH", max_size=5000, types=("pdf", "xlsx")),
    ),
)


def to(*codes: str) -> list[Addressee]:
    return [Addressee(code.lower(), AgencyCode(code), NodeId("G22")) for code in codes]


@pytest.mark.parametrize(
    ("size", "files", "fit", "faults"),
    [
        (1000, (), ["ALL", "SMALL", "PDF", "BOTH"], []),
        (1001, (), ["ALL", "PDF", "BOTH"], [(RECIPIENT_SIZE, "small")]),
        (1000, FILES[:1], ["ALL", "SMALL", "PDF", "BOTH"], []),
        (1000, FILES, ["ALL", "SMALL", "BOTH"], [(RECIPIENT_TYPES, "pdf")]),
        (
            9000,
            FILES,
            ["ALL"],
            [(RECIPIENT_SIZE, "small"), (RECIPIENT_TYPES, "pdf"), (RECIPIENT_SIZE, "both")],
        ),
    ],
)
def test_who_cannot_take_it_is_told_and_stops_nobody(
    size: int, files: Any, fit: list[str], faults: list[Any]
) -> None:
    served, findings = fitting(HERE, to("ALL", "SMALL", "PDF", "BOTH"), size, files)
    assert [a.code for a in served] == fit
    assert [(f.fault, f.params["organ"]) for f in findings] == faults


def test_file_that_is_not_taken_is_named_with_its_line() -> None:
    _, (_, finding) = fitting(HERE, to("PDF"), 1, FILES)
    assert (finding.line, finding.params["file"], finding.params["types"]) == (7, "bảng.xlsx", "pdf")


def test_file_without_an_extension_is_of_no_type() -> None:
    served, _ = fitting(HERE, to("PDF"), 1, [Attachment(0, "", "pdf")])
    assert served == ()


def test_letter_that_nobody_can_take_says_so_first() -> None:
    served, findings = fitting(HERE, to("SMALL"), 2000, ())
    assert served == ()
    assert [f.fault for f in findings] == [NO_KNOWN_RECIPIENT, RECIPIENT_SIZE]


def test_agency_that_is_not_in_the_directory_is_judged_elsewhere() -> None:
    assert fitting(HERE, to("GONE"), 2000, FILES) == (tuple(to("GONE")), ())
