"""
The client's calls about notices, against a listening /v1.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.client import TrucClient
from gateway.core.catalogue import UNKNOWN_SUBSCRIPTION
from gateway.core.errors import Rejected
from gateway.ports import Channel, NoticeState, Occasion
from tests.kit.api import Api, listening_api
from tests.kit.office import COMMUNE, DISTRICT

ADDRESS = "https://qlvb.truongha.gov.vn/truc"


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with listening_api() as listening:
        yield listening


@pytest.fixture
async def client(api: Api) -> AsyncIterator[TrucClient]:
    async with TrucClient(api.url, api.key("commune")) as client:
        yield client


async def test_subscription_lives_from_its_beginning_to_its_end(client: TrucClient) -> None:
    made = await client.subscribe(
        Channel.WEBHOOK, ADDRESS, occasions=[Occasion.DOCUMENT], label="QLVB", shows_subject=True
    )
    subscription = made.subscription
    assert (subscription.agency, subscription.occasions) == (COMMUNE, (Occasion.DOCUMENT,))
    assert made.secret.startswith("whsec_")
    assert await client.subscriptions() == (subscription,)
    assert await client.subscription(subscription.id) == subscription
    rotated = await client.rotate_secret(subscription.id)
    assert rotated.secret != made.secret
    await client.unsubscribe(subscription.id)
    assert await client.subscriptions() == ()


async def test_change_sends_only_what_is_given(client: TrucClient) -> None:
    made = (await client.subscribe(Channel.MAIL, "vanthu@truongha.gov.vn", label="cũ")).subscription
    paused = await client.change_subscription(made.id, is_active=False)
    assert paused == made.model_copy(update={"is_active": False})
    moved = await client.change_subscription(
        made.id, address="khac@truongha.gov.vn", occasions=[Occasion.STATUS], label="", shows_subject=True
    )
    assert (moved.address, moved.occasions, moved.label) == ("khac@truongha.gov.vn", (Occasion.STATUS,), "")
    assert moved.is_active is False


async def test_secret_and_agency_can_be_brought_along(api: Api) -> None:
    secret = "whsec_" + "A" * 43 + "="
    async with TrucClient(api.url, api.key("both")) as both:
        made = await both.subscribe(Channel.WEBHOOK, ADDRESS, agency=DISTRICT, secret=secret)
    assert (made.subscription.agency, made.secret) == (DISTRICT, secret)


async def test_notices_are_listed_page_by_page_and_sent_again(client: TrucClient) -> None:
    made = (await client.subscribe(Channel.WEBHOOK, ADDRESS)).subscription
    pinged = [await client.ping(made.id) for _ in range(3)]
    page = await client.notices(limit=2)
    rest = await client.notices(limit=2, before=page.next)
    assert [*page.notices, *rest.notices] == pinged[::-1]
    assert (await client.notices(state=NoticeState.DEAD)).notices == ()
    assert len((await client.notices(subscription_id=made.id)).notices) == 3
    assert (await client.redeliver(pinged[0].number)).state is NoticeState.DUE


async def test_refusal_is_raised(client: TrucClient) -> None:
    with pytest.raises(Rejected) as refused:
        await client.ping("sub_" + "0" * 24)
    assert refused.value.code == UNKNOWN_SUBSCRIPTION.code
