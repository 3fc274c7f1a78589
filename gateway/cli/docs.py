"""
Pages that are made from the source, so that they cannot drift from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.screen import Exit


def docs(
    folder: Annotated[Path, typer.Argument(help="Thư mục docs · The docs folder")] = Path("docs"),
    check: Annotated[
        bool, typer.Option("--check", help="Chỉ so sánh, không ghi · Only compare, write nothing")
    ] = False,
) -> None:
    """
    Tạo các trang trong docs lấy từ mã nguồn · Make the generated pages.

    \b
    truc docs
    truc docs --check
    """
    stale = [name for name, render in PAGES.items() if _differs(folder / name, render())]
    if not check:
        for name in stale:
            (folder / name).write_text(PAGES[name](), "utf-8")
    for name in stale:
        typer.echo(f"{name}: {'đã cũ · out of date' if check else 'đã ghi · written'}")
    if check and stale:
        raise typer.Exit(Exit.FAILED)


def _differs(page: Path, text: str) -> bool:
    return not page.is_file() or page.read_text("utf-8") != text


# --- errors.md -----------------------------------------------------------------------------------

_HUNDREDS = {
    "1": "Đọc XML · Reading XML",
    "2": "Đọc edXML · Reading edXML",
    "3": "Quy tắc nghiệp vụ · Business rules",
    "4": "Quyền gửi và API · Who may send, and the API",
    "5": "Giữa các nút · Between nodes",
    "6": "Niêm phong của nút · The seal",
    "7": "Lưu trữ và máy · Store and machine",
    "8": "Cấu hình và danh mục · Configuration and directory",
    "9": "Lỗi của cổng Trục · Faults of Trục itself",
}
_SEVERITIES = {"error": "lỗi · error", "warning": "cảnh báo · warning"}
_BLAMES = {
    "sender": "bên gửi · sender",
    "receiver": "bên nhận · receiver",
    "operator": "người quản trị · operator",
    "neighbour": "nút kề · neighbour",
    "truc": "Trục",
}


def errors_page() -> str:
    """docs/errors.md: the public catalogue."""
    from gateway.core.catalogue import FAULTS

    lines = [
        "# Mã lỗi · Error codes",
        "",
        "<!-- made by `make docs` from gateway/core/catalogue.py; edit there -->",
        "",
        "Mã không bao giờ đổi nghĩa. Lỗi chặn văn bản; cảnh báo đi cùng văn bản.",
        "A code never changes its meaning. An error stops a letter; a warning travels with it.",
    ]
    faults = sorted(FAULTS.values(), key=lambda f: f.code)
    for hundred, group in groupby(faults, key=lambda f: f.code.removeprefix("TRUC-")[0]):
        lines += ["", f"## {hundred}xx · {_HUNDREDS[hundred]}"]
        for fault in group:
            lines += [
                "",
                f"### {fault.code} {fault.name}",
                "",
                f"{_SEVERITIES[fault.severity.value]} | {_BLAMES[fault.blame.value]} | HTTP {fault.http}",
                "",
                f"- {_safe(fault.vi)}",
                f"- {_safe(fault.en)}",
                f"- → {_safe(fault.next_vi)} · {_safe(fault.next_en)}",
            ]
    return "\n".join(lines) + "\n"


def _safe(sentence: str) -> str:
    """Angle brackets would be taken for HTML."""
    return sentence.replace("<", "&lt;").replace(">", "&gt;")


# --- configuration.md ----------------------------------------------------------------------------

_EXAMPLE = """\
[node]
id = "H14"
data_dir = "/var/lib/truc"
directory = "directory.toml"

[store]
url = "postgresql+psycopg://truc@127.0.0.1/truc"
password = "file:/etc/truc/store.password"

[http]
port = 8710
"""


def configuration_page() -> str:
    """docs/configuration.md: every setting."""
    return "\n".join(_configuration()) + "\n"


def _configuration() -> Iterator[str]:
    from gateway.config import section_titles, settings

    yield from (
        "# Cấu hình · Configuration",
        "",
        "<!-- made by `make docs` from gateway/config/tree.py; edit there -->",
        "",
        "Một nút đọc một tệp TOML (`-c node.toml`); biến môi trường đứng trên tệp. Khóa lạ là lỗi.",
        "Mật khẩu không nằm trong tệp: ghi nơi để nó, `env:TÊN` hoặc `file:ĐƯỜNG_DẪN` (tệp chmod 600).",
        "Đường dẫn tương đối tính từ thư mục của tệp.",
        "",
        "A node reads one TOML file (`-c node.toml`); environment variables win over it. An unknown key",
        "is an error. Passwords do not stand in the file: name where they lie, `env:NAME` or `file:PATH`",
        "(a file with mode 600). Relative paths are taken from the folder of the file.",
        "",
        "```toml",
        *_EXAMPLE.splitlines(),
        "```",
    )
    titles = section_titles()
    for section, group in groupby(settings(), key=lambda s: s.section):
        yield from ("", f"## [{section}]", "")
        if section in titles:
            yield from (titles[section], "")
        yield "| khóa · key | kiểu · kind | mặc định · default | |"
        yield "|---|---|---|---|"
        for setting in group:
            variable = f"<br>`{setting.variable}`" if setting.variable else ""
            default = f"`{setting.default}`" if setting.default else "bắt buộc · required"
            kind = _safe(setting.kind).replace("|", "\\|")
            yield f"| `{setting.key}`{variable} | {kind} | {default} | {setting.vi}<br>{setting.en} |"


# --- capacity.md ---------------------------------------------------------------------------------


def capacity_page() -> str:
    """docs/capacity.md: the load of a country, on paper and simulated."""
    from gateway.cli.capacity_page import page

    return page()


# --- metrics.md ----------------------------------------------------------------------------------


def metrics_page() -> str:
    """docs/metrics.md: every metric."""
    from gateway.cli.metrics_page import page

    return page()


PAGES: Mapping[str, Callable[[], str]] = {
    "errors.md": errors_page,
    "configuration.md": configuration_page,
    "capacity.md": capacity_page,
    "metrics.md": metrics_page,
}
