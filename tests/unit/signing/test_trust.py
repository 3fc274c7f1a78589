from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from signing.trust import GoodStanding, StandingMemory, TrustUnreadable, load_trust
from tests.unit.signing.letters import DAY, HOUR, NOW, People


def test_pem_and_der_files_and_folders_give_the_same(people: People, tmp_path: Path) -> None:
    root, issuing = people.pki.root.certificate, people.pki.issuing.certificate
    lists = people.pki.revocation_lists(NOW)
    (tmp_path / "both.pem").write_bytes(root.public_bytes(Encoding.PEM) + issuing.public_bytes(Encoding.PEM))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "root.cer").write_bytes(root.public_bytes(Encoding.DER))
    (folder / "issuing.cer").write_bytes(issuing.public_bytes(Encoding.DER))
    crls = tmp_path / "crl"
    crls.mkdir()
    (crls / "a.crl").write_bytes(lists[0].public_bytes(Encoding.DER))
    (crls / "b.pem").write_bytes(b"# two\n" + b"".join(one.public_bytes(Encoding.PEM) for one in lists))
    (crls / ".hidden").write_bytes(b"left by an editor")
    trust = load_trust([tmp_path / "both.pem"], intermediates=[folder], revocation_lists=[crls])
    assert (root, issuing) == trust.roots
    assert {root, issuing} == set(trust.intermediates)
    assert lists == trust.revocation_lists


def test_nobody_is_trusted_by_default() -> None:
    assert load_trust([]).roots == ()


@pytest.mark.parametrize("where", ["roots", "intermediates", "revocation_lists"])
@pytest.mark.parametrize("data", [b"", b"rubbish", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----"])
def test_file_of_something_else_is_named(tmp_path: Path, where: str, data: bytes) -> None:
    path = tmp_path / "x.pem"
    path.write_bytes(data)
    files: dict[str, list[Path]] = {"roots": [], where: [path]}
    with pytest.raises(TrustUnreadable) as refused:
        load_trust(**files)
    assert path == refused.value.path


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrustUnreadable, match=r"none\.pem"):
        load_trust([tmp_path / "none.pem"])


def test_good_standing_covers_only_its_span() -> None:
    standing = GoodStanding(NOW - DAY, NOW + DAY, NOW + HOUR)
    assert standing.covers(NOW, NOW + HOUR)
    assert not standing.covers(NOW, NOW + HOUR + timedelta(microseconds=1))
    assert not standing.covers(NOW - 2 * DAY, NOW)
    assert not standing.covers(NOW + 2 * DAY, NOW + 2 * DAY)


def test_good_standing_known_to_the_end_covers_any_later_arrival() -> None:
    assert GoodStanding(NOW - DAY, NOW + DAY, NOW + DAY).covers(NOW, NOW + 99 * DAY)


def test_memory_is_bounded() -> None:
    memory = StandingMemory()
    standing = GoodStanding(NOW, NOW, NOW)
    for number in range(memory.MAX_ENTRIES + 1):
        memory.keep(number, standing)
    assert memory.recall(0) is None
    assert memory.recall(memory.MAX_ENTRIES) is standing
