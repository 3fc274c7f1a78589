import os
import unicodedata
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.folder.layout import TEMPLATE_NAME
from gateway.core.catalogue import STORE_BUSY
from gateway.core.edxml import read
from gateway.core.errors import Unavailable, find
from gateway.core.model import Envelope
from gateway.inside import Inside
from gateway.ports import Accepted, Caller, Office
from tests.kit.folders import DISTRICT, PROVINCE, FolderHouse, folder_house
from tests.kit.messages import message
from tests.kit.sinks import take_apart
from tests.unit.adapters.folder.test_inbox import text

PDF = b"%PDF-1.4\n" + bytes(range(256)) * 700
SIDECAR = f"""\
nơi nhận: {PROVINCE}
số ký hiệu: 12/QĐ-UBND
ngày: 27/02/2026
trích yếu: Về việc mua sắm
người ký: Nông Văn Nam
độ khẩn: khẩn
""".encode()


class Hindered:
    """An office to which something happens whenever it is asked to accept."""

    def __init__(self, office: Office, happens: Callable[[], None]) -> None:
        self._office, self._happens = office, happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._office, name)

    async def accept(self, source: AsyncIterator[bytes], caller: Caller) -> Accepted:
        self._happens()
        return await self._office.accept(source, caller)


def hinder(house: FolderHouse, happens: Callable[[], None]) -> None:
    """From now on the folder asks an office to which this happens."""
    house.workplace = replace(house.workplace, office=Hindered(house.node.office, happens))  # type: ignore[arg-type]
    house.restart()


def edxml(number: str = "12") -> bytes:
    who = f"<From><OrganId>{DISTRICT}</OrganId></From><To><OrganId>{PROVINCE}</OrganId></To>"
    return message(f"<DocumentId>id-{number}</DocumentId><Subject>Trích yếu {number}</Subject>", who=who)


def drop(house: FolderHouse, **files: bytes) -> None:
    """Put files into out/; `__` stands for a dot."""
    for name, content in files.items():
        (house.places().out / name.replace("__", ".")).write_bytes(content)


def in_out(house: FolderHouse) -> set[str]:
    return {path.name for path in house.places().out.iterdir()} - {"da-gui", TEMPLATE_NAME}


def sent(house: FolderHouse) -> list[Path]:
    return sorted(house.places().sent.iterdir())


async def arrived(house: FolderHouse) -> list[Envelope]:
    """What the province got."""
    return [(await inside(house, n)).envelope for n in range(len(await house.mailbox()))]


async def inside(house: FolderHouse, place: int = 0) -> Inside:
    item = (await house.mailbox())[place]
    return Inside(await house.opened(item.letter_id, PROVINCE))


async def test_message_that_stopped_changing_is_sent_and_leaves_with_its_answer(
    tmp_path: Path,
) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        drop(house, x__edxml=edxml())
        await house.poll()
        assert await house.mailbox() == []
        await house.poll()
        (item,) = await house.mailbox()
        assert await house.message(item.letter_id) == edxml()
        assert in_out(house) == set()
        (folder,) = sent(house)
        assert folder.name.startswith("x_20260302-0830")
        assert (folder / "x.edxml").read_bytes() == edxml()
        answer = text(folder / "ket-qua.txt").splitlines()
        assert answer[0] == "ĐÃ GỬI"
        assert f"Mã trên trục (letter_id): {item.letter_id}" in answer
        assert f"  UBND tỉnh Cao Bằng ({PROVINCE})" in answer


