"""Which deliveries a node owes for a letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.core.delivery import State
from gateway.core.directory import Agency, Directory, NodeRow
from gateway.core.dispatch import dispatch
from gateway.core.model import Addressee, AgencyCode, Kind, Lane, LetterId, NodeId, Routing

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def node(name: str, parent: str = "") -> NodeRow:
    return NodeRow(
        id=NodeId(name),
        parent=NodeId(parent),
        name=name,
        level="",
        organ_code=f"organ.{name}",
        organ_name=name,
    )


def agency(code: str, at: str, **more: object) -> Agency:
    return Agency(code=AgencyCode(code), name=code, node=NodeId(at), **more)  # type: ignore[arg-type]


TREE = Directory(
    1,
    (node("G22"), node("H14", "G22"), node("H14.1", "H14"), node("H14.2", "H14"), node("H21", "G22")),
    (
        agency("center", "G22"),
        agency("province", "H14"),
        agency("office", "H14"),
        agency("one", "H14.1"),
        agency("two", "H14.2"),
        agency("other", "H21"),
        agency("old", "H14", valid_to=(NOW - timedelta(days=30)).date(), successor="office"),
        agency("gone", "H14", valid_to=(NOW - timedelta(days=30)).date(), successor="other"),
    ),
)


def letter(origin: str, *recipients: str) -> Routing:
    named = [(code, TREE.agencies[AgencyCode(code)]) for code in recipients]
    return Routing(
        protocol=1,
        letter_id=LetterId("01920000-0000-7000-8000-000000000001"),
        kind=Kind.DOCUMENT,
        origin=NodeId(origin),
        sender=AgencyCode("one"),
        recipients=tuple(Addressee(code, row.code, row.node) for code, row in named),
        directory_version=1,
        lane=Lane.URGENT,
        rank=2,
        accepted_at=NOW,
        expires_at=NOW + timedelta(days=7),
        original_sha256="0" * 64,
        original_size=10,
    )


def targets(routing: Routing, here: str, came_from: str | None = None) -> list[str]:
    owed = dispatch(
        routing, 100, TREE, here=NodeId(here), came_from=NodeId(came_from) if came_from else None, now=NOW
    )
    assert owed.unreachable == ()
    return [d.target.key for d in owed.deliveries]


def test_one_copy_crosses_each_link_however_many_lie_behind_it() -> None:
    routing = letter("H14.1", "province", "office", "two", "center", "other")
    assert targets(routing, "H14.1") == ["link:H14"]
    assert sorted(targets(routing, "H14", "H14.1")) == [
        "agency:office",
        "agency:province",
        "link:G22",
        "link:H14.2",
    ]
    assert sorted(targets(routing, "G22", "H14")) == ["agency:center", "link:H21"]


def test_nothing_goes_back_where_it_came_from() -> None:
    assert targets(letter("H14.1", "one"), "H14", "H14.1") == []


def test_a_delivery_takes_lane_rank_and_time_from_the_letter() -> None:
    (owed,) = dispatch(
        letter("H14.1", "other"), 100, TREE, here=NodeId("H14.1"), came_from=None, now=NOW
    ).deliveries
    assert (owed.state, owed.lane, owed.rank, owed.size) == (State.QUEUED, Lane.URGENT, 2, 100)
    assert owed.expires_at == NOW + timedelta(days=7)


def test_a_code_closed_since_is_served_through_its_successor_here() -> None:
    assert targets(letter("H14.1", "old"), "H14", "H14.1") == ["agency:office"]


def test_two_codes_of_one_agency_make_one_delivery() -> None:
    assert targets(letter("H14.1", "old", "office"), "H14", "H14.1") == ["agency:office"]


def test_a_successor_elsewhere_is_told_and_not_served() -> None:
    owed = dispatch(
        letter("H14.1", "gone"), 100, TREE, here=NodeId("H14"), came_from=NodeId("H14.1"), now=NOW
    )
    assert owed.deliveries == ()
    assert owed.unreachable == (("gone", "TRUC-406"),)


def test_an_agency_that_left_the_directory_is_told() -> None:
    routing = letter("H14.1", "province")
    routing = replace(routing, recipients=(Addressee("x", AgencyCode("x"), NodeId("H14")),))
    owed = dispatch(routing, 100, TREE, here=NodeId("H14"), came_from=NodeId("H14.1"), now=NOW)
    assert owed.unreachable == (("x", "TRUC-405"),)


def astray(routing: Routing, here: str, came_from: str | None) -> tuple[tuple[AgencyCode, ...], object]:
    owed = dispatch(
        routing, 100, TREE, here=NodeId(here), came_from=NodeId(came_from) if came_from else None, now=NOW
    )
    return owed.astray, owed.unreachable


def test_recipient_whose_node_nobody_here_knows_is_astray() -> None:
    routing = letter("G22", "province", "one")
    unknown = Addressee("new", AgencyCode("new"), NodeId("H14.9"))
    routing = replace(routing, recipients=(*routing.recipients, unknown))
    assert astray(routing, "H14", "G22") == (("new",), ())
    assert astray(letter("G22", "province", "other"), "H14", "G22") == ((), ())


def test_letter_that_finds_nothing_to_do_is_astray_as_a_whole() -> None:
    assert astray(letter("G22", "other", "center"), "H14", "G22") == (("other", "center"), ())


def test_origin_that_does_not_know_the_way_says_so_itself() -> None:
    routing = letter("G22", "province")
    routing = replace(routing, recipients=(Addressee("x", AgencyCode("x"), NodeId("H99")),))
    assert astray(routing, "G22", None) == ((), (("x", "TRUC-502"),))
