"""
Tries the broker of a link as a stranger would: name, machine, encryption, and then the login of this node.
"""

from __future__ import annotations

import asyncio
import ssl
from datetime import datetime, timedelta

from yarl import URL

from gateway.broker.rabbitmq.connection import connected
from gateway.broker.rabbitmq.wall import is_broken, is_turned_away, words_of
from gateway.ports import Step, Tried
from gateway.probing import Place, probe, went_well

ANSWER = timedelta(seconds=5)
HEARTBEAT = timedelta(seconds=15)
PORTS = {"amqp": 5672, "amqps": 5671}


async def probe_broker(url: str, now: datetime) -> list[Step]:
    """The steps of a connection to the broker of this URL, up to the first that fails."""
    at = URL(url)
    context = await asyncio.to_thread(_context, at) if at.scheme == "amqps" else None
    steps = await probe(Place(at.host or "", at.port or PORTS[at.scheme], context), now)
    if went_well(steps):
        steps.append(await _log_in(url))
    return steps


def _context(at: URL) -> ssl.SSLContext:
    """As the lanes have it: what the URL names of files, and the authorities that this machine trusts."""
    query = at.query
    context = ssl.create_default_context(cafile=query.get("cafile"), capath=query.get("capath"))
    if "certfile" in query:
        context.load_cert_chain(query["certfile"], query.get("keyfile"))
    if query.get("no_verify_ssl", "0") != "0":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _log_in(url: str) -> Step:
    try:
        async with connected(url, "probes", heartbeat=HEARTBEAT, answer=ANSWER):
            pass
    except BaseException as error:
        if not is_broken(error):
            raise
        if is_turned_away(error):
            return Step(
                Tried.LOGIN,
                False,
                "trạm trung chuyển không nhận nút này: sai mật khẩu, hoặc không được vào vhost",
                "the broker turns this node away: the password, or the virtual host",
            )
        words = words_of(error)
        return Step(
            Tried.LOGIN, False, f"không nói chuyện AMQP được ({words})", f"it does not speak AMQP ({words})"
        )
    return Step(Tried.LOGIN, True, "trạm trung chuyển nhận nút này", "the broker lets this node in")
