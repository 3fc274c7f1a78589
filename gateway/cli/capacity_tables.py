"""
What `truc capacity` found, as tables for the screen and for docs/capacity.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.capacity.comparison import Study, hops
from gateway.core.capacity.estimate import Estimate, Need, Part, need
from gateway.core.capacity.nation import BUSIEST, Flow, Nation, Tier
from gateway.core.capacity.service import ServiceTimes, Stage

TIERS = {
    Tier.CENTRAL: "trung ương · central",
    Tier.PROVINCE: "tỉnh · province",
    Tier.COMMUNE: "xã · commune",
}
BUSIEST_PROVINCE = f"tỉnh đông nhất · busiest province (× {BUSIEST:g})"
PARTS = {
    Part.CPU: "bộ xử lý của nút · cores of the node",
    Part.DISK: "đĩa của nút · disk of the node",
    Part.BROKER: "RabbitMQ",
}
STAGES = {
    Stage.INTAKE: "nhận · intake",
    Stage.RELAY: "chuyển · relay",
    Stage.BROKER: "RabbitMQ",
    Stage.ARRIVAL: "đến · arrival",
    Stage.HANDOVER: "giao · hand-over",
}
KIB, MIB, TB = 1024, 1024**2, 1e12
NOTHING = 0.0005


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a title; what stands in its cells is text."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def number(value: float) -> str:
    """Two digits that count; thousands apart; what is far below one thousandth is nothing."""
    if value < NOTHING or value == float("inf"):
        return "0" if value < NOTHING else "∞"
    return f"{value:,.0f}" if value >= 100 else f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def percent(share: float | None) -> str:
    """A share of one; a dash for None."""
    return "–" if share is None else f"{number(share * 100)} %"


def milliseconds(seconds: float) -> str:
    return number(seconds * 1000)


def signed(difference: float | None) -> str:
    """How far the simulation is from the estimate; a dash where nothing can be compared."""
    return "–" if difference is None else f"{difference * 100:+.0f} %"


def size_of(size: int) -> str:
    return f"{size // MIB} MB" if size >= MIB else f"{size // KIB} KB"


def way(flow: Flow) -> str:
    """From where to where."""
    names = {Tier.CENTRAL: "central", Tier.PROVINCE: "province", Tier.COMMUNE: "commune"}
    where = " (trong tỉnh · inside)" if flow.is_inside else ""
    return f"{names[flow.origin]} → {names[flow.destination]}{where}"


def costs(times: ServiceTimes) -> Table:
    """What a letter costs at each stage."""
    rows = [
        (size_of(point.size), *(milliseconds(point.seconds(stage)) for stage in Stage))
        for point in times.points
    ]
    return Table(
        "Một văn bản tốn · What a letter costs (CPU, ms)",
        ("cỡ · size", *(STAGES[stage] for stage in Stage)),
        rows,
    )


def traffic(nation: Nation, mean: Estimate, peak: Estimate) -> Table:
    """How many letters there are, and how fast they come to each kind of node."""
    documents = nation.national + nation.inside * nation.provinces
    rows: list[Sequence[str]] = [
        ("cả nước, văn bản một ngày · whole country, documents a day", number(documents), ""),
        ("… bản gửi tới nơi nhận · copies to recipients", number(documents * nation.recipients), ""),
        (
            "… trạng thái trả về · statuses back",
            number(documents * nation.recipients * nation.statuses),
            "",
        ),
    ]
    rows += [
        (
            f"{TIERS[tier]}: việc mỗi giây một nút · jobs a second at a node",
            *(number(found.station(tier, Part.CPU).rate) for found in (mean, peak)),
        )
        for tier in Tier
    ]
    return Table("Tải · The load", ("", "trung bình · mean", "giờ cao điểm · peak hour"), rows)


def stations(study: Study) -> Table:
    """Every station: estimated, simulated, and how far apart that is."""
    mean = {(one.tier, one.part): one for one in study.mean.stations}
    rows = [
        (
            TIERS[one.expected.tier],
            PARTS[one.expected.part],
            str(one.expected.servers),
            percent(mean[one.expected.tier, one.expected.part].utilisation),
            f"quá tải · overloaded ({number(one.expected.full)} ×)"
            if one.expected.is_overloaded
            else percent(one.expected.utilisation),
            percent(one.utilisation),
            signed(one.difference),
            milliseconds(one.expected.wait),
            milliseconds(one.wait),
            milliseconds(one.wait_p99),
            f"{number(one.queue)} / {one.longest_queue}",
        )
        for one in study.stations
    ]
    return Table(
        "Bận bao nhiêu · How busy",
        (
            *("nút · node", "phần · part", "số lượng · servers", "trung bình · mean"),
            *("cao điểm · peak", "mô phỏng · simulated", "lệch · differs"),
            *("chờ · wait, ms", "mô phỏng · simulated", "p99", "hàng đợi · queue, mean / longest"),
        ),
        rows,
    )


def ways(study: Study) -> Table:
    """Every way: mean estimated, and what was simulated."""
    kinds = {"document": "văn bản · document", "status": "trạng thái · status"}
    rows = [
        (
            way(one.stream.flow),
            kinds[one.stream.kind.value],
            *(milliseconds(seconds) for seconds in (one.expected, one.mean)),
            signed(one.difference),
            milliseconds(one.p50),
            milliseconds(one.p99),
            number(one.copies),
        )
        for one in study.ways
    ]
    return Table(
        "Từ nơi gửi tới nơi nhận · End to end, ms",
        (
            *("đường · way", "", "ước tính · estimate", "mô phỏng · simulated"),
            *("lệch · differs", "p50", "p99", "số bản · copies"),
        ),
        rows,
    )


def of_hops(study: Study) -> Table:
    """One link, from the relay until the neighbour has it."""
    rows = [
        (f"{TIERS[one]} → {TIERS[other]}", milliseconds(p50), milliseconds(p99), number(count))
        for one, other, p50, p99, count in hops(study.seen)
    ]
    return Table("Một chặng · One hop, ms", ("", "p50", "p99", "số bản · copies"), rows)


def circular(study: Study) -> Table:
    """A letter to everybody, and what comes back at once."""
    seen = study.seen
    rows = [
        ("nơi nhận · recipients", str(len(seen.circular))),
        ("nơi đầu tiên có sau · the first has it after, s", number(min(seen.circular))),
        ("nơi cuối cùng có sau · the last has it after, s", number(max(seen.circular))),
        ("trạng thái 01 trả về · statuses 01 that came back", str(len(seen.answers))),
        ("… lâu nhất trên đường · the slowest under way, s", number(max(seen.answers))),
        *(
            (
                f"hàng đợi dài nhất · longest queue, {TIERS[tier]}",
                str(seen.tallies[tier, Part.CPU].longest_queue),
            )
            for tier in Tier
        ),
    ]
    return Table("Công văn gửi toàn quốc · A circular to all", ("", ""), rows)


def _need_row(name: str, load: str, count: str, one: Need) -> Sequence[str]:
    return (
        load,
        name,
        count,
        str(one.cores),
        str(one.broker_cores) if one.broker_cores else "–",
        str(one.disks),
        number(one.bytes_of_year / TB),
        number(one.line * 8 / 1e6),
    )


def needs(nation: Nation, found: dict[float, Estimate]) -> Table:
    """What to buy for each of some loads."""
    rows = []
    for load, one in found.items():
        for tier in Tier:
            rows.append(_need_row(TIERS[tier], f"{load:g} ×", str(nation.count(tier)), need(one, tier)))
            if tier is Tier.PROVINCE:
                rows.append(
                    _need_row(BUSIEST_PROVINCE, f"{load:g} ×", "1", need(one, Tier.PROVINCE, BUSIEST))
                )
    return Table(
        "Cần bao nhiêu, mỗi nút · What each node needs (70 % in the peak hour)",
        (
            *("tải · load", "nút · node", "số nút · nodes"),
            *("nhân · cores", "nhân RabbitMQ · broker cores", "đĩa · disks", "TB một năm · TB a year"),
            "đường truyền · lines, Mbit/s",
        ),
        rows,
    )


def limits(found: Estimate) -> Table:
    """Every station with the load at which it is full, the first one first."""
    rows = [
        (at, name, f"{number(times)} ×")
        for times, at, name in sorted(
            [
                *((one.breaks_at, TIERS[one.tier], PARTS[one.part]) for one in found.stations),
                *(
                    (one.breaks_at / BUSIEST, BUSIEST_PROVINCE, PARTS[one.part])
                    for one in found.stations
                    if one.tier is Tier.PROVINCE
                ),
            ]
        )
    ]
    return Table(
        "Đầy trước tiên · What is full first",
        ("nút · node", "phần · part", "đầy ở · full at, times this load"),
        rows,
    )
