"""
One process holds many nodes: what one is given, the other never sees.
"""

from __future__ import annotations

import aiohttp

from gateway.http.surroundings import Health
from tests.kit.api import listening_api


async def test_two_nodes_in_one_process_share_nothing() -> None:
    async with listening_api() as one, listening_api() as other:
        one.health = Health(store=False)
        async with aiohttp.ClientSession() as http:
            async with http.get(f"{one.url}/v1/mailbox", headers=other.bearer("province")) as response:
                assert response.status == 401  # a key of another node
            async with http.get(f"{other.url}/v1/ready") as response:
                assert response.status == 200
        requests = [
            node.metrics.registry.get_sample_value(
                "truc_http_requests_total", {"method": "GET", "route": "/v1/ready", "status": "200"}
            )
            for node in (one, other)
        ]
    assert requests == [None, 1]
    assert [line["route"] for line in one.log("http.request")] == ["/v1/mailbox"]
