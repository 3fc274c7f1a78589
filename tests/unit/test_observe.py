"""
The log says only what its vocabulary allows, and the numbers are those of one node.
"""

from __future__ import annotations

import ast
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import generate_latest

from gateway.core.delivery import State
from gateway.core.model import Kind, Lane, NodeId
from gateway.observe import EVENTS, LONGEST_VALUE, LogMisused, Metrics, logger
from tests.kit.source_tree import Module, modules

NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical"}


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


# --- the log -------------------------------------------------------------------------------------


def test_one_event_is_one_line_of_json() -> None:
    stream = io.StringIO()
    log = logger("H14", stream, now=lambda: NOON)
    log.info("document.refused", code="TRUC-101", caller="k1", errors=2)
    assert lines(stream) == [
        {
            "at": "2026-03-02T05:00:00.000+00:00",
            "level": "info",
            "node": "H14",
            "event": "document.refused",
            "code": "TRUC-101",
            "caller": "k1",
            "errors": 2,
        }
    ]


def test_text_form_is_for_people() -> None:
    stream = io.StringIO()
    logger("H14", stream, form="text", now=lambda: NOON).info("duty.done", letter_id="x", code="01")
    assert stream.getvalue().startswith(
        "at=2026-03-02T05:00:00.000+00:00 level=info node=H14 event=duty.done"
    )


def test_field_that_is_not_listed_is_never_written() -> None:
    """A canary: subject and body of a document must not reach the log, whatever a door passes on."""
    stream = io.StringIO()
    log = logger("H14", stream)
    log.info("document.accepted", letter_id="x", subject="CANARY về nhân sự", body=b"CANARY")
    log.info("CANARY event of nobody", note="CANARY")
    assert "CANARY về" not in stream.getvalue()
    accepted, misused = lines(stream)
    assert accepted.keys() == {"at", "level", "node", "event", "letter_id"}
    assert misused["event"] == "log.misused"
    assert "note" not in misused


def test_long_value_is_cut() -> None:
    stream = io.StringIO()
    logger("H14", stream).info("document.refused", code="x" * 5000)
    assert len(lines(stream)[0]["code"]) == LONGEST_VALUE


def test_exception_is_told_by_class_and_place_without_its_text() -> None:
    stream = io.StringIO()
    log = logger("H14", stream)
    try:
        raise ValueError("CANARY: họ tên người ký")
    except ValueError:
        log.exception("internal.error", letter_id="x")
    (line,) = lines(stream)
    assert line["error"] == "ValueError"
    assert line["where"].startswith("test_observe.py:")
    assert "CANARY" not in stream.getvalue()


def test_level_keeps_lower_lines_out() -> None:
    stream = io.StringIO()
    log = logger("H14", stream, level="warning")
    log.info("duty.done", letter_id="x", code="01")
    log.warning("duty.failed", code="TRUC-702")
    assert [line["event"] for line in lines(stream)] == ["duty.failed"]


def test_two_nodes_in_one_process_write_two_logs() -> None:
    one, two = io.StringIO(), io.StringIO()
    logger("H14", one).info("node.stopping")
    logger("H21", two).info("node.stopping")
    assert [line["node"] for line in lines(one) + lines(two)] == ["H14", "H21"]


@pytest.mark.parametrize(
    ("event", "field"), [("document.accepted", "subject"), ("document.eaten", "letter_id")]
)
def test_strict_log_refuses_what_is_not_listed(event: str, field: str) -> None:
    with pytest.raises(LogMisused):
        logger("H14", io.StringIO(), strict=True).info(event, **{field: "x"})


# --- what the source says to the log -------------------------------------------------------------


