"""
Which pictures there are: of every page at least one, what it is for, and by whom it is looked at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page as BrowserPage

from gateway.http.console.book import LEAVES
from gateway.http.console.declared import Page
from gateway.http.console.rendering import ROLE_NAMES
from gateway.http.console.words import LANGUAGES, words
from gateway.ports import Role
from tests.browser.gallery.friday import OPERATOR
from tests.browser.gallery.scene import ADMINISTRATOR, AUDITOR, CLERK, OFFICE_CLERK, VIEWER
from tests.browser.gallery.steps import (
    ask_for_the_bytes,
    ask_for_the_content,
    ask_for_the_subject,
    choose_a_directory_file,
    log_in_without_the_code,
    make_a_mistake,
    try_the_connection,
    write_a_document,
)

SIZES: Mapping[str, tuple[int, int]] = {"wide": (1366, 768), "narrow": (390, 844)}
"""An old PC, and a telephone."""

KIND = "webp"
NOBODY = ""
"""Who has not logged in."""

Steps = Callable[[BrowserPage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Shot:
    """
    One thing to photograph: `page` is its name in the book ("" for what is no page of it), `path` may hold
    `{names}` of the scene, `steps` are done after it was opened. `vi` and `en` say what the page is for.
    """

    name: str
    page: str
    path: str
    by: str
    vi: str
    en: str
    steps: Steps | None = None

    def files(self) -> Iterator[str]:
        """The names of its pictures."""
        for language in LANGUAGES:
            for size in SIZES:
                yield picture(self.name, language, size)


def picture(name: str, language: str, size: str) -> str:
    """`letters.vi.wide.webp`."""
    return f"{name}.{language}.{size}.{KIND}"


SHOTS: Sequence[Shot] = (
    Shot(
        *("login", "login", "/console/login", NOBODY),
        "Vào bảng điều khiển",
        "Come in",
    ),
    Shot(
        *("code", "code", "/console/login", NOBODY),
        "Mã một lần của người quản trị",
        "The one-time code of administrators",
        log_in_without_the_code,
    ),
    Shot(
        *("overview", "overview", "/console/", OPERATOR),
        "Trục nhìn từ nút này: đường nối nào đứt, văn bản nào chờ, hôm nay bao nhiêu",
        "The axis as this node sees it: which link is down, what waits, how much today",
    ),
    Shot(
        *("overview-agency", "overview", "/console/", CLERK),
        "Trang đầu của người dùng đơn vị",
        "The first page of people of an agency",
    ),
    Shot(
        *("letters", "letters", "/console/letters", OPERATOR),
        "Tìm một văn bản trong mọi văn bản của nút",
        "Find a document among all of the node",
    ),
    Shot(
        *("letters-subject", "letters", "/console/letters", OPERATOR),
        "Tìm theo từ trong trích yếu, có ghi lý do",
        "Find by words of the subject, with a reason",
        ask_for_the_subject,
    ),
    Shot(
        *("letter-stuck", "letter", "/console/letters/{stuck}", OPERATOR),
        "Văn bản đang ở đâu, ai giữ, bao giờ thử lại; làm được gì với nó",
        "Where a document is, who has it, when it is tried again; what can be done",
    ),
    Shot(
        *("letter-delivered", "letter", "/console/letters/{delivered}", VIEWER),
        "Hành trình đã xong, với trạng thái của đơn vị nhận",
        "A journey that is over, with the statuses of its receiver",
    ),
    Shot(
        *("letter-returned", "letter", "/console/letters/{returned}", AUDITOR),
        "Trục trả lại bên gửi: vì sao, từ chặng nào",
        "Returned by the axis: why, and from where",
    ),
    Shot(
        *("letter-agency", "letter", "/console/letters/{answered}", CLERK),
        "Cùng trang ấy, cho đơn vị gửi",
        "The same page, for the agency that sent it",
    ),
    Shot(
        *("letter-raw", "letter", "/console/letters/{delivered}", AUDITOR),
        "edXML của văn bản, sau khi ghi lý do",
        "The edXML, after a reason was given",
        ask_for_the_content,
    ),
    Shot(
        *("failures", "failures", "/console/failures", OPERATOR),
        "Văn bản không chuyển được, gom theo nguyên nhân, với việc cần làm",
        "What does not get on, grouped by its cause, with what to do",
    ),
    Shot(
        *("failure-group", "failure_group", "/console/failures/group?{group}", OPERATOR),
        "Một nhóm: xem trước rồi gửi lại, tạm giữ hoặc trả lại",
        "One group: looked at, then sent again, held or given back",
    ),
    Shot(
        *("repair", "repair", "/console/failures/repairs/{repair}", OPERATOR),
        "Việc đã yêu cầu, tiến độ, và đường lùi",
        "What was asked for, how far it is, and the way back",
    ),
    Shot(
        *("quarantine", "quarantine", "/console/quarantine", OPERATOR),
        "Dữ liệu không nhận được, từ đường nối và từ phần mềm của đơn vị",
        "What was not taken, from links and from programs",
    ),
    Shot(
        *("odd", "odd", "/console/quarantine/input/1", AUDITOR),
        "Byte đã đến và câu trả lời của Trục, cạnh nhau",
        "The bytes that came and our answer, side by side",
        ask_for_the_bytes,
    ),
    Shot(
        *("partners", "partners", "/console/partners", OPERATOR),
        "Các nút kề: thông hay đứt, nghe lần cuối, chứng thư còn hạn bao lâu",
        "The neighbours: up or down, last heard, how long their certificates last",
    ),
    Shot(
        *("partner", "partner", "/console/partners/links/H14.42", OPERATOR),
        "Một đường nối đang tạm ngừng để bảo trì",
        "A link that is held for maintenance",
    ),
    Shot(
        *("partner-tested", "partner", "/console/partners/links/{cut}", OPERATOR),
        "Thử kết nối: lý do bằng lời",
        "A test of the connection: the reason in words",
        try_the_connection,
    ),
    Shot(
        *("agencies-served", "agencies_served", "/console/partners/agencies", OPERATOR),
        "Đơn vị của nút này: cách giao, văn bản chờ, lần lấy gần nhất",
        "The agencies of this node: how they are reached, what waits, last fetch",
    ),
    Shot(
        *("directory", "directory", "/console/directory?q=khoa+hoc", CLERK),
        "Tìm đơn vị theo tên hoặc mã, mới hay cũ",
        "Find an agency by name or code, new or old",
    ),
    Shot(
        *("directory-tree", "directory_tree", "/console/directory/tree?node=H14", VIEWER),
        "Cây các nút và đơn vị của từng nút",
        "The tree of nodes, and whom each serves",
    ),
    Shot(
        *("agency", "agency", "/console/directory/agencies/000.00.00.H14", OPERATOR),
        "Một đơn vị: mã, kế thừa, khóa, cách giao",
        "One agency: codes, successors, keys, delivery",
    ),
    Shot(
        *("directory-changes", "directory_changes", "/console/directory/changes", ADMINISTRATOR),
        "Nhập, xuất danh mục; thay đổi nào chờ; ai đã đổi gì",
        "Import and export; what waits for its day; who changed what",
    ),
    Shot(
        *("directory-proposal", "directory_proposal", "/console/directory/changes", ADMINISTRATOR),
        "Khác biệt của một tệp, trước khi áp dụng",
        "What a file would change, before it is applied",
        choose_a_directory_file,
    ),
    Shot(
        *("reports", "reports", "/console/reports?period=2026-03", ADMINISTRATOR),
        "Báo cáo một kỳ: gửi, nhận, tỷ lệ điện tử, thời hạn, lý do trả lại",
        "A period: sent, received, electronic share, deadlines, reasons",
    ),
    Shot(
        *("reports-agency", "reports", "/console/reports?period=2026-Q1", CLERK),
        "Cùng báo cáo ấy, của một đơn vị",
        "The same report, of one agency",
    ),
    Shot(
        *("reports-silent", "reports_silent", "/console/reports/silent?period=2026-03", VIEWER),
        "Đơn vị không gửi, không nhận",
        "Agencies that neither sent nor received",
    ),
    Shot(
        *("reports-paper", "paper", "/console/reports/paper", OPERATOR),
        "Số văn bản chỉ gửi giấy, do đơn vị báo",
        "Documents on paper only, as agencies report them",
    ),
    Shot(
        *(
            "reports-sample",
            "sample",
            "/console/reports/sample?agency=000.00.13.H14&period=2026-03&seed=kt-01&number=8",
        ),
        AUDITOR,
        "Mẫu ngẫu nhiên cho kiểm tra, lấy lại được bằng hạt giống",
        "A random sample for auditors, drawn again by its seed",
    ),
    Shot(
        *("report-mails", "report_mails", "/console/reports/mails", OPERATOR),
        "Báo cáo gửi qua thư điện tử: tới ai, đã tới chưa",
        "Reports that are mailed: to whom, and what became of each",
    ),
    Shot(
        *("alerts", "alerts", "/console/alerts", OPERATOR),
        "Cảnh báo đang có và đã hết, ngưỡng, cách báo",
        "Alerts that stand and that ended, thresholds, ways of telling",
    ),
    Shot(
        *("journal", "journal", "/console/journal", AUDITOR),
        "Nhật ký của nút: ai, việc gì, lúc nào",
        "The journal of the node: who, what, when",
    ),
    Shot(
        *("journal-agency", "journal", "/console/journal", OFFICE_CLERK),
        "Ai đã xem nội dung văn bản của đơn vị, và vì sao",
        "Who opened the content of the agency's documents, and why",
    ),
    Shot(
        *("box", "box", "/console/box", CLERK),
        "Hộp văn bản: khẩn trước, quá hạn trước",
        "The letter box: urgent and overdue first",
    ),
    Shot(
        *("box-all", "box", "/console/box?shelf=all", CLERK),
        "Tất cả văn bản đến",
        "Everything that ever came",
    ),
    Shot(
        *("box-letter", "box_letter", "/console/box/letters/{urgent}", CLERK),
        "Mở một văn bản đến: tệp, niêm phong, tiếp nhận hay từ chối tiếp nhận",
        "An incoming document: files, seal, take it or reject it",
    ),
    Shot(
        *("box-letter-asked", "box_letter", "/console/box/letters/{asked}", CLERK),
        "Văn bản đang xử lý mà bên gửi xin lấy lại",
        "A document in work that its sender asks to have back",
    ),
    Shot(
        *("box-letter-sent", "box_letter", "/console/box/letters/{answered}", CLERK),
        "Một văn bản đi và trả lời của từng nơi nhận",
        "A document that was sent, and what each receiver answered",
    ),
    Shot(
        *("box-send", "box_send", "/console/box/send", CLERK),
        "Soạn và gửi",
        "Write and send",
    ),
    Shot(
        *("box-send-fault", "box_send", "/console/box/send", CLERK),
        "Lỗi được nói cạnh ô của nó",
        "What is wrong is told beside its field",
        make_a_mistake,
    ),
    Shot(
        *("box-review", "box_send", "/console/box/send", CLERK),
        "Xem lại trước khi gửi",
        "A last look before it is sent",
        write_a_document,
    ),
    Shot(
        *("box-agencies", "box_agencies", "/console/box/agencies?q=tai+chinh", CLERK),
        "Tra mã nơi nhận",
        "Look up the code of a receiver",
    ),
    Shot(
        *("box-sent", "box_sent", "/console/box/sent", CLERK),
        "Văn bản đi: mỗi văn bản đang ở đâu",
        "What was sent, and where each is",
    ),
    Shot(
        *("box-statuses", "box_statuses", "/console/box/statuses", CLERK),
        "Trạng thái các nơi nhận gửi về",
        "What receivers report",
    ),
    Shot(
        *("box-diary", "box_diary", "/console/box/diary", CLERK),
        "Nhật ký gửi nhận, tải được thành XLSX, CSV",
        "The exchange diary, as XLSX and CSV too",
    ),
    Shot(
        *("accounts", "accounts", "/console/accounts", ADMINISTRATOR),
        "Tài khoản của nút: vai trò, quyền, tình trạng",
        "The accounts of the node: roles, rights, state",
    ),
    Shot(
        *("account-new", "account_new", "/console/accounts/new", ADMINISTRATOR),
        "Thêm một tài khoản",
        "Give out an account",
    ),
    Shot(
        *("account-one", "account_one", "/console/accounts/duc.hoang", ADMINISTRATOR),
        "Sửa, khóa, cấp lại mật khẩu",
        "Change, lock, give a new password",
    ),
    Shot(
        *("account", "account", "/console/account", OPERATOR),
        "Tài khoản của mình và các phiên đang mở",
        "One's own account, and where it is logged in",
    ),
    Shot(
        *("password", "password", "/console/account/password", OPERATOR),
        "Đổi mật khẩu",
        "Another password",
    ),
    Shot(
        *("totp", "totp", "/console/account/totp", VIEWER),
        "Đặt mã một lần bằng điện thoại",
        "Set up one-time codes on a telephone",
    ),
    Shot(
        *("refused", "", "/console/accounts", VIEWER),
        "Trang không dành cho vai trò này",
        "A page that is not for this role",
    ),
)

SHOWS_NOTHING = frozenset(
    {
        *("openid", "openid_back"),  # on to the provider, and back from there
        *("letters_export", "reports_csv", "reports_xlsx", "reports_file"),  # files
    }
)
"""Pages of the book that show nothing of their own when all goes well."""


def pages_shown() -> dict[str, Page]:
    """The pages of the book that people see, by name; those behind a download or a way elsewhere are none."""
    pages = {page.name: page for leaf in LEAVES for page in leaf.pages if page.template}
    return {name: page for name, page in pages.items() if name not in SHOWS_NOTHING}


# --- the page under docs/ --------------------------------------------------------------------------

INTRODUCTION = """# Bảng điều khiển, bằng hình · The console in pictures

