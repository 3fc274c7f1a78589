"""
Settings for properties: a busy machine is no finding, so nothing here is judged by how long it took.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
EXAMPLES_300 = settings(UNHURRIED, max_examples=300)
STEPWISE = settings(UNHURRIED, max_examples=60, stateful_step_count=40)
