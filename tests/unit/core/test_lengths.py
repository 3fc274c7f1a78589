import pytest

from gateway.core import catalogue
from gateway.core.lengths import ALL_LISTED_RECIPIENTS, MOST_TOLD, too_long
from tests.kit.messages import FROM, message, seen


def told(header: str, **parts: str) -> list[tuple[str, str, str]]:
    reading = seen(message(header, **parts)).reading
    found = list(too_long(reading))
    assert not any(f.is_error for f in found)
    return [(f.element, f.params["length"], f.params["limit"]) for f in found]


@pytest.mark.parametrize(
    ("header", "element", "limit"),
    [
        ("<Subject>{}</Subject>", "MessageHeader/Subject", 500),
        ("<Code><CodeNumber>{}</CodeNumber></Code>", "MessageHeader/Code/CodeNumber", 11),
        (
            "<PromulgationInfo><Place>{}</Place></PromulgationInfo>",
            "MessageHeader/PromulgationInfo/Place",
            50,
        ),
        ("<ToPlaces><Place>{}</Place></ToPlaces>", "MessageHeader/ToPlaces/Place", 150),
        ("<SignerInfo><FullName>{}</FullName></SignerInfo>", "MessageHeader/SignerInfo/FullName", 50),
    ],
)
def test_a_field_over_its_length_is_told_and_one_at_it_is_not(header: str, element: str, limit: int) -> None:
    assert told(header.format("ă" * limit)) == []
    assert told(header.format("ă" * (limit + 1))) == [(element, str(limit + 1), str(limit))]


def test_the_warning_names_field_length_and_limit() -> None:
    reading = seen(message(f"\n<Subject>{'a' * 501}</Subject>")).reading

    (finding,) = too_long(reading)
    assert (finding.fault, finding.line) == (catalogue.TOO_LONG, 3)
    assert "Subject" in finding.en
    assert "501" in finding.vi


def test_each_recipient_has_its_own_length() -> None:
    who = FROM + "<To><OrganId>H21</OrganId></To><To><OrganId>H14</OrganId><OrganName>{}</OrganName></To>"

    assert told("", who=who.format("b" * 201)) == [("MessageHeader/To[2]/OrganName", "201", "200")]


def test_all_listed_recipients_together_have_one_too() -> None:
    places = "".join(f"<Place>{'x' * 100}</Place>" for _ in range(11))

    assert told(f"<ToPlaces>{places}</ToPlaces>") == [
        ("MessageHeader/ToPlaces", "1100", str(ALL_LISTED_RECIPIENTS))
    ]


def test_a_thousand_long_fields_are_not_a_thousand_warnings() -> None:
    who = FROM + f"<To><OrganId>H21</OrganId><Telephone>{'1' * 30}</Telephone></To>" * 100

    assert len(told("", who=who)) == MOST_TOLD
