"""
Every installed adapter under the contract, each with a partner that is what its agencies really have.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Sequence
from importlib.metadata import entry_points

from gateway.core.facts import facts_of
from gateway.core.model import Dialect
from gateway.letters import Dialect as DialectOfSender
from gateway.ports import OFFICE, Terms
from gateway.sandbox.adapter_contract import AdapterContract
from gateway.sandbox.partner import Partner, Received
from gateway.sandbox.trial import SECOND, WRITER, scene
from tests.contract.partners.folder import FolderPartner
from tests.contract.partners.lgsp import LgspPartner
from tests.contract.partners.notices import MailPartner, WebhookPartner
from tests.contract.partners.uplink import UplinkPartner
from tests.contract.partners.v1 import MailboxPartner
from tests.contract.partners.vxp import VxpPartner, envelope_of, files_in


class TestMailbox(AdapterContract):
    def partner(self) -> Partner:
        return MailboxPartner()


class TestVxp(AdapterContract):
    def partner(self) -> Partner:
        return VxpPartner()

    @scene
    async def test_letter_in_an_agreed_dialect_has_the_content_that_was_sent(self) -> None:
        await self.node.set_way(SECOND, OFFICE, Terms(dialect=Dialect.JAVA_SDK).as_row())
        sent = self.node.letter(WRITER, SECOND, dialect=DialectOfSender.PVN)
        await self.node.send(sent, WRITER)

        async def found() -> Sequence[Received]:
            return await self.side.received(SECOND)

        (got,) = await self.node.until(found, "the letter is there")
        assert got.content != sent
        assert files_in(got.content) == files_in(sent)
        assert facts_of(envelope_of(got.content)) == facts_of(envelope_of(sent))


class TestLgsp(AdapterContract):
    def partner(self) -> Partner:
        return LgspPartner()

    def same(self, sent: bytes, got: bytes) -> bool:
        """JSON holds text: a byte order mark does not come through."""
        return sent.removeprefix(BOM_UTF8) == got.removeprefix(BOM_UTF8)


class TestWebhook(AdapterContract):
    def partner(self) -> Partner:
        return WebhookPartner()


class TestMail(AdapterContract):
    def partner(self) -> Partner:
        return MailPartner()


class TestFolder(AdapterContract):
    def partner(self) -> Partner:
        return FolderPartner()


class TestUplink(AdapterContract):
    def partner(self) -> Partner:
        return UplinkPartner()


def test_every_installed_adapter_is_under_the_contract() -> None:
    contracts = [c for c in globals().values() if isinstance(c, type) and issubclass(c, AdapterContract)]
    ways = {c().partner().way for c in contracts if c is not AdapterContract}
    assert ways == {point.name for point in entry_points(group="truc.adapters")}
