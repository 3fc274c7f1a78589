"""
`truc verify`: one answer with its reasons, for people in two languages and for programs as JSON.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from gateway.cli.verify import SHOWN_RECIPIENTS
from gateway.core.catalogue import ORIGINAL_DIFFERS, SIGNER_NOT_ORIGIN
from gateway.core.model import Addressee, AgencyCode, NodeId
from signing.asice import AGENCY_SIGNATURE, NODE_SIGNATURE
from tests.kit.command import Ran, truc
from tests.kit.sealed import SVG, Seals, drawing, label, make_seals, members_of, packed

NOW = datetime.now(UTC).replace(microsecond=0)  # the command reads the machine's clock
EDXML = drawing()
ROUTING = label(EDXML, NOW)


@pytest.fixture(scope="module")
def seals() -> Seals:
    return make_seals(NOW)


@pytest.fixture
def letter(seals: Seals, tmp_path: Path) -> Path:
    """A letter with both seals; beside it whom to trust."""
    seals.write(tmp_path)
    file = tmp_path / "letter.asice"
    file.write_bytes(packed(members_of(EDXML, ROUTING), seals.both, NOW))
    return file


def verified(file: Path, *options: object) -> Ran:
    folder = file.parent
    return truc("verify", file, "--trust", folder / "root.pem", "--crl", folder / "crl", *options)


def test_whole_file_passes_and_says_what_it_is(letter: Path) -> None:
    ran = verified(letter, "--json")
    assert ran.code == 0
    answer = ran.json
    assert answer["outcome"] == "passed"
    assert answer["findings"] == answer["reasons"] == []
    assert {name: seal["outcome"] for name, seal in answer["seals"].items()} == {
        NODE_SIGNATURE: "passed",
        AGENCY_SIGNATURE: "passed",
    }
    assert answer["letter"]["letter_id"] == ROUTING.letter_id
    assert answer["letter"]["origin"] == "H14"
    assert answer["letter"]["sender"] == ROUTING.sender
    assert [r["code"] for r in answer["letter"]["recipients"]] == [a.code for a in ROUTING.recipients]
    assert answer["original"] == {"sha256": ROUTING.original_sha256, "size": len(EDXML)}
    assert answer["seals"][NODE_SIGNATURE]["facts"]["judged_at"] == ROUTING.accepted_at.isoformat()


def test_people_read_it_in_both_languages(letter: Path) -> None:
    said = verified(letter).out
    assert "HỢP LỆ · VALID" in said
    assert "Niêm phong của nút nguyên vẹn · The node's seal is intact" in said
    assert "Chữ ký số của cơ quan hợp lệ · The agency's signature is valid" in said
    assert f"letter_id: {ROUTING.letter_id}" in said
    assert "nút gốc · origin: H14" in said
    assert "đúng như routing.json · as routing.json says" in said
    assert "theo lời khai" not in said


def test_without_revocation_lists_it_is_undetermined(letter: Path) -> None:
    ran = truc("verify", letter, "--trust", letter.parent / "root.pem")
    assert ran.code == 3
    assert "CHƯA ĐỦ CĂN CỨ KIỂM TRA · CANNOT BE VERIFIED YET" in ran.out
    assert "revocation-missing" in ran.out
    assert "routing.json (theo lời khai · as claimed)" in ran.out


def test_changed_bytes_fail_and_name_the_member(letter: Path) -> None:
    """A handful through the command; five hundred are tried where it is quick."""
    good, chance = letter.read_bytes(), Random(4)
    for place in chance.sample(range(len(good)), 8):
        spoilt = bytearray(good)
        spoilt[place] ^= chance.randrange(1, 256)
        letter.write_bytes(spoilt)
        ran = verified(letter, "--json")
        assert ran.code == 1
        (reason,) = ran.json["reasons"]
        assert reason["member"]
        said = verified(letter).out
        assert "KHÔNG HỢP LỆ · NOT VALID" in said
        assert reason["member"] in said


def test_member_that_was_changed_with_its_checksum_is_named(letter: Path, seals: Seals) -> None:
    """Whoever changes a part can mend the zip around it, but not the seal."""
    members = members_of(EDXML, ROUTING)
    keys = seals.node_only
    whole = packed(members, keys, NOW)
    start = whole.index(b"<asic:XAdESSignatures")
    end = whole.index(b"</asic:XAdESSignatures>") + len(b"</asic:XAdESSignatures>")
    forged = {**members, "parts/0000": SVG.replace(b"svg", b"SVG")}
    letter.write_bytes(packed(forged, {}, NOW, signatures={NODE_SIGNATURE: whole[start:end]}))
    ran = verified(letter, "--json")
    assert ran.code == 1
    assert [(r["reason"], r["member"]) for r in ran.json["seals"][NODE_SIGNATURE]["reasons"]] == [
        ("part-changed", "parts/0000")
    ]
    assert "parts/0000: thành phần đã bị thay đổi · a part was changed" in verified(letter).out


def test_original_that_does_not_fit_fails_with_its_code(letter: Path, seals: Seals) -> None:
    lying = replace(ROUTING, original_sha256="0" * 64)
    letter.write_bytes(packed(members_of(EDXML, lying), seals.node_only, NOW))
    ran = verified(letter, "--json")
    assert ran.code == 1
    assert ran.json["original"] is None
    assert [f["code"] for f in ran.json["findings"]] == [ORIGINAL_DIFFERS.code]
    assert ORIGINAL_DIFFERS.code in verified(letter).out


def test_certificate_that_does_not_name_the_origin_is_a_warning(letter: Path, seals: Seals) -> None:
    elsewhere = replace(ROUTING, origin=NodeId("H21"))
    letter.write_bytes(packed(members_of(EDXML, elsewhere), seals.node_only, NOW))
    ran = verified(letter)
    assert ran.code == 0
    assert "cảnh báo" in ran.out
    assert SIGNER_NOT_ORIGIN.code in ran.out


def test_agencys_own_file_is_verified_before_it_is_sent(letter: Path, seals: Seals) -> None:
    letter.write_bytes(packed(members_of(EDXML), seals.agency_only, NOW))
    ran = verified(letter, "--json")
    assert ran.code == 0
    assert ran.json["letter"] is None
    assert ran.json["original"]["sha256"] == ROUTING.original_sha256
    assert "bản gốc · original" in verified(letter).out


def test_ten_thousand_recipients_do_not_fill_the_screen(letter: Path, seals: Seals) -> None:
    many = tuple(Addressee(f"A{i}", AgencyCode(f"A{i}"), NodeId("G22")) for i in range(10_000))
    routing = replace(ROUTING, recipients=many)
    letter.write_bytes(packed(members_of(EDXML, routing), seals.node_only, NOW))
    said = verified(letter).out
    assert said.count("recipient:") == SHOWN_RECIPIENTS
    assert f"and {10_000 - SHOWN_RECIPIENTS} more" in said
    assert len(verified(letter, "--json").json["letter"]["recipients"]) == 10_000


# --- when it existed -----------------------------------------------------------------------------


def test_time_may_be_said_by_who_knows_it(letter: Path) -> None:
    later = NOW + timedelta(hours=1)
    ran = verified(letter, "--at", later.isoformat(), "--json")
    assert ran.code == 0
    assert ran.json["seals"][NODE_SIGNATURE]["facts"]["judged_at"] == later.isoformat()
    assert verified(letter, "--at", "1999-12-31").code == 1, "before any of these certificates"


def test_time_without_a_zone_is_that_of_vietnam(letter: Path) -> None:
    ran = verified(letter, "--at", "2026-11-22T10:00", "--json")
    assert ran.json["seals"][NODE_SIGNATURE]["facts"]["judged_at"] == "2026-11-22T10:00:00+07:00"


# --- wrong questions -----------------------------------------------------------------------------


@pytest.mark.parametrize("options", [["--at", "hôm qua"], ["--crl", "no-such-folder"], ["--nonsense"]])
def test_wrong_question_ends_with_2(letter: Path, options: list[str]) -> None:
    assert verified(letter, *options).code == 2


def test_trust_that_cannot_be_used_says_nothing_about_the_letter(letter: Path) -> None:
    """1 would mean that the letter is forged."""
    folder = letter.parent
    (folder / "empty").mkdir()
    assert truc("verify", letter, "--trust", letter).code == 2
    assert truc("verify", letter, "--trust", folder / "empty").code == 2
    assert truc("verify", letter).code == 2
    assert verified(letter, "--crl", letter).code == 2


def test_file_that_is_no_container_fails(letter: Path) -> None:
    letter.write_bytes(EDXML)
    ran = verified(letter, "--json")
    assert ran.code == 1
    assert ran.json["reasons"][0]["reason"] == "container-broken"


# --- taking it out -------------------------------------------------------------------------------


def test_original_and_attachments_come_out(letter: Path) -> None:
    folder = letter.parent / "out"
    ran = verified(letter, "--extract", folder, "--json")
    assert ran.code == 0
    original, *attachments = map(Path, ran.json["extracted"])
    assert original == folder / f"{ROUTING.letter_id}.edxml"
    assert original.read_bytes() == EDXML
    assert [path.read_bytes() for path in attachments] == [SVG, b"abc"]
    assert all(folder in path.parents for path in attachments)


def test_nothing_comes_out_of_a_file_that_failed(letter: Path) -> None:
    spoilt = bytearray(letter.read_bytes())
    spoilt[spoilt.index(SVG)] ^= 1
    letter.write_bytes(spoilt)
    folder = letter.parent / "out"
    ran = verified(letter, "--extract", folder)
    assert ran.code == 1
    assert "Nothing was written" in ran.err
    assert not folder.exists()
