"""
The consoles of the sandbox: accounts that are good for one run, and the three places worth looking from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.accounts.passwords import hash_of, new_password
from gateway.core.directory import Agency, Directory
from gateway.core.model import AgencyCode, NodeId
from gateway.ports import Account, Act, Role, Store

OPERATOR, CLERK = "demo", "vanthu"
"""The accounts at every node: who runs it, and a clerk of the first agency that it serves."""

BY = "truc sandbox"


@dataclass(frozen=True, slots=True)
class DemoAccounts:
    """One password for all of them, made anew for each run."""

    password: str
    kept: str  #: what a store keeps of it

    @classmethod
    def new(cls) -> DemoAccounts:
        """Accounts of a run that begins."""
        password = new_password()
        return cls(password, hash_of(password))

    async def open(self, store: Store, served: Iterable[Agency], now: datetime) -> None:
        """Add them at one node; nothing of theirs must be changed at the first login, as it else must."""
        accounts = [Account(name=OPERATOR, role=Role.OPERATOR, reads_content=True, password=self.kept)]
        first = next((agency for agency in served if not (agency.locked or agency.valid_to)), None)
        if first is not None:
            code = AgencyCode(first.code)
            accounts.append(Account(name=CLERK, role=Role.AGENCY, agency=code, password=self.kept))
        for account in accounts:
            told = {"account": account.name, "role": account.role.value}
            await store.add_account(account, Act(event="console.account_add", by=BY, at=now, detail=told))


@dataclass(frozen=True, slots=True)
class Visitors:
    """
    What an axis has for people who come to look: ports that are known beforehand, and consoles.

    APIs listen on `first_port` and the ports after it, or (0) on free ones. With `accounts` each node has a
    console.
    """

    first_port: int = 0
    accounts: DemoAccounts | None = None

    def port(self, above: int, number: int) -> int:
        """The port of the `number`-th node for what lies `above` its API; 0 picks a free one."""
        return self.first_port + above + number if self.first_port else 0


NOBODY = Visitors()


def views(directory: Directory) -> list[NodeId]:
    """From where the axis is worth looking at: the root, a node below it, and a leaf below that."""
    node = next(NodeId(row.id) for row in directory.node_rows if not row.parent)
    way = [node]
    while children := directory.children(node):
        node = children[0]
        way.append(node)
    return list(dict.fromkeys([way[0], *way[1:2], way[-1]]))


def console_variables(
    directory: Directory, consoles: Mapping[NodeId, str], accounts: DemoAccounts
) -> Mapping[str, str]:
    """CONSOLE_URL of the root, CONSOLE_URL_2 and _3 of those below, and who may log in."""
    addresses = [f"{consoles[node]}/console/" for node in views(directory)]
    named = {f"CONSOLE_URL{f'_{place}' if place > 1 else ''}": url for place, url in enumerate(addresses, 1)}
    return {
        **named,
        "CONSOLE_NAME": OPERATOR,
        "CONSOLE_CLERK": CLERK,
        "CONSOLE_PASSWORD": accounts.password,
    }
