"""
Editions: their bytes, their chain, and who may sign what.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import catalogue
from gateway.core.directory import Agency, Directory, NodeRow
from gateway.core.directory_change import Change, applied
from gateway.core.editions import (
    LARGEST,
    Edition,
    Held,
    Outlook,
    chain_objection,
    digest,
    edition_json,
    following,
    next_edition,
    read_edition,
    reason,
    trespasses,
)
from gateway.core.errors import Rejected
from gateway.core.model import AgencyCode, NodeId
from tests.kit.builders import CENTRAL, COMMUNE, OTHER_OFFICE, OTHER_PROVINCE, PROVINCE, PROVINCE_OFFICE
from tests.kit.clock import START

CENTRAL_ORGAN, PROVINCE_ORGAN, COMMUNE_ORGAN, OTHER_ORGAN = "AX.G22", "AX.H14", "AX.01.H14", "AX.H21"
NEWCOMER = AgencyCode("000.00.09.H14")


def row(code: str, node: str, parent: str = "", **fields: Any) -> Agency:
    return Agency(code=AgencyCode(code), name=f"Cơ quan {code}", node=NodeId(node), parent=parent, **fields)


def node(name: str, parent: str, organ: str) -> NodeRow:
    return NodeRow(id=NodeId(name), parent=NodeId(parent), organ_code=organ)


def axis() -> Directory:
    """Central, two provinces, a commune: each organ is below that of the node above."""
    return Directory(
        1,
        (
            node(CENTRAL, "", CENTRAL_ORGAN),
            node(PROVINCE, CENTRAL, PROVINCE_ORGAN),
            node(COMMUNE, PROVINCE, COMMUNE_ORGAN),
            node(OTHER_PROVINCE, CENTRAL, OTHER_ORGAN),
        ),
        (
            row(CENTRAL_ORGAN, CENTRAL),
            row(PROVINCE_ORGAN, PROVINCE, CENTRAL_ORGAN, tier="tỉnh"),
            row(PROVINCE_OFFICE, PROVINCE, PROVINCE_ORGAN, aliases=("H14.1",)),
            row(COMMUNE_ORGAN, COMMUNE, PROVINCE_ORGAN, tier="xã"),
            row(OTHER_ORGAN, OTHER_PROVINCE, CENTRAL_ORGAN, tier="tỉnh"),
            row(OTHER_OFFICE, OTHER_PROVINCE, OTHER_ORGAN),
        ),
    )


def edition(number: int = 1, previous: str = "", **changed: Any) -> Edition:
    change = Change(agencies=(row(NEWCOMER, PROVINCE, PROVINCE_ORGAN),))
    return replace(Edition(PROVINCE, number, previous, START, START, change), **changed)


# --- bytes ---------------------------------------------------------------------------------------

codes = st.text("ABCXYZ0123456789.", min_size=1, max_size=12)
names = st.text(min_size=1, max_size=20).map(str.strip).filter(bool)
agencies = st.builds(
    lambda code, name, locked, day: Agency(
        code=AgencyCode(code), name=name, node=PROVINCE, locked=locked, valid_to=day
    ),
    codes,
    names,
    st.booleans(),
    st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)
moments = st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
editions = st.builds(
    Edition,
    st.just(PROVINCE),
    st.integers(2, 10**6),
    st.binary(max_size=8).map(digest),
    moments,
    moments,
    st.builds(
        Change,
        agencies=st.lists(agencies, min_size=1, max_size=4, unique_by=lambda each: each.code).map(tuple),
    ),
)


@given(editions)
def test_edition_is_read_as_it_was_written(made: Edition) -> None:
    assert read_edition(edition_json(made)) == made


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_rubbish_is_refused_and_nothing_else_happens(data: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        read_edition(data)
    assert refused.value.code == catalogue.EDITION_UNREADABLE.code


@given(
    st.sampled_from(["signer", "edition", "previous", "published_at", "valid_from", "change"]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.lists(st.integers()),
)
def test_field_of_another_kind_is_refused_or_read(key: str, value: Any) -> None:
    tree = json.loads(edition_json(edition())) | {key: value}
    data = json.dumps(tree, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    with suppress(Rejected):  # nothing else may leave the room
        read_edition(data.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree.pop("signer"),
        lambda tree: tree.update(colour="red"),
        lambda tree: tree.update(signer="H14 "),
        lambda tree: tree.update(edition=0),
        lambda tree: tree.update(edition=True),
        lambda tree: tree.update(edition=2),
        lambda tree: tree.update(previous="0" * 64),
        lambda tree: tree.update(edition=2, previous="abc"),
        lambda tree: tree.update(valid_from="9999-12-31T23:59:59.999999Z"),
        lambda tree: tree.update(valid_from="2026-02-30T00:00:00.000000Z"),
        lambda tree: tree.update(published_at="2026-07-01"),
        lambda tree: tree.update(change={}),
        lambda tree: tree["change"].update(agencies=[{"code": "A", "name": "B"}]),
        lambda tree: tree["change"]["agencies"][0].update(lokced=True),
        lambda tree: tree["change"]["agencies"].append(tree["change"]["agencies"][0]),
        lambda tree: tree["change"]["removed_agencies"].append(NEWCOMER.lower()),
    ],
)
def test_edition_that_says_less_or_more_is_refused(change: Any) -> None:
    tree = json.loads(edition_json(edition()))
    change(tree)
    data = json.dumps(tree, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(Rejected):
        read_edition(data)


def test_another_spelling_of_the_same_edition_is_refused() -> None:
    tree = json.loads(edition_json(edition()))
    with pytest.raises(Rejected):
        read_edition(json.dumps(tree).encode())
    with pytest.raises(Rejected):
        read_edition(edition_json(edition()).replace(b'{"change"', b'{"signer":"H21","change"'))
    with pytest.raises(Rejected):
        read_edition(b"[" * 100_000)


def test_edition_holds_from_a_day_of_vietnam() -> None:
    evening = datetime(2026, 6, 30, 17, 0, tzinfo=UTC)  # midnight in Hà Nội
    assert edition(valid_from=evening).day == date(2026, 7, 1)
    assert edition(valid_from=evening - timedelta(seconds=1)).day == date(2026, 6, 30)


# --- chain ---------------------------------------------------------------------------------------


def test_each_edition_names_the_one_before() -> None:
    first = edition()
    held = Held(PROVINCE, 1, digest(edition_json(first)))
    second = edition(*following(held))
    assert (second.number, second.previous) == (2, held.sha256)
    assert chain_objection(first, None, START) is None
    assert chain_objection(second, held, START) is None


@pytest.mark.parametrize(
    ("made", "before"),
    [
        (edition(2, "0" * 64), None),
        (edition(1), Held(PROVINCE, 1, "0" * 64)),
        (edition(3, "0" * 64), Held(PROVINCE, 1, "0" * 64)),
        (edition(2, "1" * 64), Held(PROVINCE, 1, "0" * 64)),
        (edition(published_at=START + timedelta(hours=1)), None),
    ],
)
def test_broken_chain_is_refused(made: Edition, before: Held | None) -> None:
    objection = chain_objection(made, before, START)
    assert objection is not None
    assert objection.code == catalogue.EDITION_CHAIN.code


# --- who may sign what ---------------------------------------------------------------------------


def refused(signer: str, **change: Any) -> list[str]:
    """What of a change its signer may not say."""
    found = trespasses(NodeId(signer), Change(**change), Outlook(axis()))
    assert {finding.code for finding in found} <= {catalogue.EDITION_NOT_ENTITLED.code}
    return [finding.element for finding in found]


def of(code: str) -> Agency:
    return axis().agencies[AgencyCode(code)]


def test_node_signs_what_it_serves_and_what_is_below() -> None:
    renamed = replace(of(PROVINCE_OFFICE), name="Ủy ban nhân dân tỉnh")
    ward = node("H14.32", PROVINCE, "000.00.32.H14")
    new = row("000.00.32.H14", "H14.32", PROVINCE_ORGAN)
    closed = replace(of(COMMUNE_ORGAN), valid_to=date(2026, 6, 30), successor=OTHER_OFFICE)
    assert refused(PROVINCE, agencies=(renamed, new, closed), nodes=(ward,)) == []
    assert refused(PROVINCE, removed_nodes=(COMMUNE,), removed_agencies=(COMMUNE_ORGAN,)) == []
    assert refused(COMMUNE, agencies=(replace(of(COMMUNE_ORGAN), mail="xa@hoa-an.vn"),)) == []


def test_root_signs_the_list_of_provinces_and_moves_between_them() -> None:
    new = row("AX.H22", "H22", CENTRAL_ORGAN, tier="tỉnh")
    moved = node(COMMUNE, OTHER_PROVINCE, COMMUNE_ORGAN)
    assert refused(CENTRAL, nodes=(node("H22", CENTRAL, "AX.H22"), moved), agencies=(new,)) == []
    assert refused(CENTRAL, removed_nodes=(PROVINCE,), removed_agencies=(PROVINCE_ORGAN,)) == []
    assert refused(CENTRAL, agencies=(replace(of(PROVINCE_ORGAN), tier="bộ", parent=""),)) == []


@pytest.mark.parametrize("signer", [PROVINCE, COMMUNE, "H99"])
def test_node_signs_nothing_of_another_branch(signer: str) -> None:
    stolen = replace(of(OTHER_OFFICE), node=NodeId(signer))
    assert refused(signer, agencies=(stolen,)) != []
    assert refused(signer, agencies=(replace(of(OTHER_OFFICE), locked=True),)) != []
    assert refused(signer, agencies=(row(NEWCOMER, OTHER_PROVINCE, OTHER_ORGAN),)) != []
    assert refused(signer, nodes=(node(OTHER_PROVINCE, signer, OTHER_ORGAN),)) != []
    assert refused(signer, nodes=(node("H30", CENTRAL, "X"),)) != []
    assert refused(signer, removed_nodes=(OTHER_PROVINCE,)) != []
    assert refused(signer, removed_agencies=(OTHER_OFFICE,)) != []
    assert refused(signer, removed_nodes=(signer,)) != []


def test_node_does_not_move_itself_or_what_is_below_it_away() -> None:
    assert refused(PROVINCE, nodes=(node(PROVINCE, OTHER_PROVINCE, PROVINCE_ORGAN),)) == [PROVINCE]
    assert refused(PROVINCE, nodes=(node(PROVINCE, "", PROVINCE_ORGAN),)) == [PROVINCE]
    assert refused(PROVINCE, nodes=(node(COMMUNE, OTHER_PROVINCE, COMMUNE_ORGAN),)) == [COMMUNE]
    assert refused(PROVINCE, nodes=(replace(axis().nodes[PROVINCE], name="Cao Bằng"),)) == []


def test_parent_stays_the_signer_s_neighbour_of_above_however_it_is_written() -> None:
    assert refused("h14", agencies=(replace(of(PROVINCE_OFFICE), name="Tên mới"),)) == []


def test_code_of_another_is_not_taken_as_ones_own() -> None:
    assert refused(COMMUNE, agencies=(row("H14.1", COMMUNE, COMMUNE_ORGAN),)) == ["H14.1"]
    alias = replace(of(COMMUNE_ORGAN), aliases=(OTHER_OFFICE,))
    assert refused(COMMUNE, agencies=(alias,)) == [COMMUNE_ORGAN]


def test_list_on_which_an_agency_stands_is_kept_above() -> None:
    own = of(PROVINCE_ORGAN)
    for changed in (
        replace(own, tier="bộ"),
        replace(own, parent=""),
        replace(own, valid_to=date(2026, 6, 30)),
        replace(own, successor=OTHER_ORGAN),
    ):
        assert len(refused(PROVINCE, agencies=(changed,))) == 1
    assert refused(PROVINCE, removed_agencies=(PROVINCE_ORGAN,)) == [PROVINCE_ORGAN]
    assert refused(PROVINCE, agencies=(row(NEWCOMER, PROVINCE, ""),)) == [NEWCOMER]
    assert refused(COMMUNE, agencies=(row("X.1", COMMUNE, PROVINCE_ORGAN),)) == ["X.1"]


def test_tree_that_goes_in_a_circle_ends() -> None:
    loop = (node("H14.1", "H14.2", "X"), node("H14.2", "H14.1", "Y"))
    assert refused(PROVINCE, nodes=loop) == ["H14.1", "H14.2"]


def test_what_waits_counts_as_done() -> None:
    ward = Change(nodes=(node("H14.32", PROVINCE, "X"),), agencies=(row("X", "H14.32", PROVINCE_ORGAN),))
    later = Change(agencies=(row("X.1", "H14.32", "X"),))
    assert trespasses(PROVINCE, later, Outlook(axis())) != []
    assert trespasses(PROVINCE, later, Outlook(axis(), [ward])) == []
    moved = Change(nodes=(node(COMMUNE, OTHER_PROVINCE, COMMUNE_ORGAN),))
    renamed = Change(agencies=(replace(of(COMMUNE_ORGAN), name="Xã Hòa An"),))
    assert trespasses(PROVINCE, renamed, Outlook(axis(), [moved])) != []
    assert trespasses(OTHER_PROVINCE, renamed, Outlook(axis(), [moved])) == []


small_codes = st.sampled_from(["A", "B", "C", PROVINCE_OFFICE, OTHER_OFFICE, COMMUNE_ORGAN])
small_nodes = st.sampled_from([CENTRAL, PROVINCE, COMMUNE, OTHER_PROVINCE])
small_rows = st.builds(
    lambda code, at, aliases: row(code, at, PROVINCE_ORGAN, aliases=tuple(aliases)),
    small_codes,
    small_nodes,
    st.lists(st.sampled_from(["A", "B", "alias-1"]), max_size=2, unique=True),
)
small_changes = st.builds(
    Change,
    agencies=st.lists(small_rows, max_size=3, unique_by=lambda each: each.code).map(tuple),
    removed_agencies=st.lists(small_codes, max_size=1).map(tuple),
).filter(lambda change: not {each.code for each in change.agencies} & set(change.removed_agencies))


@given(st.lists(small_changes, max_size=3), small_codes)
def test_outlook_finds_who_the_changed_directory_would_find(changes: list[Change], code: str) -> None:
    """Where codes are used once: of two owners of one code `check` speaks."""
    after = axis()
    for change in changes:
        after = applied(after, change)
        owners = [each for agency in after.agency_rows for each in agency.codes]
        if len(set(owners)) != len(owners):
            return
    found, expected = Outlook(axis(), changes).find(code), after.find(code)
    assert (found and found.code, found and found.node) == (
        expected and expected.code,
        expected and expected.node,
    )


@given(small_changes, st.sampled_from([PROVINCE, COMMUNE, OTHER_PROVINCE]))
def test_what_a_node_may_sign_touches_nobody_else(change: Change, signer: NodeId) -> None:
    if trespasses(signer, change, Outlook(axis())):
        return
    before, after = axis(), applied(axis(), change)
    inside = Outlook(before)
    for agency in before.agency_rows:
        if not inside.is_within(agency.node, signer):
            assert after.agencies[agency.code] == agency


# --- publishing ----------------------------------------------------------------------------------


def test_next_edition_follows_what_is_held() -> None:
    change = Change(agencies=(replace(of(PROVINCE_OFFICE), name="Tên mới"),))
    made = next_edition(axis(), PROVINCE, change, START, Held(PROVINCE, 4, "a" * 64), START)
    assert (made.signer, made.number, made.previous) == (PROVINCE, 5, "a" * 64)
    with pytest.raises(Rejected) as foreign:
        next_edition(axis(), OTHER_PROVINCE, change, START, None, START)
    assert foreign.value.code == catalogue.EDITION_NOT_ENTITLED.code


def test_edition_that_would_be_too_large_is_never_made() -> None:
    rows = tuple(row(f"N{n}", PROVINCE, PROVINCE_ORGAN, mail="x" * 2000) for n in range(LARGEST // 2000))
    with pytest.raises(Rejected) as large:
        next_edition(axis(), PROVINCE, Change(agencies=rows), START, None, START)
    assert large.value.code == catalogue.EDITION_TOO_LARGE.code


def test_reason_tells_the_first_and_how_many_more() -> None:
    change = Change(removed_agencies=tuple(row.code for row in axis().agency_rows))
    told = reason(trespasses(COMMUNE, change, Outlook(axis())), most=2)
    assert told.count(" · ") == 2
    assert told.endswith("(+4)")
