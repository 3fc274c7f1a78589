import json
import shutil
from pathlib import Path

import pytest

from adapters.folder.layout import ANSWERS, RESERVED
from gateway.core.delivery import State
from gateway.core.model import LetterId
from tests.kit.folders import DISTRICT, PROVINCE, FolderHouse, folder_house
from tests.kit.messages import encoded, manifest, message, status_message

DATA = b"abc"


def letter(*names: str, number: str = "45", to: str = DISTRICT, more: str = "") -> bytes:
    """A document of the province with attachments of these names, three bytes each."""
    blocks = [
        f"<ContentId>{n}</ContentId><AttachmentName>{name}</AttachmentName>@" for n, name in enumerate(names)
    ]
    header = (
        f"<DocumentId>id-{number}</DocumentId>"
        f"<Code><CodeNumber>{number}</CodeNumber><CodeNotation>UBND-VX</CodeNotation></Code>"
        "<PromulgationInfo><PromulgationDate>2026/02/27</PromulgationDate></PromulgationInfo>"
        "<DocumentType><TypeName>Công văn</TypeName></DocumentType><Subject>V/v trường học</Subject>"
        f"<DueDate>2026/03/09</DueDate><OtherInfo><Priority>2</Priority></OtherInfo>{more}"
    )
    who = (
        f"<From><OrganId>{PROVINCE}</OrganId><OrganName>UBND tỉnh Cao Bằng</OrganName></From>"
        f"<To><OrganId>{to}</OrganId></To>"
    )
    references = [f"<ContentId>{n}</ContentId>" for n in range(len(names))]
    return message(header, who=who, body=manifest(*references), attachments=encoded(*blocks))


def text(path: Path) -> str:
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    return data.decode("utf-8-sig").replace("\r\n", "\n")


async def delivered(house: FolderHouse, letter_id: LetterId) -> bool:
    record = await house.node.store.track(letter_id)
    assert record is not None
    return record.deliveries[0].state is State.DELIVERED


