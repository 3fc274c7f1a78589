"""
The board of notices: who wants to be told of what, what is owed to whom, and what became of it.

It decides; the store remembers, and the adapters of the channels carry. A webhook's secret is shown to its
owner when it is made and never again.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from gateway.core.callbacks import SECRET_PREFIX, Reach, mail_objection
from gateway.core.catalogue import BAD_REQUEST, RECEIVER_GONE, UNKNOWN_NOTICE, UNKNOWN_SUBSCRIPTION
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode
from gateway.ports import (
    Bell,
    Caller,
    Channel,
    Clock,
    MailItem,
    Notice,
    NoticeOutcome,
    NoticeState,
    Occasion,
    Store,
    Subscription,
    Vault,
)

CLAIMED_FOR = timedelta(minutes=5)  # far beyond the longest try, so that nobody else tries meanwhile
FORMER_LIVES = timedelta(days=1)  # time to put a new secret in place at the receiver
LONGEST_WAIT = 5.0  # seconds; what another process owes (`truc notice`) rings no bell in this one
SUBSCRIPTIONS_EACH = 20  # of one agency: every one is a request or a mail for every letter
SECRET_BYTES = 32
SHORTEST_SECRET, LONGEST_SECRET = 24, 64  # bytes, by Standard Webhooks
LONGEST_LABEL = 200  # characters, as of every name that is shown in a list
WANTED = frozenset(Occasion) - {Occasion.PING}
"""What can be subscribed to; a ping is asked for."""


class Board:
    """
    ports.NoticeBoard of one node.

    `reach` says which addresses a webhook may have; `random_bytes` makes ids and secrets. `listed` gives
    lines of mailboxes as their agencies want them.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        bell: Bell,
        vault: Vault,
        reach: Reach | None = None,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        *,
        listed: Callable[[Sequence[MailItem]], Awaitable[Sequence[MailItem]]] | None = None,
    ) -> None:
        self._listed = listed
        self._store, self._clock, self._bell, self._vault = store, clock, bell, vault
        self._reach = reach or Reach()
        self._random_bytes = random_bytes
        self._turn = asyncio.Lock()  # of two changes at once, one would put back what the other replaced

    # --- for the adapters that carry notices ---------------------------------------------------------

    async def claim(
        self, channel: Channel, limit: int, passing_over: Collection[str] = ()
    ) -> Sequence[Notice]:
        """Notices that are due, each with its attempt counted."""
        now = self._clock.now()
        notices = await self._store.claim_notices(channel, now, now + CLAIMED_FOR, limit, passing_over)
        return [await self._as_agreed(notice) for notice in notices]

    async def _as_agreed(self, notice: Notice) -> Notice:
        """The notice with what it says of the letter as its agency gets it."""
        if notice.item is None or self._listed is None:
            return notice
        (item,) = await self._listed([notice.item])
        return replace(notice, item=item)

    async def ended(self, notice: Notice, outcome: NoticeOutcome) -> None:
        """What the try of a claimed notice came to. A receiver that is gone is not called any more."""
        now = self._clock.now()
        await self._store.notice_ended(notice.number, outcome, now)
        if outcome.code == RECEIVER_GONE.code:
            async with self._turn:
                given_up = notice.subscription
                for subscription in await self._store.subscriptions([given_up.agency]):
                    if (subscription.id, subscription.address) == (given_up.id, given_up.address):
                        await self._store.set_subscription(replace(subscription, is_active=False), now)

    async def wait(self, channel: Channel) -> None:
        """Return when there may be notices to send."""
        due_at = await self._store.next_notice(channel)
        seconds = LONGEST_WAIT
        if due_at is not None:
            seconds = min(seconds, max(0.0, (due_at - self._clock.now()).total_seconds()))
        await self._bell.wait(topic(channel), seconds)

    # --- for agencies and operators ------------------------------------------------------------------

    async def subscribe(
        self, caller: Caller, subscription: Subscription, secret: str = ""
    ) -> tuple[Subscription, str]:
        """Add a subscription. The secret is its own, or `secret` of a receiver that has one; "" for mail.

        Raises: Rejected (BAD_REQUEST)
        """
        agency = await self._own(caller, subscription.agency)
        made = replace(
            subscription,
            id=f"sub_{self._random_bytes(12).hex()}",
            agency=agency,
            sealed_secret="",
            sealed_former="",
            former_ends_at=None,
        )
        self._check(made)
        if made.channel is Channel.WEBHOOK:
            secret = _checked(secret) if secret else self._new_secret()
            made = replace(made, sealed_secret=self._vault.seal(secret))
        elif secret:
            raise _bad("secret", Channel.WEBHOOK.value)
        async with self._turn:
            if len(await self._store.subscriptions([agency])) >= SUBSCRIPTIONS_EACH:
                raise _bad("agency", f"≤ {SUBSCRIPTIONS_EACH} × {agency}")
            await self._store.set_subscription(made, self._clock.now())
        return made, secret

    async def change(self, caller: Caller, subscription: Subscription) -> Subscription:
        """Replace address, occasions, label, activity and show of subjects; the rest stays as it is.

        Raises: Rejected (UNKNOWN_SUBSCRIPTION, BAD_REQUEST)
        """
        async with self._turn:
            changed = replace(
                await self._find(caller, subscription.id),
                address=subscription.address,
                occasions=subscription.occasions,
                label=subscription.label,
                is_active=subscription.is_active,
                shows_subject=subscription.shows_subject,
            )
            self._check(changed)
            await self._store.set_subscription(changed, self._clock.now())
        self._bell.ring([topic(changed.channel)])
        return changed

    async def rotate(self, caller: Caller, subscription_id: str) -> tuple[Subscription, str]:
        """A new secret; the former one signs beside it for a day.

        Raises: Rejected (UNKNOWN_SUBSCRIPTION, BAD_REQUEST)
        """
        async with self._turn:
            found = await self._find(caller, subscription_id)
            if found.channel is not Channel.WEBHOOK:
                raise _bad("channel", Channel.WEBHOOK.value)
            secret, now = self._new_secret(), self._clock.now()
            rotated = replace(
                found,
                sealed_secret=self._vault.seal(secret),
                sealed_former=found.sealed_secret,
                former_ends_at=now + FORMER_LIVES,
            )
            await self._store.set_subscription(rotated, now)
        return rotated, secret

    async def unsubscribe(self, caller: Caller, subscription_id: str) -> None:
        """End a subscription. Raises: Rejected (UNKNOWN_SUBSCRIPTION)."""
        async with self._turn:
            await self._find(caller, subscription_id)
            await self._store.remove_subscription(subscription_id, self._clock.now())

    async def subscriptions(self, caller: Caller) -> Sequence[Subscription]:
        """Those of the caller's agencies (of all, for an operator)."""
        return await self._store.subscriptions(_seen_by(caller))

    async def ping(self, caller: Caller, subscription_id: str) -> Notice:
        """Owe a test notice at once. Raises: Rejected (UNKNOWN_SUBSCRIPTION)."""
        found = await self._find(caller, subscription_id)
        notice = await self._store.owe_notice(found.id, Occasion.PING, self._clock.now())
        self._bell.ring([topic(found.channel)])
        return notice

    async def notices(
        self,
        caller: Caller,
        *,
        subscription_id: str = "",
        state: NoticeState | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Notice]:
        """What was owed, newest first. Raises: Rejected (UNKNOWN_SUBSCRIPTION)."""
        if subscription_id:
            await self._find(caller, subscription_id)
        return await self._store.notices(
            _seen_by(caller), subscription_id=subscription_id, state=state, before=before, limit=limit
        )

    async def again(self, caller: Caller, number: int) -> Notice:
        """Owe a notice again, whatever came of it.

        Raises: Rejected (UNKNOWN_NOTICE, UNKNOWN_SUBSCRIPTION if that was removed)
        """
        subscription = (await self._notice(caller, number)).subscription
        await self._find(caller, subscription.id)  # nobody would carry it for one that was removed
        await self._store.renew_notice(number, self._clock.now())
        self._bell.ring([topic(subscription.channel)])
        return await self._notice(caller, number)

    # --- inside --------------------------------------------------------------------------------------

    async def _notice(self, caller: Caller, number: int) -> Notice:
        found = await self._store.notices(
            _seen_by(caller), subscription_id="", state=None, before=number + 1, limit=1
        )
        if not found or found[0].number != number:
            raise Rejected(find(UNKNOWN_NOTICE, number=number))
        return found[0]

    async def _find(self, caller: Caller, subscription_id: str) -> Subscription:
        """What an agency may not see looks exactly like what does not exist."""
        for subscription in await self.subscriptions(caller):
            if subscription.id == subscription_id:
                return subscription
        raise Rejected(find(UNKNOWN_SUBSCRIPTION, subscription_id=subscription_id[:40]))

    async def _own(self, caller: Caller, code: str) -> AgencyCode:
        """The agency meant by a code, if the caller may speak for it."""
        agency = (await self._store.directory()).find(code)
        if agency is None or not (caller.is_operator or agency.code in caller.agencies):
            raise _bad("agency", code[:40])
        return agency.code

    def _check(self, subscription: Subscription) -> None:
        if not subscription.occasions or not subscription.occasions <= WANTED:
            raise _bad("occasions", ", ".join(sorted(WANTED)))
        if len(subscription.label) > LONGEST_LABEL or not (subscription.label or " ").isprintable():
            raise _bad("label", f"≤ {LONGEST_LABEL}")
        is_webhook = subscription.channel is Channel.WEBHOOK
        address = subscription.address
        if objection := self._reach.objection(address) if is_webhook else mail_objection(address):
            raise _bad("address", objection)

    def _new_secret(self) -> str:
        return SECRET_PREFIX + base64.b64encode(self._random_bytes(SECRET_BYTES)).decode()


def topic(channel: Channel) -> str:
    """What the bell rings when notices of a channel may be due."""
    return f"notices:{channel.value}"


def _seen_by(caller: Caller) -> frozenset[AgencyCode] | None:
    return None if caller.is_operator else caller.agencies


def _checked(secret: str) -> str:
    """A secret that a receiver has already. Raises: Rejected if it has not the form of one."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(SECRET_PREFIX) or not SHORTEST_SECRET <= len(key) <= LONGEST_SECRET:
        raise _bad("secret", f"{SECRET_PREFIX} + base64 ({SHORTEST_SECRET}–{LONGEST_SECRET} B)")
    return secret


def _bad(element: str, detail: str) -> Rejected:
    """TRUC-414 about one field. `detail` is read in both languages: names and numbers only."""
    return Rejected(find(BAD_REQUEST, element=element, detail=f"{element}: {detail}"))
