"""What is due by law, when and by whom; and what is said where nothing is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.calendar import VIETNAM, Calendar
from gateway.core.deadlines import (
    Case,
    DueItem,
    DueState,
    Receipt,
    Reckoning,
    Word,
    due,
    due_date_end,
    is_copy,
    moment_of,
    watches_of_receiver,
    watches_of_sender,
)
from gateway.core.lifecycle import AUTOMATIC, NOTICE
from gateway.core.model import Kind, LetterFacts, Operation
from gateway.core.status_history import StatusLine, history
from gateway.core.time_limits import (
    CARRIED,
    HANDLED,
    PRESENTED,
    RETURNED,
    SENT,
    TOLD,
    Owner,
    Rule,
)
from gateway.core.tracking import StatusEvent

CALENDAR = Calendar()
SENDER, RECEIVER = "000.00.00.H14", "01.31.H14"
OPEN, MET, LATE, NO_DATA = DueState.OPEN, DueState.MET, DueState.LATE, DueState.NO_DATA


def at(text: str) -> datetime:
    """A moment written in the time of Vietnam."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


def said(moment: datetime | None) -> str:
    return moment.astimezone(VIETNAM).strftime("%a %Y-%m-%d %H:%M") if moment else ""


def case(issued: str = "2026/11/19", accepted: str = "2026-11-19 09:00", **more: object) -> Case:
    known = {name: more.pop(name) for name in ("signed_at", "deliver_by", "kind") if name in more}
    facts = LetterFacts(code="7/UBND-VX", issue_date=issued, sender_code=SENDER, **more)  # type: ignore[arg-type]
    whole = {"kind": Kind.DOCUMENT, **known}
    return Case(facts=facts, sender=SENDER, accepted_at=at(accepted), **whole)  # type: ignore[arg-type]


def lines(*statuses: tuple[str, str], description: str = "") -> tuple[StatusLine, ...]:
    """Statuses (code, when they arrived), reported at the very time."""
    return history(
        StatusEvent(
            RECEIVER,  # type: ignore[arg-type]
            code,
            f"{at(when).astimezone(VIETNAM):%Y/%m/%d %H:%M:%S}",
            at(when),
            description,
        )
        for code, when in statuses
    )


def receipt(*statuses: tuple[str, str], arrived: str | None = "2026-11-19 09:01") -> Receipt:
    came = at(arrived) if arrived else None
    return Receipt(agency=RECEIVER, arrived_at=came, statuses=lines(*statuses))


def items(
    letter: Case, given: Receipt | None = None, now: str = "2026-11-19 10:00", calendar: Calendar = CALENDAR
) -> dict[Rule, DueItem]:
    return {item.rule: item for item in due(letter, given, Reckoning(calendar, at(now)))}


def test_a_status_has_no_deadlines() -> None:
    assert items(case(kind=Kind.STATUS), receipt()) == {}


# --- sent ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("issued", "accepted", "due_at", "state"),
    [
        ("2026/11/19", "2026-11-19 16:00", "Fri 2026-11-20 11:30", MET),
        ("2026/11/19", "2026-11-20 11:29", "Fri 2026-11-20 11:30", MET),
        ("2026/11/19", "2026-11-20 11:30", "Fri 2026-11-20 11:30", LATE),
        ("2026/11/20", "2026-11-23 11:00", "Mon 2026-11-23 11:30", MET),  # signed on a Friday evening
        ("2026/11/20", "2026-11-23 13:00", "Mon 2026-11-23 11:30", LATE),
        ("2026/11/22", "2026-11-23 10:00", "Mon 2026-11-23 11:30", MET),  # signed on a Sunday
        ("2026/02/13", "2026-02-23 08:00", "Mon 2026-02-23 11:30", MET),  # over Tết 2026
        ("2027/02/03", "2027-02-11 08:00", "Thu 2027-02-11 11:30", MET),  # over Tết 2027
        ("2027/02/03", "2027-02-12 08:00", "Thu 2027-02-11 11:30", LATE),
        ("2026/04/29", "2026-05-04 11:00", "Mon 2026-05-04 11:30", MET),  # over 30 April and 1 May
        ("2026/08/21", "2026-08-22 11:00", "Sat 2026-08-22 11:30", MET),  # onto a make-up Saturday
        ("2026/08/21", "2026-08-24 08:00", "Sat 2026-08-22 11:30", LATE),
        ("19/11/2026", "2026-11-20 08:00", "Fri 2026-11-20 11:30", MET),
        ("2026-11-19 00:00:00", "2026-11-20 08:00", "Fri 2026-11-20 11:30", MET),
        ("2026/11/23", "2026-11-19 16:00", "Wed 2026-11-25 11:30", MET),  # sent before its date
    ],
)
def test_sent_by_the_next_working_morning(issued: str, accepted: str, due_at: str, state: DueState) -> None:
    item = items(case(issued, accepted))[SENT]
    assert (said(item.due_at), item.state) == (due_at, state)
    assert (item.by, item.rule.owner, item.fulfilled_at) == (SENDER, Owner.SENDER, at(accepted))


