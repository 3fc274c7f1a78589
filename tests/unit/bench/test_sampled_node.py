from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from tests.bench.sampled_node import REST, SUMS, Sampler, part_of


def stack(*paths: str) -> FrameType:
    """The innermost frame of a stack whose functions come from these files, outermost first."""
    held: list[FrameType] = []
    spaces: list[dict[str, object]] = []
    call: Callable[[], object] = lambda: held.append(sys._getframe(1))  # noqa: E731
    for path in reversed(paths):
        space: dict[str, object] = {"call": call}
        exec(compile("def run():\n    call()\n", path, "exec"), space)
        spaces.append(space)
        call = space["run"]  # type: ignore[assignment]
    call()
    return held[0]


@pytest.mark.parametrize(
    ("paths", "part"),
    [
        (("/x/aiohttp/web.py", "/x/gateway/doors/intake.py", "/x/gateway/store/additions.py"), "store"),
        (("/x/gateway/store/writer.py", "/x/sqlalchemy/engine.py"), "store"),
        (("/x/gateway/doors/intake.py", "/x/schemas/safe_xml.py"), "parse"),
        (("/x/signing/seal.py", "/x/signxml/signer.py", "/x/cryptography/rsa.py"), "seal"),
        (("/x/signing/verify.py", "/x/signxml/verifier.py"), "verify"),
        (("/x/gateway/http/app.py", "/x/json/encoder.py"), "HTTP"),
        (("/x/asyncio/base_events.py",), REST),
    ],
)
def test_time_belongs_to_the_innermost_part_that_is_known(paths: tuple[str, ...], part: str) -> None:
    assert part_of(stack(*paths)) == part


def test_sampler_books_what_other_threads_use_and_writes_it_down(tmp_path: Path) -> None:
    sampler, is_enough = Sampler(tmp_path), threading.Event()

    def work() -> None:
        while not is_enough.is_set():
            sum(range(1000))

    worker = threading.Thread(target=work)
    worker.start()
    try:
        sampler.look()
        sampler.write()
    finally:
        is_enough.set()
        worker.join()
    assert sum(json.loads((tmp_path / SUMS).read_text("utf-8")).values()) > 0
