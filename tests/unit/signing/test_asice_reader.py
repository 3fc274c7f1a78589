from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signing.asice import MANIFEST_MEMBER, NODE_SIGNATURE, ContainerRefused
from signing.asice_reader import DIRECTORY, Container, read_container, rebuild_and_compare
from signing.keys import SealKey
from signing.policy import POLICY
from signing.seal import seal
from signing.verdict import Objection, Reason
from tests.unit.signing.containers import asice, members, raw_zip, zipped
from tests.unit.signing.letters import NOW, Letter, letter, letters

MEMBERS = members(Letter({"envelope.xml": b"<e/>"}), b"<x/>")


def _refusal(data: bytes, **options: int) -> Objection:
    with pytest.raises(ContainerRefused) as refused:
        read_container(io.BytesIO(data), **options)
    return refused.value.objection


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=letters())
def test_what_was_written_is_read_back_and_rebuilt(key: SealKey, made: Letter) -> None:
    data = asice(made, key, agency=key)
    file = io.BytesIO(data)
    container = read_container(file)
    assert container.parts == made.parts
    assert len(container.signatures) == 2
    assert {n: b"".join(container.blocks(file, n)) for n in made.bytes_of} == made.bytes_of
    assert container.size == len(data)
    assert rebuild_and_compare(file, container) == ()


def test_unknown_member_cannot_be_asked_for(key: SealKey) -> None:
    file = io.BytesIO(asice(letter(), key))
    with pytest.raises(KeyError):
        list(read_container(file).blocks(file, "parts/9999"))


def test_zip_of_another_writer_with_the_same_members_can_be_read_but_not_rebuilt() -> None:
    file = io.BytesIO(zipped(MEMBERS))
    container = read_container(file)
    (objection,) = rebuild_and_compare(file, container)
    assert objection.reason is Reason.CONTAINER_NOT_REPRODUCED


def test_zip_bomb_is_refused_by_its_label() -> None:
    """Ten megabytes of nothing in ten kilobytes; nothing is inflated to find out."""
    bomb = zipped({**MEMBERS, "envelope.xml": bytes(10 << 20)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 20_000
    assert _refusal(bomb).reason is Reason.CONTAINER_COMPRESSED


def test_bomb_of_overlapping_members_is_refused() -> None:
    """All records of the directory point at the same bytes."""
    data = bytearray(raw_zip([*MEMBERS.items(), ("parts/0001", bytes(1000))]))
    directory = data.index(b"PK\1\2")
    last = data.rindex(b"PK\1\2")
    first_part = data.index(b"envelope.xml", data.index(b"<x/>")) - 30
    assert directory < last
    data[last + 42 : last + 46] = first_part.to_bytes(4, "little")
    assert _refusal(bytes(data)).reason is Reason.CONTAINER_BROKEN


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a\\b", "parts/../../x", "META-INF/x", "công-văn", "x" * 200]
)
def test_name_that_leads_elsewhere_is_refused(name: str) -> None:
    objection = _refusal(raw_zip([*MEMBERS.items(), (name, b"x")]))
    assert objection.reason in (Reason.CONTAINER_NAME_REFUSED, Reason.CONTAINER_BROKEN)


@pytest.mark.parametrize("name", ["envelope.xml", "ENVELOPE.xml", "mimetype", NODE_SIGNATURE])
def test_double_member_is_refused(name: str) -> None:
    objection = _refusal(raw_zip([*MEMBERS.items(), (name, b"x")]))
    assert (objection.reason, objection.member) == (Reason.CONTAINER_DOUBLE_MEMBER, name)


def test_encrypted_member_is_refused() -> None:
    assert _refusal(raw_zip(list(MEMBERS.items()), flags=1)).reason is Reason.CONTAINER_ENCRYPTED


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        bytes(22),
        b"PK\5\6" + bytes(18),
        raw_zip([]),
        raw_zip(list(MEMBERS.items()), flags=8),
        raw_zip(list(MEMBERS.items()), extra=b"UT\5\0\3abcd"),
        raw_zip(list(MEMBERS.items()), comment=b"hello"),
        raw_zip(list(MEMBERS.items()), gaps=[b"hidden"] * 4),
        raw_zip(list(MEMBERS.items()), claim=1 << 31),
        raw_zip(list(MEMBERS.items()), claim=1),
        b"MZ" + raw_zip(list(MEMBERS.items())),
        raw_zip(list(MEMBERS.items())) + b"tail",
        raw_zip(list(MEMBERS.items())[:-1]),
    ],
    ids=[
        "empty",
        "two bytes",
        "zeros",
        "empty directory",
        "no members",
        "sizes after the data",
        "extra fields",
        "comment",
        "gaps between members",
        "sizes beyond the file",
        "sizes too small",
        "something in front",
        "something behind",
        "no parts",
    ],
)
def test_zip_that_is_not_exactly_one_is_refused(data: bytes) -> None:
    assert _refusal(data).reason in (Reason.CONTAINER_BROKEN, Reason.CONTAINER_WRONG_ORDER)