def test_the_time_of_the_signature_goes_before_the_date() -> None:
    """Dated on Thursday, signed on Friday half past midnight in Vietnam: 17:30 UTC of Thursday."""
    item = items(case("2026/11/19", "2026-11-23 09:00", signed_at=at("2026-11-20 00:30")))[SENT]
    assert (said(item.since), said(item.due_at)) == ("Fri 2026-11-20 00:30", "Mon 2026-11-23 11:30")
    assert item.state is MET


def test_a_minute_before_midnight_is_another_day() -> None:
    item = items(case("2026/11/19", "2026-11-23 09:00", signed_at=at("2026-11-19 23:59")))[SENT]
    assert (said(item.due_at), item.state) == ("Fri 2026-11-20 11:30", LATE)


@pytest.mark.parametrize(
    ("signed", "due_at"),
    [
        ("2026-11-19 10:00", "Fri 2026-11-20 00:00"),
        ("2026-11-20 18:00", "Mon 2026-11-23 11:30"),
    ],
)
def test_an_urgent_one_is_sent_on_its_day(signed: str, due_at: str) -> None:
    letter = case("2026/11/19", "2026-11-20 08:00", priority=3, signed_at=at(signed))
    assert said(items(letter)[SENT].due_at) == due_at


def test_of_an_urgent_one_without_an_hour_the_evening_is_assumed() -> None:
    item = items(case("2026/11/19", "2026-11-20 08:00", priority=1))[SENT]
    assert (said(item.since), said(item.due_at), item.state) == (
        "Thu 2026-11-19 23:59",
        "Fri 2026-11-20 11:30",
        MET,
    )


@pytest.mark.parametrize("issued", ["", "hôm nay", "2026/02/30", "9999/12/31", "0001/01/01"])
def test_without_a_date_nothing_is_known(issued: str) -> None:
    item = items(case(issued))[SENT]
    assert (item.state, item.due_at, item.since) == (NO_DATA, None, None)


@pytest.mark.parametrize(
    ("code", "document_id", "is_one"),
    [
        ("12/SY-UBND", "", True),
        ("12/TrS-UBND", "", True),
        ("12/SL-UBND", "", True),
        ("SY-UBND", "", True),
        ("12/UBND-SY", "", False),  # an organ may be called so
        ("12/QĐ-UBND", "000.00.00.G22,2015/09/30,7816/VPCP-TTĐT", True),  # of another organ
        ("12/QĐ-UBND", f"{SENDER},2026/11/19,12/QĐ-UBND", False),
        ("12/QĐ-UBND", "H14,2026/11/19,12/QĐ-UBND", False),  # its other code
        ("12/QĐ-UBND", "7f1e7a38-0000-4000-8000-000000000001", False),
        ("", ",", False),
    ],
)
def test_copies_of_other_organs_are_no_late_sends(code: str, document_id: str, is_one: bool) -> None:
    facts = LetterFacts(code=code, document_id=document_id, issue_date="2015/09/30", sender_code=SENDER)

    def same_organ(a: str, b: str) -> bool:
        return {a, b} <= {SENDER, "H14"}

    assert is_copy(facts, SENDER, same_organ=same_organ) is is_one
    letter = Case(kind=Kind.DOCUMENT, facts=facts, sender=SENDER, accepted_at=at("2026-11-19 09:00"))
    (item,) = due(letter, None, Reckoning(CALENDAR, at("2026-11-19 10:00")), same_organ=same_organ)
    assert item.state is (NO_DATA if is_one else LATE)


