"""Statuses: what is shown, what they belong to, and what the axis itself writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import catalogue
from gateway.core.directory import Agency, NodeRow
from gateway.core.errors import find
from gateway.core.lifecycle import (
    AUTOMATIC,
    NAMED_IN_NOTICE,
    NOTICE,
    STATUSES,
    Match,
    Party,
    arrived_status,
    highest,
    matches,
    normal_code,
    notice,
    references,
    same_code,
    status,
    status_recipient,
    timestamp,
)
from gateway.core.model import AgencyCode, Envelope, InReplyTo, Kind, LetterFacts, NodeId, Organ, Staff

SENDER = "000.00.00.G22"
RECEIVER = "000.00.00.H41"
AT = datetime(2026, 11, 20, 18, 30, 5, tzinfo=UTC)  # half past one in the morning of the 21st in Vietnam
FACTS = LetterFacts(
    document_id="000.00.00.G22,2015/09/30,7816/VPCP-TTĐT",
    code="7816/VPCP-TTĐT",
    issue_date="2015/09/30",
    subject="V/v kết nối, liên thông",
)
REFERENCE = InReplyTo(organ=SENDER, code=FACTS.code, document_id=FACTS.document_id, issue_date="2015/09/30")


class TestCodes:
    def test_the_nine_codes_of_the_standard_are_known(self) -> None:
        assert set(STATUSES) == {"01", "02", "03", "04", "05", "06", "13", "15", "16"}
        assert all(code == row.code and row.vi and row.en for code, row in STATUSES.items())

    def test_only_the_take_back_request_comes_from_the_sender(self) -> None:
        assert [code for code, row in STATUSES.items() if row.sent_by is Party.SENDER] == ["13"]

    def test_refusals_and_requests_need_a_reason(self) -> None:
        assert {code for code, row in STATUSES.items() if row.needs_reason} == {"02", "13", "16"}

    @pytest.mark.parametrize(
        ("code", "normal"),
        [
            ("1", "01"),
            (" 3 ", "03"),
            ("01", "01"),
            ("13", "13"),
            ("", ""),
            ("x", "x"),
            ("001", "001"),
            ("１", "１"),
        ],
    )
    def test_one_digit_is_read_as_two(self, code: str, normal: str) -> None:
        assert normal_code(code) == normal

    def test_a_digit_of_another_script_is_no_code(self) -> None:
        assert normal_code("１") == "１"


class TestHighest:
    @pytest.mark.parametrize(
        ("history", "shown"),
        [
            ("", ""),
            ("01", "01"),
            ("01 03", "03"),
            ("03 01", "03"),  # out of order
            ("05 03 04", "05"),
            ("01 03 04 05 06", "06"),
            ("06 01 01", "06"),  # late and twice
            ("1 3", "03"),
            ("01 02", "02"),
            ("02 01", "02"),
            ("02 03", "02"),  # a refusal is not hidden by what arrives late
            ("07 99 abc", ""),
            ("01 07", "01"),
            ("03 13", "13"),
            ("13", "13"),
            ("13 01", "13"),  # reported while the request is open
            ("03 13 16", "03"),  # refused: the former state goes on
            ("03 13 05 16", "05"),
            ("06 13 15", "15"),
            ("03 13 15 04", "15"),  # the document is cancelled
            ("03 13 16 13", "13"),
            ("03 13 16 13 15", "15"),
            ("03 13 13 15", "15"),
            ("03 15", "03"),  # agrees to a recall document, which is a letter of its own
            ("03 16", "03"),
            ("15", ""),
            ("16 13", "13"),
        ],
    )
    def test_the_history_leads_to_the_state_that_is_shown(self, history: str, shown: str) -> None:
        assert highest(history.split()) == shown

    @given(st.lists(st.sampled_from(["01", "02", "03", "04", "05", "06", "07"])), st.data())
    def test_states_of_handling_count_in_any_order(self, codes: list[str], data: st.DataObject) -> None:
        assert highest(data.draw(st.permutations(codes))) == highest(codes)

    @given(st.lists(st.sampled_from([*STATUSES, "07", "", "1"])))
    def test_a_status_said_twice_changes_nothing(self, codes: list[str]) -> None:
        assert highest([code for code in codes for _ in range(2)]) == highest(codes)


class TestCorrelation:
    @pytest.mark.parametrize(
        ("reference", "degree"),
        [
            (REFERENCE, Match.DOCUMENT_ID),
            (replace(REFERENCE, organ=""), Match.DOCUMENT_ID),
            (replace(REFERENCE, organ=" 000.00.00.g22 "), Match.DOCUMENT_ID),
            (replace(REFERENCE, code="1/X", issue_date="2020/01/01"), Match.DOCUMENT_ID),
            (replace(REFERENCE, document_id=" 000.00.00.g22,2015/09/30,7816/vpcp-ttđt"), Match.DOCUMENT_ID),
            (replace(REFERENCE, document_id=""), Match.NUMBER_AND_DATE),
            (replace(REFERENCE, document_id="12345"), Match.NUMBER_AND_DATE),  # named wrongly
            (replace(REFERENCE, document_id="", issue_date="30/09/2015"), Match.NUMBER_AND_DATE),
            (replace(REFERENCE, document_id="", issue_date="2015-09-30 00:00:00"), Match.NUMBER_AND_DATE),
            (replace(REFERENCE, document_id="", issue_date=""), Match.NUMBER),
            (replace(REFERENCE, document_id="", issue_date="hôm nay"), Match.NUMBER),
            (replace(REFERENCE, document_id="", code="7816 / vpcp-ttđt"), Match.NUMBER_AND_DATE),
            (replace(REFERENCE, document_id="", code="7816/VPCP-TTĐT"), Match.NUMBER_AND_DATE),
            (replace(REFERENCE, document_id="", issue_date="2016/09/30"), Match.NONE),  # of another year
            (replace(REFERENCE, document_id="", code="7817/VPCP-TTĐT"), Match.NONE),
            (replace(REFERENCE, document_id="", organ=""), Match.NONE),
            (replace(REFERENCE, document_id="", code=""), Match.NONE),
            (replace(REFERENCE, organ=RECEIVER), Match.NONE),
            (InReplyTo(), Match.NONE),
            (InReplyTo(organ=SENDER), Match.NONE),
        ],
    )
    def test_a_reference_means_a_document_by_id_else_by_number_and_date(
        self, reference: InReplyTo, degree: Match
    ) -> None:
        assert matches(reference, FACTS, SENDER) is degree

    def test_a_bare_row_number_of_another_organ_is_another_document(self) -> None:
        facts = LetterFacts(document_id="12345")
        assert matches(InReplyTo(organ="H14", document_id="12345"), facts, "H14") is Match.DOCUMENT_ID
        assert matches(InReplyTo(organ="H21", document_id="12345"), facts, "H14") is Match.NONE

    def test_a_document_without_facts_is_never_meant(self) -> None:
        assert matches(REFERENCE, LetterFacts(), SENDER) is Match.NONE
        assert matches(InReplyTo(organ=SENDER), LetterFacts(), SENDER) is Match.NONE

    def test_composed_and_decomposed_letters_are_the_same_number(self) -> None:
        decomposed = replace(REFERENCE, document_id="", code="12/QĐ-Ủy")
        assert matches(decomposed, replace(FACTS, code="12/QĐ-Ủy"), SENDER) is Match.NUMBER_AND_DATE

    def test_the_directory_may_know_that_two_codes_are_one_organ(self) -> None:
        assert matches(replace(REFERENCE, organ="G22"), FACTS, SENDER) is Match.NONE
        aliases = {"G22": SENDER}
        degree = matches(
            replace(REFERENCE, organ="G22"),
            FACTS,
            SENDER,
            same_organ=lambda a, b: same_code(aliases.get(a, a), aliases.get(b, b)),
        )
        assert degree is Match.DOCUMENT_ID

    def test_the_best_match_is_the_greatest(self) -> None:
        assert max(Match.NUMBER, Match.DOCUMENT_ID, Match.NONE) is Match.DOCUMENT_ID
        assert not Match.NONE

    def test_a_status_names_the_sender_of_the_document(self) -> None:
        reported = Envelope(Kind.STATUS, Organ(RECEIVER), in_reply_to=(REFERENCE,), status_code="03")
        assert references(reported) == (REFERENCE,)

    @pytest.mark.parametrize("code", ["13", " 13 "])
    def test_a_take_back_request_names_the_receiver_and_means_its_own_document(self, code: str) -> None:
        """As in the official sample: From G22, ResponseFor/OrganId H41, about a document of G22."""
        asked = Envelope(
            Kind.STATUS, Organ(SENDER), in_reply_to=(replace(REFERENCE, organ=RECEIVER),), status_code=code
        )
        assert references(asked) == (REFERENCE,)
        assert status_recipient(asked) == RECEIVER

    def test_a_document_names_the_document_it_answers(self) -> None:
        answer = Envelope(Kind.DOCUMENT, Organ(RECEIVER), in_reply_to=(REFERENCE,), status_code="")
        assert references(answer) == (REFERENCE,)

    @pytest.mark.parametrize(
        ("named", "recipients", "expected"),
        [
            ((InReplyTo(organ=" G22 "),), (), "G22"),
            ((InReplyTo(document_id="1"), InReplyTo(organ="G22")), (Organ("H14"),), "G22"),
            ((InReplyTo(document_id="1"),), (Organ("H14"),), "H14"),
            ((), (), ""),
        ],
    )
    def test_a_status_goes_to_the_organ_of_response_for(
        self, named: tuple[InReplyTo, ...], recipients: tuple[Organ, ...], expected: str
    ) -> None:
        envelope = Envelope(Kind.STATUS, Organ("H41"), recipients=recipients, in_reply_to=named)
        assert status_recipient(envelope) == expected


AGENCY = Agency(code=AgencyCode(RECEIVER), name="UBND tỉnh Nghệ An", node=NodeId("H41"), aliases=("H41",))
NODE = NodeRow(
    id=NodeId("H41"), organ_code="000.00.01.H41", organ_name="Văn phòng UBND tỉnh", organ_address="Vinh"
)


class TestWriting:
    def test_the_time_of_a_status_is_that_of_vietnam(self) -> None:
        assert timestamp(AT) == "2026/11/21 01:30:05"

    def test_a_moment_without_a_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            timestamp(datetime(2026, 11, 20))  # noqa: DTZ001

    def test_a_status_names_the_document_and_where_it_goes(self) -> None:
        staff = Staff(department="Văn thư", name="Nguyễn Thị An")
        written = status(
            "3", sender=Organ(RECEIVER, "UBND", line=4), to=SENDER, facts=FACTS, at=AT, staff=staff
        )
        assert written == Envelope(
            kind=Kind.STATUS,
            sender=Organ(RECEIVER, "UBND"),
            in_reply_to=(REFERENCE,),
            status_code="03",
            timestamp="2026/11/21 01:30:05",
            staff=staff,
        )

    def test_what_is_written_is_found_again(self) -> None:
        written = status("06", sender=Organ(RECEIVER), to=SENDER, facts=FACTS, at=AT)
        assert status_recipient(written) == SENDER
        assert matches(references(written)[0], FACTS, SENDER) is Match.DOCUMENT_ID

    def test_a_take_back_request_is_found_again_at_the_receiver(self) -> None:
        written = status("13", sender=Organ(SENDER), to=RECEIVER, facts=FACTS, at=AT, description="Gửi nhầm")
        assert status_recipient(written) == RECEIVER
        assert matches(references(written)[0], FACTS, SENDER) is Match.DOCUMENT_ID

    @pytest.mark.parametrize(
        ("seen", "date"),
        [("30/09/2015", "2015/09/30"), ("2015-09-30 00:00", "2015/09/30"), ("", ""), ("hôm qua", "")],
    )
    def test_dates_are_written_in_the_form_of_the_standard(self, seen: str, date: str) -> None:
        written = status(
            "01", sender=Organ(RECEIVER), to=SENDER, facts=replace(FACTS, issue_date=seen), at=AT
        )
        assert written.in_reply_to[0].issue_date == date

    def test_the_automatic_arrival_speaks_for_the_agency_and_says_that_it_is_automatic(self) -> None:
        written = arrived_status(AGENCY, named=RECEIVER, to=SENDER, facts=FACTS, at=AT)
        assert (written.status_code, written.sender.code, written.sender.name) == (
            "01",
            RECEIVER,
            "UBND tỉnh Nghệ An",
        )
        assert written.description.startswith(AUTOMATIC)
        assert status_recipient(written) == SENDER

    @pytest.mark.parametrize(
        ("named", "code"), [("h41", "h41"), (" H41 ", "H41"), ("000.00.00.H99", RECEIVER), ("", RECEIVER)]
    )
    def test_the_automatic_arrival_uses_the_code_that_the_sender_wrote_to(
        self, named: str, code: str
    ) -> None:
        """Systems match a status by (from, to, number); a code of a closed predecessor is not spoken for."""
        assert arrived_status(AGENCY, named=named, to=SENDER, facts=FACTS, at=AT).sender.code == code

    def test_a_notice_speaks_for_the_node_and_shows_as_failed(self) -> None:
        finding = find(catalogue.EXPIRED, expires_at="2026-11-27")
        written = notice(NODE, finding, to=SENDER, facts=FACTS, at=AT, recipients=["H41.20"])
        assert written.sender == Organ("000.00.01.H41", "Văn phòng UBND tỉnh", address="Vinh")
        assert written.status_code == "02"
        assert written.description.startswith(f"{NOTICE}503 {finding.vi}")
        assert written.description.startswith("[Trục] TRUC-503")
        assert "Đơn vị nhận: H41.20." in written.description
        assert finding.en in written.description
        assert status_recipient(written) == SENDER

    def test_a_notice_without_recipients_names_none(self) -> None:
        written = notice(NODE, find(catalogue.STOPPED), to=SENDER, facts=FACTS, at=AT)
        assert "Đơn vị nhận" not in written.description

    def test_a_notice_about_many_recipients_stays_readable(self) -> None:
        names = [f"H41.{i}" for i in range(NAMED_IN_NOTICE + 480)]
        many = notice(NODE, find(catalogue.STOPPED), to=SENDER, facts=FACTS, at=AT, recipients=names)
        assert f"H41.{NAMED_IN_NOTICE - 1} và 480 đơn vị khác" in many.description
        assert f"H41.{NAMED_IN_NOTICE}," not in many.description
