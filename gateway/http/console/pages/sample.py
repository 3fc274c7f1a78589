"""
A random sample for auditors: letters of an agency in a period, drawn by a seed, with their evidence.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from gateway.core.catalogue import UNKNOWN_LETTER
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode
from gateway.evidence import evidence_chunks, evidence_size
from gateway.http.console import reading_period
from gateway.http.console.declared import Action, Chapter, Done, Leaf, Page
from gateway.http.console.entrance import go_to
from gateway.http.console.forms import Form
from gateway.http.console.pages.reports import PATH as REPORTS
from gateway.http.console.sample_archive import archive
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.ports import Drawn, OpenEvidence, Role, Sampled
from gateway.v1.transfer import write_stream

PATH = f"{REPORTS}/sample"
LEAST, USUAL, MOST = 1, 20, 200
"""Letters of one sample; each is opened, and journaled for its agency."""

LONGEST_SEED = 40
NOTHING_DRAWN = Drawn((), 0)
EMPTY = said("Không có văn bản nào trong kỳ này để lấy mẫu.")
TOO_MANY = said("Trong kỳ này đơn vị gửi và nhận hơn %(most)s văn bản: hãy chọn kỳ ngắn hơn để lấy mẫu.")


async def open_sample(view: View) -> Mapping[str, Any] | web.StreamResponse:
    """The form; with an agency also what was drawn. A seed that was not given is made, and stays visible."""
    now, agency = reading_period.chosen(view), _agency(view)
    number, seed = _number(view), view.query("seed")[:LONGEST_SEED]
    query = {**now.query, "agency": agency or view.query("agency"), "number": str(number), "seed": seed}
    if agency and not seed:
        return go_to(f"{PATH}?{urlencode({**query, 'seed': secrets.token_hex(4)})}")
    drawn = await view.store.sample(agency, now.period, seed, number) if agency else NOTHING_DRAWN
    return {
        "chosen": now,
        "periods": reading_period.choices(view, now),
        "period_words": reading_period.words_of(now.period, view.words),
        "agency": view.query("agency"),
        "is_known": bool(agency),
        "number": number,
        "seed": seed,
        "drawn": drawn,
        "too_many": TOO_MANY,
        "query": query,
        "address": f"{PATH}?{urlencode(query)}",
        "may_open": view.account.reads_content,
    }


async def take(view: View, form: Form) -> Done | web.StreamResponse:
    """The letters themselves, each journaled for whose letter it is before any of them is read."""
    now, agency, reason = reading_period.chosen(view), _agency(view), form.text("reason")
    seed, number = view.query("seed")[:LONGEST_SEED], _number(view)
    drawn = await view.store.sample(agency, now.period, seed, number) if agency and seed else NOTHING_DRAWN
    if drawn.is_too_many:
        return Done(PATH, TOO_MANY, {"most": str(drawn.whole)})
    if agency is None or not drawn.letters:
        return Done(PATH, EMPTY)
    for each in drawn.letters:
        await view.open_content(each.letter_id, _whose(view, each, agency), reason)
    drawn_by = {"agency": agency, "period": _days(now), "number": str(number), "seed": seed}
    await view.store.note_act(view.act(detail={**drawn_by, "reason": reason}))
    return await _send(view, drawn, agency, now)


def _whose(view: View, each: Sampled, agency: AgencyCode) -> set[AgencyCode]:
    """The agency that is looked into, and the one that sent the letter if it is of this node."""
    return {agency} | ({each.sender} & view.agencies)


def _days(now: reading_period.Chosen) -> str:
    return f"{now.period.first} … {now.period.last}"


async def _send(
    view: View, drawn: Drawn, agency: AgencyCode, now: reading_period.Chosen
) -> web.StreamResponse:
    seed, at = view.query("seed")[:LONGEST_SEED], view.around.clock.now()
    about = [
        ("Hạt giống · Seed", seed),
        ("Đơn vị · Agency", agency),
        ("Kỳ · Period", _days(now)),
        ("Số văn bản · Letters", str(len(drawn.letters))),
        ("Rút từ · Drawn from", str(drawn.whole)),
    ]

    blobs = view.store.blobs

    async def open_one(each: Sampled) -> OpenEvidence:
        # not through the office: what it opens in the name of an agency counts as seen by that agency
        letter = await view.store.letter(each.letter_id)
        if letter is None:
            raise Rejected(find(UNKNOWN_LETTER, letter_id=each.letter_id))
        size = await asyncio.to_thread(evidence_size, letter, blobs)
        return OpenEvidence(letter, size, lambda: evidence_chunks(letter, blobs))

    name = f"mau-{agency}-{now.period.first:%Y%m%d}-{now.period.last:%Y%m%d}.zip"
    headers = {"Content-Type": "application/zip", "Content-Disposition": f'attachment; filename="{name}"'}
    response = web.StreamResponse(headers=headers)
    async with aclosing(archive(drawn.letters, about, open_one, at)) as pieces:
        await write_stream(view.request, response, pieces)
    return response


def _agency(view: View) -> AgencyCode | None:
    found = view.around.directory.find(view.query("agency"))
    return found.code if found is not None and found.code in view.agencies else None


def _number(view: View) -> int:
    return min(MOST, max(LEAST, view.query_number("number") or USUAL))


SAMPLE = Page(
    path=PATH,
    name="sample",
    title=said("Lấy mẫu kiểm tra"),
    template="reports_sample.html",
    handler=open_sample,
    roles=frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    chapter=Chapter.REPORTS,
    in_menu=False,
)
LEAF = Leaf(
    pages=(SAMPLE,),
    actions=(
        Action(
            path=PATH,
            name="sample_taken",
            handler=take,
            page=SAMPLE,
            roles=SAMPLE.roles,
            journals_itself=True,
        ),
    ),
)
