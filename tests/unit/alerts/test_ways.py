from __future__ import annotations

import pytest

from gateway.alerts.ways import AlertWays, Refusal
from gateway.config import AlertsSection


def ways(**environ: str) -> AlertWays:
    names = {name.lower(): {"url": f"env:{name}"} for name in ("DUTY", "CHAT")}
    return AlertWays(AlertsSection.model_validate({"ways": names}).ways, environ)


@pytest.mark.parametrize(
    ("way", "environ", "code", "may_pass"),
    [
        ("nobody", {}, "no-such-way", False),
        ("duty", {}, "no-address", True),
        ("duty", {"DUTY": "carrier-pigeon://roof"}, "bad-address", False),
        ("duty", {"DUTY": ""}, "bad-address", False),
        ("duty", {"DUTY": "json://127.0.0.1:1/nobody"}, "not-taken", True),
    ],
)
async def test_message_that_can_not_be_sent_has_a_code(
    way: str, environ: dict[str, str], code: str, may_pass: bool
) -> None:
    with pytest.raises(Refusal) as refused:
        await ways(**environ).tell(way, "title", "text")
    assert (refused.value.code, refused.value.may_pass) == (code, may_pass)


async def test_password_of_an_address_is_printed_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Refusal) as refused:
        await ways(DUTY="json://lan:mat-khau-bi-mat@127.0.0.1:1/x").tell("duty", "title", "text")
    told = "".join(capfd.readouterr()) + repr(refused.value) + repr(ways().names)
    assert "mat-khau" not in told