async def test_file_that_still_grows_is_let_alone(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        for size in range(100, len(edxml()) - 1, 100):
            drop(house, x__edxml=edxml()[:size])
            await house.poll()
        assert in_out(house) == {"x.edxml"}
        drop(house, x__edxml=edxml())
        await house.poll(2)
        assert len(await house.mailbox()) == 1


async def test_clock_of_the_share_does_not_matter(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        for name, year in (("a.edxml", 1990), ("b.edxml", 2090)):
            drop(house, **{name.replace(".", "__"): edxml(name)})
            os.utime(house.places().out / name, ((year - 1970) * 31_556_952,) * 2)
        await house.poll(2)
        assert len(await house.mailbox()) == 2


async def test_document_with_its_information_file_is_one_letter(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        drop(house, x__pdf=PDF, x__docx=b"PK", x__txt=SIDECAR)
        await house.poll(2)
        letter = await inside(house)
        said = letter.envelope
        assert said.sender.code == DISTRICT
        assert said.sender.name == "UBND huyện Hà Quảng"
        assert (said.code, said.issue_date, said.type_name) == ("12/QĐ-UBND", "2026/02/27", "Quyết định")
        assert (said.subject, said.signer_name, said.priority) == ("Về việc mua sắm", "Nông Văn Nam", 1)
        assert said.document_id == f"{DISTRICT},2026/02/27,12/QĐ-UBND"
        assert [file.name for file in letter.attachments()] == ["x.pdf", "x.docx"]
        assert b"".join(letter.chunks(0)) == PDF
        (folder,) = sent(house)
        assert {path.name for path in folder.iterdir()} == {
            *("x.pdf", "x.docx", "x.txt", "ket-qua.txt", "truc.json")
        }


@pytest.mark.parametrize("sidecar", ["thong-tin.txt", "MAU-THONG-TIN.txt", "ho so.txt", "gì đó.txt"])
async def test_folder_is_one_letter_with_all_its_files(tmp_path: Path, sidecar: str) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        folder = house.places().out / "ho so"
        folder.mkdir()
        for name, data in {"b.xlsx": b"2", "vb.pdf": PDF, "a.png": b"1", sidecar: SIDECAR}.items():
            (folder / name).write_bytes(data)
        await house.poll(2)
        assert [file.name for file in (await inside(house)).attachments()] == ["vb.pdf", "a.png", "b.xlsx"]
        assert (sent(house)[0] / "ho so" / "vb.pdf").read_bytes() == PDF
        assert in_out(house) == set()


@pytest.mark.parametrize(
    "names",
    [
        ("x.pdf", "x.pdf.txt"),
        ("X.PDF", "x.txt"),
        (unicodedata.normalize("NFD", "Tờ trình.pdf"), "Tờ trình.txt"),
    ],
)
async def test_names_that_people_take_for_one_belong_together(tmp_path: Path, names: tuple[str, str]) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        drop(house, **{names[0]: PDF, names[1]: SIDECAR})
        await house.poll(2)
        assert len(await house.mailbox()) == 1


async def test_document_waits_for_its_information_file_before_anybody_complains(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        drop(house, x__pdf=PDF)
        await house.poll(10)
        assert in_out(house) == {"x.pdf"}
        await house.poll(20)
        assert in_out(house) == {"x.pdf", "x.LOI.txt"}
        assert "TRUC-320" in text(house.places().out / "x.LOI.txt")
        drop(house, x__txt=SIDECAR)
        await house.poll(2)
        assert len(await house.mailbox()) == 1
        assert in_out(house) == set()


async def test_refusal_says_what_where_whose_fault_and_what_to_do(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        drop(house, x__pdf=PDF, x__txt=SIDECAR + "độ khẩm: 1\n".encode())
        await house.poll(2)
        assert in_out(house) == {"x.pdf", "x.txt", "x.LOI.txt"}
        told = text(house.places().out / "x.LOI.txt")
        assert told.startswith("KHÔNG GỬI ĐƯỢC: x\nLúc: 02/03/2026 08:30\n")
        assert "không rõ là gì; mục gần giống: «độ khẩn»" in told
        assert "   Ở đâu: dòng 7, độ khẩm" in told
        assert "   Bên cần sửa: đơn vị gửi (tệp này)" in told
        assert "   Cần làm: Sửa tên mục" in told
        assert "NOT SENT: x" in told


async def test_refused_files_are_let_alone_until_they_change(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        drop(house, x__edxml=b"<not")
        await house.poll(2)
        note = house.places().out / "x.LOI.txt"
        assert "TRUC-10" in text(note)
        note.unlink()
        await house.poll(30)
        assert in_out(house) == {"x.edxml"}
        drop(house, x__edxml=edxml())
        await house.poll(2)
        assert len(await house.mailbox()) == 1


async def test_note_about_files_that_are_gone_goes_too(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        drop(house, x__edxml=b"<not")
        await house.poll(2)
        (house.places().out / "x.edxml").unlink()
        await house.poll()
        assert in_out(house) == set()


@pytest.mark.parametrize(
    "name",
    [
        "~$x.docx",
        ".x.pdf",
        "x.pdf.part",
        "x.pdf.filepart",
        "x.TMP",
        "Thumbs.db",
        "desktop.ini",
        "x.crdownload",
    ],
)
async def test_what_programs_leave_beside_files_is_nobodys_letter(tmp_path: Path, name: str) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        drop(house, **{name: b"x"})
        await house.poll(40)
        assert in_out(house) == {name}


async def test_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(edxml())
    async with folder_house(tmp_path) as house:
        await house.poll()
        (house.places().out / "x.edxml").symlink_to(secret)
        (house.places().out / "y").symlink_to(tmp_path)
        await house.poll(40)
        assert await house.mailbox() == []


async def test_pipe_in_the_folder_stops_nobody(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        os.mkfifo(house.places().out / "a.edxml")
        drop(house, x__edxml=edxml())
        await house.poll(2)
        assert len(await house.mailbox()) == 1


MIXED = [
    ["x.edxml", "x.pdf", "x.txt"],
    ["x.json", "x.pdf", "x.txt"],
    ["x.txt"],
    ["x/"],
    ["x/", "x/y/"],
    ["x/", "x.pdf"],
]


@pytest.mark.parametrize("names", MIXED)
async def test_files_that_make_no_letter_are_explained(tmp_path: Path, names: list[str]) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        for name in names:
            path = house.places().out / name
            if name.endswith("/"):
                path.mkdir()
            else:
                path.write_bytes(b"x")
        await house.poll(30)
        assert "TRUC-326" in text(house.places().out / "x.LOI.txt")
        assert await house.mailbox() == []


async def test_letter_that_was_handed_in_before_a_crash_is_not_sent_twice(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        for number in (1, 2):
            drop(house, x__pdf=PDF, x__txt=SIDECAR)
            if number == 2:
                house.axis.clock.advance(timedelta(days=1))
            house.restart()
            await house.poll(2)
        assert len(await house.mailbox()) == 1
        _, second = sent(house)
        assert text(second / "ket-qua.txt").startswith("ĐÃ GỬI TỪ TRƯỚC")


async def test_files_half_moved_at_a_crash_follow_at_the_next_start(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        drop(house, x__pdf=PDF, x__txt=SIDECAR)
        await house.poll(2)
        (folder,) = sent(house)
        folder = folder.rename(folder.with_name(f".gui-{folder.name}"))
        (folder / "x.txt").rename(house.places().out / "x.txt")
        house.restart()
        await house.poll()
        assert in_out(house) == set()
        (again,) = sent(house)
        assert (again / "x.txt").read_bytes() == SIDECAR


async def test_another_file_under_the_name_of_a_sent_one_is_not_swept_away(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        drop(house, x__edxml=edxml())
        await house.poll(2)
        (folder,) = sent(house)
        folder.rename(folder.with_name(f".gui-{folder.name}"))
        drop(house, x__edxml=edxml("13"))
        await house.poll()
        assert in_out(house) == {"x.edxml"}
        await house.poll(2)
        assert [e.document_id for e in await arrived(house)] == ["id-12", "id-13"]


async def test_what_was_prepared_and_never_sent_is_cleared_away(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        (house.places().sent / ".gui-x_20260302-080000").mkdir()
        await house.poll()
        assert sent(house) == []


async def test_letter_that_cannot_be_taken_now_is_tried_again_and_told_after_a_while(tmp_path: Path) -> None:
    is_busy = True

    def busy() -> None:
        if is_busy:
            raise Unavailable(find(STORE_BUSY, detail="x"))

    async with folder_house(tmp_path) as house:
        hinder(house, busy)
        await house.poll()
        drop(house, x__edxml=edxml())
        await house.poll(3)
        assert in_out(house) == {"x.edxml"}
        await house.poll(60)
        assert in_out(house) == {"x.edxml", "x.DANG-CHO.txt"}
        assert "TRUC-702" in text(house.places().out / "x.DANG-CHO.txt")
        is_busy = False
        await house.poll(10)
        assert len(await house.mailbox()) == 1
        assert in_out(house) == set()


async def test_fault_of_ours_keeps_one_letter_back_and_no_other(tmp_path: Path) -> None:
    calls = iter([ValueError("x")])

    def fail_once() -> None:
        if fault := next(calls, None):
            raise fault

    async with folder_house(tmp_path) as house:
        house.axis.may_fail_itself = True
        hinder(house, fail_once)
        await house.poll()
        drop(house, a__edxml=edxml("1"), b__edxml=edxml("2"))
        await house.poll(2)
        assert [e.document_id for e in await arrived(house)] == ["id-2"]
        assert len(house.node.said("internal.error")) == 1
        await house.poll(125)
        assert [e.document_id for e in await arrived(house)] == ["id-2", "id-1"]
        assert list(sent(house)[0].parent.glob(".*")) == []


async def test_file_that_changes_while_it_is_read_is_not_sent(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        path = house.places().out / "x.edxml"

        def change() -> None:
            path.write_bytes(edxml("13"))
            os.utime(path, ns=(1, 1))

        hinder(house, change)
        await house.poll()
        drop(house, x__edxml=edxml())
        await house.poll(2)
        assert await house.mailbox() == []
        hinder(house, lambda: None)
        await house.poll(10)
        assert [e.document_id for e in await arrived(house)] == ["id-13"]


async def test_name_as_long_as_names_can_be_blocks_nobody(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        drop(house, **{"ế" * 82 + ".edxml": b"<", "a" * 248 + ".edxml": edxml(), "b__edxml": edxml("13")})
        await house.poll(2)
        assert len(await house.mailbox()) == 2
        assert len([name for name in in_out(house) if name.endswith(".LOI.txt")]) == 1


async def test_name_in_no_known_encoding_blocks_nobody(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        for name, data in ((b"\xfdtr.pdf", PDF), (b"\xfdtr.txt", SIDECAR)):
            Path(os.fsdecode(os.fsencode(house.places().out) + b"/" + name)).write_bytes(data)
        drop(house, x__edxml=edxml("13"))
        await house.poll(2)
        assert len(await house.mailbox()) == 2


async def test_template_is_put_back_when_it_is_gone(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        template = house.places().out / TEMPLATE_NAME
        assert "nơi nhận:" in text(template)
        template.unlink()
        await house.poll()
        assert template.exists()


async def test_partial_recipients_are_named_in_the_answer(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        data = edxml().replace(b"</To>", b"</To><To><OrganId>9.9.H99</OrganId></To>")
        drop(house, x__edxml=data)
        await house.poll(2)
        assert "  9.9.H99: KHÔNG gửi được, TRUC-405" in text(sent(house)[0] / "ket-qua.txt").splitlines()


async def test_same_files_make_the_same_message(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll()
        drop(house, x__pdf=PDF, x__txt=SIDECAR)
        await house.poll(2)
        (item,) = await house.mailbox()
        split = take_apart(await house.message(item.letter_id)).split
        assert read(split.envelope, split.parts).envelope.traces == ()
