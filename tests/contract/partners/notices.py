"""
Systems and clerks that wait to be told: a receiver of webhooks, a mailbox of a mail server.

They look into the mailbox of /v1 only for letters of which they were told.
"""

from __future__ import annotations

import asyncio
import email
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.policy import default
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks import Webhook

from gateway.core.model import AgencyCode, LetterId
from gateway.ports import Channel
from gateway.sandbox.partner import Ability, Received
from gateway.sandbox.trial_node import HurriedClock, TrialNode
from tests.contract.partners.v1 import V1Partner

_LETTER_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ToldPartner(V1Partner):
    """What waits and was told of."""

    channel: Channel

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[AgencyCode, set[str]] = {}
        self.broken: set[AgencyCode] = set()
        self.secrets: dict[AgencyCode, str] = {}

    async def admit(self, agency: AgencyCode, at: TrialNode) -> dict[str, Any]:
        row = await super().admit(agency, at)
        self.told[agency] = set()
        async with self.client(agency) as client:
            made = await client.subscribe(self.channel, self.address(agency))
        self.secrets[agency] = made.secret
        return row

    def address(self, agency: AgencyCode) -> str:
        """Where the agency wants to be told."""
        raise NotImplementedError

    async def received(self, agency: AgencyCode) -> Sequence[Received]:
        async with self.client(agency) as client:
            waiting = [i.letter_id for i in (await client.inbox(limit=1000)).items]
            told = [letter_id for letter_id in waiting if letter_id in self.told[agency]]
            return [Received(LetterId(each), await client.read(each)) for each in told]

    async def break_down(self, agency: AgencyCode) -> None:
        self.broken.add(agency)

    async def mend(self, agency: AgencyCode) -> None:
        self.broken.discard(agency)


class WebhookPartner(ToldPartner):
    """A receiver by Standard Webhooks, which checks each signature with their own library."""

    way, channel = "webhook", Channel.WEBHOOK
    can = V1Partner.can | {Ability.BREAKS, Ability.BREAKS_ALONE}

    async def begin(self, folder: Path, clock: HurriedClock) -> Mapping[str, Any]:
        app = web.Application()
        app.router.add_post("/{agency}", self._hear)
        self._server = TestServer(app)
        await self._server.start_server()
        return {"webhook": {"allow_loopback": True}}

    async def end(self) -> None:
        await self._server.close()

    def address(self, agency: AgencyCode) -> str:
        return str(self._server.make_url(f"/{agency}"))

    async def _hear(self, request: web.Request) -> web.Response:
        agency = AgencyCode(request.match_info["agency"])
        if agency in self.broken:
            raise web.HTTPServiceUnavailable
        body = (await request.read()).decode()
        at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
        signed = Webhook(self.secrets[agency]).sign(request.headers["webhook-id"], at, body)
        if signed not in request.headers["webhook-signature"].split():
            raise web.HTTPUnauthorized
        self.told[agency].update(_LETTER_ID.findall(body))
        return web.Response(status=204)


class MailPartner(ToldPartner):
    """A mail server with a mailbox for each agency."""

    way, channel = "mail", Channel.MAIL
    can = V1Partner.can | {Ability.BREAKS, Ability.BREAKS_ALONE}

    async def begin(self, folder: Path, clock: HurriedClock) -> Mapping[str, Any]:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, hostname="smtp.vn"), "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return {
            "mail": {"host": "127.0.0.1", "port": port, "security": "none", "sender": "truc@caobang.gov.vn"}
        }

    async def end(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    def address(self, agency: AgencyCode) -> str:
        return f"{agency}@caobang.gov.vn"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.partition("@")[0] in self.broken:
            return "450 4.2.2 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        text = email.message_from_bytes(envelope.content, policy=default).get_content()
        for address in envelope.rcpt_tos:
            self.told[AgencyCode(address.partition("@")[0])].update(_LETTER_ID.findall(text))
        return "250 2.0.0 taken"
