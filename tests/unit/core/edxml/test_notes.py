from gateway.core import catalogue
from gateway.core.edxml.notes import MOST_NAMES, MOST_PER_FAULT, Notes, clip


def notes() -> Notes:
    return Notes(lambda line: line + 100)


def test_the_same_note_is_told_once_where_it_came_first() -> None:
    found = notes()
    for line in (7, 8, 9):
        found.add(catalogue.PLACEHOLDER, "MessageHeader/Subject", line, found="N/A")

    (finding,) = found.findings()
    assert (finding.line, finding.element) == (107, "MessageHeader/Subject")


def test_findings_stand_in_the_order_of_the_senders_lines() -> None:
    found = notes()
    found.add(catalogue.MISSING_ELEMENT, "From/OrganId", None, element="From/OrganId")
    found.add(catalogue.DATE_FORM, "MessageHeader/DueDate", 9, found="1/2/2025")
    found.add(catalogue.PLACEHOLDER, "MessageHeader/Subject", 3, found="N/A")

    assert [f.line for f in found.findings()] == [103, 109, None]


def test_empty_elements_are_one_finding() -> None:
    found = notes()
    for number in range(MOST_NAMES + 5):
        found.empty(f"MessageHeader/E{number}", 5)
        found.empty(f"MessageHeader/E{number}", 6)

    (finding,) = found.findings()
    assert finding.fault is catalogue.EMPTY_ELEMENT
    assert finding.line == 105
    assert finding.params["detail"].startswith("E0, E1, ")
    assert finding.params["detail"].endswith("… (+5)")


def test_a_hostile_letter_cannot_make_endless_findings() -> None:
    found = notes()
    for number in range(MOST_PER_FAULT * 3):
        found.add(catalogue.UNKNOWN_ELEMENT, "MessageHeader/X", 1, found=f"X{number}")

    assert len(found.findings()) == MOST_PER_FAULT


def test_a_finding_names_its_element_in_both_languages() -> None:
    found = notes()
    found.add(catalogue.MISSING_ELEMENT, "MessageHeader/From/OrganId", 2)

    (finding,) = found.findings()
    assert "From/OrganId" in finding.vi
    assert "From/OrganId" in finding.en


def test_long_values_are_cut() -> None:
    assert clip("x" * 500) == "x" * 79 + "…"
    assert clip("ngắn") == "ngắn"
