"""
What the seal costs: to make, to verify, as a share of one letter's CPU, and for a file of any size.

    python -m tests.bench.seal_cost [--letters 200] [--mebibytes 512]

Printed, as CPU time of one core: sealing and verifying with RSA-2048 and P-256; both as a share of everything
that two nodes do for one letter, from intake over one link to hand-over, and for the status that comes back
(stores on disk, memory broker, HTTP left out); and `truc seal` and `truc verify` of one large letter with the
memory that they took. Goal: that memory does not grow with the letter.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from gateway.core.directory import load_toml
from gateway.core.model import AgencyCode, NodeId, Part
from gateway.core.seals import sealed_parts
from gateway.letters import DIALECTS, compose, compose_pieces
from gateway.office import one_chunk
from gateway.ports import Caller
from gateway.sandbox.axis import MemoryAxis, memory_axis
from signing.devpki import KeyKind, create
from signing.parts import SealedPart
from signing.seal import seal
from signing.trust import Trust
from signing.verify import verify
from tests.bench.measure import MIB, print_table
from tests.kit.sealed import make_seals
from tests.unit.cli.edxml_files import RECEIVER, SENDER

KINDS = (KeyKind.RSA_2048, KeyKind.P256)
USUAL, MANY = 2, 1000  # attachments of a letter: most have one or two, none may have more
ROUNDS = 200
SEALED = 2  # the letter, and the status 01 that its recipient's node sends back
WARM_UP = 20  # letters: imports and caches
LETTER_BYTES = 20_000
PATIENCE_SECONDS = 300.0
LOOK_SECONDS = 0.05

DIRECTORY = f"""
version = 1
[[nodes]]
id = "H14"
name = "tỉnh"
level = "tỉnh"
organ_code = "000.00.01.H14"
organ_name = "Nút tỉnh"
[[nodes]]
id = "H14.60"
parent = "H14"
name = "xã"
level = "xã"
organ_code = "000.60.01.H14"
organ_name = "Nút xã"
[[agencies]]
code = "{RECEIVER.code}"
name = "{RECEIVER.name}"
node = "H14"
[[agencies]]
code = "{SENDER.code}"
name = "{SENDER.name}"
node = "H14.60"
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of CPU for one letter. `first` is verifying a seal of a signer that was never seen before."""

    seal: float
    verify: float
    first: float


def cost(kind: KeyKind, attachments: int, rounds: int) -> Cost:
    """What one kind of key costs for a letter with so many attachments."""
    at = datetime.now(UTC)
    pki = create(at, kind=kind)
    key, parts = pki.issue("H14", at, kind=kind).seal_key, letter_parts(attachments)
    made = seal(parts, key, at)

    def trust() -> Trust:
        return Trust((pki.root.certificate,), revocation_lists=pki.revocation_lists(at))

    known = trust()
    return Cost(
        seal=cpu(lambda: seal(parts, key, at), rounds),
        verify=cpu(lambda: verify(made, parts, known, at=at), rounds),
        first=first_time(made, parts, [trust() for _ in range(max(rounds // 10, 3))], at),
    )


def letter_parts(attachments: int) -> tuple[SealedPart, ...]:
    names = ["routing.json", "parts.json", "envelope.xml", *(f"parts/{n:04d}" for n in range(attachments))]
    return sealed_parts(Part(name, 10_000, hashlib.sha256(name.encode()).hexdigest()) for name in names)


def cpu(work: Callable[[], object], rounds: int) -> float:
    """The median CPU time of one run, in seconds."""
    work()
    spent = []
    for _ in range(rounds):
        before = time.process_time()
        work()
        spent.append(time.process_time() - before)
    return statistics.median(spent)


def first_time(made: bytes, parts: Sequence[SealedPart], trusts: Sequence[Trust], at: datetime) -> float:
    spent = []
    for trust in trusts:
        before = time.process_time()
        assert verify(made, parts, trust, at=at).passed
        spent.append(time.process_time() - before)
    return statistics.median(spent)


# --- one letter's whole way ----------------------------------------------------------------------


async def whole_way(letters: int) -> float:
    """Seconds of CPU that two nodes spend on one letter and its status, seals and verifications included."""
    contents = [
        compose(DIALECTS[0], SENDER, [RECEIVER], number, Random(number), size=LETTER_BYTES)
        for number in range(WARM_UP + letters)
    ]
    async with memory_axis(load_toml(DIRECTORY.encode()), log_to=io.StringIO()) as axis:
        await carry(axis, contents[:WARM_UP])
        before = time.process_time()
        await carry(axis, contents[WARM_UP:])
        return (time.process_time() - before) / letters


async def carry(axis: MemoryAxis, contents: Sequence[bytes]) -> None:
    """Send these letters at one node, fetch them at the other, and the status 01 that answers each."""
    sender, receiver = caller(SENDER.code), caller(RECEIVER.code)
    start, end = (axis.nodes[NodeId(name)].office for name in ("H14.60", "H14"))
    for content in contents:
        await start.accept(one_chunk(content), sender)
    deadline = time.monotonic() + PATIENCE_SECONDS
    left = SEALED * len(contents)
    while left:
        for office, agency in ((end, receiver), (start, sender)):
            for item in await office.list(agency):
                opened = await office.open(agency, item.letter_id)
                for _chunk in opened.chunks():
                    pass
                await office.ack(agency, item.letter_id)
                left -= 1
        assert time.monotonic() < deadline, f"{left} letters did not arrive"
        await asyncio.sleep(LOOK_SECONDS)


def caller(code: str) -> Caller:
    return Caller(f"key of {code}", frozenset({AgencyCode(code)}))


# --- one large letter ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ran:
    """One command: its time, its CPU, the most memory it held."""

    seconds: float
    cpu: float
    memory: int


def large(folder: Path, size: int) -> dict[str, Ran]:
    """`truc seal` and `truc verify` of one letter with an attachment of `size` bytes."""
    make_seals(datetime.now(UTC)).write(folder)
    letter, sealed = folder / "letter.edxml", folder / "letter.asice"
    with letter.open("wb") as file:
        file.writelines(compose_pieces(DIALECTS[0], SENDER, [RECEIVER], 1, Random(1), size=size))
    trust = ["--trust", folder / "root.pem", "--crl", folder / "crl"]
    return {
        "truc seal": run("seal", letter, "--key", folder / "agency.pem", "-o", sealed),
        "truc verify": run("verify", sealed, *trust),
    }


# The peak is asked for inside: what the kernel tells a parent begins with the parent's own size.
WATCHED = """
import sys, time
from gateway.cli import main
started = time.monotonic()
code = main(sys.argv[1:])
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(time.monotonic() - started, time.process_time(), peak)
sys.exit(code)
"""


def run(*arguments: object) -> Ran:
    command = [sys.executable, "-c", WATCHED, *map(str, arguments)]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    seconds, cpu_seconds, kibibytes = said.splitlines()[-1].split()
    return Ran(float(seconds), float(cpu_seconds), int(kibibytes) * 1024)


# --- what is printed -----------------------------------------------------------------------------


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f}"


def shares(kind: KeyKind, one: Cost, bare: float) -> Sequence[str]:
    made, judged = SEALED * one.seal, SEALED * one.verify
    whole = bare + made + judged
    sealing = (milliseconds(made), f"{made / whole:.1%}")
    return (kind, milliseconds(whole), *sealing, milliseconds(judged), f"{judged / whole:.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0].strip())
    parser.add_argument("--letters", type=int, default=200, help="letters that go the whole way")
    parser.add_argument("--mebibytes", type=int, default=512, help="size of the large letter's attachment")
    options = parser.parse_args()

    usual = {kind: cost(kind, USUAL, ROUNDS) for kind in KINDS}
    many = {kind: cost(kind, MANY, 10) for kind in KINDS}
    print_table(
        "CPU of one seal, ms",
        ("key", "attachments", "seal", "verify", "verify, signer seen for the first time"),
        [
            (kind, count, *map(milliseconds, (c.seal, c.verify, c.first)))
            for count, costs in ((USUAL, usual), (MANY, many))
            for kind, c in costs.items()
        ],
    )

    whole = asyncio.run(whole_way(options.letters))
    sandbox = usual[KeyKind.RSA_2048]  # the sandbox's nodes have RSA keys
    bare = whole - SEALED * (sandbox.seal + sandbox.verify)
    print_table(
        f"CPU of {LETTER_BYTES // 1000} KB and their status, ms; without seals {milliseconds(bare)}",
        ("key", "whole", "2 seals", "share", "2 verifications", "share"),
        [shares(kind, c, bare) for kind, c in usual.items()],
    )

    with tempfile.TemporaryDirectory(prefix="truc-bench-") as name:
        small, big = large(Path(name), MIB), large(Path(name), options.mebibytes * MIB)
    print_table(
        f"One letter of 1 MiB and one of {options.mebibytes} MiB",
        ("command", "memory, MiB", "memory, MiB (large)", "CPU, s (large)", "s (large)"),
        [
            (
                *(command, f"{small[command].memory / MIB:.0f}", f"{ran.memory / MIB:.0f}"),
                *(f"{ran.cpu:.1f}", f"{ran.seconds:.1f}"),
            )
            for command, ran in big.items()
        ],
    )


if __name__ == "__main__":
    main()
