from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.config import ReportsSection


def test_codes_stand_for_figures_that_exist() -> None:
    section = ReportsSection.model_validate({"indicators": {"VPCP.01": "sent", "VPCP.02": "received"}})
    assert section.indicators == {"VPCP.01": "sent", "VPCP.02": "received"}
    with pytest.raises(ValidationError, match="electronic_share"):
        ReportsSection.model_validate({"indicators": {"VPCP.01": "sents"}})


def test_nothing_is_public_unless_somebody_says_so() -> None:
    assert (ReportsSection().public, ReportsSection().files) == (False, True)


def test_reports_are_mailed_to_addresses_with_commas_between() -> None:
    told = {"mail_server": "env:MAIL", "mail_to": "van-phong@tinh.gov.vn, thong-ke@bo.gov.vn"}
    assert ReportsSection.model_validate(told).mail_to == ("van-phong@tinh.gov.vn", "thong-ke@bo.gov.vn")


@pytest.mark.parametrize(
    "told",
    [
        {"mail_to": ["a@x.vn"]},  # by which server?
        {"mail_server": "env:MAIL", "mail_to": ["a@x.vn"], "files": False},
        {"mail_server": "env:MAIL", "mail_to": ["a"]},
        {"mail_server": "env:MAIL", "mail_to": ["a@x.vn\nBcc: b@x.vn"]},
        {"mail_server": "env:MAIL", "mail_to": ["a@x.vn&to=b@x.vn"]},
        {"mail_server": "mailto://user:password@smtp.vn", "mail_to": ["a@x.vn"]},
    ],
)
def test_mail_that_could_not_go_where_it_should_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ReportsSection.model_validate(told)
