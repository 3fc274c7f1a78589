"""
What commands work on: the settings of a node and its store, or a node over its API.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gateway.client import TrucClient
    from gateway.config import Config
    from gateway.store.sql import SqlStore

ConfigFile = Annotated[
    Path,
    typer.Option(
        "-c",
        "--config",
        metavar="node.toml",
        help="Tệp cấu hình của nút · Settings of the node",
    ),
]
NodeUrl = Annotated[
    str,
    typer.Option(
        metavar="URL",
        envvar="TRUC_URL",
        help="Địa chỉ API của nút · API address of the node, http://127.0.0.1:8710",
    ),
]
Key = Annotated[
    str,
    typer.Option(
        metavar="KEY",
        envvar="TRUC_KEY",
        help="Khóa truy cập của đơn vị; nên đặt TRUC_KEY · Access key of the agency; better set TRUC_KEY",
    ),
]


def settings_of(file: Path) -> Config:
    """The settings in `file` and the environment. Raises: Misconfigured."""
    from gateway.config import load

    return load(file, os.environ)


@asynccontextmanager
async def store_of(file: Path) -> AsyncIterator[tuple[Config, SqlStore]]:
    """
    The store of a node, opened beside the running node if there is one.

    Raises: Misconfigured if the settings or the database's version do not fit; Unavailable.
    """
    from gateway.core.model import NodeId
    from gateway.store.sql import SqlStore

    config = settings_of(file)
    store = SqlStore(
        config.store_url(os.environ),
        config.node.data_dir / "blobs",
        node=NodeId(config.node.id),
        instance=f"cli-{secrets.token_hex(8)}",
    )
    try:
        yield config, store
    finally:
        await store.close()


@asynccontextmanager
async def node_at(url: str, key: str) -> AsyncIterator[TrucClient]:
    """A node over its API."""
    from gateway.client import TrucClient

    async with TrucClient(url, key) as client:
        yield client


def now() -> datetime:
    """The time at which an operator does something."""
    return datetime.now(UTC)
