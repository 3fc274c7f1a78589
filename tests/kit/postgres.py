"""
A private PostgreSQL cluster for one test run: loopback only, a free port, stopped by its own pid.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

USER = "truc"
READY_SECONDS = 30
UNPRIVILEGED = ("postgres", "nobody")  # the server refuses to run as root


def binaries() -> Path | None:
    """The folder of the newest installed server; None if there is none."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if found:
        return max(found, key=lambda path: int(path.parent.name))
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


class Cluster:
    """A running server. Databases are its own business; each test gets a fresh one."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self._made = 0

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: sql.Composed) -> None:
        """Run a statement in the maintenance database."""
        address = f"host=127.0.0.1 port={self.port} user={USER} dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)

    def create(self, template: str = "template1") -> str:
        """A new database; its name."""
        self._made += 1
        name = f"test_{self._made}"
        # copying files takes half the time of logging them, and there is no log to replay them from
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self.execute(made.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop(self, name: str) -> None:
        self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def running_cluster(bin_folder: Path) -> Iterator[Cluster]:
    """A cluster that lives as long as the block."""
    folder = Path(tempfile.mkdtemp(prefix="truc-postgres-"))
    owner = _owner(folder)
    port = _free_port()
    server: subprocess.Popen[bytes] | None = None
    try:
        subprocess.run(
            [
                *(bin_folder / "initdb", "-D", folder / "data", "-U", USER, "-E", "UTF8"),
                *("--locale=C.UTF-8", "--auth=trust", "--no-sync", "--no-instructions"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            **owner,
        )
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [
                    *(bin_folder / "postgres", "-D", folder / "data", "-k", folder, "-p", str(port)),
                    *("-c", "listen_addresses=127.0.0.1", "-c", "max_connections=50"),
                    *("-c", "fsync=off", "-c", "full_page_writes=off"),  # no test cuts the power
                ],
                stdout=log,
                stderr=log,
                **owner,
            )
        _wait_until_ready(server, port, folder / "log")
        yield Cluster(folder, port)
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)  # «fast» shutdown: open connections are ended
            server.wait(timeout=READY_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def _owner(folder: Path) -> dict[str, Any]:
    """Who the server runs as, for subprocess; the folder becomes theirs."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in UNPRIVILEGED if name in known)
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [], "cwd": folder}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return when the server takes connections. Its start is the one thing here that real time decides."""
    address = f"host=127.0.0.1 port={port} user={USER} dbname=postgres"
    end = time.monotonic() + READY_SECONDS
    while server.poll() is None and time.monotonic() < end:
        try:
            psycopg.connect(address, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL does not start:\n{log.read_text('utf-8', 'replace')}")
