"""
sendEdoc: what the SDK sends is ours to the byte, and what is not what it says is refused whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Sequence

import pytest

from adapters.vxp.sending import file_within
from gateway.core.catalogue import HASH_MISMATCH
from gateway.core.errors import Rejected
from gateway.vxp.hashes import unpadded
from tests.kit.office import COMMUNE, DISTRICT, PROVINCE, SmallOffice, document
from tests.kit.vxp_door import Door, vxp_door


async def chunks(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def read(body: bytes, claimed: str, size: int = 5) -> bytes:
    return b"".join([piece async for piece in file_within(chunks(body, size), claimed)])


def digest(file: bytes) -> str:
    return unpadded(hashlib.sha256(file).digest())


@pytest.mark.parametrize(
    "file", [b"", b"x", b"\r", b"\n", b"<a/>", b"<a/>\r\n", b"<a/>\r", b"\r\n\r\n", b"\n\r"]
)
@pytest.mark.parametrize("size", [1, 2, 3, 100])
async def test_file_comes_out_without_the_one_crlf_after_it(file: bytes, size: int) -> None:
    assert await read(file + b"\r\n", digest(file), size) == file


@pytest.mark.parametrize("file", [b"", b"x", b"<a/>", b"<a/>\r\n", b"\r\n\r\n"])
@pytest.mark.parametrize("size", [1, 2, 3, 100])
async def test_client_that_adds_nothing_is_understood_too(file: bytes, size: int) -> None:
    assert await read(file, digest(file), size) == file


async def test_padded_digest_is_understood() -> None:
    assert await read(b"<a/>\r\n", hashlib.sha256(b"<a/>").hexdigest()) == b"<a/>"


@pytest.mark.parametrize("claimed", ["", "abc", "0" * 64, digest(b"<b/>")])
async def test_other_digest_is_refused_to_whoever_reads_to_the_end(claimed: str) -> None:
    with pytest.raises(Rejected) as refused:
        await read(b"<a/>\r\n", claimed)
    assert refused.value.code == HASH_MISMATCH.code


# --- over the door -------------------------------------------------------------------------------


async def kept(door: Door) -> Sequence[bytes]:
    assert isinstance(door.office, SmallOffice)
    return [letter.data for letter in door.office.kept.values()]


async def test_letter_is_kept_to_the_byte_and_its_docid_told() -> None:
    file = document(PROVINCE, DISTRICT)
    async with vxp_door() as door:
        sent = await door.send("sys.province", file, sender=PROVINCE)
        assert (sent.status, sent.code, sent.told["ErrorDesc"]) == (200, "0", "Thanh cong")
        assert await kept(door) == [file]
        assert [line["docId"] for line in await door.listed("sys.district")] == [sent.told["DocId"]]


async def test_same_file_again_has_the_same_docid() -> None:
    file = document(PROVINCE, DISTRICT)
    async with vxp_door() as door:
        first, second = [await door.send("sys.province", file, sender=PROVINCE) for _ in range(2)]
        assert first.told["DocId"] == second.told["DocId"]
        assert len(await door.listed("sys.district")) == 1


async def test_digest_of_another_file_is_code_21_and_nothing_is_kept() -> None:
    async with vxp_door() as door:
        wrong = digest(b"another")
        sent = await door.send("sys.province", document(PROVINCE, DISTRICT), hash_file=wrong)
        assert (sent.code, sent.told["DocId"]) == ("21", "")
        assert await kept(door) == []


async def test_file_without_a_digest_is_not_taken() -> None:
    """A header set of any other call could else be put before any file, since it never ends."""
    async with vxp_door() as door:
        sent = await door.send("sys.province", document(PROVINCE, DISTRICT), hash_file="")
        assert sent.code == "21"
        assert await kept(door) == []


async def test_header_to_goes_before_the_message() -> None:
    async with vxp_door() as door:
        to = json.dumps([COMMUNE])
        sent = await door.send("sys.province", document(PROVINCE, DISTRICT), to=to)
        assert sent.code == "0"
        assert await door.listed("sys.district") == []
        assert len(await door.listed("sys.commune")) == 1


async def test_message_without_recipients_goes_where_the_header_says() -> None:
    async with vxp_door() as door:
        to = json.dumps([DISTRICT, COMMUNE])
        sent = await door.send("sys.province", document(PROVINCE), kind="status", to=to)
        assert sent.code == "0"
        assert len(await door.listed("sys.district")) == len(await door.listed("sys.commune")) == 1


async def test_ten_thousand_recipients_fit_into_the_head() -> None:
    async with vxp_door() as door:
        to = json.dumps(
            [DISTRICT, *(f"{n:03}.{n % 100:02}.00.X99" for n in range(10_000))], separators=(",", ":")
        )
        sent = await door.send("sys.province", document(PROVINCE), to=to)
        assert sent.code == "0"
        assert len(await door.listed("sys.district")) == 1


async def test_type_unlike_the_message_is_not_heeded() -> None:
    async with vxp_door() as door:
        assert (await door.send("sys.province", document(PROVINCE, DISTRICT), kind="status")).code == "0"
        assert len(await door.listed("sys.district", "edoc")) == 1
        assert await door.listed("sys.district", "status") == []


@pytest.mark.parametrize("named", [DISTRICT, "999.99.99.Z99", "rubbish"])
async def test_sender_that_is_not_the_callers_is_told_its_own_codes(named: str) -> None:
    async with vxp_door() as door:
        sent = await door.send("sys.province", document(PROVINCE, DISTRICT), sender=named)
        assert (sent.status, sent.code) == (200, "19")
        expected = f"Don vi gui {named} khong dung voi ma da dang ky: {PROVINCE}"
        assert sent.told["ErrorDesc"].startswith(expected)
        assert await kept(door) == []


async def test_sender_of_the_message_is_checked_as_well() -> None:
    async with vxp_door() as door:
        sent = await door.send("sys.province", document(DISTRICT, COMMUNE), sender=PROVINCE)
        assert sent.code == "19"
        assert PROVINCE in sent.told["ErrorDesc"]


async def test_other_code_of_the_same_agency_is_its_own() -> None:
    async with vxp_door() as door:
        sent = await door.send("sys.district", document(DISTRICT, COMMUNE), sender="h14.31")
        assert sent.code == "0"


async def test_unknown_recipient_is_code_18() -> None:
    async with vxp_door() as door:
        assert (await door.send("sys.province", document(PROVINCE, "99.99.Z99"))).code == "18"


async def test_header_to_that_holds_no_code_does_not_leave_it_to_the_message() -> None:
    office = SmallOffice()
    async with vxp_door(office) as door:
        file, unread = document(PROVINCE, DISTRICT), f'[{{"OrganId":"{COMMUNE}"}}]'
        assert (await door.send("sys.province", file, to=unread)).code == "18"
        assert office.kept == {}


@pytest.mark.parametrize(("file", "code"), [(b"", "10"), (b"rubbish", "10"), (b"\x00" * 4096, "10")])
async def test_what_is_no_message_is_refused_in_words(file: bytes, code: str) -> None:
    async with vxp_door() as door:
        sent = await door.send("sys.province", file)
        assert (sent.code, sent.told["DocId"]) == (code, "")
        assert "TRUC-" in sent.told["ErrorDesc"]
