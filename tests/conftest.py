"""
What holds for every test: a clean environment, real samples named in the header, minutes per shelf.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.samples import DEFAULT, VARIABLE

collect_ignore = ["example_adapter"]  # a package of its own, tested where it is installed: test_wheel.py


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make test-api` asks for more examples than there is time for in `make test`."""
    parser.addoption(
        "--moves", type=int, default=200, help="played in any order (tests/network/test_any_order)"
    )
    parser.addoption("--moves-seed", type=int, default=1, help="which moves are played there")
    parser.addoption("--screenshots", default="", help="folder for those of the console (tests/browser)")
    parser.addoption("--api-examples", type=int, default=25, help="calls per operation of /v1 (tests/api)")


def pytest_configure() -> None:
    # A developer's own settings must not change what a test sees.
    for name in [n for n in os.environ if n.startswith("TRUC_") and n != VARIABLE]:
        del os.environ[name]
    if VARIABLE in os.environ and not _samples().is_dir():
        raise pytest.UsageError(f"{VARIABLE}={os.environ[VARIABLE]} is not a folder")


def pytest_report_header() -> str:
    files = [f for f in _samples().rglob("*") if f.suffix in (".edxml", ".xml")]
    if not files:
        return f"samples: none in {_samples()} ({VARIABLE}); tests that read them are skipped"
    return f"samples: {len(files)} edXML/XML files in {_samples()}"


def _samples() -> Path:
    return Path(os.environ.get(VARIABLE) or DEFAULT)


# --- minutes per shelf ---------------------------------------------------------------------------


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where the time went, so that a shelf that grows slow is seen before it hurts."""
    seconds: dict[str, float] = defaultdict(float)
    tests: dict[str, int] = defaultdict(int)
    for report in _reports(terminalreporter):
        shelf = _shelf(report.nodeid)
        seconds[shelf] += report.duration
        tests[shelf] += report.when == "call"
    if not seconds:
        return
    terminalreporter.section("minutes per shelf")
    for shelf in sorted(seconds, key=lambda s: -seconds[s]):
        terminalreporter.write_line(f"{seconds[shelf] / 60:6.2f} min  {tests[shelf]:5d} tests  {shelf}")


def _reports(reporter: pytest.TerminalReporter) -> Iterator[pytest.TestReport]:
    for outcome in ("passed", "failed", "error", "skipped", ""):
        yield from (r for r in reporter.stats.get(outcome, []) if isinstance(r, pytest.TestReport))


def _shelf(nodeid: str) -> str:
    folders = Path(nodeid.partition("::")[0]).parts
    return folders[1] if len(folders) > 2 else "house rules"
