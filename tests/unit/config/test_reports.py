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
