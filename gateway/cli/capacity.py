"""
`truc capacity`: what the letters of a whole country ask of each node, on paper and in a simulation.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.screen import AsJson, Screen, speaking

if TYPE_CHECKING:
    from gateway.core.capacity.comparison import Study
    from gateway.core.capacity.service import ServiceTimes

LETTERS = 100_000  # about eight seconds of one core
BESIDE = (1.0, 10.0, 100.0)

_Cores = Annotated[int, typer.Option(min=1, metavar="N", help="Số nhân của nút · Cores of the node")]
_Broker = Annotated[int, typer.Option(min=1, metavar="N", help="Số nhân của RabbitMQ · Cores of its broker")]


def capacity(
    load: Annotated[
        float, typer.Option(min=0.001, max=10_000, help="Gấp mấy lần tải năm 2022 · Times the load of 2022")
    ] = 1.0,
    cores_central: _Cores = 4,
    cores_province: _Cores = 2,
    cores_commune: _Cores = 1,
    broker_central: _Broker = 2,
    broker_province: _Broker = 1,
    disk_mb: Annotated[
        float, typer.Option(min=1, help="Đĩa ghi được, MB/s · What a disk writes, MB a second")
    ] = 200.0,
    provinces: Annotated[int, typer.Option(min=2, max=1000, help="Số tỉnh · Provinces")] = 34,
    communes: Annotated[int, typer.Option(min=4, max=100_000, help="Số xã · Communes")] = 3321,
    circular: Annotated[
        bool, typer.Option("--circular", help="Thêm một công văn gửi toàn quốc · With a letter to everybody")
    ] = False,
    letters: Annotated[
        int,
        typer.Option(min=1000, max=2_000_000, help="Mô phỏng nhiều nhất chừng ấy văn bản · Simulate so many"),
    ] = LETTERS,
    seed: Annotated[int, typer.Option(help="Mầm ngẫu nhiên: cùng mầm, cùng kết quả · Seed of chance")] = 1,
    measured: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Số đo: JSON của make bench hoặc TOML · Figures: JSON of make bench, or TOML",
        ),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help="Ghi số đo ra TOML · Write the figures as TOML"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Trục chịu được tải nào, cần bao nhiêu máy · What load Trục carries, and on how many machines.

    Ước tính từ số đo, rồi mô phỏng từng văn bản để kiểm tra · Estimated from what was measured, then checked
    by a simulation, letter by letter. docs/capacity.md.

    \b
    truc capacity
    truc capacity --load 10 --cores-province 4 --circular
    truc capacity --measured figures.json --json
    """
    from random import Random

    from gateway.core.capacity.comparison import study
    from gateway.core.capacity.estimate import Machines
    from gateway.core.capacity.nation import Nation, Tier
    from gateway.core.capacity.service import to_toml
    from gateway.core.capacity.simulation import Question

    if communes < 2 * provinces:
        raise typer.BadParameter("mỗi tỉnh ít nhất hai xã · at least two communes for each province")
    with speaking(as_json) as screen:
        times = service_times(measured)
        if keep is not None:
            keep.write_text(to_toml(times), "utf-8")
        machines = Machines(
            {Tier.CENTRAL: cores_central, Tier.PROVINCE: cores_province, Tier.COMMUNE: cores_commune},
            {Tier.CENTRAL: broker_central, Tier.PROVINCE: broker_province},
            disk_mb * 1e6,
        )
        nation = Nation(provinces=provinces, communes=communes).times(load)
        whole = provinces if circular else 1
        question = Question(nation, times, machines, letters, whole=whole, circular=circular)
        with screen.progress("Đang mô phỏng · simulating", question.expected, of_bytes=False) as step:
            found = study(question, Random(seed), step)  # noqa: S311, chance, not a secret
        screen.data(_as_json(found, load, seed))
        _tell(screen, found, load)


def service_times(measured: Path | None) -> ServiceTimes:
    """
    What letters cost, from a file or as it is shipped. Raises: Misconfigured if the file says nothing of it.
    """
    from importlib.resources import files

    from gateway.core.capacity.service import read

    shipped = files("gateway.core.capacity") / "measured.toml"
    return read((measured or shipped).read_bytes(), (measured or shipped).name)