# --- received -----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["01", "03", "02", "05", "06"])
def test_the_sender_is_told_on_the_same_day(code: str) -> None:
    item = items(case(), receipt((code, "2026-11-19 23:59")))[TOLD]
    assert (item.state, said(item.due_at), item.by) == (MET, "Fri 2026-11-20 00:00", RECEIVER)


def test_a_minute_after_midnight_is_late() -> None:
    assert items(case(), receipt(("01", "2026-11-20 00:00")))[TOLD].state is LATE


def test_silence_about_the_receipt_is_open_on_its_day_and_late_after_it() -> None:
    assert items(case(), receipt(), "2026-11-19 23:59")[TOLD].state is OPEN
    assert items(case(), receipt(), "2026-11-20 00:00")[TOLD].state is LATE


def test_the_01_that_the_gateway_made_counts_and_a_notice_of_the_axis_does_not() -> None:
    made = Receipt(
        agency=RECEIVER,
        arrived_at=at("2026-11-19 09:01"),
        statuses=lines(("01", "2026-11-19 10:00"), description=AUTOMATIC),
    )
    assert items(case(), made)[TOLD].state is MET
    notice = Receipt(
        agency=RECEIVER,
        arrived_at=at("2026-11-19 09:01"),
        statuses=lines(("02", "2026-11-19 10:00"), description=f"{NOTICE}512 …"),
    )
    assert items(case(), notice, "2026-11-19 11:00")[TOLD].state is OPEN
    assert RETURNED not in items(case(), notice)


def test_the_time_that_the_status_tells_counts_if_it_is_likely() -> None:
    """A status that was on its way over a cut link for a week is not late; one from before the letter is."""
    for told, when in (("2026/11/19 10:00:00", "2026-11-19 10:00"), ("2026/11/18 10:00:00", None)):
        event = StatusEvent(RECEIVER, "03", told, at("2026-11-26 10:00"))  # type: ignore[arg-type]
        given = Receipt(agency=RECEIVER, arrived_at=at("2026-11-19 09:01"), statuses=history([event]))
        assert items(case(), given)[TOLD].fulfilled_at == at(when or "2026-11-26 10:00")


def test_before_it_has_arrived_no_clock_of_the_receiver_runs() -> None:
    found = items(case(), receipt(arrived=None), "2026-12-31 10:00")
    assert [(found[rule].state, found[rule].since) for rule in (TOLD, PRESENTED)] == [(OPEN, None)] * 2


@pytest.mark.parametrize(
    ("arrived", "due_at"),
    [
        ("2026-11-19 09:01", "Sat 2026-11-21 00:00"),
        ("2026-11-20 16:00", "Tue 2026-11-24 00:00"),  # Friday: on Monday
        ("2026-11-21 08:00", "Tue 2026-11-24 00:00"),
        ("2026-02-13 16:00", "Tue 2026-02-24 00:00"),  # the Friday before Tết
        ("2026-08-21 16:00", "Sun 2026-08-23 00:00"),  # a make-up Saturday
    ],
)
def test_presented_by_the_next_working_day(arrived: str, due_at: str) -> None:
    item = items(case(), receipt(arrived=arrived))[PRESENTED]
    assert said(item.due_at) == due_at


def test_an_urgent_one_is_presented_on_its_day() -> None:
    item = items(case(priority=4), receipt(("04", "2026-11-19 15:00")))[PRESENTED]
    assert (said(item.due_at), item.state) == ("Fri 2026-11-20 00:00", MET)


@pytest.mark.parametrize("code", ["04", "05"])
def test_presentation_that_was_reported_is_judged(code: str) -> None:
    assert items(case(), receipt((code, "2026-11-20 23:00")))[PRESENTED].state is MET
    assert items(case(), receipt((code, "2026-11-21 01:00")))[PRESENTED].state is LATE


