"""
What one letter costs each station, as it was measured: data with source and date, read from a file.

The bench sees whole processes: the node of the sender (intake and relay), that of the recipient (arrival and
hand-over), a node in between (arrival and relay). What each door costs follows from the three.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gateway.core.catalogue import CONFIG_BAD_VALUE
from gateway.core.errors import Misconfigured, find

KIB, MIB = 1024, 1024 * 1024


class Stage(StrEnum):
    """Where a letter is worked on: the four doors, and the broker between two nodes."""

    INTAKE = "intake"
    RELAY = "relay"
    BROKER = "broker"
    ARRIVAL = "arrival"
    HANDOVER = "handover"


COMMITS: Mapping[Stage, int] = {
    Stage.INTAKE: 1,  # the letter with its deliveries
    Stage.RELAY: 3,  # the try, SENT, TAKEN
    Stage.ARRIVAL: 1,  # the letter with its receipt
    Stage.HANDOVER: 2,  # at the agency's door, and its acknowledgement
}
"""Transactions of a letter at each door. It waits for the first one; the others only load the disk."""


@dataclass(frozen=True, slots=True)
class Point:
    """What letters of one size (bytes of the whole message) cost: CPU seconds for one letter."""

    size: int
    sender: float
    recipient: float
    transit: float
    rabbitmq: float

    def seconds(self, stage: Stage) -> float:
        """
        CPU seconds of one stage. Transit is divided evenly; what is left of either end is its other door's.
        """
        relay, arrival = min(self.transit / 2, self.sender), min(self.transit / 2, self.recipient)
        return {
            Stage.INTAKE: self.sender - relay,
            Stage.RELAY: relay,
            Stage.BROKER: self.rabbitmq,
            Stage.ARRIVAL: arrival,
            Stage.HANDOVER: self.recipient - arrival,
        }[stage]


@dataclass(frozen=True, slots=True)
class ServiceTimes:
    """A measured curve. `fsync_seconds`: a small write made durable; `points` by growing size."""

    source: str
    date: str
    machine: str
    fsync_seconds: float
    points: tuple[Point, ...]

    def seconds(self, stage: Stage, size: float) -> float:
        """
        CPU seconds of a stage for a letter of `size` bytes: straight lines between the sizes that were
        measured, the last line goes on beyond the largest; below the smallest, what that one costs.
        """
        points = self.points
        if size <= points[0].size or len(points) == 1:
            return points[0].seconds(stage)
        after = next((n for n, point in enumerate(points) if point.size >= size), len(points) - 1)
        low, high = points[after - 1], points[after]
        slope = (high.seconds(stage) - low.seconds(stage)) / (high.size - low.size)
        return max(low.seconds(stage) + slope * (size - low.size), 0.0)


def read(data: bytes, name: str) -> ServiceTimes:
    """
    Service times from what the bench wrote (JSON), or from a file of ours (TOML); `name` is for the refusal.

    Raises: Misconfigured if it is neither.
    """
    try:
        text = data.decode("utf-8")
        if text.lstrip().startswith("{"):
            return _of_bench(json.loads(text))
        return _of_table(tomllib.loads(text))
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # JSON, TOML and UTF-8 are ValueErrors
        detail = f"{type(error).__name__}: {error}"
        raise Misconfigured(find(CONFIG_BAD_VALUE, key=name, detail=detail)) from error


def _of_table(table: Mapping[str, Any]) -> ServiceTimes:
    points = [
        Point(int(row["bytes"]), *(float(row[key]) for key in ("sender", "recipient", "transit", "rabbitmq")))
        for row in table["letters"]
    ]
    source, date, machine = (str(table[key]) for key in SAID)
    return _sound(ServiceTimes(source, date, machine, float(table["fsync_seconds"]), tuple(points)))


ROW, TRANSIT = "one_link.rsa", "transit"
HALF = "transit taken as half of a link"
SENDER, RECIPIENT, RABBITMQ = "H91.10", "H91", "RabbitMQ"  # the processes of those rows
FSYNC = "write of 4 KiB and fdatasync, median"


def _of_bench(told: Mapping[str, Any]) -> ServiceTimes:
    """The headline row, and transit where it was measured; else a node in between costs half of both ends."""
    machine, rows = told["machine"], told["measured"]
    share = _transit_share(rows)
    points = []
    for size, cpu in _costs(rows, ROW):
        ends = cpu[SENDER] + cpu[RECIPIENT]
        near = sorted((abs(known - size), part) for known, part in share.items())
        transit = ends * (near[0][1] if near else 0.5)
        points.append(Point(size, cpu[SENDER], cpu[RECIPIENT], transit, cpu[RABBITMQ]))
    return _sound(
        ServiceTimes(
            source=f"{ROW} and {TRANSIT} of the bench" if share else f"{ROW} of the bench; {HALF}",
            date=str(machine["date"])[:10],
            machine=str(machine["CPU"]),
            fsync_seconds=float(str(machine[FSYNC]).removesuffix(" ms")) / 1000,
            points=tuple(sorted(points, key=lambda point: point.size)),
        )
    )


def _transit_share(rows: Any) -> Mapping[int, float]:
    """By size, what a node in between costs as a share of both ends of a link."""
    ends = {size: cpu[SENDER] + cpu[RECIPIENT] for size, cpu in _costs(rows, ROW)}
    return {size: cpu[RECIPIENT] / ends[size] for size, cpu in _costs(rows, TRANSIT) if ends.get(size)}


def _costs(rows: Any, row: str) -> Iterator[tuple[int, Mapping[str, float]]]:
    """CPU seconds a letter by process, for each size of a row; a mix of sizes is none."""
    for one in rows:
        size = re.fullmatch(r"(\d+) (KB|MB)", one["case"])
        if one["row"] == row and size and one["letters"]:
            spent = {str(name): float(s) / one["letters"] for name, s in one["cpu_seconds"].items()}
            yield int(size[1]) * (KIB if size[2] == "KB" else MIB), spent


def _sound(times: ServiceTimes) -> ServiceTimes:
    """Raises: ValueError if nothing can be computed from them."""
    sizes = [point.size for point in times.points]
    if not sizes:
        raise ValueError(f"no letters were measured ({ROW})")
    if sizes != sorted(set(sizes)) or sizes[0] <= 0:
        raise ValueError(f"sizes must grow: {sizes}")
    for point in times.points:
        costs = (point.sender, point.recipient, point.transit, point.rabbitmq)
        if not all(0 < cost < float("inf") for cost in costs):
            raise ValueError(f"no such cost of {point.size} bytes: {costs}")
    if not 0 < times.fsync_seconds < float("inf"):
        raise ValueError(f"no such time of a write: {times.fsync_seconds}")
    return times


SAID = ("source", "date", "machine")
HEAD = """\
# What one letter costs: CPU seconds of each process for a letter over one link, RSA-2048 seals.
# `sender` is the node that takes it from its agency and passes it on, `recipient` the node that hands it
# over, `transit` a node in between, `rabbitmq` the broker of one link. Written by
#     truc capacity --measured figures.json --keep gateway/core/capacity/measured.toml
# from what `make bench ONLY=one_link,transit JSON=figures.json` measured; then `make docs`.
"""


def to_toml(times: ServiceTimes) -> str:
    """The same as a file of ours, which `read` reads back."""
    head = [
        *(f"{key} = {json.dumps(getattr(times, key), ensure_ascii=False)}" for key in SAID),
        f"fsync_seconds = {times.fsync_seconds:.6g}",
    ]
    rows = [
        f"\n[[letters]]\nbytes = {point.size}\n"
        + "".join(
            f"{key} = {getattr(point, key):.6g}\n" for key in ("sender", "recipient", "transit", "rabbitmq")
        )
        for point in times.points
    ]
    return HEAD + "\n".join(head) + "\n" + "".join(rows)
