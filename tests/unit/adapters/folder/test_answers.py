import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.folder.answers import status_of
from adapters.folder.layout import ANSWERS
from adapters.folder.record import Answer, record_in, write_record
from gateway.core.catalogue import STORE_BUSY
from gateway.core.directory import from_rows
from gateway.core.errors import Rejected, Unavailable, find
from gateway.core.model import AgencyCode, Envelope, LetterId
from gateway.inside import Inside
from tests.kit.clock import START
from tests.kit.folders import DISTRICT, PROVINCE, FolderHouse, folder_house
from tests.unit.adapters.folder.test_inbox import letter, text
from tests.unit.adapters.folder.test_outbox import hinder


async def arrive(house: FolderHouse) -> Path:
    """A letter of the province lies in in/."""
    await house.send(letter("a.pdf"))
    await house.hand_over()
    await house.poll()
    (folder,) = house.letters()
    return folder


def move(house: FolderHouse, folder: Path, place: str, reason: bytes | str = "") -> Path:
    """What a clerk does: drag the folder, and perhaps write a reason."""
    target = house.places().answer(place) / folder.name
    folder.rename(target)
    if reason:
        data = reason.encode() if isinstance(reason, str) else reason
        (target / "ly-do.txt").write_bytes(data)
    return target


async def told(house: FolderHouse) -> list[Envelope]:
    """The statuses that the province got."""
    items = await house.mailbox()
    return [Inside(await house.opened(item.letter_id, PROVINCE)).envelope for item in items]


@pytest.mark.parametrize(("place", "code"), list(ANSWERS.items()))
async def test_moving_a_letter_tells_its_sender(tmp_path: Path, place: str, code: str) -> None:
    async with folder_house(tmp_path) as house:
        folder = move(house, await arrive(house), place, "Lý do là\r\nthế này")
        await house.poll(2)
        (status,) = await told(house)
        assert status.status_code == code
        assert status.description == "Lý do là thế này"
        assert status.sender.code == DISTRICT
        (about,) = status.in_reply_to
        assert (about.organ, about.code, about.document_id) == (PROVINCE, "45/UBND-VX", "id-45")
        shown = text(folder / "trang-thai.txt")
        assert f"02/03/2026 08:30  {code} " in shown


