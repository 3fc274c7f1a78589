"""
The section of reports: which figures have codes elsewhere, and who may see what.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from gateway.config.section import Section, setting
from gateway.core.report import INDICATORS


def _known(name: str) -> str:
    if name not in INDICATORS:
        raise ValueError(f"số liệu phải là một trong · one of: {', '.join(INDICATORS)}")
    return name


FigureName = Annotated[str, AfterValidator(_known)]
"""A figure of a report."""


class ReportsSection(Section):
    """Báo cáo, thống kê · Reports and statistics"""

    indicators: Mapping[str, FigureName] = setting(
        {},
        'Mã chỉ tiêu của hệ thống báo cáo và số liệu tương ứng: [reports.indicators] "CT.01" = "sent"',
        'Codes of a reporting system and the figures they stand for: [reports.indicators] "CT.01" = "sent"',
    )
    public: bool = setting(
        False,
        "Công bố tổng số của nút tại /v1/stats/public, không cần khóa",
        "Show the totals of the node at /v1/stats/public, to anybody",
    )
    files: bool = setting(
        True,
        "Đầu tháng ghi báo cáo XLSX của tháng trước (và quý, năm trước) vào thư mục reports của data_dir",
        "At the beginning of a month write the report of the one before (quarter, year) to data_dir/reports",
    )
