from __future__ import annotations

from gateway.core.catalogue import CALENDAR_PROVISIONAL, CONFIG_NO_FILE
from gateway.core.errors import Misconfigured, find
from gateway.doctor.checks import Part, Verdict, of_error


def test_finding_keeps_its_code_and_what_to_do() -> None:
    error = Misconfigured(find(CONFIG_NO_FILE, path="a", detail="b"), find(CALENDAR_PROVISIONAL, year=2027))
    bad, warning = of_error(Part.KEYS, error)
    assert (bad.verdict, warning.verdict) == (Verdict.BAD, Verdict.WARNING)
    assert bad.vi.startswith("TRUC-803 ")
    assert bad.mend_vi == CONFIG_NO_FILE.next_vi
    assert bad.as_dict()["part"] == "keys"
