"""
The watch of a node whose link is cut: what arrives by mail and by a webhook, and that it is told when that is
over.
"""

from __future__ import annotations

import asyncio
import email
import io
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway.alerts.watch import Watch, difference, free_share
from gateway.alerts.ways import AlertWays
from gateway.broker.memory import MemoryPost
from gateway.config import AlertsSection
from gateway.core.delivery import Target
from gateway.core.model import Lane, LetterFacts
from gateway.observe import Metrics, logger
from gateway.ports import Act
from gateway.store.sql import SqlStore
from tests.kit.builders import CENTRAL, PROVINCE, new_letter, small_axis
from tests.kit.clock import START, ManualClock
from tests.kit.steps import StepBell

SUBJECT = "Kỷ luật ông Nguyễn Văn A"


@dataclass
class Listeners:
    """Who is told: a mail server and a program, both of somebody else."""

    mails: list[EmailMessage] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    async def called(self, request: web.Request) -> web.Response:
        self.calls.append(json.loads(await request.text()))
        return web.Response(status=self.status)


@dataclass
class Scene:
    """A node, its watch, and who is told."""

    watch: Watch
    clock: ManualClock
    post: MemoryPost
    store: SqlStore
    listeners: Listeners
    stream: io.StringIO

    async def later(self, minutes: float) -> None:
        """Half a minute after half a minute, each with a look and with what is owed sent."""
        for _ in range(int(minutes * 2)):
            self.clock.advance(30)
            await self.watch.look()
            await self.watch.send()


@asynccontextmanager
async def watching(folder: Path, **settings: Any) -> AsyncIterator[Scene]:
    clock, listeners, stream = ManualClock(), Listeners(), io.StringIO()
    async with AsyncExitStack() as stack:
        app = web.Application()
        app.router.add_post("/alerts", listeners.called)
        hook = TestServer(app, host="127.0.0.1")
        await hook.start_server()
        stack.push_async_callback(hook.close)
        loop = asyncio.get_running_loop()
        smtp = await loop.create_server(lambda: SMTP(listeners, hostname="smtp.vn"), "127.0.0.1", 0)
        stack.callback(smtp.close)
        port = smtp.sockets[0].getsockname()[1]
        environ = {
            "HOOK": f"json://127.0.0.1:{hook.port}/alerts",
            "MAIL": f"mailto://127.0.0.1:{port}/?from=truc@tinh.vn&to=truc-ban@tinh.vn&mode=insecure",
        }
        alerts = AlertsSection.model_validate(
            {"ways": {"hook": {"url": "env:HOOK"}, "mail": {"url": "env:MAIL"}}, **settings}
        )
        store = SqlStore("sqlite://", folder / "blobs", node=PROVINCE, instance="one", inline=True)
        stack.push_async_callback(store.close)
        await store.set_directory(small_axis(), START)
        post = MemoryPost(clock=clock, rng=Random(0))
        brokers = [post.broker(node) for node in (CENTRAL, PROVINCE)]
        brokers[1].inbox(CENTRAL, Lane.CONTROL)  # so that the two know of each other
        watch = Watch(
            node=PROVINCE,
            store=store,
            broker=brokers[1],
            clock=clock,
            bell=StepBell(),
            log=logger(PROVINCE, stream, strict=True),
            metrics=Metrics(),
            alerts=alerts,
            ways=AlertWays(alerts.ways, environ),
            ends=dict,
            data_dir=folder,
            url="https://truc.example/console/alerts",
        )
        yield Scene(watch, clock, post, store, listeners, stream)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with watching(tmp_path) as watched:
        yield watched


