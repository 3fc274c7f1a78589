"""Ways through the tree, recipients, lanes, and routing.json."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.directory import Agency, Directory, NodeRow, load_toml
from gateway.core.errors import Rejected, Unavailable
from gateway.core.model import Addressee, AgencyCode, Kind, Lane, LetterId, NodeId, Organ, Routing
from gateway.core.routing import (
    HOP_LIMIT,
    lane_of,
    lies_behind,
    next_hop,
    next_hops,
    path,
    rank_of,
    read_routing,
    resolve_recipients,
    routing_json,
    unroutable,
)

TODAY = date(2026, 11, 20)


def bundled(name: str = "four-level") -> Directory:
    return load_toml(files("gateway").joinpath("directories", f"{name}.toml").read_bytes())


def to(*nodes: str) -> tuple[Addressee, ...]:
    """One recipient at each of these nodes."""
    return tuple(Addressee(f"at.{n}.{i}", AgencyCode(f"at.{n}.{i}"), NodeId(n)) for i, n in enumerate(nodes))


def n(name: str) -> NodeId:
    return NodeId(name)


@st.composite
def trees(draw: st.DrawFn) -> Directory:
    """Any tree of 1-25 nodes, the rows in any order."""
    size = draw(st.integers(1, 25))
    rows = [NodeRow(id=n("n0"))]
    rows += [NodeRow(id=n(f"n{i}"), parent=n(f"n{draw(st.integers(0, i - 1))}")) for i in range(1, size)]
    return Directory(1, tuple(draw(st.permutations(rows))), ())


@st.composite
def letters(draw: st.DrawFn) -> tuple[Directory, NodeId, tuple[Addressee, ...]]:
    """A tree, an origin in it, and 1-12 recipients at its nodes."""
    tree = draw(trees())
    anywhere = st.sampled_from(sorted(tree.nodes))
    places = draw(st.lists(anywhere, min_size=1, max_size=12))
    return tree, draw(anywhere), to(*places)


def carried(
    tree: Directory, origin: NodeId, recipients: tuple[Addressee, ...]
) -> tuple[Counter[tuple[NodeId, NodeId]], Counter[NodeId]]:
    """Let every node act on its own, as the axis does: how often each link and each node saw the letter."""
    links: Counter[tuple[NodeId, NodeId]] = Counter()
    visits: Counter[NodeId] = Counter()
    waiting: list[tuple[NodeId, NodeId | None]] = [(origin, None)]
    while waiting:
        here, came_from = waiting.pop()
        visits[here] += 1
        assert visits[here] <= 1
        onward = next_hops(tree, here=here, came_from=came_from, origin=origin, recipients=recipients)
        for neighbour in onward:
            links[here, neighbour] += 1
            assert lies_behind(tree, origin, neighbour, here)
            waiting.append((neighbour, here))
    return links, visits


class TestPath:
    @pytest.mark.parametrize(
        ("a", "b", "way"),
        [
            ("H14.40.20", "H21.35.20", "H14.40.20 H14.40 H14 G22 H21 H21.35 H21.35.20"),  # six hops
            ("H14.40.20", "H14.40.22", "H14.40.20 H14.40 H14.40.22"),
            ("H14.40.20", "H14", "H14.40.20 H14.40 H14"),
            ("G22", "H21.35", "G22 H21 H21.35"),
            ("H14", "H14", "H14"),
        ],
    )
    def test_it_goes_up_to_the_lowest_common_ancestor_and_down(self, a: str, b: str, way: str) -> None:
        assert " ".join(path(bundled().nodes, n(a), n(b))) == way

    @pytest.mark.parametrize(("a", "b", "named"), [("H14", "H99", "H99"), ("H99", "H14", "H99")])
    def test_an_unknown_node_may_be_known_later(self, a: str, b: str, named: str) -> None:
        with pytest.raises(Unavailable) as caught:
            path(bundled().nodes, n(a), n(b))
        assert (caught.value.code, caught.value.first.params["node"]) == ("TRUC-502", named)

    def test_two_trees_are_not_joined(self) -> None:
        rows = {n(name): NodeRow(id=n(name)) for name in "AB"}
        with pytest.raises(Unavailable):
            path(rows, n("A"), n("B"))

    def test_a_loop_in_the_nodes_ends(self) -> None:
        rows = {n("A"): NodeRow(id=n("A"), parent=n("B")), n("B"): NodeRow(id=n("B"), parent=n("A"))}
        with pytest.raises(Unavailable):
            path(rows, n("A"), n("B"))

    @given(trees(), st.data())
    def test_a_path_is_simple_follows_links_and_is_the_same_backwards(
        self, tree: Directory, data: st.DataObject
    ) -> None:
        names = st.sampled_from(sorted(tree.nodes))
        a, b = data.draw(names), data.draw(names)
        way = path(tree.nodes, a, b)
        assert (way[0], way[-1]) == (a, b)
        assert len(set(way)) == len(way)
        for here, there in pairwise(way):
            assert there in tree.neighbours(here)
        assert path(tree.nodes, b, a) == way[::-1]


class TestNextHops:
    def test_a_letter_fans_out_where_the_tree_branches(self) -> None:
        recipients = to("H14.40.20", "H14.40.22", "H21", "G22")
        onward = next_hops(
            bundled(), here=n("H14"), came_from=n("G22"), origin=n("H21.35"), recipients=recipients
        )
        assert onward == {"H14.40": recipients[:2]}

    def test_every_recipient_behind_one_link_shares_its_copy(self) -> None:
        recipients = to("H21", "H21.35", "H21.35.20", "H14.40.20")
        onward = next_hops(
            bundled(), here=n("H14.40.22"), came_from=None, origin=n("H14.40.22"), recipients=recipients
        )
        assert onward == {"H14.40": recipients}

    def test_a_letter_for_this_node_alone_goes_nowhere(self) -> None:
        assert (
            next_hops(bundled(), here=n("H14"), came_from=None, origin=n("H14"), recipients=to("H14")) == {}
        )

    def test_the_way_back_is_known_without_the_neighbour_it_came_from(self) -> None:
        recipients = to("H14", "H21", "H21.35")
        known = next_hops(
            bundled(), here=n("G22"), came_from=n("H14"), origin=n("H14.40"), recipients=recipients
        )
        derived = next_hops(
            bundled(), here=n("G22"), came_from=None, origin=n("H14.40"), recipients=recipients
        )
        assert known == derived == {"H21": recipients[1:]}

    def test_a_letter_is_never_sent_back_even_if_directories_differ(self) -> None:
        """By its own directory this node would answer the neighbour with the same letter."""
        recipients = to("H21", "H14.40.20")
        onward = next_hops(
            bundled(), here=n("H14"), came_from=n("G22"), origin=n("H14.40"), recipients=recipients
        )
        assert "G22" not in onward

    def test_a_node_that_nobody_here_knows_gets_no_copy_and_is_told(self) -> None:
        recipients = to("H99", "H21", "H14")
        tree = bundled()
        assert set(
            next_hops(tree, here=n("H14"), came_from=None, origin=n("H14"), recipients=recipients)
        ) == {"G22"}
        assert unroutable(tree, here=n("H14"), recipients=recipients) == recipients[:1]

    @given(letters())
    def test_it_names_exactly_the_neighbours_that_a_path_from_the_origin_enters(
        self, letter: tuple[Directory, NodeId, tuple[Addressee, ...]]
    ) -> None:
        tree, origin, recipients = letter
        for here in tree.nodes:
            came_from = None if here == origin else path(tree.nodes, origin, here)[-2]
            expected: dict[NodeId, list[Addressee]] = {}
            for addressee in recipients:
                way = path(tree.nodes, origin, addressee.node)
                if here in way[:-1]:
                    expected.setdefault(way[way.index(here) + 1], []).append(addressee)
            onward = next_hops(tree, here=here, came_from=came_from, origin=origin, recipients=recipients)
            if here == origin or expected:
                assert onward == {neighbour: tuple(behind) for neighbour, behind in expected.items()}

    @given(letters())
    def test_every_recipient_is_reached_once_and_every_link_crossed_once(
        self, letter: tuple[Directory, NodeId, tuple[Addressee, ...]]
    ) -> None:
        tree, origin, recipients = letter
        links, visits = carried(tree, origin, recipients)
        needed = {
            pair
            for addressee in recipients
            for way in [path(tree.nodes, origin, addressee.node)]
            for pair in pairwise(way)
        }
        assert set(links) == needed
        assert set(links.values()) <= {1}
        assert all(visits[addressee.node] == 1 for addressee in recipients)

    def test_ten_thousand_recipients_cross_each_link_once(self) -> None:
        tree = bundled()
        places = sorted(tree.nodes)
        links, visits = carried(tree, n("H14.40.20"), to(*(places[i % len(places)] for i in range(10_000))))
        assert len(links) == len(places) - 1
        assert set(visits) == set(places)


class TestLinks:
    def test_next_hop_is_the_first_step_of_the_path(self) -> None:
        tree = bundled()
        for a in tree.nodes:
            for b in tree.nodes:
                way = path(tree.nodes, a, b)
                assert next_hop(tree, a, b) == (way[1] if len(way) > 1 else None)

    @pytest.mark.parametrize(("here", "there"), [("H14", "H99"), ("H99", "H14")])
    def test_no_way_is_known_to_or_from_an_unknown_node(self, here: str, there: str) -> None:
        assert next_hop(bundled(), n(here), n(there)) is None

    @pytest.mark.parametrize(
        ("origin", "here", "neighbour", "expected"),
        [
            ("H14.40.20", "H14", "H14.40", True),
            ("H14.40.20", "H21", "G22", True),
            ("H14", "H14.40", "H14", True),
            ("H21", "H14", "H14.40", False),  # a child cannot bring what another province sent
            ("H14.40.20", "H14", "G22", False),
            ("H14", "H14", "G22", False),  # our own letter never comes back
            ("H99", "H14", "G22", False),
            ("H14", "H99", "G22", False),
        ],
    )
    def test_a_letter_comes_only_from_where_its_origin_lies(
        self, origin: str, here: str, neighbour: str, expected: bool
    ) -> None:
        assert lies_behind(bundled(), n(origin), n(here), n(neighbour)) is expected

    def test_no_letter_comes_back_over_a_link_that_it_was_sent_out_on(self) -> None:
        tree = bundled()
        for origin in tree.nodes:
            for here in tree.nodes:
                came_from = None if here == origin else path(tree.nodes, origin, here)[-2]
                everyone = to(*tree.nodes)
                for sent_to in next_hops(
                    tree, here=here, came_from=came_from, origin=origin, recipients=everyone
                ):
                    assert not lies_behind(tree, origin, here, sent_to)

    @pytest.mark.parametrize("name", ["four-level", "three-tier"])
    def test_the_hop_limit_is_beyond_every_way_of_the_axis(self, name: str) -> None:
        nodes = bundled(name).nodes
        assert max(len(path(nodes, a, b)) - 1 for a in nodes for b in nodes) < HOP_LIMIT


class TestRecipients:
    def resolve(self, *named: str, **more: Any) -> tuple[list[str], list[str]]:
        addressees, findings = resolve_recipients(bundled(), named, TODAY, **more)
        return [a.code for a in addressees], [f.code for f in findings]

    def test_each_is_resolved_to_its_agency_and_node(self) -> None:
        addressees, findings = resolve_recipients(bundled(), [Organ("h14.40"), " G22 "], TODAY)
        assert addressees == (
            Addressee("h14.40", AgencyCode("000.00.40.H14"), n("H14.40")),
            Addressee("G22", AgencyCode("000.00.00.G22"), n("G22")),
        )
        assert findings == ()

    def test_one_named_twice_gets_it_once(self) -> None:
        assert self.resolve("H14", "000.00.00.h14", "G22") == (
            ["000.00.00.H14", "000.00.00.G22"],
            ["TRUC-316"],
        )

    def test_those_who_are_unknown_do_not_stop_the_others(self) -> None:
        assert self.resolve("H99", "H14", "H21.30") == (["000.00.00.H14"], ["TRUC-405", "TRUC-407"])

    def test_a_closed_code_is_followed_with_a_warning(self) -> None:
        addressees, findings = resolve_recipients(bundled(), ["G14"], TODAY, "follow")
        assert addressees == (Addressee("G14", AgencyCode("000.00.00.G06"), n("G22")),)
        assert [(f.code, f.is_error, f.params["successor"]) for f in findings] == [
            ("TRUC-410", False, "000.00.00.G06")
        ]

    def test_a_closed_code_is_refused_with_its_successor(self) -> None:
        _, findings = resolve_recipients(bundled(), ["G14", "H14"], TODAY, "refuse")
        assert [(f.code, f.params) for f in findings] == [
            ("TRUC-406", {"organ": "G14", "successor": "000.00.00.G06"})
        ]

    def test_a_code_and_its_successor_are_one_recipient(self) -> None:
        assert self.resolve("G06", "G14") == (["000.00.00.G06"], ["TRUC-410", "TRUC-316"])

    def test_when_nobody_is_left_that_is_said_first(self) -> None:
        assert self.resolve("H99", "H21.30") == ([], ["TRUC-408", "TRUC-405", "TRUC-407"])

    def test_when_nobody_was_named_that_is_said(self) -> None:
        assert self.resolve() == ([], ["TRUC-205"])

    def test_a_finding_points_to_the_line_of_its_recipient(self) -> None:
        named = [Organ("H14", line=7), Organ("H99", line=9), Organ("H14", line=11)]
        _, findings = resolve_recipients(bundled(), named, TODAY)
        assert [(f.line, f.element) for f in findings] == [
            (9, "MessageHeader/To/OrganId"),
            (11, "MessageHeader/To/OrganId"),
        ]

    def test_ten_thousand_recipients_are_all_resolved(self) -> None:
        rows = tuple(Agency(code=AgencyCode(f"A{i}"), name="A", node=n("R")) for i in range(10_000))
        built = Directory(1, (NodeRow(id=n("R")),), rows)
        addressees, findings = resolve_recipients(built, (f"a{i}" for i in range(10_000)), TODAY)
        assert (len(addressees), findings) == (10_000, ())


@pytest.mark.parametrize(
    ("kind", "priority", "lane", "rank"),
    [
        (Kind.DOCUMENT, 0, Lane.NORMAL, 0),
        (Kind.DOCUMENT, 1, Lane.URGENT, 1),
        (Kind.DOCUMENT, 2, Lane.URGENT, 2),
        (Kind.DOCUMENT, 3, Lane.URGENT, 3),
        (Kind.DOCUMENT, 4, Lane.URGENT, 3),
        (Kind.DOCUMENT, 5, Lane.NORMAL, 0),  # «thường» in one vendor's table
        (Kind.DOCUMENT, -1, Lane.NORMAL, 0),
        (Kind.DOCUMENT, 99, Lane.NORMAL, 0),
        (Kind.STATUS, 0, Lane.CONTROL, 0),
        (Kind.STATUS, 3, Lane.CONTROL, 3),
    ],
)
def test_lane_and_rank_follow_from_kind_and_priority(
    kind: Kind, priority: int, lane: Lane, rank: int
) -> None:
    assert (lane_of(kind, priority), rank_of(priority)) == (lane, rank)


ACCEPTED = datetime(2026, 11, 20, 1, 2, 3, 400, tzinfo=UTC)
LETTER = Routing(
    protocol=1,
    letter_id=LetterId("019a9f6e-7a10-7c3b-9a55-1f2e3d4c5b6a"),
    kind=Kind.DOCUMENT,
    origin=n("H14.40.20"),
    sender=AgencyCode("000.20.40.H14"),
    recipients=(
        Addressee("H21", AgencyCode("000.00.00.H21"), n("H21")),
        Addressee("ủy-ban", AgencyCode("000.00.00.G22"), n("G22")),
    ),
    directory_version=3,
    lane=Lane.URGENT,
    rank=2,
    accepted_at=ACCEPTED,
    expires_at=ACCEPTED + timedelta(days=7),
    original_sha256="ab" * 32,
    original_size=12345,
)


def numbered(numbers: list[int]) -> tuple[Addressee, ...]:
    return tuple(Addressee(f"n{i}", AgencyCode(f"c{i}"), n(f"N{i}")) for i in numbers)


def changed(**fields: Any) -> bytes:
    """LETTER's routing.json with some fields set; `...` takes one out."""
    table = json.loads(routing_json(LETTER))
    for key, value in fields.items():
        if value is ...:
            del table[key]
        else:
            table[key] = value
    return json.dumps(table).encode()