def _patched(place: bytes, at: int, value: bytes, *, data: bytes = b"") -> bytes:
    """A good zip with some bytes behind the last occurrence of `place` replaced."""
    data = data or raw_zip(list(MEMBERS.items()))
    start = data.rindex(place) + at
    return data[:start] + value + data[start + len(value) :]


@pytest.mark.parametrize(
    "data",
    [
        _patched(b"PK\1\2", 20, b"\1\0\0\0"),
        _patched(b"PK\1\2", 30, b"\4\0"),
        _patched(b"PK\1\2", 32, b"\4\0"),
        _patched(b"PK\5\6", 20, b"\1\0"),
        _patched(b"PK\5\6", 4, b"\1\0"),
        _patched(b"PK\5\6", 8, b"\3\0"),
        _patched(b"PK\5\6", 8, b"\3\0\3\0"),
    ],
    ids=[
        "another packed size",
        "extra field in the directory",
        "comment of a member",
        "comment of the file",
        "second disk",
        "two counts",
        "one member less",
    ],
)
def test_directory_that_says_more_than_it_must_is_refused(data: bytes) -> None:
    assert _refusal(data).reason is Reason.CONTAINER_BROKEN


@pytest.mark.parametrize("behind", range(4))
def test_bytes_that_belong_to_no_member_are_refused(behind: int) -> None:
    """Between two members, or between the last one and the directory."""
    gaps = [b""] * 4
    gaps[behind] = b"hidden"
    assert _refusal(raw_zip(list(MEMBERS.items()), gaps=gaps)).reason is Reason.CONTAINER_BROKEN


def test_directory_larger_than_its_members_is_not_read() -> None:
    data = raw_zip([("x", b"y" * 5000)])
    end = (
        data[-22:-10] + (5000).to_bytes(4, "little") + (len(data) - 22 - 5000).to_bytes(4, "little") + b"\0\0"
    )
    objection = _refusal(data[:-22] + end)
    assert (objection.reason, objection.member) == (Reason.CONTAINER_BROKEN, DIRECTORY)
    assert "longer" in objection.detail