async def test_status_is_sent_once_however_often_one_looks(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        folder = move(house, await arrive(house), "da-tiep-nhan")
        await house.poll(4)
        house.restart()
        folder.rename(folder.with_name("Tên khác"))
        await house.poll(4)
        assert len(await told(house)) == 1


@pytest.mark.parametrize("place", ["tu-choi", "khong-dong-y"])
@pytest.mark.parametrize("reason", ["", " \r\n", b"\xff\xfe", b"Sai \xb5\xe5"])
async def test_refusal_without_a_reason_is_not_sent_and_says_so(
    tmp_path: Path, place: str, reason: bytes | str
) -> None:
    async with folder_house(tmp_path) as house:
        folder = move(house, await arrive(house), place, reason)
        await house.poll(4)
        assert await told(house) == []
        assert "thiếu lý do" in text(folder / "THIEU-LY-DO.txt")
        (folder / "ly-do.txt").write_bytes("Sai thẩm quyền".encode("utf-16"))
        await house.poll(3)
        assert [status.description for status in await told(house)] == ["Sai thẩm quyền"]
        assert not (folder / "THIEU-LY-DO.txt").exists()


async def test_letter_goes_on_from_one_answer_to_the_next(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        folder = await arrive(house)
        for place in ("da-tiep-nhan", "hoan-thanh"):
            folder = move(house, folder, place)
            await house.poll(2)
        assert [status.status_code for status in await told(house)] == ["03", "06"]
        assert len(text(folder / "trang-thai.txt").splitlines()) == 4


async def test_letter_taken_back_into_in_can_be_answered_anew(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        folder = move(house, await arrive(house), "khong-dong-y", "Đã xử lý")
        await house.poll(2)
        folder.rename(folder := house.places().arrived / folder.name)
        await house.poll()
        move(house, folder, "khong-dong-y")
        await house.poll(2)
        assert [status.status_code for status in await told(house)] == ["16", "16"]


async def test_refusal_taken_back_before_its_reason_leaves_no_note(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        folder = move(house, await arrive(house), "tu-choi")
        await house.poll(2)
        folder.rename(folder := house.places().arrived / folder.name)
        await house.poll()
        assert not (folder / "THIEU-LY-DO.txt").exists()
        assert await told(house) == []


async def test_status_that_was_sent_before_a_crash_is_not_sent_twice(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        folder = move(house, await arrive(house), "da-tiep-nhan")
        await house.poll(2)
        sent = record_in(folder)
        assert sent is not None
        (first,) = sent.answers
        write_record(folder, sent.with_sent(LetterId("")))  # the crash came before this line
        house.restart()
        await house.poll(3)
        assert len(await told(house)) == 1
        again = record_in(folder)
        assert again is not None
        assert again.answers[-1].letter_id == first.letter_id


async def test_status_that_was_only_meant_before_a_crash_is_sent_with_its_own_time(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        folder = move(house, await arrive(house), "tu-choi")
        record = record_in(folder)
        assert record is not None
        write_record(folder, record.with_meant(Answer("tu-choi", "02", START, "Gửi nhầm")))
        house.restart()
        await house.poll(3)
        (status,) = await told(house)
        assert (status.description, status.timestamp) == ("Gửi nhầm", "2026/03/02 08:30:00")


async def test_answer_that_was_begun_for_another_place_is_given_up(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        folder = await arrive(house)
        record = record_in(folder)
        assert record is not None
        write_record(folder, record.with_meant(Answer("tu-choi", "02", START, "Gửi nhầm")))
        move(house, folder, "da-tiep-nhan")
        await house.poll(2)
        assert [status.status_code for status in await told(house)] == ["03"]


async def test_folder_without_its_record_is_explained(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        folder = move(house, await arrive(house), "da-tiep-nhan")
        (folder / "truc.json").unlink()
        await house.poll(3)
        assert "truc.json" in text(folder / "LOI.txt")
        assert await told(house) == []


@pytest.mark.parametrize(
    "rubbish",
    [b"", b"[]", b"{}", b'{"letter_id": 1}', b"\xff", b'{"letter_id": "x", "place": "", "answers": [1]}'],
)
async def test_record_that_is_rubbish_is_like_none(tmp_path: Path, rubbish: bytes) -> None:
    async with folder_house(tmp_path) as house:
        folder = move(house, await arrive(house), "da-tiep-nhan")
        (folder / "truc.json").write_bytes(rubbish)
        await house.poll(3)
        assert (folder / "LOI.txt").exists()


async def test_letter_of_another_agency_cannot_be_answered(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        folder = move(house, await arrive(house), "da-tiep-nhan")
        other = await house.send(letter("b.pdf", to="000.05.31.H14"))
        data = (folder / "truc.json").read_text()
        record = record_in(folder)
        assert record is not None
        (folder / "truc.json").write_text(data.replace(record.letter_id, other.letter_id))
        await house.poll(3)
        assert "TRUC-404" in text(folder / "LOI.txt")
        assert await told(house) == []


async def test_answer_waits_while_the_node_cannot_take_it(tmp_path: Path) -> None:
    is_busy = True

    def busy() -> None:
        if is_busy:
            raise Unavailable(find(STORE_BUSY, detail="x"))

    async with folder_house(tmp_path) as house:
        folder = await arrive(house)
        hinder(house, busy)
        move(house, folder, "da-tiep-nhan")
        await house.poll(4)
        is_busy = False
        await house.poll(10)
        (status,) = await told(house)
        assert status.timestamp == "2026/03/02 08:30:16"  # when it was meant, not when it could be sent


async def test_copied_folder_is_waited_for_until_it_is_whole(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        folder = await arrive(house)
        target = house.places().answer("da-tiep-nhan") / folder.name
        target.mkdir()
        for file in sorted(folder.iterdir(), reverse=True):
            shutil.copy(file, target)
            await house.poll()
            assert not (target / "LOI.txt").exists()
        await house.poll(2)
        assert len(await told(house)) == 1


async def test_status_speaks_in_the_code_that_the_letter_named(tmp_path: Path) -> None:
    directory = from_rows(
        1,
        [{"id": "H14", "name": "N", "organ_code": "AX"}],
        [
            {"code": "NEW", "name": "Mới", "node": "H14", "aliases": ["ALIAS"]},
            {"code": "OLD", "name": "Cũ", "node": "H14", "successor": "NEW", "valid_to": "2025-06-30"},
            {"code": "FAR", "name": "Xa", "node": "H14"},
        ],
    )
    answer = Answer("da-tiep-nhan", "03", START, "")
    async with folder_house(tmp_path) as house:
        accepted = await house.send(letter("a.pdf"))
        stored = await house.node.store.letter(accepted.letter_id)
        assert stored is not None

        def sender(named: str, code: str, me: str) -> str:
            (addressee,) = stored.routing.recipients
            meant = replace(addressee, named=named, code=AgencyCode(code))
            changed = replace(stored, routing=replace(stored.routing, recipients=(meant,)))
            return status_of(changed, answer, AgencyCode(me), directory).sender.code

        assert sender("NEW", "NEW", "NEW") == "NEW"
        assert sender("ALIAS", "NEW", "NEW") == "ALIAS"
        assert sender("OLD", "OLD", "NEW") == "NEW"
        with pytest.raises(Rejected):
            sender("NEW", "NEW", "FAR")
