"""
`truc seal`: what an agency seals at its own desk is what its node would have made of the letter.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.core.catalogue import CONFIG_BAD_VALUE, KEY_FILE_OPEN, RECIPIENT_UNKNOWN, STATE_SECRET, TRUNCATED
from gateway.sealed_file import open_container
from signing.devpki import KeyKind, Usage, write_pem, write_pkcs12
from signing.verify import verify
from tests.kit.command import truc
from tests.kit.sealed import SVG, Seals, as_parts, drawing, label, make_seals, members_of
from tests.unit.cli.edxml_files import sound, spoilt

NOW = datetime.now(UTC)  # the command reads the machine's clock
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def seals() -> Seals:
    return make_seals(NOW)


@pytest.fixture
def key(seals: Seals, tmp_path: Path) -> Path:
    seals.write(tmp_path)
    return tmp_path / "agency.pem"


def test_what_is_sealed_is_what_a_node_would_make_of_it(seals: Seals, key: Path, tmp_path: Path) -> None:
    file = tmp_path / "letter.edxml"
    file.write_bytes(drawing())
    ran = truc("seal", file, "--key", key, "-o", tmp_path / "letter.asice", "--json")
    assert ran.code == 0
    opened = open_container(io.BytesIO((tmp_path / "letter.asice").read_bytes()))
    opened.require_same(as_parts(members_of(drawing(), label(drawing(), NOW))))
    assert b"".join(opened.original()) == drawing()
    assert SVG in (tmp_path / "letter.asice").read_bytes()
    verdict = verify(opened.agency_seal, opened.parts, seals.trust(), at=datetime.now(UTC))
    assert verdict.passed
    assert verdict.facts.signer == ran.json["signer"]


def test_answer_tells_what_was_sealed_by_whom(key: Path, tmp_path: Path) -> None:
    file = sound(tmp_path / "letter.edxml", size=200_000)
    ran = truc("seal", file, "--key", key, "--json")
    assert ran.json["file"] == str(tmp_path / "letter.asice"), "beside the letter, unless told otherwise"
    assert ran.json["size"] == (tmp_path / "letter.asice").stat().st_size
    assert ran.json["original"]["size"] == file.stat().st_size
    assert ran.json["key"] == "P-256"
    people = truc("seal", file, "--key", key)
    assert "bên ký · signer" in people.out
    assert not list(tmp_path.glob("*.part"))


def test_key_and_certificates_in_two_files(seals: Seals, key: Path, tmp_path: Path) -> None:
    whole = key.read_bytes()
    at = whole.index(b"-----BEGIN CERTIFICATE")
    (tmp_path / "certificates.pem").write_bytes(whole[at:])
    key.write_bytes(whole[:at])
    file = sound(tmp_path / "a.edxml")
    assert truc("seal", file, "--key", key).code == 1
    assert truc("seal", file, "--key", key, "--certificates", tmp_path / "certificates.pem").code == 0


def test_pkcs12_opens_with_a_password_that_is_never_on_the_command_line(
    seals: Seals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, file = tmp_path / "agency.p12", sound(tmp_path / "a.edxml")
    write_pkcs12(key, seals.agency, "mật khẩu".encode())
    monkeypatch.setenv("MAT_KHAU", "mật khẩu")
    (tmp_path / "password").write_text("mật khẩu\n", "utf-8")
    (tmp_path / "password").chmod(0o600)
    assert truc("seal", file, "--key", key, "--key-password", "env:MAT_KHAU").code == 0
    assert truc("seal", file, "--key", key, "--key-password", f"file:{tmp_path / 'password'}").code == 0
    monkeypatch.setenv("MAT_KHAU", "khác")
    for options in ([], ["--key-password", "env:MAT_KHAU"], ["--key-password", "env:KHONG_CO"]):
        ran = truc("seal", file, "--key", key, *options, "--json")
        assert ran.code == 1
        assert ran.json["error"]["code"] == CONFIG_BAD_VALUE.code
    assert truc("seal", file, "--key", key, "--key-password", "mật khẩu").code == 2


def test_key_that_others_may_read_is_refused(key: Path, tmp_path: Path) -> None:
    key.chmod(0o644)
    ran = truc("seal", sound(tmp_path / "a.edxml"), "--key", key, "--json")
    assert ran.code == 1
    assert ran.json["error"]["code"] == KEY_FILE_OPEN.code
    assert not (tmp_path / "a.asice").exists()


@pytest.mark.parametrize(
    ("wishes", "reason"),
    [
        ({"valid_until": NOW - DAY}, "expired"),
        ({"valid_from": NOW + DAY}, "not valid yet"),
        ({"usage": Usage.ENCRYPTION}, "not meant for signing"),
        ({"usage": Usage.AUTHORITY}, "not meant for signing"),
        ({"kind": KeyKind.RSA_1024}, "RSA of 1024 bits"),
    ],
    ids=["expired", "not-yet-valid", "encryption", "authority", "weak"],
)
def test_key_whose_seal_nobody_would_accept_is_refused(
    seals: Seals, tmp_path: Path, wishes: dict[str, object], reason: str
) -> None:
    """Better told at the clerk's desk than by the receiving agency."""
    validity = {"valid_from": NOW - 2 * DAY, **wishes}
    issued = seals.pki.issue("000.00.00.H14", NOW, **validity)  # type: ignore[arg-type]
    write_pem(tmp_path / "key.pem", issued)
    ran = truc("seal", sound(tmp_path / "a.edxml"), "--key", tmp_path / "key.pem")
    assert ran.code == 1
    assert reason in ran.err.replace("was not valid yet", "not valid yet")
    assert not (tmp_path / "a.asice").exists()


def test_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    file = sound(tmp_path / "a.edxml")
    (tmp_path / "key.pem").write_bytes(b"hello")
    (tmp_path / "key.pem").chmod(0o600)
    assert truc("seal", file, "--key", tmp_path / "key.pem").code == 1


def test_letter_that_intake_would_refuse_is_not_sealed(key: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.edxml"
    short.write_bytes(sound(tmp_path / "a.edxml").read_bytes()[:500])
    ran = truc("seal", short, "--key", key, "--json")
    assert ran.code == 1
    assert ran.json["error"]["code"] == TRUNCATED.code
    secret = spoilt(tmp_path / "secret.edxml", b"<edXML:Subject>", b"<edXML:Subject>M\xe1\xba\xacT ")
    ran = truc("seal", secret, "--key", key, "--json")
    assert ran.code == 1
    assert ran.json["error"]["code"] == STATE_SECRET.code
    assert not list(tmp_path.glob("*.asice*"))


def test_recipients_are_for_the_node_to_know(key: Path, tmp_path: Path) -> None:
    file = spoilt(tmp_path / "a.edxml", b"000.00.00.H14", b"000.99.99.H99")
    ran = truc("seal", file, "--key", key, "--json")
    assert ran.code == 0
    assert RECIPIENT_UNKNOWN.code not in {f["code"] for f in ran.json["findings"]}


def test_letter_is_never_overwritten_by_its_sealed_file(key: Path, tmp_path: Path) -> None:
    file = sound(tmp_path / "a.asice")
    before = file.read_bytes()
    assert truc("seal", file, "--key", key).code == 2
    assert file.read_bytes() == before


def test_folder_that_is_not_there_is_told(key: Path, tmp_path: Path) -> None:
    ran = truc("seal", sound(tmp_path / "a.edxml"), "--key", key, "-o", tmp_path / "no" / "a.asice")
    assert ran.code == 1
    assert "a.asice" in ran.err
