"""
What many agencies ask all day costs the same however much the node has kept. SQLite only: it has no
statistics, so an index that looks better than it is would mislead it for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, event, literal, select

from gateway.core.delivery import State, Target
from gateway.core.diary import Direction
from gateway.core.model import Kind, LetterFacts
from gateway.core.periods import month_of
from gateway.ports import (
    BoxWish,
    Channel,
    DiaryPage,
    JournalWish,
    LetterWish,
    NoticeState,
    SentWish,
    Trouble,
    TroubleGroup,
    Wanted,
)
from gateway.store import (
    alerts,
    answers,
    crossings,
    diary,
    figures,
    finding,
    journal_lines,
    judged_duties,
    letterbox,
    mailbox,
    notices,
    partners,
    reminders,
    repairs,
    reports,
    search,
    tracking,
    traffic,
)
from tests.contract.conftest import Database
from tests.kit.builders import CENTRAL, PROVINCE, PROVINCE_OFFICE, letter_id
from tests.kit.clock import START

WHOSE = [PROVINCE_OFFICE]
PAST = mailbox.Past(WHOSE, Kind.DOCUMENT, 0, START, 9)
SENT, CAME = (
    DiaryPage(direction=direction, since=START, until=START, after="1.1")
    for direction in (Direction.OUT, Direction.IN)
)


DRAW = reports.Draw(PROVINCE_OFFICE, month_of(START.date()), "seed", 9)


def find(**wanted: Any) -> Callable[[Connection], object]:
    return lambda c: search.find_letters(c, WHOSE, Wanted(**wanted), None, 9)


QUESTIONS: dict[str, tuple[Callable[[Connection], object], set[str]]] = {
    "earlier": (
        lambda c: tracking.earlier(c, PROVINCE_OFFICE, LetterFacts(document_id="a", code="b")),
        {"ix_letters_document", "ix_letters_code"},
    ),
    "by a name": (find(text="a"), {"ix_letters_document", "ix_letters_code"}),
    "by id": (find(document_id="a"), {"ix_letters_document"}),
    "by number": (find(code="a"), {"ix_letters_code"}),
    "by digest": (find(sha256="a"), {"ix_letters_original_sha256"}),
    "by task": (find(task_code="a"), {"ix_marks_key"}),
    "by what is answered": (find(replies_to="a"), {"ix_marks_key"}),
    "sent in a span": (find(sent=True, since=START, until=START), {"ix_letters_sent"}),
    "history": (lambda c: mailbox.history(c, PAST), {"ix_deliveries_offered", "ix_deliveries_offered_at"}),
    "diary of what was sent": (lambda c: diary.diary(c, WHOSE, SENT), {"ix_letters_sent"}),
    "diary of what came": (lambda c: diary.diary(c, WHOSE, CAME), {"ix_deliveries_offered_at"}),
    "crossings": (lambda c: crossings.crossings(c, [(PROVINCE, CENTRAL)], 20), {"ix_hops_taken"}),
    "traffic": (
        lambda c: traffic.traffic(c, WHOSE, START, START),
        {
            "ix_letters_sent",
            "ix_deliveries_offered_at",
            "ix_deliveries_counts",
            "ix_deliveries_mail",
            "ix_hops_returned",
        },
    ),
    "answers": (
        lambda c: c.execute(answers._NAMING_IT, {"names": ["a", "b"], "after": START}).all(),
        {"ix_marks_key"},
    ),
    "due dates": (
        lambda c: c.execute(reminders._DUE, {"word": "soon", "until": START, "near": START, "most": 9}).all(),
        {"ix_deadlines_next_word"},
    ),
    "duties that are judged": (
        lambda c: c.execute(judged_duties._UNJUDGED, {"until": START, "most": 9}).all(),
        {"ix_deadlines_unjudged"},
    ),
    "a sample": (lambda c: reports.sample(c, DRAW), {"ix_letters_sent", "ix_deliveries_offered_at"}),
    "places in a sample": (
        lambda c: [
            c.execute(question, {"whose": "a", "after": START, "before": START, "moment": START, "places": 9})
            for asked in reports._QUESTIONS.values()
            for question in (asked.further, asked.between, asked.same)
        ],
        {"ix_letters_sent", "ix_deliveries_offered_at"},
    ),
    "figures of a period": (  # by the key of the table
        lambda c: reports.figures_of(c, month_of(START.date()), None),
        set(),
    ),
    "how far counting has come": (lambda c: reports.counted(c, PROVINCE), {"ix_deadlines_unjudged"}),
    "who opened an agency's letters": (
        lambda c: journal_lines.journal_back(c, PROVINCE, JournalWish(agency=PROVINCE_OFFICE), 9),
        {"ix_journal_opened"},
    ),
    "lines that are chosen from the journal": (  # by its key
        lambda c: journal_lines.journal_back(c, PROVINCE, JournalWish(events="a", target="b", before=9), 9),
        set(),
    ),
    "what stands where": (figures.standing, {"ix_deliveries_counts"}),
    "what stands on a link": (lambda c: figures.standing_on_links(c, [CENTRAL]), {"ix_deliveries_counts"}),
    "what stands at all doors": (figures.waiting_at_doors, {"ix_deliveries_mail"}),
    "figures of hours": (lambda c: figures.hourly(c, START), set()),  # by the key of the table
    "sums of days": (lambda c: figures.sums_between(c, [START, START]), set()),  # by the key, too
    "figures of a link": (
        lambda c: figures.link_figures(c, [CENTRAL], START, START),
        {"ix_deliveries_counts"},
    ),
    "last crossing": (lambda c: figures.last_crossed(c, [(PROVINCE, CENTRAL)]), {"ix_hops_taken"}),
    "found by a name": (
        lambda c: finding.find(c, LetterWish(text="a", agency="b"), 9),
        {"ix_letters_document", "ix_letters_code"},
    ),
    "what was found": (lambda c: finding._lines(c, ["a", "b"], PROVINCE_OFFICE), set()),
    "which of them fit": (
        lambda c: finding._fitting(
            c,
            select(literal("a").label("letter_id")).subquery(),
            list(finding._conditions(LetterWish(state=State.HELD, mine=PROVINCE_OFFICE))),
            9,
        ),
        set(),
    ),
    "a stretch of letters of a word": (
        lambda c: finding.find(c, LetterWish(agency="a", until=START, before=letter_id(1)), 9),
        set(),
    ),
    "tries of a letter": (lambda c: finding.tries(c, letter_id(1), 9), set()),
    "found by words": (lambda c: finding.find(c, LetterWish(agency="a", subject="b c"), 9), set()),
    "failures by their cause": (lambda c: repairs.troubles(c, 9), {"ix_deliveries_trouble"}),
    "letters that failed": (
        lambda c: repairs.trouble_lines(c, TroubleGroup(Trouble.HELD, "a", Target(neighbour=CENTRAL)), 1, 9),
        {"ix_deliveries_trouble"},
    ),
    "next repair": (lambda c: repairs._next_repair(c, START), {"ix_repairs_runs_at"}),
    "what waits for a link": (
        lambda c: partners.link_standing(c, CENTRAL),
        {"ix_deliveries_turn", "ix_deliveries_wakes_at", "ix_deliveries_window"},
    ),
    "what lies at a door": (
        lambda c: partners.door_standings(c, WHOSE),
        {"ix_deliveries_counts", "ix_fetches_agency"},
    ),
    "what waits in a box": (
        lambda c: letterbox.box(c, BoxWish(agency=PROVINCE_OFFICE, sender="a"), 9),
        {"ix_deliveries_mail"},
    ),
    "what ever came into a box": (
        lambda c: letterbox.box(c, BoxWish(agency=PROVINCE_OFFICE, waits=False, sender="a"), 9),
        {"ix_deliveries_offered"},
    ),
    "a number in a box": (
        lambda c: letterbox.box(c, BoxWish(agency=PROVINCE_OFFICE, waits=False, text="a"), 9),
        {"ix_letters_document", "ix_letters_code"},
    ),
    "what an agency sent": (
        lambda c: letterbox.sent_box(c, SentWish(agency=PROVINCE_OFFICE, since=START), 9),
        {"ix_letters_sent"},
    ),
    "a number that an agency sent": (
        lambda c: letterbox.sent_box(c, SentWish(agency=PROVINCE_OFFICE, text="a"), 9),
        {"ix_letters_document", "ix_letters_code"},
    ),
    "oldest letter of a link": (
        lambda c: alerts.oldest_waiting(c, [CENTRAL]),
        {"ix_deliveries_counts", "ix_deliveries_wakes_at"},
    ),
    "urgent letters": (
        lambda c: alerts.urgent_standing(c, [CENTRAL], START),
        {"ix_deliveries_turn", "ix_deliveries_wakes_at", "ix_deliveries_window"},
    ),
    "messages of alerts": (
        lambda c: alerts._claim(c, alerts.MessageClaim(START, START, 9)),
        {"ix_alert_messages_due"},
    ),
    "next notice": (lambda c: notices.next_notice(c, Channel.MAIL), {"ix_notices_due"}),
    "dead notices": (
        lambda c: notices.list_notices(c, notices.Listing(None, "", NoticeState.DEAD, 9, 9)),
        {"ix_notices_dead"},
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_question_is_answered_from_its_index(sqlite_database: Database, question: str) -> None:
    plans: list[str] = []
    engine = create_engine(sqlite_database.url)

    @event.listens_for(engine, "before_cursor_execute")
    def _explain(_c: Any, cursor: Any, statement: str, given: Any, _context: Any, _is_many: bool) -> None:
        plan = cursor.execute(f"EXPLAIN QUERY PLAN {statement}", given)
        plans.extend(row[-1] for row in plan.fetchall())

    ask, indexes = QUESTIONS[question]
    with engine.begin() as connection:
        ask(connection)
    engine.dispose()
    used = {word for line in plans for word in line.split() if word.startswith("ix_")}
    assert used == indexes, plans
    kept = ("letters", "deliveries", "hops", "statuses", "notices", "deadlines", "hourly_figures", "journal")
    assert not [line for line in plans if line in {f"SCAN {table}" for table in kept}], plans
