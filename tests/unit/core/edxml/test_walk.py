from gateway.core import catalogue
from gateway.core.edxml.names import MESSAGE_HEADER, TRACE_HEADER_LIST
from gateway.core.edxml.notes import Notes
from gateway.core.edxml.walk import Node, Walker
from gateway.core.errors import Fault
from schemas.safe_xml import parse

QCVN = 'xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"'


class Walked:
    """A MessageHeader after the walk."""

    def __init__(self, inside: str, attributes: str = QCVN) -> None:
        self.notes = Notes(lambda line: line)
        self.walker = Walker(self.notes)
        root = parse(f"<MessageHeader {attributes}>{inside}</MessageHeader>".encode()).root
        self.node: Node = self.walker.walk(root, MESSAGE_HEADER, "MessageHeader")

    def told(self, fault: Fault) -> list[str]:
        return [f.element for f in self.notes.findings() if f.fault is fault]


def test_children_are_found_in_any_order() -> None:
    walked = Walked("<Subject>V/v</Subject><From><OrganName>B</OrganName><OrganId>A</OrganId></From>")

    assert walked.node.value("From", "OrganId") == "A"
    assert walked.node.value("Subject") == "V/v"
    (finding,) = walked.notes.findings()
    assert finding.fault is catalogue.ELEMENT_ORDER
    assert finding.params["parent"] == "From, MessageHeader"


def test_blocks_that_may_repeat_are_all_there_and_numbered() -> None:
    walked = Walked("<To><OrganId>A</OrganId></To><To/><To><OrganId>C</OrganId></To>")

    assert [to.value("OrganId") for to in walked.node.all("To")] == ["A", "C"]
    assert [f.path for f in walked.walker.fields] == [
        "MessageHeader/To/OrganId",
        "MessageHeader/To[3]/OrganId",
    ]
    assert walked.told(catalogue.EMPTY_ELEMENT) == ["MessageHeader/To[2]"]


def test_a_second_one_of_a_single_element_is_told_and_not_taken() -> None:
    walked = Walked("<Subject>một</Subject><Subject>hai</Subject>")

    assert walked.node.value("Subject") == "một"
    assert walked.told(catalogue.REPEATED_ELEMENT) == ["MessageHeader/Subject[2]"]
    assert [f.text for f in walked.walker.fields] == ["một", "hai"]


def test_a_second_sender_is_refused() -> None:
    """The next reader may take the last one, and so believe another sender than we checked."""
    walked = Walked("<From><OrganId>A</OrganId></From><From><OrganId>B</OrganId></From>")

    assert walked.told(catalogue.SCHEMA) == ["MessageHeader/From[2]"]


def test_a_second_code_in_an_address_is_refused() -> None:
    walked = Walked("<To><OrganId>A</OrganId><OrganId>B</OrganId></To>")

    assert walked.told(catalogue.SCHEMA) == ["MessageHeader/To/OrganId[2]"]


def test_placeholders_are_absent_but_kept_among_the_fields() -> None:
    walked = Walked("<Subject>N/A</Subject><Content>null</Content>")

    assert walked.node.value("Subject") == walked.node.value("Content") == ""
    assert [f.text for f in walked.walker.fields] == ["N/A", "null"]
    assert len(walked.told(catalogue.PLACEHOLDER)) == 2


def test_comments_inside_a_text_are_passed_over() -> None:
    assert Walked("<Subject>V/v <!-- nháp -->họp</Subject>").node.value("Subject") == "V/v họp"


def test_unknown_elements_are_told_and_their_texts_gathered() -> None:
    walked = Walked("<Them><A>một</A>hai</Them>")

    assert walked.told(catalogue.UNKNOWN_ELEMENT) == ["MessageHeader/Them"]
    assert {f.text for f in walked.walker.fields} == {"một", "hai"}


def test_mixed_prefixes_and_foreign_namespaces_are_told() -> None:
    both = 'xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016" xmlns:e="http://www.mic.gov.vn/TBT/QCVN_102_2016"'

    mixed = Walked("<e:Subject>a</e:Subject><Content>b</Content>", both)
    foreign = Walked("<Subject xmlns='urn:x'>a</Subject>")

    assert mixed.told(catalogue.PREFIXES) == foreign.told(catalogue.PREFIXES) == ["MessageHeader"]
    assert mixed.node.value("Subject") == foreign.node.value("Subject") == "a"


def test_trace_and_business_may_stand_in_either_order() -> None:
    for inside in ("<TraceHeader/><Bussiness/>", "<Bussiness/><TraceHeader/>"):
        notes = Notes(lambda line: line)
        root = parse(f"<TraceHeaderList {QCVN}>{inside}</TraceHeaderList>".encode()).root
        Walker(notes).walk(root, TRACE_HEADER_LIST, "TraceHeaderList")

        assert catalogue.ELEMENT_ORDER not in [f.fault for f in notes.findings()]


def test_what_is_not_there_is_an_empty_node() -> None:
    node = Walked("").node

    assert node.value("From", "OrganId", "x") == ""
    assert not node.one("From").is_there
    assert node.all("To") == []