@pytest.mark.parametrize("statuses", [(), (("01", "2026-11-19 10:00"), ("06", "2026-11-25 10:00"))])
def test_a_system_without_04_and_05_is_never_late_with_presenting(
    statuses: tuple[tuple[str, str], ...],
) -> None:
    given = receipt(*statuses)
    assert items(case(), given, "2026-11-20 10:00")[PRESENTED].state is OPEN
    assert items(case(), given, "2027-01-20 10:00")[PRESENTED].state is NO_DATA


@pytest.mark.parametrize(
    ("done", "state"),
    [("2026-11-30 23:59", MET), ("2026-12-01 00:00", LATE), ("2026-11-20 08:00", MET)],
)
def test_handled_until_the_end_of_the_due_date(done: str, state: DueState) -> None:
    item = items(case(due_date="2026/11/30"), receipt(("06", done)), "2026-12-24 10:00")[HANDLED]
    assert (said(item.due_at), item.state) == ("Tue 2026-12-01 00:00", state)


def test_the_due_date_passes_without_a_06() -> None:
    letter, given = case(due_date="30/11/2026"), receipt(("03", "2026-11-19 10:00"))
    assert items(letter, given, "2026-11-30 23:59")[HANDLED].state is OPEN
    assert items(letter, given, "2026-12-01 00:00")[HANDLED].state is LATE


@pytest.mark.parametrize(("answered", "state"), [("2026-11-29 10:00", MET), ("2026-12-01 09:00", LATE)])
def test_a_reply_handles_it_without_a_06(answered: str, state: DueState) -> None:
    given = replace(receipt(("01", "2026-11-19 10:00")), answered_at=at(answered))
    item = items(case(due_date="2026/11/30"), given, "2026-12-24 10:00")[HANDLED]
    assert (item.state, item.fulfilled_at) == (state, at(answered))


def test_of_a_06_and_a_reply_the_earlier_counts() -> None:
    given = replace(receipt(("06", "2026-11-20 10:00")), answered_at=at("2026-11-29 10:00"))
    assert items(case(due_date="2026/11/30"), given)[HANDLED].fulfilled_at == at("2026-11-20 10:00")


def test_without_a_due_date_the_axis_knows_no_limit() -> None:
    assert HANDLED not in items(case(), receipt())
    assert items(case(due_date="sớm nhất"), receipt())[HANDLED].state is NO_DATA


def test_a_refused_document_need_not_be_presented_or_handled() -> None:
    found = items(case(due_date="2026/11/20"), receipt(("02", "2026-11-19 15:00")), "2026-12-24 10:00")
    assert {rule.name: item.state for rule, item in found.items()} == {
        "sent": MET,
        "told": MET,
        "returned": MET,
    }
    assert found[RETURNED].due_at is None  # the law says «kịp thời», no number


def test_what_was_given_back_need_not_be_handled() -> None:
    given = receipt(("01", "2026-11-19 10:00"), ("13", "2026-11-19 11:00"), ("15", "2026-11-19 12:00"))
    assert items(case(due_date="2026/11/20"), given, "2026-12-24 10:00").keys() == {SENT, TOLD}


@pytest.mark.parametrize("answer", ["15", "16"])
def test_a_recall_is_handled_by_its_answer(answer: str) -> None:
    letter = case(due_date="2026/11/20", operation=Operation.RECALL)
    found = items(letter, receipt((answer, "2026-11-19 12:00")), "2026-12-24 10:00")
    assert found[HANDLED].state is MET


# --- an hour known from elsewhere ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrived", "now", "state"),
    [
        ("2026-11-19 09:59", "2026-11-19 12:00", MET),
        ("2026-11-19 10:00", "2026-11-19 12:00", LATE),
        (None, "2026-11-19 09:59", OPEN),
        (None, "2026-11-19 10:00", LATE),
    ],
)
def test_a_timed_document_must_arrive_by_its_hour(arrived: str | None, now: str, state: DueState) -> None:
    letter = case(priority=4, deliver_by=at("2026-11-19 10:00"))
    item = items(letter, receipt(arrived=arrived), now)[CARRIED]
    assert (item.state, item.rule.owner, item.by) == (state, Owner.AXIS, "")