Made by `make screenshots`, which drives a real axis through five weeks of letters and photographs every page
in both languages, on an old PC (1366 × 768) and on a telephone (390 × 844). Documents and people are made up.
What each page does is told in [console.md](../console.md). Long pages are cut off. Fields for days and files
are drawn by the browser, in the language and the order of days that it is set to.

![Tổng quan · Overview](overview.vi.wide.webp)

| trang · page | để làm gì · what it is for | ai mở được · who may open it | hình · pictures |
|---|---|---|---|
"""


def gallery() -> str:
    """README.md of the gallery: one line for each picture of a page."""
    return INTRODUCTION + "".join(_line(shot) for shot in SHOTS)


def _line(shot: Shot) -> str:
    page = pages_shown().get(shot.page)
    title = "" if page is None else f"**{page.title}** · {words('en')(page.title)}"
    shown = " · ".join(
        f"[{language} {size}]({picture(shot.name, language, size)})"
        for language in LANGUAGES
        for size in SIZES
    )
    return f"| {title} | {shot.vi} · {shot.en} | {_who(page)} | {shown} |\n"


def _who(page: Page | None) -> str:
    """The roles that the book names, as pages name them."""
    if page is None:
        return ""
    if page.roles is None:
        return "mọi người · anybody"
    if page.roles == frozenset(Role):
        return "ai đã đăng nhập · all who are logged in"
    return ", ".join(
        f"{ROLE_NAMES[role]} · {words('en')(ROLE_NAMES[role])}" for role in Role if role in page.roles
    )


def stray(folder: Path) -> list[str]:
    """Pictures in a folder that no shot names any more."""
    named = {file for shot in SHOTS for file in shot.files()}
    return sorted(path.name for path in folder.glob("*.*.*.*") if path.name not in named)