async def test_letter_lies_in_the_folder_with_its_files_and_a_summary(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        data = letter("vb.pdf", "phụ lục.xlsx")
        accepted = await house.send(data)
        await house.hand_over()
        (folder,) = house.letters()
        assert folder.parent == house.places().arrived
        assert folder.name == f"2026-03-02_45-UBND-VX_{accepted.letter_id[-8:]}"
        assert (folder / "van-ban.edxml").read_bytes() == data
        assert (folder / "vb.pdf").read_bytes() == (folder / "phụ lục.xlsx").read_bytes() == DATA
        assert json.loads((folder / "truc.json").read_bytes())["letter_id"] == accepted.letter_id
        assert await delivered(house, accepted.letter_id)


async def test_summary_tells_a_clerk_what_matters(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        accepted = await house.send(letter("vb.pdf"))
        await house.hand_over()
        summary = text(house.letters()[0] / "tom-tat.txt")
        for line in (
            f"Đơn vị gửi: UBND tỉnh Cao Bằng ({PROVINCE})",
            "Số, ký hiệu: 45/UBND-VX",
            "Ngày ban hành: 27/02/2026",
            "Loại văn bản: Công văn",
            "Trích yếu: V/v trường học",
            "Độ khẩn: Thượng khẩn",
            "Hạn xử lý: 09/03/2026",
            "  1. vb.pdf (1 KB)",
            "Niêm phong của nút gửi: nguyên vẹn",
            f"Mã trên trục (letter_id): {accepted.letter_id}",
        ):
            assert line in summary.splitlines()


async def test_stranger_cannot_write_lines_of_the_summary(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.send(letter("vb.pdf", more="").replace(b"V/v tr", b"V/v\nDo khan: Hoa toc\ntr"))
        await house.hand_over()
        assert "Do khan: Hoa toc" not in text(house.letters()[0] / "tom-tat.txt").splitlines()


async def test_letter_offered_again_after_a_crash_is_one_folder(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        accepted = await house.send(letter("vb.pdf"))
        opened = await house.opened(accepted.letter_id)
        assert await house.adapter.deliver(opened) is True
        assert await house.adapter.deliver(opened) is True
        assert len(house.letters()) == 1


@pytest.mark.parametrize("place", list(ANSWERS))
@pytest.mark.parametrize("renamed", ["", "Trường học (cô Lan xử lý)"])
async def test_letter_offered_again_is_found_where_its_clerk_moved_it(
    tmp_path: Path, place: str, renamed: str
) -> None:
    async with folder_house(tmp_path) as house:
        accepted = await house.send(letter("vb.pdf"))
        opened = await house.opened(accepted.letter_id)
        await house.adapter.deliver(opened)
        (folder,) = house.letters()
        target = house.places().answer(place) / (renamed or folder.name)
        folder.rename(target)
        await house.adapter.deliver(opened)
        assert house.letters() == [target]


async def test_what_an_earlier_try_left_half_written_is_written_anew(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        accepted = await house.send(letter("vb.pdf"))
        opened = await house.opened(accepted.letter_id)
        await house.adapter.deliver(opened)
        (folder,) = house.letters()
        half = folder.with_name(f".{folder.name}")
        folder.rename(half)
        (half / "truc.json").unlink()
        await house.adapter.deliver(opened)
        assert house.letters() == [folder]
        assert not half.exists()


async def test_attachments_of_evil_names_stay_inside_and_take_no_name_of_ours(tmp_path: Path) -> None:
    names = ["../../../x.pdf", "ly-do.txt", "TRUC.JSON", "aux", "a.pdf", "A.PDF", "..", "C:\\b.pdf", "a.pdf."]
    async with folder_house(tmp_path) as house:
        before = {path for path in tmp_path.rglob("*") if "blobs" not in path.parts}
        await house.send(letter(*names))
        await house.hand_over()
        (folder,) = house.letters()
        there = {path.name for path in folder.iterdir()} - set(RESERVED)
        assert there == {
            *("x.pdf", "ly-do (2).txt", "TRUC (2).JSON", "_aux", "a.pdf", "A (2).PDF"),
            *("tep-7", "b.pdf", "a (3).pdf"),
        }
        assert not (folder / "ly-do.txt").exists()
        now = {path for path in tmp_path.rglob("*") if "blobs" not in path.parts}
        assert {path for path in now - before if folder not in (path, *path.parents)} <= {
            *house.places().root.rglob("*"),
            *house.places().root.parent.glob("*"),
            *house.workplace.data_dir.parent.glob("data"),
            *house.workplace.data_dir.rglob("*"),
        }


async def test_two_letters_of_one_number_are_two_folders(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.send(letter("a.pdf"))
        await house.send(letter("b.pdf"))
        await house.hand_over()
        assert len(house.letters()) == 2


async def test_letter_without_a_number_has_a_folder_too(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        who = f"<From><OrganId>{PROVINCE}</OrganId></From><To><OrganId>{DISTRICT}</OrganId></To>"
        await house.send(message(who=who))
        await house.hand_over()
        assert "_khong-so_" in house.letters()[0].name


async def test_recall_says_how_it_is_answered(tmp_path: Path) -> None:
    recall = letter("tb.pdf").replace(
        b"</edXMLHeader>",
        b"<TraceHeaderList><Bussiness><BussinessDocType>1</BussinessDocType>"
        b"<DocumentId>id-7</DocumentId></Bussiness></TraceHeaderList></edXMLHeader>",
    )
    async with folder_house(tmp_path) as house:
        await house.send(recall)
        await house.hand_over()
        summary = text(house.letters()[0] / "tom-tat.txt")
        assert "Nghiệp vụ: THU HỒI một văn bản đã gửi" in summary
        assert "khong-dong-y" in summary
        assert "da-tiep-nhan" not in summary


async def test_status_about_a_letter_is_a_text_that_can_be_read(tmp_path: Path) -> None:
    status = status_message(
        f"<ResponseFor><OrganId>{DISTRICT}</OrganId><Code>12/UBND-TH</Code></ResponseFor>"
        "<StaffInfo><Staff>Nông Thị Hoa</Staff></StaffInfo><StatusCode>02</StatusCode>"
        "<Description>Gửi nhầm nơi</Description><Timestamp>2026/03/02 08:00:00</Timestamp>"
    ).replace(b"<OrganId>H14<", f"<OrganId>{PROVINCE}<".encode())
    async with folder_house(tmp_path) as house:
        accepted = await house.send(status)
        await house.hand_over()
        stem = f"2026-03-02_12-UBND-TH_02_{accepted.letter_id[-8:]}"
        assert (house.places().statuses / f"{stem}.edxml").read_bytes() == status
        told = text(house.places().statuses / f"{stem}.txt").splitlines()
        assert "Trạng thái: 02 Từ chối tiếp nhận" in told
        assert "Nội dung, lý do: Gửi nhầm nơi" in told
        assert "Về văn bản: 12/UBND-TH" in told
        assert "Người báo: Nông Thị Hoa" in told
        opened = await house.opened(accepted.letter_id)
        await house.adapter.deliver(opened)
        assert len(list(house.places().statuses.iterdir())) == 2


async def test_request_to_give_a_letter_back_says_how_it_is_answered(tmp_path: Path) -> None:
    status = status_message(
        f"<ResponseFor><OrganId>{DISTRICT}</OrganId><Code>45/UBND-VX</Code></ResponseFor>"
        "<StatusCode>13</StatusCode><Description>Sai thể thức</Description>"
    ).replace(b"<OrganId>H14<", f"<OrganId>{PROVINCE}<".encode())
    async with folder_house(tmp_path) as house:
        await house.send(status)
        await house.hand_over()
        (told,) = house.places().statuses.glob("*.txt")
        assert "dong-y" in text(told)


async def test_letter_waits_while_the_share_is_not_mounted(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.send(letter("a.pdf"))
        await house.hand_over()
        root = house.places().root
        shutil.move(root, tmp_path / "elsewhere")
        root.mkdir()  # the empty folder on which the share was mounted
        second = await house.send(letter("b.pdf", number="46"))
        await house.hand_over()
        assert list(root.iterdir()) == []
        assert not await delivered(house, second.letter_id)
        root.rmdir()
        shutil.move(tmp_path / "elsewhere", root)
        for _ in range(60):
            await house.hand_over()
        assert len(house.letters()) == 2
        assert await delivered(house, second.letter_id)


async def test_letter_whose_inside_cannot_be_read_is_laid_down_all_the_same(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        accepted = await house.send(letter("a.pdf"))
        opened = await house.opened(accepted.letter_id)
        broken = type(opened)(
            opened.letter, opened.agency, opened.size, opened.chunks, lambda _name: iter((b"?",))
        )
        await house.adapter.deliver(broken)
        (folder,) = house.letters()
        assert {path.name for path in folder.iterdir()} == {"van-ban.edxml", "tom-tat.txt", "truc.json"}
        assert "Không tách được tệp đính kèm" in text(folder / "tom-tat.txt")
