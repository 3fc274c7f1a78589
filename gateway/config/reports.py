"""
The section of reports: which figures have codes elsewhere, and who may see what.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from gateway.config.section import Section, setting
from gateway.config.values import Listed, SecretReference
from gateway.core.report import INDICATORS


def _known(name: str) -> str:
    if name not in INDICATORS:
        raise ValueError(f"số liệu phải là một trong · one of: {', '.join(INDICATORS)}")
    return name


FigureName = Annotated[str, AfterValidator(_known)]
"""A figure of a report."""


def _mail_address(address: str) -> str:
    if _ADDRESS.fullmatch(address) is None:
        raise ValueError("phải là một địa chỉ thư điện tử · must be a mail address")
    return address


# one recipient and nothing that a header or the address of a server would take for something else
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}", re.ASCII)
MailAddress = Annotated[str, AfterValidator(_mail_address)]
"""Where mail is sent to."""


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
    mail_server: SecretReference | None = setting(
        None,
        "Nơi để địa chỉ máy chủ thư điện tử theo cách viết của apprise, không kể nơi nhận:"
        " mailtos://user:password@smtp.tinh.gov.vn?from=truc@tinh.gov.vn",
        "Where the address of the mail server lies, as apprise writes it, without recipients:"
        " mailtos://user:password@smtp.example.vn?from=truc@example.vn",
    )
    mail_to: Annotated[tuple[MailAddress, ...], Listed] = setting(
        (),
        "Những địa chỉ nhận báo cáo tháng, quý, năm khi kỳ kết thúc, mỗi nơi một lần",
        "Addresses that get the report of each month, quarter and year when it is over, once each",
    )
    files: bool = setting(
        True,
        "Đầu tháng ghi báo cáo XLSX của tháng trước (và quý, năm trước) vào thư mục reports của data_dir",
        "At the beginning of a month write the report of the one before (quarter, year) to data_dir/reports",
    )

    @model_validator(mode="after")
    def _can_be_mailed(self) -> Self:
        if self.mail_to and (self.mail_server is None or not self.files):
            raise ValueError(
                "mail_to cần mail_server, và files = true · mail_to needs mail_server, and files = true"
            )
        return self