@pytest.mark.parametrize("name", ["envelope.xml", NODE_SIGNATURE, MANIFEST_MEMBER, "mimetype"])
def test_changed_bytes_of_a_member_are_told_by_its_name(name: str) -> None:
    data = raw_zip(list(MEMBERS.items()))
    at = data.index(name.encode() + MEMBERS[name]) + len(name) + 1
    objection = _refusal(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    assert (objection.reason, objection.member) == (Reason.CONTAINER_MEMBER_CHANGED, name)


@pytest.mark.parametrize("lost", [1, 22, 23, 100, 273, 300, 600, 800])
def test_truncated_file_is_refused(lost: int) -> None:
    assert _refusal(raw_zip(list(MEMBERS.items()))[:-lost]).reason is Reason.CONTAINER_BROKEN


def test_header_that_contradicts_the_directory_is_refused() -> None:
    data = raw_zip(list(MEMBERS.items()))
    at = data.index(b"envelope.xml", data.index(b"<x/>"))
    other = data[:at] + b"envelope.xmx" + data[at + 12 :]
    objection = _refusal(other)
    assert (objection.reason, objection.member) == (Reason.CONTAINER_BROKEN, "envelope.xml")


def test_members_must_stand_in_order() -> None:
    mimetype, *rest = MEMBERS.items()
    assert _refusal(raw_zip([*rest, mimetype])).reason is Reason.CONTAINER_WRONG_ORDER
    first, second, third, part = MEMBERS.items()
    for order in ([first, third, second, part], [first, second, part, third]):
        assert _refusal(raw_zip(order)).reason is Reason.CONTAINER_WRONG_ORDER


def test_file_of_another_type_is_refused() -> None:
    odf = {**MEMBERS, "mimetype": b"application/vnd.oasis.opendocument.text"}
    assert _refusal(raw_zip(list(odf.items()))).reason is Reason.CONTAINER_WRONG_TYPE


def test_container_without_a_seal_is_refused() -> None:
    without = {name: data for name, data in MEMBERS.items() if name != NODE_SIGNATURE}
    assert _refusal(raw_zip(list(without.items()))).reason is Reason.NO_SEAL


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"<x/>",
        b"<x><y/></x>",
        b"<!DOCTYPE x><x/>",
        MEMBERS[MANIFEST_MEMBER].replace(b"envelope.xml", b"other.xml"),
        MEMBERS[MANIFEST_MEMBER].replace(b"application/octet-stream", b"not a type"),
    ],
)
def test_manifest_that_lists_something_else_is_refused(manifest: bytes) -> None:
    objection = _refusal(raw_zip(list({**MEMBERS, MANIFEST_MEMBER: manifest}.items())))
    assert (objection.reason, objection.member) == (Reason.CONTAINER_MANIFEST, MANIFEST_MEMBER)


def test_manifest_with_an_extra_entry_is_not_reproduced() -> None:
    extra = MEMBERS[MANIFEST_MEMBER].replace(
        b"</manifest:manifest>",
        b'  <manifest:file-entry manifest:full-path="x" manifest:media-type="a/b"/>\n</manifest:manifest>',
    )
    file = io.BytesIO(raw_zip(list({**MEMBERS, MANIFEST_MEMBER: extra}.items())))
    (objection,) = rebuild_and_compare(file, read_container(file))
    assert objection.reason is Reason.CONTAINER_NOT_REPRODUCED


def test_limits_are_kept() -> None:
    data = raw_zip(list(MEMBERS.items()))
    assert _refusal(data, max_size=len(data) - 1).reason is Reason.CONTAINER_TOO_LARGE
    many = [*MEMBERS.items(), *((f"parts/{n:05}", b"") for n in range(POLICY.max_parts + 2))]
    assert _refusal(raw_zip(many)).reason is Reason.CONTAINER_TOO_MANY_MEMBERS
    fat = {**MEMBERS, NODE_SIGNATURE: bytes(POLICY.max_signature_bytes + 1)}
    assert _refusal(raw_zip(list(fat.items()))).reason is Reason.SEAL_TOO_LARGE


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_changed_byte_is_caught_and_its_member_named(key: SealKey, data: st.DataObject) -> None:
    made = letter()
    good = asice(made, key)
    spoilt = bytearray(good)
    spoilt[data.draw(st.integers(0, 1 << 20)) % len(good)] ^= data.draw(st.integers(1, 255))
    file = io.BytesIO(spoilt)
    try:
        container: Container = read_container(file)
    except ContainerRefused as refused:
        objections: tuple[Objection, ...] = (refused.objection,)
    else:
        objections = rebuild_and_compare(file, container)
    assert objections
    assert objections[0].member


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(rubbish=st.binary(max_size=400))
def test_rubbish_is_refused_not_an_error(rubbish: bytes) -> None:
    with pytest.raises(ContainerRefused):
        read_container(io.BytesIO(rubbish + raw_zip(list(MEMBERS.items()))[-60:]))


def test_seal_in_a_container_is_the_one_made(key: SealKey) -> None:
    made = letter()
    signature = seal(made.parts, key, NOW)
    file = io.BytesIO(raw_zip(list(members(made, signature).items())))
    assert read_container(file).signatures == {NODE_SIGNATURE: signature}
