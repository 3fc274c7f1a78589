"""`truc capacity`: a country on paper, from shipped figures or from those of the bench."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli.capacity import service_times
from gateway.core.catalogue import CONFIG_BAD_VALUE
from tests.kit.command import truc

QUICK = ("--letters", 2000, "--provinces", 4, "--communes", 20)
BENCH = {
    "machine": {
        "date": "2027-01-05 08:00 UTC",
        "CPU": "another machine",
        "write of 4 KiB and fdatasync, median": "0.30 ms",
    },
    "measured": [
        {
            "row": "one_link.rsa",
            "case": "6 KB",
            "letters": 1000,
            "cpu_seconds": {"H91.10": 2.0, "H91": 3.0, "RabbitMQ": 0.5, "agencies (load)": 9.0},
        },
    ],
}


def test_answer_is_vietnamese_with_english_beside_it() -> None:
    ran = truc("capacity", *QUICK)
    assert ran.code == 0
    for words in ("Đầy trước · full first", "RabbitMQ", "tỉnh · province", service_times(None).date):
        assert words in ran.out


def test_json_says_what_is_full_first_and_what_each_node_needs() -> None:
    told = truc("capacity", *QUICK, "--load", 2, "--json").json
    assert told["load"] == 2
    assert told["letters"]["delivered"] == told["letters"]["copies"]
    assert told["first_full"]["at"] > 0
    assert told["needs"]["province"]["cores"] >= 1
    assert {one["part"] for one in told["stations"]} == {"cpu", "disk", "broker"}
    assert told["circular"] is None


def test_same_seed_same_answer() -> None:
    first, again, other = (truc("capacity", *QUICK, "--seed", seed, "--json").out for seed in (4, 4, 5))
    assert first == again != other


def test_circular_tells_when_the_last_has_it() -> None:
    told = truc("capacity", *QUICK, "--circular", "--json").json
    assert told["circular"]["recipients"] == 24
    assert told["circular"]["last"] > 0
    assert "nơi cuối cùng" in truc("capacity", *QUICK, "--circular").out


def test_overload_is_said_and_stays_json() -> None:
    shown = truc("capacity", *QUICK, "--load", 1000)
    assert "quá tải · overloaded" in shown.out
    told = json.loads(truc("capacity", *QUICK, "--load", 1000, "--json").out, parse_constant=pytest.fail)
    assert told["ways"][0]["estimated"] is None


def test_figures_of_the_bench_are_taken_and_kept(tmp_path: Path) -> None:
    (tmp_path / "figures.json").write_text(json.dumps(BENCH), "utf-8")
    kept = tmp_path / "measured.toml"
    ran = truc("capacity", *QUICK, "--measured", tmp_path / "figures.json", "--keep", kept)
    assert ran.code == 0
    assert "another machine" in ran.out
    assert service_times(kept) == service_times(tmp_path / "figures.json")


def test_rubbish_instead_of_figures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "figures.json").write_bytes(b"\x00\xff{")
    ran = truc("capacity", "--measured", tmp_path / "figures.json")
    assert ran.code == 1
    assert CONFIG_BAD_VALUE.code in ran.err


@pytest.mark.parametrize(
    "wrong", [("--load", "0"), ("--provinces", "30", "--communes", "31"), ("--measured", "nowhere.json")]
)
def test_wrong_usage_ends_with_2(wrong: tuple[str, ...]) -> None:
    assert truc("capacity", *wrong).code == 2
