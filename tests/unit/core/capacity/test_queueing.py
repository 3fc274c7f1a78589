"""The formulae of waiting against what the textbooks say."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.capacity.queueing import erlang_c, group_commit, mean_wait


@pytest.mark.parametrize(("offered", "servers", "known"), [(0.5, 1, 0.5), (1, 2, 1 / 3), (8, 10, 0.4092)])
def test_erlang_c_is_the_known_one(offered: float, servers: int, known: float) -> None:
    assert erlang_c(offered, servers) == pytest.approx(known, abs=1e-4)


@given(st.floats(0.01, 0.99))
def test_one_server_waits_as_m_m_1_and_m_d_1(load: float) -> None:
    assert mean_wait(load, 1.0, 2.0, 1) == pytest.approx(load / (1 - load))
    assert mean_wait(load, 1.0, 1.0, 1) == pytest.approx(load / (1 - load) / 2)


@given(st.floats(0.1, 100), st.integers(1, 200))
def test_more_servers_never_let_wait_longer(rate: float, servers: int) -> None:
    assert mean_wait(rate, 1.0, 2.0, servers + 1) <= mean_wait(rate, 1.0, 2.0, servers)


def test_at_capacity_the_wait_has_no_end() -> None:
    assert mean_wait(2.0, 1.0, 2.0, 2) == math.inf
    assert erlang_c(5, 3) == 1
    assert mean_wait(0.0, 1.0, 2.0, 1) == mean_wait(1.0, 0.0, 0.0, 1) == erlang_c(0, 1) == 0


def test_idle_disk_writes_at_once() -> None:
    found = group_commit(1e-9, 0.004, 0.001, 1e-6, 64)
    assert found.sojourn == pytest.approx(0.005, rel=1e-3)
    assert found.busy == pytest.approx(5e-12, rel=1e-3)


def test_busy_disk_lets_wait_for_the_rest_of_a_write_and_ones_own() -> None:
    found = group_commit(5_000, 0.004, 0.0, 0.0, 64)
    assert found.busy == pytest.approx(1)
    assert found.sojourn == pytest.approx(0.006)
    assert found.full == pytest.approx(5_000 * 0.004 / 64)


@given(st.floats(0.1, 10_000), st.floats(0, 0.01), st.floats(1, 4))
def test_disk_that_cannot_keep_up_says_so(rate: float, each: float, spread: float) -> None:
    found = group_commit(rate, 0.004, each, each**2 * spread, 64)
    assert (found.full >= 1) == (found.sojourn == math.inf)
    assert 0 <= found.busy <= 1
    assert found.sojourn >= 0.004
