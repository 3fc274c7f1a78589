"""
A letter on its way out: the same answer from the mailbox and from those that only look.
"""

from __future__ import annotations

import hashlib

import aiohttp

from tests.kit.api import listening_api
from tests.kit.office import DISTRICT, PROVINCE, document


async def test_letter_is_given_out_in_one_way_wherever_it_is_asked_for() -> None:
    content = document(PROVINCE, DISTRICT)
    async with listening_api() as api, aiohttp.ClientSession() as http:
        async with http.post(f"{api.url}/v1/letters", headers=api.bearer("province"), data=content) as answer:
            letter_id = (await answer.json())["letter_id"]
        given = []
        for path in (f"/v1/mailbox/{letter_id}", f"/v1/letters/{letter_id}.edxml"):
            async with http.get(api.url + path, headers=api.bearer("district")) as answer:
                names = ("Content-Type", "ETag", "Content-Length", "Content-Disposition")
                given.append((await answer.read(), [answer.headers[name] for name in names]))

    digest = hashlib.sha256(content).hexdigest()
    told = ["application/xml", f'"{digest}"', str(len(content))]
    assert given == [(content, [*told, f'attachment; filename="{letter_id}.edxml"'])] * 2
