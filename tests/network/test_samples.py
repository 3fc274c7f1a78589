"""
Every real edXML among the samples goes through a sandbox: it arrives byte for byte, or is refused in words.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from gateway.client import TrucClient
from gateway.core import catalogue
from gateway.core.directory import Directory
from gateway.core.errors import Rejected
from gateway.core.lifecycle import status_recipient
from gateway.core.model import AgencyCode, Kind
from gateway.sandbox.axis import MemoryAxis, memory_axis
from tests.kit.correspondence import agency, tree
from tests.kit.heard import HeardLog
from tests.kit.messages import seen
from tests.kit.samples import sample_files, sample_folder

ARRIVES = ""
EXPECTED = {
    "gateway-pvn/1f881896-6e3a-4a5f-87f1-c380878e148e.edxml": ARRIVES,
    "gateway-pvn/test_user_edxml.xml": ARRIVES,
    "official-sdk/edoc.edxml": catalogue.NOT_BASE64.code,  # its prefixes are repaired, its attachment is not
    "official-sdk/edoc_new.as-found-with-1212-prefix.edxml": catalogue.STRAY_BYTES.code,
    "official-sdk/edoc_new.edxml": ARRIVES,
    "official-sdk/edoc_replacement.edxml": ARRIVES,
    "official-sdk/edoc_revocation.edxml": ARRIVES,
    "official-sdk/edoc_update.edxml": ARRIVES,
    "official-sdk/status.edxml": ARRIVES,
    "official-sdk/status_acceptance_03.edxml": ARRIVES,
    "official-sdk/status_assignment_04.edxml": ARRIVES,
    "official-sdk/status_cancellation_13.edxml": ARRIVES,
    "official-sdk/status_change-acceptance_15.edxml": ARRIVES,
    "official-sdk/status_change-rejection_16.edxml": ARRIVES,
    "official-sdk/status_finish_06.edxml": ARRIVES,
    "official-sdk/status_inbox_01.edxml": ARRIVES,
    "official-sdk/status_processing_05.edxml": ARRIVES,
    "official-sdk/status_rejection_02.edxml": ARRIVES,
    "other-dialects/edoc_new_dotnet_layout.edxml": ARRIVES,
    "other-dialects/legacy_soap_status_layout.xml": catalogue.OLD_PROTOCOL.code,
}
"""What becomes of each known sample: the code of its refusal, or nothing."""

NODES = {"G22": "", "H41": "G22", "H41.01": "H41", "H14": "G22", "H14.01": "H14"}
_CODE = re.compile(rb"OrganId>\s*([^<>\s]+)\s*<")


def directory_of(contents: Sequence[bytes]) -> Directory:
    """Every agency code that stands in these files, spread over the nodes."""
    codes = sorted({code.decode() for content in contents for code in _CODE.findall(content)})
    nodes = list(NODES)
    return tree(NODES, [agency(code, nodes[n % len(nodes)]) for n, code in enumerate(codes)])


class Post:
    """The agencies of a running axis, as programs see them."""

    def __init__(self, axis: MemoryAxis, log: HeardLog, stack: AsyncExitStack) -> None:
        self._axis, self._log, self._stack = axis, log, stack
        self._clients: dict[str, TrucClient] = {}

    async def client(self, code: str) -> TrucClient:
        if code not in self._clients:
            desk = self._axis.desks[AgencyCode(code)]
            self._clients[code] = await self._stack.enter_async_context(TrucClient(desk.url, desk.key))
        return self._clients[code]

    async def outcome(self, content: bytes) -> str:
        """Send a file as its own sender: ARRIVES if all its recipients got these bytes, else why not."""
        try:
            envelope = seen(content).reading.envelope
            sender = envelope.sender.code
            recipients = [organ.code for organ in envelope.recipients]
            if envelope.kind is Kind.STATUS:
                recipients = [status_recipient(envelope)]
        except Rejected:
            sender, recipients = next(iter(self._axis.desks)), []
        try:
            letter_id = (await (await self.client(sender)).send(content)).letter_id
        except Rejected as refused:
            return refused.code
        for code in dict.fromkeys(recipients):
            await self._log.until("delivery.waiting", letter_id=letter_id, target=f"agency:{code}")
            if await (await self.client(code)).read(letter_id) != content:
                return f"other bytes at {code}"
        return ARRIVES


async def test_every_sample_arrives_byte_for_byte_or_is_refused_with_its_own_code(tmp_path: Path) -> None:
    root = sample_folder()
    files = {str(path.relative_to(root)): path.read_bytes() for path in sample_files()}
    async with AsyncExitStack() as stack:
        log = HeardLog()
        directory = directory_of(list(files.values()))
        axis = await stack.enter_async_context(memory_axis(directory, folder=tmp_path, log_to=log))
        post = Post(axis, log, stack)
        outcomes = {name: await post.outcome(content) for name, content in files.items()}

    known = {name: code for name, code in EXPECTED.items() if name in files}
    assert {name: outcomes[name] for name in known} == known
    further = {name: code for name, code in outcomes.items() if name not in EXPECTED}
    assert {n: c for n, c in further.items() if c not in (ARRIVES, *catalogue.FAULTS)} == {}


def test_table_speaks_of_seventeen_that_arrive_and_three_that_do_not() -> None:
    refused = [code for code in EXPECTED.values() if code != ARRIVES]
    assert (len(EXPECTED) - len(refused), len(refused), len(set(refused))) == (17, 3, 3)


async def test_official_sample_arrives_once_its_attachment_is_mended(tmp_path: Path) -> None:
    """Nothing else was wrong with it: prefixes are repaired on the copy that is read, not in the letter."""
    content = (sample_folder() / "official-sdk" / "edoc.edxml").read_bytes()
    mended = re.sub(
        rb"(<(?:\w+:)?ContentTransferEncoded[^>]*>).*?(</)",
        lambda found: found[1] + base64.b64encode(b"%PDF-1.4 a file") + found[2],
        content,
        flags=re.DOTALL,
    )
    async with AsyncExitStack() as stack:
        log = HeardLog()
        directory = directory_of([mended])
        axis = await stack.enter_async_context(memory_axis(directory, folder=tmp_path, log_to=log))
        outcome = await Post(axis, log, stack).outcome(mended)

    assert mended != content
    assert outcome == ARRIVES
