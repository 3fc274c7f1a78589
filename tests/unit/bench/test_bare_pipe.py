"""
The bare pipe: it keeps its promises about syncs, order and signatures, or its figures would mean nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from aio_pika.abc import AbstractIncomingMessage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

from signing.devpki import KeyKind
from tests.bench import bare_pipe, bulk_lane
from tests.bench.bare_nodes import Journal, Key, PublicKey, Receiver, signed, verify
from tests.bench.measured import Measured, NotHere
from tests.bench.paper import KIB, MIB


def keys(kind: KeyKind) -> tuple[Key, PublicKey]:
    private, public = bare_pipe.key_pair(kind)
    return (
        cast(Key, serialization.load_pem_private_key(private.encode(), None)),
        cast(PublicKey, serialization.load_pem_public_key(public.encode())),
    )


# --- syncs ---------------------------------------------------------------------------------------


async def test_everybody_who_waits_shares_one_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs: list[int] = []
    monkeypatch.setattr(os, "fdatasync", syncs.append)
    journal = Journal(tmp_path / "journal")
    await asyncio.gather(*(journal.synced() for _ in range(100)))
    assert len(syncs) == 1


async def test_what_came_during_a_sync_gets_one_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, on_disk = tmp_path / "journal", []
    loop, syncing = asyncio.get_running_loop(), asyncio.Event()

    def sync(_handle: int) -> None:
        on_disk.append(file.read_bytes())
        loop.call_soon_threadsafe(syncing.set)

    monkeypatch.setattr(os, "fdatasync", sync)
    journal = Journal(file)
    journal.append(b"one")
    first = asyncio.create_task(journal.synced())
    await syncing.wait()
    journal.append(b"two")
    await journal.synced()
    await first
    assert on_disk[-1] == b"onetwo"


async def test_failed_sync_reaches_everybody_who_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fdatasync", full)
    journal = Journal(tmp_path / "journal")
    results = await asyncio.gather(*(journal.synced() for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [OSError] * 3


# --- signatures and frames -----------------------------------------------------------------------


@dataclass
class Frame:
    """As much of a message of the broker as the receiver looks at."""

    headers: dict[str, Any]
    body: bytes


def frames(letter: int, bodies: list[bytes], key: Key) -> list[AbstractIncomingMessage]:
    digest = hashlib.sha256(b"".join(bodies)).digest()
    made = [Frame({"letter": letter}, body) for body in bodies]
    made[-1].headers |= {"began": repr(float(letter)), "signature": signed(key, digest).hex()}
    return cast(list[AbstractIncomingMessage], made)


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P256])
def test_signature_holds_for_its_bytes_only(kind: KeyKind) -> None:
    private, public = keys(kind)
    signature = signed(private, hashlib.sha256(b"letter").digest())
    verify(public, signature, hashlib.sha256(b"letter").digest())
    with pytest.raises(InvalidSignature):
        verify(public, signature, hashlib.sha256(b"other").digest())


async def test_letters_whose_frames_come_mixed_are_put_together(tmp_path: Path) -> None:
    private, public = keys(KeyKind.P256)
    said: list[dict[str, Any]] = []
    receiver = Receiver(Journal(tmp_path / "journal"), public, said.append)
    first, second = frames(1, [b"a", b"b"], private), frames(2, [b"c", b"d"], private)
    for frame in (first[0], second[0], second[1], first[1]):
        await receiver.take(frame)
    assert (tmp_path / "journal").read_bytes() == b"acdb"
    assert said == []


async def test_damaged_letter_stops_the_measurement(tmp_path: Path) -> None:
    private, public = keys(KeyKind.P256)
    said: list[dict[str, Any]] = []
    receiver = Receiver(Journal(tmp_path / "journal"), public, said.append)
    first, last = frames(7, [b"a", b"b"], private)
    await receiver.take(cast(AbstractIncomingMessage, Frame(dict(first.headers), b"x")))
    with pytest.raises(InvalidSignature):
        await receiver.take(last)
    assert said == [{"failed": "letter 7 arrived damaged"}]


# --- the whole -----------------------------------------------------------------------------------


@pytest.mark.bench
async def test_every_letter_arrives_through_the_pipe(open_folder: Path) -> None:
    sizes = [6 * KIB, 5 * MIB // 2]
    try:
        found = await bare_pipe.run(sizes, 0.5, open_folder)
    except NotHere as reason:
        pytest.skip(str(reason))
    assert [one.row for one in found] == ["bare.rsa", "bare.rsa", "bare.p256", "bare.p256"]
    assert all(one.letters and one.letters == len(one.latencies) for one in found)
    assert list(open_folder.iterdir()) == []


@pytest.mark.bench
async def test_every_kind_of_queue_carries_large_letters(open_folder: Path) -> None:
    try:
        found = await bare_pipe.queues([2 * MIB], 0.6, open_folder)
    except NotHere as reason:
        pytest.skip(str(reason))
    assert [one.row for one in found] == ["bare.quorum", "bare.classic", "bare.stream"]
    bulk_lane.show((one, 2 * MIB) for one in found)


def test_table_of_queues_tells_bytes_and_what_the_broker_took() -> None:
    one = Measured(
        "bare.stream",
        "10 MB",
        20,
        4.0,
        5.0,
        cpu_seconds={"RabbitMQ": 0.5},
        peak_rss={"RabbitMQ": 300_000_000},
    )
    assert bulk_lane.cells(one, 10 * MIB) == ("bare.stream", "10 MB", "5.0", "50", "25.0", "300")
