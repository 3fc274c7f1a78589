"""
The journals of all nodes of an axis as one table for people, and what their stores have not ended yet.

Everything is read through the port of the store, as an operator's tools do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.calendar import VIETNAM
from gateway.core.catalogue import FAULTS
from gateway.core.delivery import State
from gateway.core.directory import Directory
from gateway.core.lifecycle import STATUSES
from gateway.core.model import Kind, LetterFacts, LetterId, NodeId
from gateway.core.sentences import title_vi
from gateway.journal import first_hash, verify
from gateway.ports import JournalRow, Store, StoredLetter

PAGE = 10_000
SHOWN: Final = 2
"""Lines that differ only in their number and recipient are shown so often, then counted."""

MOVING = (State.QUEUED, State.TRYING, State.SENT)

WORDS: Final[Mapping[str, str]] = {
    "arrival.refused": "từ chối văn bản của nút kề",
    "delivery.acknowledged": "đơn vị đã nhận",
    "delivery.claimed": "bắt đầu chuyển",
    "delivery.confirmed": "RabbitMQ đã giữ, chờ biên nhận",
    "delivery.expired": "quá hạn chuyển, trả lại",
    "delivery.failed": "chuyển chưa được, sẽ thử lại",
    "delivery.missing": "nút kề báo còn thiếu, gửi tiếp",
    "delivery.offered": "đã đặt vào hộp của đơn vị",
    "delivery.offered_again": "đặt lại vào hộp của đơn vị",
    "delivery.overdue": "quá hạn mà chưa thấy nhận",
    "delivery.refused": "nút kề từ chối, trả lại",
    "delivery.taken": "có biên nhận của nút kề",
    "delivery.taken_back": "bên gửi lấy lại",
    "delivery.unwelcome": "không được giao, trả lại",
    "directory.prepared": "đã ghi thay đổi danh mục, chờ ngày",
    "directory.set": "danh mục mới có hiệu lực",
    "letter.accepted": "tiếp nhận từ đơn vị",
    "letter.due_soon": "sắp đến hạn xử lý",
    "letter.fetched": "đơn vị mở xem",
    "letter.looked_into": "đơn vị xem trước",
    "letter.overdue": "quá hạn xử lý",
    "letter.taken": "nhận từ nút kề",
    "recipient.astray": "không biết đường tới đơn vị nhận",
    "recipient.unreachable": "không giao được cho đơn vị nhận",
    "take_back.remembered": "ghi nhớ yêu cầu lấy lại",
}
"""What the events of the journal mean; those that no story knows yet stand under their own name."""

COLUMNS: Final = ("giờ", "nút", "sự kiện", "văn bản", "với ai", "mã", "nghĩa là")


@dataclass(frozen=True)
class Noted:
    """A line of the journal, and the node that wrote it."""

    node: NodeId
    row: JournalRow


@dataclass(frozen=True)
class Journals:
    """What all nodes of an axis have written, in order of time, and how its letters are called."""

    lines: Sequence[Noted]
    names: Mapping[str, str]

    def events(self, letter_id: LetterId, *, at: str = "", of: str = "") -> list[str]:
        """What happened to a letter (at one node; with one target, as in `link:H14`), in order of time."""
        return [
            line.row.event
            for line in self.lines
            if line.row.letter_id == letter_id and at in ("", line.node) and of in ("", line.row.target)
        ]

    def nodes(self, letter_id: LetterId, event: str) -> list[str]:
        """Where this happened to a letter, in order of time."""
        return [
            line.node for line in self.lines if (line.row.letter_id, line.row.event) == (letter_id, event)
        ]

    def table(self) -> str:
        """All of it, as a person reads it."""
        alike: Counter[tuple[str, ...]] = Counter(self._kind(line) for line in self.lines)
        seen: Counter[tuple[str, ...]] = Counter()
        rows: list[tuple[str, ...]] = [COLUMNS]
        for line in self.lines:
            kind = self._kind(line)
            seen[kind] += 1
            if seen[kind] <= SHOWN:
                rows.append(self._cells(line))
            elif seen[kind] == alike[kind]:
                more = f"… và {alike[kind] - SHOWN} dòng như vậy"
                rows.append((*self._cells(line)[:-1], more))
        widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
        return "\n".join(
            "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
        )

    def _kind(self, line: Noted) -> tuple[str, ...]:
        row = line.row
        name = self.names.get(row.letter_id, "").partition(" ")[0]
        return (line.node, row.event, name, row.target.partition(":")[0], row.code)

    def _cells(self, line: Noted) -> tuple[str, ...]:
        row = line.row
        said = [WORDS.get(row.event, row.event)]
        if row.code in FAULTS:
            said.append(title_vi(FAULTS[row.code]))
        who = row.target or str(row.detail.get("sender", "") if row.event == "letter.accepted" else "")
        who = who or str(row.detail.get("neighbour", ""))
        at = row.at.astimezone(VIETNAM).strftime("%d/%m %H:%M:%S.%f")[:-3]
        name = self.names.get(row.letter_id, row.letter_id)
        return (at, line.node, row.event, name, who, row.code, ": ".join(said))


async def read_journals(stores: Mapping[NodeId, Store]) -> Journals:
    """The journals of these nodes. Raises: AssertionError for a chain that does not verify."""
    lines: list[Noted] = []
    for node, store in stores.items():
        rows: list[JournalRow] = []
        while page := await store.journal(rows[-1].number if rows else 0, PAGE):
            rows += page
        assert verify(rows, first_hash(node)) is None, f"the journal of {node} was tampered with"
        lines += [Noted(node, row) for row in rows]
    lines.sort(key=lambda line: line.row.at)  # within a node the order stays, since times may be equal
    named = dict.fromkeys(LetterId(line.row.letter_id) for line in lines if line.row.letter_id)
    return Journals(lines, {letter_id: await _name(stores, letter_id) for letter_id in named})


async def _name(stores: Mapping[NodeId, Store], letter_id: LetterId) -> str:
    """How a letter is called: nodes on the way keep no facts, so all are asked."""
    for store in stores.values():
        held = await store.letter(letter_id)
        if held is not None and held.facts != LetterFacts():
            return _called(held)
    return letter_id


def _called(letter: StoredLetter) -> str:
    facts = letter.facts
    if letter.routing.kind is Kind.DOCUMENT:
        return f"{'khẩn' if facts.priority else 'văn bản'} {facts.code}"
    row = STATUSES.get(facts.status_code)
    about = facts.in_reply_to[0].code if facts.in_reply_to else ""
    return f"TT{facts.status_code} ({row.vi if row else '?'}) về {about}"


async def left_open(directory: Directory, stores: Mapping[NodeId, Store]) -> list[str]:
    """What the stores of an axis have to do, or wait for; nothing when every letter has come to an end."""
    found = await moving(directory, stores)
    for node, store in stores.items():
        found += [
            f"{node}: {each.number} × {target} {state}"
            for (target, state), each in (await store.standing()).items()
            if state not in MOVING
        ]
    return found


async def moving(directory: Directory, stores: Mapping[NodeId, Store]) -> list[str]:
    """What the nodes of an axis are about to do by themselves."""
    found: list[str] = []
    for node, store in stores.items():
        found += [
            f"{node}: {each.number} × {target} {state}"
            for (target, state), each in (await store.standing()).items()
            if state in MOVING
        ]
        found += [
            f"{node}: owes {duty.kind} {duty.code} ({duty.letter.routing.letter_id})"
            for duty in await store.duties(100)
        ]
        for neighbour in directory.neighbours(node):
            waiting = await store.control_waiting(neighbour, 100)
            found += [f"{node}: {len(waiting)} control messages for {neighbour}"] if waiting else []
    return found