class TestRoutingJson:
    def test_its_bytes_are_canonical(self) -> None:
        assert routing_json(LETTER).decode() == (
            '{"accepted_at":"2026-11-20T01:02:03.000400Z","directory_version":3,"enc":"none",'
            '"expires_at":"2026-11-27T01:02:03.000400Z","kind":"document","lane":"urgent",'
            '"letter_id":"019a9f6e-7a10-7c3b-9a55-1f2e3d4c5b6a","origin":"H14.40.20",'
            f'"original_sha256":"{"ab" * 32}","original_size":12345,"protocol":1,"rank":2,'
            '"recipients":[{"code":"000.00.00.H21","named":"H21","node":"H21"},'
            '{"code":"000.00.00.G22","named":"ủy-ban","node":"G22"}],"sender":"000.20.40.H14"}'
        )

    def test_a_moment_of_another_zone_is_written_in_utc_and_a_whole_second_with_its_zeros(self) -> None:
        vietnam = datetime(2026, 11, 20, 8, 0, tzinfo=timezone(timedelta(hours=7)))
        table = json.loads(routing_json(replace(LETTER, accepted_at=vietnam)))
        assert table["accepted_at"] == "2026-11-20T01:00:00.000000Z"

    def test_a_moment_without_a_zone_is_not_written(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            routing_json(replace(LETTER, accepted_at=datetime(2026, 11, 20)))  # noqa: DTZ001

    @given(
        st.builds(
            replace,
            st.just(LETTER),
            recipients=st.lists(st.integers(0, 999), min_size=1, max_size=20, unique=True).map(numbered),
            lane=st.sampled_from(Lane),
            kind=st.sampled_from(Kind),
            rank=st.integers(0, 3),
            directory_version=st.integers(0, 2**40),
            original_size=st.integers(0, 2**40),
            accepted_at=st.datetimes(datetime(2018, 7, 12), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        )
    )
    def test_what_is_written_is_read(self, routing: Routing) -> None:
        assert read_routing(routing_json(routing)) == routing

    def test_keys_of_later_releases_are_ignored(self) -> None:
        table = json.loads(routing_json(LETTER))
        table["recipients"][0]["via"] = "later"
        assert read_routing(json.dumps(table | {"later": {"deep": [1]}}).encode()) == LETTER

    @pytest.mark.parametrize("protocol", [0, 2, 99])
    def test_another_protocol_is_refused_by_its_version(self, protocol: int) -> None:
        with pytest.raises(Rejected) as caught:
            read_routing(changed(protocol=protocol, letter_id=..., recipients="of another form"))
        assert caught.value.code == "TRUC-505"

    @pytest.mark.parametrize("missing", sorted(json.loads(routing_json(LETTER))))
    def test_a_missing_field_is_named(self, missing: str) -> None:
        with pytest.raises(Rejected) as caught:
            read_routing(changed(**{missing: ...}))
        assert (caught.value.code, caught.value.first.element) == ("TRUC-506", f"routing.json/{missing}")

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("protocol", "1"),
            ("protocol", True),
            ("protocol", -1),
            ("letter_id", "../../etc/passwd"),
            ("letter_id", "019A9F6E-7A10-7C3B-9A55-1F2E3D4C5B6A"),
            ("letter_id", "019a9f6e-7a10-7c3b-9a55-1f2e3d4c5b6a\n"),
            ("letter_id", 7),
            ("kind", "letter"),
            ("origin", "../H14"),
            ("origin", ""),
            ("sender", "two words"),
            ("sender", None),
            ("recipients", []),
            ("recipients", {}),
            ("directory_version", 1.0),
            ("directory_version", 2**63),
            ("lane", "express"),
            ("rank", 4),
            ("rank", -1),
            ("rank", False),
            ("accepted_at", "2026-11-20T01:02:03Z"),
            ("accepted_at", "2026-11-20T01:02:03.000400+00:00"),
            ("accepted_at", "2026-11-31T01:02:03.000400Z"),
            ("expires_at", "soon"),
            ("expires_at", 1763600000),
            ("original_sha256", "AB" * 32),
            ("original_sha256", "ab" * 31),
            ("original_size", -1),
            ("enc", ""),
        ],
    )
    def test_a_field_of_a_bad_form_is_named(self, field: str, value: object) -> None:
        with pytest.raises(Rejected) as caught:
            read_routing(changed(**{field: value}))
        assert (caught.value.code, caught.value.first.element) == ("TRUC-506", f"routing.json/{field}")

    @pytest.mark.parametrize(
        ("rows", "element"),
        [
            ([7], "recipients[0]"),
            ([{"named": "a", "code": "a", "node": "A"}, {"named": "b", "code": "b"}], "recipients[1].node"),
            ([{"named": "a", "code": "a", "node": "a/b"}], "recipients[0].node"),
            ([{"named": "\ud800", "code": "a", "node": "A"}], "recipients[0].named"),
            ([{"named": "a", "code": "x" * 65, "node": "A"}], "recipients[0].code"),
            ([{"named": "a", "code": "a", "node": "A"}] * 2, "recipients[1].code"),
        ],
    )
    def test_a_bad_recipient_is_named_with_its_number(self, rows: list[Any], element: str) -> None:
        with pytest.raises(Rejected) as caught:
            read_routing(changed(recipients=rows))
        assert (caught.value.code, caught.value.first.element) == ("TRUC-506", f"routing.json/{element}")

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b"\xff",
            b'{"protocol":1}x',
            b'{"protocol":NaN}',
            b'{"protocol":1,"protocol":1}',
            b"[" * 100_000,
            b'{"protocol":' + b"9" * 5000 + b"}",
            "\ufeff{}".encode(),
        ],
    )
    def test_what_is_no_json_object_is_damaged(self, data: bytes) -> None:
        with pytest.raises(Rejected) as caught:
            read_routing(data)
        assert caught.value.code == "TRUC-506"

    def test_one_key_twice_is_damaged_even_if_each_is_good(self) -> None:
        """Two readers must never see two labels under one seal."""
        twice = routing_json(LETTER).replace(b'"rank":2', b'"rank":2,"rank":3')
        with pytest.raises(Rejected):
            read_routing(twice)

    @given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
    def test_noise_is_refused_and_nothing_else_happens(self, data: bytes) -> None:
        with pytest.raises(Rejected):
            read_routing(data)


