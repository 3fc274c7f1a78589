"""
Service times for tests of the capacity plan: round figures, which new measurements do not change.
"""

from __future__ import annotations

from gateway.core.capacity.service import KIB, MIB, Point, ServiceTimes

TIMES = ServiceTimes(
    source="made for tests",
    date="2026-01-01",
    machine="none",
    fsync_seconds=0.004,
    points=(
        Point(6 * KIB, sender=0.014, recipient=0.018, transit=0.016, rabbitmq=0.002),
        Point(MIB, sender=0.030, recipient=0.030, transit=0.030, rabbitmq=0.004),
        Point(10 * MIB, sender=0.200, recipient=0.150, transit=0.170, rabbitmq=0.040),
    ),
)