def _tell(screen: Screen, study: Study, load: float) -> None:
    from gateway.cli import capacity_tables as tables
    from gateway.core.capacity.estimate import estimate
    from gateway.core.capacity.nation import PEAK_PER_SECOND

    question, seen = study.question, study.seen
    times, nation = question.times, question.nation
    screen.line(f"Số đo · figures: {times.date}, {times.machine}: {times.source}")
    screen.line(
        f"Tải · load: {load:g} × 2022. Mô phỏng · simulated: {_clock(seen.span.start)} – "
        f"{_clock(seen.span.end)}, {seen.letters} văn bản và trạng thái · documents and statuses"
    )
    beside = {
        load * more: estimate(nation.times(more), times, question.machines, PEAK_PER_SECOND)
        for more in BESIDE
    }
    for table in (
        tables.costs(times),
        tables.traffic(nation, study.mean, study.peak),
        tables.stations(study),
        tables.ways(study),
        tables.of_hops(study),
        *([tables.circular(study)] if seen.circular else []),
        tables.limits(study.peak),
        tables.needs(nation, beside),
    ):
        screen.line()
        screen.line(table.title)
        screen.table(table.columns, table.rows)
    screen.line()
    first = study.peak.first_full
    at, part = tables.TIERS[first.tier], tables.PARTS[first.part]
    screen.line(f"Đầy trước · full first: {at}, {part} ({tables.number(first.breaks_at)} ×)")
    screen.line(
        f"Mô phỏng và ước tính lệch tối đa · simulation and estimate differ by at most: "
        f"{tables.percent(study.utilisation_within)} (bận · utilisation), "
        f"{tables.percent(study.time_within)} (thời gian · time)"
    )
    for one in study.overloaded:
        vi, en = "quá tải", "overloaded"
        screen.line(f"{vi} · {en}: {tables.TIERS[one.tier]}, {tables.PARTS[one.part]}")


def _clock(seconds: float) -> str:
    """The time of day."""
    minutes = round(seconds / 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _as_json(study: Study, load: float, seed: int) -> dict[str, object]:
    from gateway.core.capacity.comparison import hops
    from gateway.core.capacity.estimate import need
    from gateway.core.capacity.nation import Tier

    seen, first = study.seen, study.peak.first_full
    return {
        "load": load,
        "seed": seed,
        "measured": asdict(study.question.times),
        "span": asdict(seen.span),
        "letters": {"accepted": seen.letters, "copies": seen.copies, "delivered": seen.delivered},
        "stations": [
            {
                "tier": one.expected.tier.name.lower(),
                "part": one.expected.part.value,
                "servers": one.expected.servers,
                "per_second": one.expected.rate,
                "of_capacity": one.expected.full,
                "overloaded": one.expected.is_overloaded,
                "utilisation": {"estimated": one.expected.utilisation, "simulated": one.utilisation},
                "wait": {
                    "estimated": None if one.expected.is_overloaded else one.expected.wait,
                    "simulated": one.wait,
                    "p99": one.wait_p99,
                },
                "queue": {"mean": one.queue, "longest": one.longest_queue},
                "difference": one.difference,
            }
            for one in study.stations
        ],
        "ways": [
            {
                "from": one.stream.flow.origin.name.lower(),
                "to": one.stream.flow.destination.name.lower(),
                "inside": one.stream.flow.is_inside,
                "kind": one.stream.kind.value,
                "estimated": None if study.overloaded else one.expected,
                "simulated": one.mean,
                "p50": one.p50,
                "p99": one.p99,
                "copies": one.copies,
                "difference": one.difference,
            }
            for one in study.ways
        ],
        "hops": [
            {"from": a.name.lower(), "to": b.name.lower(), "p50": p50, "p99": p99, "copies": count}
            for a, b, p50, p99, count in hops(seen)
        ],
        "circular": {"recipients": len(seen.circular), "last": max(seen.circular)} if seen.circular else None,
        "needs": {tier.name.lower(): asdict(need(study.peak, tier)) for tier in Tier},
        "first_full": {"tier": first.tier.name.lower(), "part": first.part.value, "at": first.breaks_at},
        "agrees_within": {"utilisation": study.utilisation_within, "time": study.time_within},
    }