async def test_alert_of_a_cut_link_arrives_by_mail_and_webhook_and_so_does_its_end(scene: Scene) -> None:
    await scene.later(3)
    assert scene.listeners.calls == []
    scene.post.cut(CENTRAL, PROVINCE)
    await scene.later(5)
    (call,), (mail,) = scene.listeners.calls, scene.listeners.mails
    assert call["title"] == mail["Subject"] == f"[Trục {PROVINCE}] CẢNH BÁO: mất kết nối tới {CENTRAL}"
    assert mail["To"] == "truc-ban@tinh.vn"
    assert "https://truc.example/console/alerts" in call["message"]
    assert f"the link to {CENTRAL} is down" in mail.get_content()

    scene.post.heal(CENTRAL, PROVINCE)
    await scene.later(5)
    assert [call["title"] for call in scene.listeners.calls][1:] == [
        f"[Trục {PROVINCE}] ĐÃ HẾT: mất kết nối tới {CENTRAL}"
    ]
    assert len(scene.listeners.mails) == 2
    assert await scene.store.alerts_standing() == []


async def test_link_that_flaps_is_told_once(scene: Scene) -> None:
    scene.post.cut(CENTRAL, PROVINCE)
    await scene.later(3)
    for _ in range(10):
        scene.post.heal(CENTRAL, PROVINCE)
        await scene.later(1)
        scene.post.cut(CENTRAL, PROVINCE)
        await scene.later(1)
    assert len(scene.listeners.calls) == 1


async def test_nothing_of_a_letter_stands_in_a_message(scene: Scene) -> None:
    facts = LetterFacts(document_id="1/2026", subject=SUBJECT, code="12/UBND", sender_name="UBND tỉnh")
    new = new_letter(1, Target(neighbour=CENTRAL), lane=Lane.URGENT, facts=facts)
    await scene.store.add_letter(new, START)
    scene.clock.advance(timedelta(hours=2))
    await scene.later(1)
    (call,) = scene.listeners.calls
    assert "văn bản khẩn" in call["message"]
    assert all(word not in call["message"] for word in ("Kỷ luật", "12/UBND", "UBND tỉnh", "1/2026"))


async def test_way_that_does_not_take_a_message_is_tried_again(scene: Scene) -> None:
    scene.listeners.status = 503
    scene.post.cut(CENTRAL, PROVINCE)
    await scene.later(4)
    assert len(scene.listeners.mails) == 1
    assert {m.way: m.code for m in await scene.store.alert_messages(10)} == {"hook": "not-taken", "mail": ""}
    scene.listeners.status = 200
    await scene.later(10)
    assert {m.way: m.code for m in await scene.store.alert_messages(10)} == {"hook": "", "mail": ""}
    assert len(scene.listeners.mails) == 1
    assert "not-taken" in scene.stream.getvalue()
    assert "127.0.0.1" not in scene.stream.getvalue()


async def test_way_can_be_tried(scene: Scene) -> None:
    await scene.store.owe_alert_test("hook", Act(event="console.alert_tested", by="lan", at=START))
    await scene.later(0.5)
    assert [call["title"] for call in scene.listeners.calls] == [f"[Trục {PROVINCE}] Tin thử · Test"]
    assert scene.listeners.mails == []


async def test_gauge_says_what_stands(scene: Scene) -> None:
    def standing(kind: str) -> float | None:
        return scene.watch.metrics.registry.get_sample_value("truc_alerts_standing", {"kind": kind})

    assert standing("link-down") == 0
    scene.post.cut(CENTRAL, PROVINCE)
    await scene.later(3)
    assert (standing("link-down"), standing("disk")) == (1, 0)


def test_difference_of_clocks_leaves_out_what_the_question_took() -> None:
    second = timedelta(seconds=1)
    assert difference(START, START + second, START + 2 * second) == timedelta(0)
    assert difference(START, START + 5 * second, START + 2 * second) == 3 * second
    assert difference(START, START - 5 * second, START + second) == 5 * second


def test_disk_that_is_not_there_has_no_free_share(tmp_path: Path) -> None:
    assert free_share(tmp_path / "nowhere") is None
    share = free_share(tmp_path)
    assert share is not None
    assert 0 <= share <= 1