def test_13_names_the_letters_it_takes_back_and_other_letters_name_none() -> None:
    back = (LetterId("01957000-0000-7000-8000-000000000001"),)
    asking = replace(LETTER, takes_back=back)
    assert read_routing(routing_json(asking)) == asking
    assert b"takes_back" not in routing_json(LETTER)


@pytest.mark.parametrize("given", ["x", [1], ["../.."], {}])
def test_rubbish_in_takes_back_is_refused(given: object) -> None:
    label = json.loads(routing_json(LETTER)) | {"takes_back": given}
    with pytest.raises(Rejected) as refused:
        read_routing(json.dumps(label).encode())
    assert refused.value.code == "TRUC-506"


def test_times_of_a_letter_are_written_only_where_there_are_any() -> None:
    hour = LETTER.accepted_at + timedelta(hours=3)
    timed = replace(LETTER, deliver_by=hour, signed_at=LETTER.accepted_at)
    assert read_routing(routing_json(timed)) == timed
    assert b"deliver_by" not in routing_json(LETTER)
    assert b"signed_at" not in routing_json(LETTER)


@pytest.mark.parametrize("key", ["deliver_by", "signed_at"])
@pytest.mark.parametrize(
    "given", [None, 17, "", "tomorrow", "2026-03-02T08:30:00+07:00", "2026-02-30T00:00:00.000000Z"]
)
def test_time_in_another_form_is_refused(key: str, given: object) -> None:
    label = json.loads(routing_json(LETTER)) | {key: given}
    with pytest.raises(Rejected) as refused:
        read_routing(json.dumps(label).encode())
    assert refused.value.code == "TRUC-506"
