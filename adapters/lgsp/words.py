"""
What the provincial facade says, in JSON: ASCII, without nulls, and errors with the codes of VXP.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from aiohttp import web

from adapters.vxp.mail import INITIAL, TYPES
from gateway.core.calendar import VIETNAM
from gateway.ports import MailItem
from gateway.vxp.answers import Refusal
from gateway.vxp.functions import EDOC_SERVICE, JSON_TYPE
from gateway.vxp.plain import plain

OK = "OK"
FAILED = "error"  # `data.status` of a refusal


def text(value: object) -> str:
    """A value as JSON writes it here."""
    return json.dumps(value, separators=(",", ":"))


def said(**more: object) -> web.Response:
    """A success, with what belongs to it."""
    return _json({"success": True, "message": OK, **more}, 200)


def refused(why: Refusal, status: int) -> web.Response:
    """A refusal: `data` says in the codes of VXP what `message` says in words."""
    message = plain(why.text)
    data = {"docId": "", "status": FAILED, "errorCode": why.code.value, "errorDesc": message}
    return _json({"success": False, "message": message, "data": data}, status)


def line(item: MailItem) -> dict[str, str]:
    """A line of syncReceivedEdocList."""
    at = when(item.waiting_since)
    return {
        "serviceType": EDOC_SERVICE,
        "createdTime": at,
        "updatedTime": at,
        "messageType": TYPES[item.kind],
        "docId": item.letter_id,
        "from": item.sender,
        "to": item.agency,
        "status": INITIAL,
        "statusDesc": "",
    }


def listed(items: Sequence[MailItem]) -> web.Response:
    """A list with its length."""
    return said(count=len(items), data=[line(item) for item in items])


def when(at: datetime) -> str:
    """A time of Vietnam, in the order of days that the facade's own queries have."""
    return at.astimezone(VIETNAM).strftime("%Y/%m/%d %H:%M:%S")


def _json(answer: dict[str, object], status: int) -> web.Response:
    return web.Response(body=text(answer).encode("ascii"), status=status, content_type=JSON_TYPE)
