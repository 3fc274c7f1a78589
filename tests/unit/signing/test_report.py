from __future__ import annotations

import io
import json
import re

import pytest

from signing.examine import examine
from signing.keys import SealKey
from signing.report import (
    AGENCY_OUTCOMES,
    FILE_OUTCOMES,
    REASONS,
    SEAL_OUTCOMES,
    examination_dict,
    examination_text,
    verdict_dict,
    verdict_text,
)
from signing.seal import seal
from signing.trust import Trust
from signing.verdict import Outcome, Reason
from signing.verify import verify
from tests.unit.signing.containers import asice
from tests.unit.signing.letters import NOW, Letter, People, letter

VIETNAMESE = re.compile("[àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ]")


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence_in_both_languages(reason: Reason) -> None:
    vi, en = REASONS[reason]
    assert VIETNAMESE.search(vi)
    assert en.isascii()


@pytest.mark.parametrize("table", [SEAL_OUTCOMES, AGENCY_OUTCOMES, FILE_OUTCOMES])
def test_every_outcome_has_its_words(table: dict[Outcome, tuple[str, str]]) -> None:
    assert set(table) == set(Outcome)


def test_a_seal_of_a_node_is_never_called_a_stamp() -> None:
    """Con dấu is the agency's stamp in law; a node has none."""
    words = [w.vi for table in (SEAL_OUTCOMES, AGENCY_OUTCOMES, FILE_OUTCOMES) for w in table.values()]
    words += [w.vi for w in REASONS.values()]
    assert not [word for word in words if "con dấu" in word or "đóng dấu" in word]


def test_passed_seal_reads_as_the_console_says_it(key: SealKey, trust: Trust) -> None:
    made = letter()
    text = verdict_text(verify(seal(made.parts, key, NOW), made.parts, trust, at=NOW))
    assert text.startswith("Niêm phong của nút nguyên vẹn · The node's seal is intact")
    assert "CN=H14.31" in text
    assert "theo lời khai" not in text


def test_failed_seal_names_part_reason_and_that_the_signer_is_only_claimed(
    key: SealKey, trust: Trust
) -> None:
    made = letter()
    changed = Letter({**made.bytes_of, "parts/0001": b"forged"})
    text = verdict_text(verify(seal(made.parts, key, NOW), changed.parts, trust, at=NOW))
    assert "không hợp lệ" in text
    assert "parts/0001: thành phần đã bị thay đổi · a part was changed [part-changed]" in text
    assert "theo lời khai · as claimed" in text


def test_undetermined_seal_says_what_is_missing(key: SealKey, people: People) -> None:
    made = letter()
    verdict = verify(seal(made.parts, key, NOW), made.parts, people.trust_without_lists, at=NOW)
    text = verdict_text(verdict, agency=True)
    assert text.startswith("Chữ ký số của cơ quan chưa đủ căn cứ kiểm tra")
    assert "[revocation-missing]" in text


def test_verdict_for_programs_survives_json(key: SealKey, people: People) -> None:
    made = letter()
    verdict = verify(seal(made.parts, key, NOW), made.parts, people.trust_without_lists, at=NOW)
    told = json.loads(json.dumps(verdict_dict(verdict)))
    assert told["outcome"] == "undetermined"
    assert told["vi"] == "niêm phong của nút chưa đủ căn cứ kiểm tra"
    assert [reason["reason"] for reason in told["reasons"]] == ["revocation-missing"]
    assert told["facts"]["judged_at"] == NOW.isoformat()
    assert "revoked_at" not in told["facts"]


def test_examination_for_people_and_programs(key: SealKey, trust: Trust) -> None:
    made = letter()
    examination = examine(io.BytesIO(asice(made, key, agency=key)), trust, at=NOW)
    text = examination_text(examination)
    assert text.startswith("Hợp lệ · Valid")
    assert "META-INF/signatures002.xml:\nChữ ký số của cơ quan hợp lệ" in text
    told = json.loads(json.dumps(examination_dict(examination)))
    assert told["outcome"] == "passed"
    assert [part["name"] for part in told["parts"]] == list(made.bytes_of)
    assert set(told["seals"]) == {"META-INF/signatures001.xml", "META-INF/signatures002.xml"}


def test_file_that_cannot_be_read_is_told_with_its_reason(trust: Trust) -> None:
    examination = examine(io.BytesIO(b"x"), trust, at=NOW)
    assert "[container-broken]" in examination_text(examination)
    assert examination_dict(examination)["parts"] == []
