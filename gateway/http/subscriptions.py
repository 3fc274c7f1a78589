"""
/v1/subscriptions and /v1/notices: who is told when something comes, and what became of each notice.

A handler reads the request, asks the board, and writes the answer; every decision is the board's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from gateway.core.catalogue import UNKNOWN_NOTICE, UNKNOWN_SUBSCRIPTION
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode
from gateway.http.surroundings import Surroundings
from gateway.ports import Caller, NoticeState, Subscription
from gateway.v1 import request as asked
from gateway.v1.operations import (
    JSON,
    Answer,
    Body,
    Header,
    Operation,
    PathParameter,
    Tag,
    json_answer,
)
from gateway.v1.query import Number, Query, Text, described, shown
from gateway.v1.subscriptions import (
    NoticePage,
    NoticeShape,
    SubscriptionChange,
    SubscriptionSecret,
    SubscriptionShape,
    SubscriptionsShape,
    SubscriptionWish,
)

NOTICES = Tag("notices", "Thông báo có văn bản đến", "Notices of what has arrived")

SUBSCRIPTION_ID = PathParameter(
    "subscription_id",
    "Mã đăng ký nhận thông báo",
    "Id of the subscription",
    "sub_[0-9a-f]{24}",
    "sub_5f0c2ab8e1d94c7730aa61be",
)
NUMBER = PathParameter(
    "number",
    "Số thứ tự của thông báo, như trong danh sách",
    "Number of the notice, as in the list",
    "[1-9][0-9]{0,17}",
    "128",
)
MADE_AT = Header("Location", "Địa chỉ của đăng ký", "Where the subscription is")

_SUBSCRIPTION_ID = re.compile(SUBSCRIPTION_ID.pattern)
_NUMBER = re.compile(NUMBER.pattern)


class NoticeQuery(Query):
    """Which notices."""

    state: NoticeState | None = described(
        None, "Chỉ thông báo ở trạng thái này", "Only notices in this state", examples=["dead"]
    )
    subscription: Text = described("", "Chỉ của đăng ký này", "Only those of this subscription")
    before: Number | None = described(
        None, "Con trỏ: trường next của trang trước", "Cursor: `next` of the page before", ge=1, le=2**63 - 1
    )
    limit: Number = described(100, "Tối đa bao nhiêu thông báo", "At most so many notices", ge=1, le=1000)


class Subscriptions:
    """The handlers of one listener."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._board = surroundings.notices

    def operations(self) -> Sequence[Operation]:
        """Everything about who is told of what."""
        return (*self._of_all(), *self._of_one(), *self._acts(), *self._of_notices())

    def _of_all(self) -> Sequence[Operation]:
        return (
            Operation(
                method="GET",
                path="/v1/subscriptions",
                name="listSubscriptions",
                tag=NOTICES,
                vi="Các đăng ký nhận thông báo của đơn vị",
                en="The subscriptions of the caller's agencies",
                handler=self.list,
                answers=(Answer(200, "Danh sách đăng ký", "The subscriptions", SubscriptionsShape),),
                is_tagged=True,
            ),
            Operation(
                method="POST",
                path="/v1/subscriptions",
                name="addSubscription",
                tag=NOTICES,
                vi="Đăng ký nhận thông báo",
                en="Subscribe to notices",
                more_vi="Mỗi thông báo webhook được ký theo Standard Webhooks bằng khóa trong câu trả lời "
                "này; khóa chỉ hiện một lần. Thông báo không chứa văn bản: lấy văn bản từ hộp nhận.",
                more_en="Every webhook is signed as Standard Webhooks says, by the secret of this answer, "
                "which is shown only once. A notice never holds the letter: fetch it from the mailbox.",
                handler=self.add,
                bodies=(
                    Body(
                        JSON,
                        "Báo cho ai, về việc gì",
                        "Who is to be told, and of what",
                        SubscriptionWish,
                        {"channel": "webhook", "address": "https://qlvb.caobang.gov.vn/truc"},
                    ),
                ),
                answers=(
                    Answer(
                        201,
                        "Đã đăng ký; hãy cất khóa ngay",
                        "Subscribed; keep the secret now",
                        SubscriptionSecret,
                        headers=(MADE_AT,),
                        gives={"subscription_id": "/subscription/id"},
                    ),
                ),
            ),
        )

    def _of_one(self) -> Sequence[Operation]:
        return (
            Operation(
                method="GET",
                path="/v1/subscriptions/{subscription_id}",
                name="getSubscription",
                tag=NOTICES,
                vi="Một đăng ký",
                en="One subscription",
                handler=self.get,
                parameters=(SUBSCRIPTION_ID,),
                answers=(Answer(200, "Đăng ký", "The subscription", SubscriptionShape),),
                faults=(UNKNOWN_SUBSCRIPTION,),
                is_tagged=True,
            ),
            Operation(
                method="PATCH",
                path="/v1/subscriptions/{subscription_id}",
                name="changeSubscription",
                tag=NOTICES,
                vi="Đổi địa chỉ, việc cần báo, hoặc tạm ngừng",
                en="Change its address or occasions, or pause it",
                handler=self.change,
                parameters=(SUBSCRIPTION_ID,),
                bodies=(
                    Body(
                        JSON,
                        "Những điều cần đổi; điều không nêu giữ nguyên",
                        "What shall change; what is left out stays",
                        SubscriptionChange,
                        {"is_active": False},
                    ),
                ),
                answers=(
                    Answer(200, "Đăng ký sau khi đổi", "The subscription as it is now", SubscriptionShape),
                ),
                faults=(UNKNOWN_SUBSCRIPTION,),
            ),
            Operation(
                method="DELETE",
                path="/v1/subscriptions/{subscription_id}",
                name="removeSubscription",
                tag=NOTICES,
                vi="Bỏ đăng ký; thông báo chưa gửi không gửi nữa",
                en="End a subscription; what it was still owed is given up",
                handler=self.remove,
                parameters=(SUBSCRIPTION_ID,),
                answers=(Answer(204, "Đã bỏ", "It is gone"),),
                faults=(UNKNOWN_SUBSCRIPTION,),
            ),
        )

    def _acts(self) -> Sequence[Operation]:
        return (
            Operation(
                method="POST",
                path="/v1/subscriptions/{subscription_id}/rotate",
                name="rotateSecret",
                tag=NOTICES,
                vi="Đổi khóa ký của webhook",
                en="Give a webhook a new secret",
                more_vi="Trong một ngày, mỗi thông báo mang chữ ký của cả khóa mới và khóa cũ.",
                more_en="For a day every notice bears the signatures of both the new and the former secret.",
                handler=self.rotate,
                parameters=(SUBSCRIPTION_ID,),
                answers=(
                    Answer(
                        200, "Khóa mới, chỉ hiện một lần", "The new secret, this once", SubscriptionSecret
                    ),
                ),
                faults=(UNKNOWN_SUBSCRIPTION,),
            ),
            Operation(
                method="POST",
                path="/v1/subscriptions/{subscription_id}/ping",
                name="pingSubscription",
                tag=NOTICES,
                vi="Gửi thử một thông báo, kể cả khi đang tạm ngừng",
                en="Send a test notice, even to a paused subscription",
                handler=self.ping,
                parameters=(SUBSCRIPTION_ID,),
                answers=(
                    Answer(
                        202, "Sẽ gửi ngay; xem kết quả ở danh sách", "On its way; see the list", NoticeShape
                    ),
                ),
                faults=(UNKNOWN_SUBSCRIPTION,),
            ),
        )

    def _of_notices(self) -> Sequence[Operation]:
        return (
            Operation(
                method="GET",
                path="/v1/notices",
                name="listNotices",
                tag=NOTICES,
                vi="Các thông báo và kết quả gửi, mới nhất trước",
                en="Notices and what became of them, newest first",
                handler=self.notices,
                query=NoticeQuery,
                answers=(Answer(200, "Một trang thông báo", "A page of notices", NoticePage),),
                faults=(UNKNOWN_SUBSCRIPTION,),
                is_tagged=True,
            ),
            Operation(
                method="POST",
                path="/v1/notices/{number}/redeliver",
                name="redeliverNotice",
                tag=NOTICES,
                vi="Gửi lại một thông báo",
                en="Send a notice again",
                handler=self.redeliver,
                parameters=(NUMBER,),
                answers=(Answer(202, "Sẽ gửi lại ngay", "On its way again", NoticeShape),),
                faults=(UNKNOWN_NOTICE, UNKNOWN_SUBSCRIPTION),
            ),
        )

    # --- the handlers --------------------------------------------------------------------------------

    async def list(self, request: web.Request) -> web.Response:
        """Those of the caller's agencies."""
        found = await self._board.subscriptions(asked.caller_of(request))
        return json_answer(SubscriptionsShape(subscriptions=tuple(map(SubscriptionShape.of, found))))

    async def add(self, request: web.Request) -> web.Response:
        """A new subscription with its secret."""
        caller, wish = asked.caller_of(request), await asked.json_body(request, SubscriptionWish)
        wanted = Subscription(
            id="",
            agency=_agency(caller, wish.agency),
            channel=wish.channel,
            address=wish.address,
            occasions=frozenset(wish.occasions),
            label=wish.label,
            shows_subject=wish.shows_subject,
        )
        made, secret = await self._board.subscribe(caller, wanted, wish.secret)
        response = json_answer(_with_secret(made, secret), status=201)
        response.headers["Location"] = f"/v1/subscriptions/{made.id}"
        return response

    async def get(self, request: web.Request) -> web.Response:
        """One of the caller's subscriptions."""
        return json_answer(SubscriptionShape.of(await self._found(request)))

    async def change(self, request: web.Request) -> web.Response:
        """What is named is replaced."""
        found = await self._found(request)
        said = await asked.json_body(request, SubscriptionChange)
        changed = replace(
            found,
            address=found.address if said.address is None else said.address,
            occasions=found.occasions if said.occasions is None else frozenset(said.occasions),
            label=found.label if said.label is None else said.label,
            is_active=found.is_active if said.is_active is None else said.is_active,
            shows_subject=found.shows_subject if said.shows_subject is None else said.shows_subject,
        )
        return json_answer(SubscriptionShape.of(await self._board.change(asked.caller_of(request), changed)))

    async def remove(self, request: web.Request) -> web.Response:
        """End a subscription."""
        await self._board.unsubscribe(asked.caller_of(request), _subscription_id(request))
        return web.Response(status=204)

    async def rotate(self, request: web.Request) -> web.Response:
        """A new secret."""
        made = await self._board.rotate(asked.caller_of(request), _subscription_id(request))
        return json_answer(_with_secret(*made))

    async def ping(self, request: web.Request) -> web.Response:
        """A test notice."""
        notice = await self._board.ping(asked.caller_of(request), _subscription_id(request))
        return json_answer(NoticeShape.of(notice), status=202)

    async def notices(self, request: web.Request) -> web.Response:
        """What was owed, newest first."""
        query = asked.query(request, NoticeQuery)
        found = await self._board.notices(
            asked.caller_of(request),
            subscription_id=query.subscription,
            state=query.state,
            before=query.before,
            limit=query.limit,
        )
        return json_answer(NoticePage.of(found, query.limit))

    async def redeliver(self, request: web.Request) -> web.Response:
        """A notice that is owed again."""
        number = request.match_info["number"]
        if not _NUMBER.fullmatch(number):
            raise Rejected(find(UNKNOWN_NOTICE, number=shown(number)))
        notice = await self._board.again(asked.caller_of(request), int(number))
        return json_answer(NoticeShape.of(notice), status=202)

    async def _found(self, request: web.Request) -> Subscription:
        wanted = _subscription_id(request)
        for subscription in await self._board.subscriptions(asked.caller_of(request)):
            if subscription.id == wanted:
                return subscription
        raise Rejected(find(UNKNOWN_SUBSCRIPTION, subscription_id=wanted))


def _subscription_id(request: web.Request) -> str:
    """The subscription named in the path. Raises: Rejected for what can't be one."""
    text = request.match_info["subscription_id"]
    if not _SUBSCRIPTION_ID.fullmatch(text):
        raise Rejected(find(UNKNOWN_SUBSCRIPTION, subscription_id=shown(text)))
    return text


def _agency(caller: Caller, named: str) -> AgencyCode:
    """The agency that is meant: the one that is named, or the only one of the key."""
    if named:
        return AgencyCode(named)
    if len(caller.agencies) != 1:
        raise asked.bad(f"agency: {', '.join(sorted(caller.agencies)[:10]) or '—'}", element="agency")
    return next(iter(caller.agencies))


def _with_secret(subscription: Subscription, secret: str) -> SubscriptionSecret:
    return SubscriptionSecret(subscription=SubscriptionShape.of(subscription), secret=secret)