def test_without_an_hour_the_axis_promises_none() -> None:
    assert CARRIED not in items(case(priority=4), receipt())


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026/11/19 08:05:09", "2026-11-19 08:05:09"),
        ("19/11/2026 08:05:09", "2026-11-19 08:05:09"),
        ("2026-11-19T08:05", "2026-11-19 08:05:00"),
        ("2026/11/19 8:05:09.123", "2026-11-19 08:05:09"),
    ],
)
def test_timestamps_are_of_vietnam(text: str, moment: str) -> None:
    assert moment_of(text) == at(moment)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026/11/19",
        "2026/11/19 25:00:00",
        "2026/11/19 08:60",
        "x 08:00",
        "9999/12/31 10:00",
        "2026/11/19 ٠٨:٠٠x",
    ],
)
def test_what_is_no_timestamp_is_none(text: str) -> None:
    assert moment_of(text) is None


@given(st.text(max_size=40))
def test_rubbish_of_senders_is_never_an_error(text: str) -> None:
    facts = LetterFacts(code=text, document_id=text, issue_date=text, due_date=text, sender_code=text)
    letter = Case(kind=Kind.DOCUMENT, facts=facts, sender=text, accepted_at=at("2026-11-19 09:00"))
    event = StatusEvent(RECEIVER, "06", text, at("2026-11-20 10:00"))  # type: ignore[arg-type]
    given_ = Receipt(agency=RECEIVER, arrived_at=at("2026-11-19 09:01"), statuses=history([event]))
    found = due(letter, given_, Reckoning(CALENDAR, at("2026-11-25 10:00")))
    assert {item.rule for item in found} >= {SENT, TOLD, PRESENTED}


@given(st.dates())
def test_a_due_date_ends_with_its_day_or_is_none(day: object) -> None:
    end = due_date_end(str(day).replace("-", "/"))
    assert end is None or str((end - timedelta(microseconds=1)).astimezone(VIETNAM).date()) == str(day)


def test_words_of_a_state_are_those_of_the_console() -> None:
    assert (LATE.vi, NO_DATA.vi) == ("quá hạn", "không có dữ liệu")
    assert (LATE.en, NO_DATA.en) == ("late", "no data")


# --- of whom is reminded of what -----------------------------------------------------------------


def watched(of: Case) -> list[tuple[Rule, Word]]:
    reckoning = Reckoning(CALENDAR, of.accepted_at)
    found = watches_of_sender(of, reckoning, same_organ=lambda a, b: a == b)
    return [(watch.rule, watch.first) for watch in found]


def test_sender_is_told_of_what_was_late_when_it_came() -> None:
    assert watched(case(accepted="2026-11-20 09:00")) == []
    assert watched(case(accepted="2026-11-20 15:00")) == [(SENT, Word.OVERDUE)]
    assert watched(case(accepted="2026-11-20 15:00", signed_at=at("2026-11-20 08:00"))) == []


def test_sender_is_told_of_nothing_where_nothing_is_known() -> None:
    for issued in ("", "hôm qua", "9999/12/31"):
        assert watched(case(issued, accepted="2026-11-27 15:00")) == []
    assert watched(case(accepted="2026-11-27 15:00", document_id="G22,2026/11/19,7/UBND-VX")) == []
    assert watched(case(accepted="2026-11-27 15:00", kind=Kind.STATUS)) == []


def test_hour_is_watched_whatever_else_is_late() -> None:
    hour = at("2026-11-20 17:00")
    both = case(accepted="2026-11-20 15:00", deliver_by=hour)
    assert watched(both) == [(SENT, Word.OVERDUE), (CARRIED, Word.SOON)]
    assert watched(case(deliver_by=hour, kind=Kind.STATUS)) == []


def test_receiver_owes_the_receipt_on_the_day_and_the_answer_by_its_date() -> None:
    arrived = at("2026-11-21 23:59")  # a Saturday: the law says the same day
    (told,) = watches_of_receiver("", arrived)
    assert (told.rule, told.first, told.due_at) == (TOLD, Word.OVERDUE, at("2026-11-22 00:00"))
    found = watches_of_receiver("2026/11/25", arrived)
    assert [(w.rule, w.first) for w in found] == [(TOLD, Word.OVERDUE), (HANDLED, Word.SOON)]
    assert len(watches_of_receiver("sớm nhất", arrived)) == 1
