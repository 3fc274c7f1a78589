"""
A node that speaks HTTPS only: for /v1 and for VXP, with keys that are bound to a client's certificate.
"""

from __future__ import annotations

import io
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import aiohttp

from gateway.broker.memory import MemoryPost
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.keys import NewSystem, issue, issue_system
from gateway.node import Node
from gateway.ports import Credential
from gateway.sandbox.axis import node_in_process
from gateway.sandbox.pki import make_pki
from gateway.vault import FileVault
from gateway.vxp.functions import CONTENT_TYPE, GET_RECEIVED, JSON_TYPE, MESSAGE_TYPE, SYSTEM_ID, TIMESTAMP
from gateway.vxp.signature import sign
from tests.kit.certificates import Certificates, fingerprint
from tests.kit.office import DISTRICT, small_directory


@asynccontextmanager
async def https_node(folder: Path, known: Certificates) -> AsyncIterator[tuple[Node, FileVault]]:
    """One node whose listeners ask for a client certificate, and check the one that is shown."""
    server, clock, directory = str(known.server()), SystemClock(), small_directory()
    listener = {
        "port": 0,
        "tls_cert": server,
        "tls_key": server,
        "client_ca": str(known.root),
        "client_certificates": "optional",
    }
    name = directory.node_rows[0].id
    config = Config.model_validate(
        {
            "node": {"id": name, "data_dir": str(folder / "node")},
            "http": listener,
            "vxp": {**listener, "enabled": True},
            "seal": make_pki(folder / "pki", directory, clock.now())[name],
        }
    )
    post = MemoryPost(clock=clock, rng=Random(0))
    async with node_in_process(config, directory, post, clock, io.StringIO()) as node:
        yield node, FileVault(config.secrets_key)


async def asked(url: str, headers: dict[str, str], context: ssl.SSLContext) -> tuple[int, Any]:
    """What /v1/mailbox answers."""
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers, ssl=context) as response:
        return response.status, await response.json(content_type=None)


async def test_both_doors_speak_https_and_nothing_else(tmp_path: Path) -> None:
    known = Certificates(tmp_path / "certificates")
    async with https_node(tmp_path, known) as (node, _):
        assert set(node.addresses) >= {"v1", "vxp"}
        assert all(address.startswith("https://127.0.0.1:") for address in node.addresses.values())
        status, _ = await asked(f"{node.address}/v1/health", {}, known.trusting())
        async with aiohttp.ClientSession() as http:
            try:
                plain = node.address.replace("https", "http") + "/v1/health"
                async with http.get(plain) as response:
                    answered_plainly = response.status
            except aiohttp.ClientError:
                answered_plainly = 0
    assert (status, answered_plainly) == (200, 0)


async def test_bound_key_counts_only_with_its_certificate(tmp_path: Path) -> None:
    known = Certificates(tmp_path / "certificates")
    own, other = known.client("own.pem"), known.client("other.pem")
    wanted = Credential("", "QLVB", frozenset({DISTRICT}), certificate=fingerprint(own))
    async with https_node(tmp_path, known) as (node, _):
        _, key = await issue(node.desk.store, wanted, node.desk.clock.now())
        headers, url = {"Authorization": f"Bearer {key}"}, f"{node.address}/v1/mailbox"
        answers = [await asked(url, headers, known.trusting(client)) for client in (own, other, None)]
    assert [status for status, _ in answers] == [200, 403, 403]
    assert {answer["code"] for _, answer in answers[1:]} == {"TRUC-421"}


async def test_bound_system_counts_only_with_its_certificate(tmp_path: Path) -> None:
    known = Certificates(tmp_path / "certificates")
    own = known.client("own.pem")
    wanted = NewSystem(system_id="vxp.h14", label="QLVB", agencies=frozenset({DISTRICT}))
    async with https_node(tmp_path, known) as (node, vault):
        bound = replace(wanted, certificate=fingerprint(own))
        _, secret = await issue_system(node.desk.store, vault, bound, node.desk.clock.now())
        parameters = {SYSTEM_ID: "vxp.h14", TIMESTAMP: "28112026T080000+0000", CONTENT_TYPE: JSON_TYPE}
        headers = sign({**parameters, MESSAGE_TYPE: "edoc"}, secret)
        told = []
        for client in (own, None):
            async with (
                aiohttp.ClientSession() as http,
                http.post(
                    f"{node.addresses['vxp']}/any/{GET_RECEIVED.name}",
                    headers=headers,
                    ssl=known.trusting(client),
                ) as response,
            ):
                told.append((response.status, (await response.json())["ErrorCode"]))
    assert told == [(200, "0"), (401, "15")]
