"""
Tracking: where a letter is, from what nodes said about it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from gateway.core.catalogue import NO_SEAL, NOT_ENTITLED, SEAL_FAILED, SEAL_UNDETERMINED
from gateway.core.delivery import Delivery, State, Target
from gateway.core.directory import Directory, from_rows
from gateway.core.errors import Rejected
from gateway.core.model import (
    Addressee,
    AgencyCode,
    Kind,
    Lane,
    LetterFacts,
    LetterId,
    NodeId,
    Operation,
    Routing,
)
from gateway.core.stages import Stage
from gateway.core.tracking import (
    HopEvent,
    RecipientTrack,
    StatusEvent,
    Tracking,
    read_hop,
    trace,
    write_hop,
)
from signing.verdict import Outcome

ACCEPTED = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LETTER = LetterId("019ab000-0000-7000-8000-000000000001")
NODES = (
    ("G22", ""),
    ("H14", "G22"),
    ("H14.31", "H14"),
    ("H14.31.05", "H14.31"),
    ("H21", "G22"),
    ("H21.10", "H21"),
    ("H21.10.02", "H21.10"),
)
WAY = ("H14.31.05", "H14.31", "H14", "G22", "H21", "H21.10", "H21.10.02")
NEAR, FAR, MERGED, HEIR = (AgencyCode(c) for c in ("near", "far", "merged", "heir"))


def directory() -> Directory:
    nodes = [{"id": i, "parent": p, "name": f"Nút {i}", "organ_code": f"organ-{i}"} for i, p in NODES]
    agencies = [
        {"code": NEAR, "name": "UBND xã Trường Hà", "node": "H14.31.05"},
        {"code": FAR, "name": "UBND xã Ia Pa", "node": "H21.10.02"},
        {"code": MERGED, "name": "Xã cũ", "node": "H21.10.02", "successor": HEIR, "valid_to": "2025-06-30"},
        {"code": HEIR, "name": "Xã mới", "node": "H21.10.02"},
    ]
    return from_rows(1, nodes, agencies)


@dataclass(frozen=True)
class Letter:
    routing: Routing
    facts: LetterFacts
    received_at: datetime


@dataclass(frozen=True)
class Known:
    letter: Letter
    deliveries: tuple[Delivery, ...] = ()
    hops: tuple[HopEvent, ...] = ()
    statuses: tuple[StatusEvent, ...] = ()


def letter(*codes: AgencyCode, operation: Operation = Operation.NEW) -> Letter:
    where = {row.code: row.node for row in directory().agency_rows}
    routing = Routing(
        protocol=1,
        letter_id=LETTER,
        kind=Kind.DOCUMENT,
        origin=NodeId("H14.31.05"),
        sender=NEAR,
        recipients=tuple(Addressee(code, code, where[code]) for code in codes or (FAR,)),
        directory_version=1,
        lane=Lane.NORMAL,
        rank=0,
        accepted_at=ACCEPTED,
        expires_at=ACCEPTED + timedelta(days=7),
        original_sha256="0" * 64,
        original_size=1234,
    )
    return Letter(routing, LetterFacts(code="7/UBND", operation=operation), ACCEPTED)


def after(seconds: float) -> datetime:
    return ACCEPTED + timedelta(seconds=seconds)


def hop(node: str, target: str, state: State, seconds: float, code: str = "") -> HopEvent:
    return HopEvent(LETTER, NodeId(node), target, state, after(seconds), code)


def taken(upto: int) -> tuple[HopEvent, ...]:
    """The letter crossed the first `upto` links of the way, one each ten seconds."""
    return tuple(
        hop(node, f"link:{to}", State.TAKEN, 10 * (place + 1))
        for place, (node, to) in enumerate(pairwise(WAY[: upto + 1]))
    )


def delivery(target: Target, state: State, seconds: float = 0, **changes: object) -> Delivery:
    plain = Delivery(
        letter_id=LETTER,
        target=target,
        state=state,
        lane=Lane.NORMAL,
        rank=0,
        size=1234,
        since=after(seconds),
        due_at=after(seconds),
        expires_at=ACCEPTED + timedelta(days=7),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def only(known: Known, here: str = "H14.31.05") -> RecipientTrack:
    (track,) = traced(known, here).recipients
    return track


def traced(known: Known, here: str = "H14.31.05") -> Tracking:
    return trace(known, here=NodeId(here), directory=directory())


UP = Target(neighbour=NodeId("H14.31"))


# Each row: what is known → where the letter is, how many links lie behind it, in which stage, who has it.
@pytest.mark.parametrize(
    ("known", "at", "crossed", "stage", "holder"),
    [
        (Known(letter()), "H14.31.05", 0, Stage.ON_THE_WAY, "H14.31.05"),
        (Known(letter(), (delivery(UP, State.QUEUED),)), "H14.31.05", 0, Stage.ON_THE_WAY, "H14.31.05"),
        (Known(letter(), (delivery(UP, State.SENT, 5),)), "H14.31.05", 0, Stage.SENT, "H14.31.05"),
        (Known(letter(), (delivery(UP, State.TAKEN, 10),)), "H14.31", 1, Stage.ON_THE_WAY, "H14.31"),
        (Known(letter(), (delivery(UP, State.HELD),)), "H14.31.05", 0, Stage.HELD, "H14.31.05"),
        (Known(letter(), hops=taken(3)), "G22", 3, Stage.ON_THE_WAY, "G22"),
        (Known(letter(), hops=taken(6)), "H21.10.02", 6, Stage.ON_THE_WAY, "H21.10.02"),
        (
            Known(letter(), hops=(*taken(6), hop("H21.10.02", "agency:far", State.WAITING, 61))),
            *("H21.10.02", 6, Stage.WAITING, "H21.10.02"),
        ),
        (
            Known(letter(), hops=(*taken(6), hop("H21.10.02", "agency:far", State.DELIVERED, 61))),
            *("H21.10.02", 6, Stage.DELIVERED, "far"),
        ),
        (
            Known(letter(), hops=(*taken(2), hop("H14", "link:G22", State.QUARANTINED, 61, "TRUC-511"))),
            *("H14", 2, Stage.QUARANTINED, "H14"),
        ),
        (
            Known(letter(), hops=(*taken(4), hop("H21", "link:H21.10", State.RETURNED, 61, "TRUC-503"))),
            *("H21", 4, Stage.RETURNED, "H21"),
        ),
        (
            Known(letter(), hops=(*taken(4), hop("H21", "link:H21.10", State.STOPPED, 61))),
            *("H21", 4, Stage.STOPPED, "H21"),
        ),
        (  # what another branch of the tree says is not about this recipient
            Known(letter(), hops=(*taken(2), hop("H14", "link:H14.32", State.TAKEN, 70))),
            *("H14", 2, Stage.ON_THE_WAY, "H14"),
        ),
    ],
)
def test_letter_is_where_the_last_word_places_it(
    known: Known, at: str, crossed: int, stage: Stage, holder: str
) -> None:
    track = only(known)
    assert (track.at, len(track.crossings), track.stage, track.holder) == (at, crossed, stage, holder)
    assert track.way == WAY


def test_each_hop_has_its_time_and_duration() -> None:
    crossings = only(Known(letter(), hops=taken(6))).crossings
    assert [(c.from_node, c.to_node) for c in crossings] == list(pairwise(WAY))
    assert [c.at for c in crossings] == [after(10 * n) for n in range(1, 7)]
    assert [c.seconds for c in crossings] == [10.0] * 6


def test_lost_report_leaves_a_hop_without_time_and_no_letter_behind() -> None:
    """The hop is certain, since a later node speaks of the letter; when it happened is not."""
    heard = (*taken(1), *taken(4)[3:])
    track = only(Known(letter(), hops=heard))
    assert track.at == "H21"
    assert [c.at for c in track.crossings] == [after(10), None, None, after(40)]
    assert [c.seconds for c in track.crossings] == [10.0, None, None, None]


def test_slow_clock_of_a_neighbour_never_makes_a_hop_negative() -> None:
    hops = (*taken(1), hop("H14.31", "link:H14", State.TAKEN, 4))
    assert [c.seconds for c in only(Known(letter(), hops=hops)).crossings] == [10.0, 0.0]


def test_latest_word_of_a_node_counts_whatever_order_it_came_in() -> None:
    late = hop("H14.31", "link:H14", State.TAKEN, 30)
    early = hop("H14.31", "link:H14", State.QUEUED, 20, "TRUC-504")
    assert only(Known(letter(), hops=(*taken(1), late, early))).at == "H14"


def test_own_delivery_is_truer_than_an_old_hop_event_about_it() -> None:
    own = delivery(UP, State.TAKEN, 10)
    old = hop("H14.31.05", "link:H14.31", State.QUEUED, 5, "TRUC-504")
    assert only(Known(letter(), (own,), (old,))).at == "H14.31"


def test_failed_tries_show_the_next_one_and_why_in_both_languages() -> None:
    failed = delivery(UP, State.QUEUED, failures=2, last_code="TRUC-504", due_at=after(40), since=after(20))
    track = only(Known(letter(), (failed,)))
    assert (track.stage, track.next_try_at, track.since) == (Stage.RETRYING, after(40), after(20))
    assert track.last_code == "TRUC-504"
    assert track.last_code_vi == "Không nối được tới nút kề H14.31"
    assert track.last_code_en == "The neighbour H14.31 cannot be reached"


def test_letter_that_waits_its_turn_shows_no_next_try() -> None:
    assert only(Known(letter(), (delivery(UP, State.QUEUED),))).next_try_at is None


def test_transit_node_that_waits_for_its_next_try_is_shown_with_it() -> None:
    event = replace(hop("H14", "link:G22", State.QUEUED, 30, "TRUC-504"), next_try_at=after(90))
    track = only(Known(letter(), hops=(*taken(2), event)))
    assert (track.at, track.stage, track.next_try_at) == ("H14", Stage.RETRYING, after(90))


def test_next_try_of_a_letter_that_was_sent_is_not_shown() -> None:
    """A node that is asked again tells every `due_at`; only that of a queued letter is a try."""
    event = replace(hop("H14", "link:G22", State.SENT, 30), next_try_at=after(90))
    assert only(Known(letter(), hops=(*taken(2), event))).next_try_at is None


def test_letter_that_a_silent_neighbour_was_sent_shows_when_it_is_offered_again() -> None:
    event = replace(hop("H14", "link:G22", State.SENT, 30, "TRUC-504"), next_try_at=after(90))
    track = only(Known(letter(), hops=(*taken(2), event)))
    assert (track.at, track.stage, track.last_code) == ("H14", Stage.SENT, "TRUC-504")
    assert track.next_try_at == after(90)
    own = delivery(UP, State.SENT, last_code="TRUC-504", due_at=after(90))
    assert only(Known(letter(), (own,))).next_try_at == after(90)


def test_unknown_code_of_a_newer_node_is_shown_without_words() -> None:
    track = only(Known(letter(), (delivery(UP, State.QUEUED, failures=1, last_code="TRUC-999"),)))
    assert (track.last_code, track.last_code_vi, track.last_code_en) == ("TRUC-999", "", "")


def test_receiving_node_knows_what_it_holds_itself() -> None:
    held = replace(letter(), received_at=after(60))
    door = delivery(Target(agency=FAR), State.WAITING, 61)
    track = only(Known(held, (door,)), here="H21.10.02")
    assert (track.at, track.stage, track.since) == ("H21.10.02", Stage.WAITING, after(61))
    assert [c.at for c in track.crossings] == [None] * 5 + [after(60)]


def test_letter_within_one_node_crosses_nothing() -> None:
    track = only(Known(letter(NEAR), (delivery(Target(agency=NEAR), State.WAITING),)))
    assert (track.way, track.crossings, track.stage) == (("H14.31.05",), (), Stage.WAITING)


def test_code_that_closed_on_the_way_is_served_by_its_successor() -> None:
    hops = (*taken(6), hop("H21.10.02", "agency:heir", State.DELIVERED, 65))
    track = only(Known(letter(MERGED), hops=hops))
    assert (track.named, track.code, track.name, track.holder) == (MERGED, HEIR, "Xã mới", HEIR)


def test_each_recipient_has_its_own_place() -> None:
    here = delivery(Target(agency=NEAR), State.DELIVERED, 3)
    tracking = traced(Known(letter(FAR, NEAR), (here,), taken(2)))
    assert [(r.code, r.at, r.is_final) for r in tracking.recipients] == [
        (FAR, "H14", False),
        (NEAR, "H14.31.05", True),
    ]
    assert not tracking.is_final


def test_node_that_left_the_directory_is_still_shown_as_destination() -> None:
    gone = letter()
    lost = Addressee(FAR, FAR, NodeId("H99"))
    known = Known(replace(gone, routing=replace(gone.routing, recipients=(lost,))))
    assert only(known).way == ("H14.31.05", "H99")


def test_statuses_belong_to_their_recipient() -> None:
    said = StatusEvent(FAR, "03", "2026/11/23 09:00:00", after(100), staff="Văn thư")
    other = StatusEvent(NEAR, "06", "2026/11/23 09:00:00", after(100))
    track = only(Known(letter(), hops=taken(6), statuses=(said, other)))
    assert track.status is not None
    assert (track.status.code, track.status.staff, len(track.statuses)) == ("03", "Văn thư", 1)


def test_status_of_a_successor_counts_for_the_code_it_follows() -> None:
    hops = (*taken(6), hop("H21.10.02", "agency:heir", State.DELIVERED, 65))
    said = (StatusEvent(HEIR, "03", "", after(90)), StatusEvent(MERGED, "01", "", after(80)))
    track = only(Known(letter(MERGED), hops=hops, statuses=said))
    assert [line.code for line in track.statuses] == ["01", "03"]


@pytest.mark.parametrize("next_try_at", [None, after(90)])
def test_hop_event_survives_the_wire(next_try_at: datetime | None) -> None:
    event = replace(hop("H14", "link:G22", State.QUEUED, 30, "TRUC-504"), next_try_at=next_try_at)
    assert read_hop(write_hop(event)) == event


@pytest.mark.parametrize(
    "change",
    [
        {"state": "flying"},
        {"at": "yesterday"},
        {"at": "2026-11-23T01:00:00"},  # no zone
        {"at": None},
        {"node": 14},
        {"next_try_at": 5},
        {"target": None},
    ],
)
def test_hop_event_that_is_none_is_refused(change: dict[str, object]) -> None:
    told = {**write_hop(hop("H14", "link:G22", State.TAKEN, 30)), **change}
    with pytest.raises(Rejected) as refused:
        read_hop(told)
    assert refused.value.code == "TRUC-506"


def test_hop_event_without_a_field_is_refused() -> None:
    told = write_hop(hop("H14", "link:G22", State.TAKEN, 30))
    del told["letter_id"]
    with pytest.raises(Rejected):
        read_hop(told)


# --- who has it since when, and what its seal was worth ------------------------------------------


def test_node_that_holds_it_is_told_with_the_moment_it_got_it() -> None:
    stuck = replace(hop("G22", "link:H21", State.QUEUED, 500, "TRUC-504"), next_try_at=after(900), attempts=4)
    track = only(Known(letter(), hops=(*taken(3), stuck)))
    assert (track.at, track.next_node, track.held_since) == ("G22", "H21", after(30))
    assert (track.since, track.next_try_at, track.attempts) == (after(500), after(900), 4)


def test_own_tries_are_counted() -> None:
    own = delivery(UP, State.QUEUED, 50, failures=2, attempts=2, last_code="TRUC-504", due_at=after(90))
    track = only(Known(letter(), deliveries=(own,)))
    assert (track.attempts, track.held_since, track.next_node) == (2, ACCEPTED, "H14.31")


@pytest.mark.parametrize(
    ("state", "code", "verdict"),
    [
        (State.WAITING, "", Outcome.PASSED),
        (State.DELIVERED, "", Outcome.PASSED),
        (State.RETURNED, SEAL_FAILED.code, Outcome.FAILED),
        (State.RETURNED, NO_SEAL.code, Outcome.FAILED),
        (State.RETURNED, NOT_ENTITLED.code, Outcome.PASSED),
        (State.QUEUED, SEAL_UNDETERMINED.code, Outcome.UNDETERMINED),
        (State.QUEUED, "TRUC-504", None),
        (State.RETURNED, "TRUC-503", None),
    ],
)
def test_verdict_about_the_seal_is_that_of_the_serving_node(
    state: State, code: str, verdict: Outcome | None
) -> None:
    door = hop("H21.10.02", f"agency:{FAR}", state, 100, code)
    assert only(Known(letter(), hops=(*taken(6), door))).seal is verdict


def test_seal_that_nobody_looked_at_has_no_verdict() -> None:
    assert only(Known(letter(), hops=taken(3))).seal is None
