"""
Failures by their cause: what it means, what to do, how many; and what is done with a whole group.

Nothing happens at once: what is asked for begins some seconds later, so that it can still be undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from gateway.core.catalogue import FAULTS, MOVED_ON, NO_SUCH_PAGE
from gateway.core.delivery import Target
from gateway.core.errors import Fault, Rejected, find
from gateway.http.console.declared import (
    IT,
    OPERATORS,
    ROOT,
    Action,
    Chapter,
    Done,
    Fragment,
    Leaf,
    Page,
)
from gateway.http.console.forms import Form
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.ports import Repair, RepairAction, RepairState, Trouble, TroubleGroup
from gateway.ports.repairs import MOST_COUNTED, MOST_PLANNED

PATH = f"{ROOT}/failures"
GROUPS = 200
LINES = 50
REPAIRS = 10
UNDO = timedelta(seconds=10)  # to think better of a click; a letter that waits anyway can wait so long
SHORTEST_REASON = 10
LONGEST_REASON = 200

TROUBLES: Mapping[Trouble, tuple[str, str]] = {
    Trouble.RETRYING: ("wait", said("Chờ thử lại")),
    Trouble.HELD: ("stop", said("Tạm giữ")),
    Trouble.QUARANTINED: ("bad", said("Cách ly (chờ kiểm tra)")),
}
ACTIONS: Mapping[RepairAction, str] = {
    RepairAction.SEND_AGAIN: said("Gửi lại cả nhóm"),
    RepairAction.RELEASE: said("Cho cả nhóm đi tiếp"),
    RepairAction.HOLD: said("Tạm giữ cả nhóm"),
    RepairAction.GIVE_BACK: said("Trả lại cả nhóm cho bên gửi"),
}
OFFERED: Mapping[Trouble, tuple[RepairAction, ...]] = {
    Trouble.RETRYING: (RepairAction.SEND_AGAIN, RepairAction.HOLD, RepairAction.GIVE_BACK),
    Trouble.HELD: (RepairAction.RELEASE, RepairAction.GIVE_BACK),
    Trouble.QUARANTINED: (RepairAction.SEND_AGAIN, RepairAction.GIVE_BACK),
}
REPAIR_STATES: Mapping[RepairState, tuple[str, str]] = {
    RepairState.PLANNED: ("wait", said("Sắp làm")),
    RepairState.RUNNING: ("move", said("Đang làm")),
    RepairState.DONE: ("good", said("Đã xong")),
    RepairState.UNDONE: ("stop", said("Đã bỏ")),
}
PLANNED = said("Sẽ bắt đầu sau %(seconds)s giây; cho đến lúc đó còn bỏ được.")
CALLED_OFF = said("Đã bỏ; những gì đã làm xong thì giữ nguyên.")


@dataclass(frozen=True, slots=True)
class Cause:
    """A group as pages show it."""

    group: TroubleGroup
    fault: Fault | None
    name: str
    address: str

    @property
    def key(self) -> Mapping[str, str]:
        """What names it in an address and in a form."""
        return _key(self.group)


def _key(group: TroubleGroup) -> dict[str, str]:
    return {"trouble": group.trouble.value, "code": group.code, "target": group.target.key}


def _cause(view: View, group: TroubleGroup) -> Cause:
    target, directory = group.target, view.around.directory
    if target.neighbour is not None:
        node = directory.node(target.neighbour)
        name = (node.name if node is not None else "") or target.neighbour
    else:
        agency = directory.find(str(target.agency))
        name = str(target.agency) if agency is None else agency.name
    return Cause(group, FAULTS.get(group.code), name, f"{PATH}/group?{urlencode(_key(group))}")


WORDS = {
    "troubles": TROUBLES,
    "actions": ACTIONS,
    "repair_states": REPAIR_STATES,
    "most": MOST_COUNTED,
    "most_planned": MOST_PLANNED,
}


# --- all of them ---------------------------------------------------------------------------------


async def open_failures(view: View) -> Mapping[str, Any]:
    """All groups, and what was done lately."""
    return {**await groups(view), **await latest(view)}


async def groups(view: View) -> Mapping[str, Any]:
    """The groups that there are now."""
    found = await view.lately("troubles", lambda: view.store.troubles(GROUPS), seconds=1.0)
    return {"causes": [_cause(view, group) for group in found], **WORDS}


async def latest(view: View) -> Mapping[str, Any]:
    """What was asked for lately, and how far it is."""
    repairs: Sequence[Repair] = await view.store.repairs(REPAIRS)
    return {"repairs": [(repair, _cause(view, repair.group)) for repair in repairs], **WORDS}


# --- one of them ---------------------------------------------------------------------------------


def _group(told: Mapping[str, str]) -> TroubleGroup:
    trouble, code, target = (told.get(name, "") for name in ("trouble", "code", "target"))
    is_one = trouble in list(Trouble) and target.startswith(("link:", "agency:"))
    if not is_one or "\0" in code + target:  # PostgreSQL takes none
        raise Rejected(find(NO_SUCH_PAGE))
    return TroubleGroup(Trouble(trouble), code[:64], Target.of_key(target[:200]))


async def open_group(view: View) -> Mapping[str, Any]:
    """What would be sent, held or given back."""
    group = _group(view.request.query)
    found = await view.store.troubles(GROUPS)
    same = (each for each in found if _key(each) == _key(group))
    after = view.query_number("after") or 0
    lines = await view.store.trouble_lines(group, after, LINES + 1)
    cause = _cause(view, next(same, group))
    more = f"{cause.address}&after={lines[LINES - 1].seq}" if len(lines) > LINES else ""
    return {
        "cause": cause,
        "lines": lines[:LINES],
        "is_first": not after,
        "more": more,
        "offered": OFFERED[group.trouble] if view.role in OPERATORS else (),
        "undo_seconds": int(UNDO.total_seconds()),
        **WORDS,
    }


async def repair(view: View, form: Form) -> Done:
    """Ask for something to be done with a group."""
    action = form.choice("action", RepairAction)
    group = _group(form.filled)
    least = SHORTEST_REASON if action is RepairAction.GIVE_BACK else 0
    reason = form.text("reason", most=LONGEST_REASON, least=least)
    form.check()
    if action not in OFFERED[group.trouble]:
        raise Rejected(find(MOVED_ON))
    now = view.around.clock.now()
    wanted = Repair(
        action=action,
        group=group,
        asked_by=view.account.name,
        asked_at=now,
        runs_at=now + UNDO,
        reason=reason,
    )
    told = {
        "action": action.value,
        "trouble": group.trouble.value,
        "cause": group.code,
        "to": group.target.key,
        "reason": reason,
    }
    number = await view.store.plan_repair(wanted, view.act(detail=told))
    return Done(f"{PATH}/repairs/{number}", PLANNED, {"seconds": str(int(UNDO.total_seconds()))})


# --- what is being done --------------------------------------------------------------------------


async def open_repair(view: View) -> Mapping[str, Any]:
    """How far one is, and the way back."""
    number = view.request.match_info["number"]
    return {**await _one(view, number), "may_undo": view.role in OPERATORS}


async def progress(view: View) -> Mapping[str, Any]:
    """The part that moves."""
    return await _one(view, view.about)


async def _one(view: View, number: str) -> Mapping[str, Any]:
    is_number = number.isascii() and number.isdigit() and len(number) < 19
    found = await view.store.repair(int(number)) if is_number else None
    if found is None:
        raise Rejected(find(NO_SUCH_PAGE))
    return {"repair": found, "cause": _cause(view, found.group), **WORDS}


async def call_off(view: View, form: Form) -> Done:
    """Do no more of it."""
    number = form.text("number", most=18)
    if not number.isdigit() or not await view.store.call_off_repair(
        int(number), view.act(detail={"number": number})
    ):
        raise Rejected(find(MOVED_ON))
    return Done(f"{PATH}/repairs/{number}", CALLED_OFF)


FAILURES = Page(
    path=PATH,
    name="failures",
    title=said("Văn bản không chuyển được"),
    template="failures.html",
    handler=open_failures,
    roles=IT,
    chapter=Chapter.FAILURES,
)
GROUP = Page(
    path=f"{PATH}/group",
    name="failure_group",
    title=said("Một nhóm không chuyển được"),
    template="failure_group.html",
    handler=open_group,
    roles=IT,
    chapter=Chapter.FAILURES,
    in_menu=False,
)
REPAIR = Page(
    path=f"{PATH}/repairs/{{number}}",
    name="repair",
    title=said("Việc đã yêu cầu"),
    template="repair.html",
    handler=open_repair,
    roles=IT,
    chapter=Chapter.FAILURES,
    in_menu=False,
)
LEAF = Leaf(
    pages=(FAILURES, GROUP, REPAIR),
    actions=(
        Action(
            path=GROUP.path,
            name="repair_planned",
            handler=repair,
            page=GROUP,
            roles=OPERATORS,
            journals_itself=True,
        ),
        Action(
            path=f"{PATH}/undo",
            name="repair_called_off",
            handler=call_off,
            page=FAILURES,
            roles=OPERATORS,
            journals_itself=True,
        ),
    ),
    fragments=(
        Fragment(
            name="failures.groups", template="failures_groups.html", handler=groups, roles=IT, every=2.0
        ),
        Fragment(
            name="failures.repairs", template="failures_repairs.html", handler=latest, roles=IT, every=2.0
        ),
        Fragment(name="repair", template="repair_progress.html", handler=progress, roles=IT, every=1.0),
    ),
)