def calls(module: Module) -> Iterator[tuple[ast.Call, str]]:
    """Every call of a log in a module, once for each event that it names."""
    functions = [n for n in ast.walk(module.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    for node in ast.walk(module.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr not in LOG_METHODS or not ast.unparse(node.func.value).endswith("log"):
            continue
        if isinstance(node.args[0], ast.Constant):
            yield node, str(node.args[0].value)
            continue
        around = next(f for f in functions if f.lineno <= node.lineno <= (f.end_lineno or 0))
        events = list(handed_to(around.name, module))
        assert events, f"{module.shown}:{node.lineno}: name an event by a literal, so that it can be found"
        yield from ((node, event) for event in events)


def handed_to(function: str, module: Module) -> Iterator[str]:
    """Events that a module hands to a function of its own, which logs them."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == function:
            yield from (str(a.value) for a in node.args[:1] if isinstance(a, ast.Constant))


def test_every_event_in_the_source_is_listed_with_its_fields() -> None:
    problems = []
    for module in modules():
        for call, event in calls(module):
            place = f"{module.shown}:{call.lineno} {event}"
            if event not in EVENTS:
                problems.append(f"{place} is not in observe.EVENTS")
                continue
            surplus = {k.arg for k in call.keywords if k.arg} - EVENTS[event] - {"exc_info"}
            problems += [f"{place} may not carry {field}" for field in sorted(surplus)]
    assert problems == []


def test_every_listed_event_is_told_by_somebody() -> None:
    told = {event for module in modules() for _call, event in calls(module)}
    assert EVENTS.keys() - told == {"log.misused"}


# --- metrics -------------------------------------------------------------------------------------


def shown(metrics: Metrics) -> str:
    return generate_latest(metrics.registry).decode()


def test_doors_count_in_words_of_the_office() -> None:
    metrics = Metrics()
    metrics.accepted(Kind.DOCUMENT, 5000)
    metrics.refused("TRUC-101")
    metrics.sent(NodeId("H14"), Lane.URGENT, 700)
    metrics.failed(NodeId("H14"), Lane.URGENT, "TRUC-504")
    metrics.taken(NodeId("G22"), Lane.NORMAL, 900)
    metrics.answered("GET", "/v1/letters/{letter_id}", 404, 0.01)
    text = shown(metrics)
    assert 'truc_letters_accepted_total{kind="document"} 1.0' in text
    assert 'truc_letters_refused_total{code="TRUC-101"} 1.0' in text
    assert 'truc_letters_sent_bytes_total{lane="urgent",link="H14"} 700.0' in text
    assert 'truc_tries_failed_total{code="TRUC-504",lane="urgent",link="H14"} 1.0' in text
    assert 'truc_letters_taken_total{lane="normal",link="G22"} 1.0' in text
    assert 'route="/v1/letters/{letter_id}",status="404"} 1.0' in text


def test_what_stands_replaces_what_stood_and_names_no_agency() -> None:
    metrics = Metrics()
    metrics.standing({("link:H14", State.QUEUED): 3})
    metrics.standing({("agency:000.00.00.H14", State.WAITING): 2, ("agency:000.01.40.H14", State.WAITING): 1})
    text = shown(metrics)
    assert 'truc_deliveries_standing{link="local",state="waiting"} 3.0' in text
    assert 'state="queued"' not in text
    assert "000.00.00.H14" not in text


def test_link_gauge_follows_the_link() -> None:
    metrics = Metrics()
    metrics.links({NodeId("H14"): True})
    metrics.links({NodeId("H14"): False})
    assert 'truc_link_up{link="H14"} 0.0' in shown(metrics)


def test_each_node_has_numbers_of_its_own() -> None:
    one, two = Metrics(), Metrics()
    one.refused("TRUC-101")
    assert "TRUC-101" not in shown(two)


def test_every_number_is_counted_by_somebody() -> None:
    """A metric that nothing feeds reads as «all is well»."""
    fed = {
        node.attr
        for module in modules()
        if module.name != "gateway.observe"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("metrics")
    }
    offered = {name for name, thing in vars(Metrics).items() if callable(thing) and not name.startswith("_")}
    assert offered - fed == set()
