"""A node that tells what its CPU time went to: `truc serve` with a thread beside it that looks at all others.

    python -m tests.bench.sampled_node NODE.TOML

Every few milliseconds the thread asks the kernel how much CPU time each other thread has used since it last
looked, and books it to what that thread is doing: the part to which the innermost known module of its stack
belongs. Work in C with or without the interpreter's lock is counted like any other. The sums stand in
parts.json beside the settings, written anew twice a second.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType

from gateway.cli import main

EVERY_SECONDS = 0.005
WRITE_SECONDS = 0.5
SUMS = "parts.json"
REST = "interpreter, event loop"

# Innermost first; a module belongs to the first line with a piece of its path.
PARTS: tuple[tuple[str, str], ...] = (
    ("/schemas/catalog", "schema"),
    ("/schemas/", "parse"),
    ("/gateway/core/split", "parse"),
    ("/gateway/core/edxml", "parse"),
    ("/gateway/core/attachments", "parse"),
    ("/gateway/core/archives", "parse"),
    ("/signing/seal", "seal"),
    ("/signing/", "verify"),
    ("/signxml/", "seal or verify"),
    ("/pyhanko_certvalidator/", "verify"),
    ("/gateway/seals", "seal or verify"),
    ("/gateway/store/", "store"),
    ("/gateway/journal", "store"),
    ("/sqlalchemy/", "store"),
    ("/gateway/broker/", "broker"),
    ("/aio_pika/", "broker"),
    ("/aiormq/", "broker"),
    ("/pamqp/", "broker"),
    ("/aiohttp/", "HTTP"),
    ("/gateway/http/", "HTTP"),
    ("/gateway/v1/", "HTTP"),
    ("/adapters/", "HTTP"),
    ("/pydantic", "HTTP"),
    ("/gateway/observe", "log"),
    ("/structlog/", "log"),
    ("/prometheus_client/", "log"),
    ("/gateway/", "doors and core"),
)
SHARED = "seal or verify"
"""What sealing and verifying both use (signxml, cryptography) is told apart by who called it."""


def part_of(frame: FrameType | None) -> str:
    """To which part of the work a thread with this innermost frame belongs."""
    is_shared = False
    while frame is not None:
        path = frame.f_code.co_filename
        found = next((name for piece, name in PARTS if piece in path), "")
        if found == SHARED:
            is_shared = True
        elif found:
            return SHARED if is_shared and found not in ("seal", "verify") else found
        frame = frame.f_back
    return SHARED if is_shared else REST


class Sampler(threading.Thread):
    """Looks until the process ends."""

    def __init__(self, folder: Path) -> None:
        super().__init__(name="sampler", daemon=True)
        self._folder = folder
        self._used: dict[int, float] = {}
        self._sums: defaultdict[str, float] = defaultdict(float)

    def run(self) -> None:
        """Look, and write the sums now and then."""
        written = time.monotonic()
        while True:
            time.sleep(EVERY_SECONDS)
            self.look()
            if time.monotonic() - written >= WRITE_SECONDS:
                written = time.monotonic()
                self.write()

    def look(self) -> None:
        """Book what every thread has used since the last look."""
        # Nothing in this loop gives the interpreter's lock away, so no thread that is listed can end
        # meanwhile.
        frames, used = sys._current_frames(), dict[int, float]()
        for ident, frame in frames.items():
            if ident == self.ident:
                continue
            used[ident] = time.clock_gettime(time.pthread_getcpuclockid(ident))
            spent = used[ident] - self._used.get(ident, 0.0)
            if spent > 0:
                self._sums[part_of(frame)] += spent
        self._used = used

    def write(self) -> None:
        """Put the sums where the bench reads them."""
        partial = self._folder / f"{SUMS}.new"
        partial.write_text(json.dumps(self._sums), encoding="utf-8")
        partial.replace(self._folder / SUMS)


if __name__ == "__main__":
    settings = Path(sys.argv[1])
    Sampler(settings.parent).start()
    sys.exit(main(["serve", "-c", str(settings)]))
