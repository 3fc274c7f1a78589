"""
Reports that are mailed: to whom, what became of each, a mail to try it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.core.catalogue import NO_SUCH_PAGE
from gateway.core.errors import Rejected, find
from gateway.http.console.declared import IT, OPERATORS, Action, Chapter, Done, Leaf, Page
from gateway.http.console.forms import Form
from gateway.http.console.pages.reports import PATH as REPORTS
from gateway.http.console.view import View
from gateway.http.console.words import said

PATH = f"{REPORTS}/mails"
LINES = 100

WHY: Mapping[str, str] = {
    "no-address": said("không đọc được địa chỉ máy chủ thư điện tử (reports.mail_server)"),
    "bad-address": said("địa chỉ máy chủ thư điện tử không dùng được"),
    "no-answer": said("máy chủ không trả lời kịp"),
    "not-taken": said("máy chủ không nhận hoặc không liên lạc được"),
    "no-file": said("chưa có tệp báo cáo"),
}
TRIED = said("Đã gửi thử tới %(taken)s trong %(number)s địa chỉ.")
TRIED_IN_PART = said("Đã gửi thử tới %(taken)s trong %(number)s địa chỉ; không được: %(failed)s.")
RENEWED = said("Sẽ gửi lại trong ít phút.")


async def open_mails(view: View) -> Mapping[str, Any]:
    """The addresses, and what became of the latest mails."""
    mailing = view.around.mailing
    return {
        "addresses": () if mailing is None else mailing.addresses,
        "mails": await view.store.report_mails(LINES),
        "why": WHY,
        "may_act": view.role in OPERATORS,
    }


async def try_out(view: View, form: Form) -> Done:
    """Mail the report of this month to every address."""
    if view.around.mailing is None:
        raise Rejected(find(NO_SUCH_PAGE))
    trials = await view.around.mailing.try_out()
    failed = [f"{t.address} ({view.words(WHY[t.code])})" for t in trials if t.code]
    told = {"taken": str(len(trials) - len(failed)), "number": str(len(trials))}
    if failed:
        return Done(PATH, TRIED_IN_PART, {**told, "failed": "; ".join(failed)[:500]})
    return Done(PATH, TRIED, told)


async def renew(view: View, form: Form) -> Done:
    """Try one again that came to nothing."""
    period, address = form.text("period", most=20), form.text("address", most=200)
    act = view.act(detail={"period": period, "address": address})
    if not await view.store.renew_report_mail(period, address, act):
        raise Rejected(find(NO_SUCH_PAGE))
    return Done(PATH, RENEWED)


MAILS = Page(
    path=PATH,
    name="report_mails",
    title=said("Gửi báo cáo qua thư điện tử"),
    template="reports_mails.html",
    handler=open_mails,
    roles=IT,
    chapter=Chapter.REPORTS,
    in_menu=False,
)
LEAF = Leaf(
    pages=(MAILS,),
    actions=(
        Action(path=f"{PATH}/try", name="report_mail_tried", handler=try_out, page=MAILS, roles=OPERATORS),
        Action(
            path=f"{PATH}/again",
            name="report_mail_again",
            handler=renew,
            page=MAILS,
            roles=OPERATORS,
            journals_itself=True,
        ),
    ),
)
