"""
`truc notice`: who is told when something comes, and what became of each notice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.opened import ConfigFile, store_of
from gateway.cli.screen import EXIT_CODES, AsJson, Screen, speaking

if TYPE_CHECKING:
    from gateway.notices import Board
    from gateway.ports import Caller, Notice, Subscription

app = typer.Typer(
    no_args_is_help=True,
    help="Thông báo có văn bản đến, qua webhook hoặc thư điện tử · Notices by webhook and mail",
)

SubscriptionId = Annotated[
    str, typer.Argument(metavar="ID", help="Mã đăng ký, sub_… · Id of the subscription")
]


@app.command(epilog=EXIT_CODES)
def subscribe(
    config: ConfigFile,
    code: Annotated[str, typer.Argument(metavar="CODE", help="Mã định danh đơn vị · Code of the agency")],
    address: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS", help="https://… hoặc địa chỉ thư điện tử · https://… or a mail address"
        ),
    ],
    on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT",
            help="document.arrived, status.arrived (mặc định · by default), letter.due_soon, letter.overdue",
        ),
    ] = None,
    label: Annotated[str, typer.Option(help="Tên gợi nhớ · A name to remember it by")] = "",
    show_subject: Annotated[
        bool,
        typer.Option("--show-subject", help="Thư điện tử nêu cả trích yếu · Mails tell the subject too"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """
    Đăng ký nhận thông báo cho một đơn vị · Subscribe an agency to notices.

    Khóa ký của webhook chỉ hiện một lần · The secret of a webhook is shown only once.

    \b
    truc notice subscribe -c node.toml 000.01.40.H14 https://qlvb.caobang.gov.vn/truc
    truc notice subscribe -c node.toml 000.01.40.H14 vanthu@caobang.gov.vn --on document.arrived
    """
    from gateway.core.model import AgencyCode
    from gateway.ports import Channel, Occasion, Subscription
    from gateway.v1.subscriptions import SubscriptionSecret, SubscriptionShape

    known = {occasion.value: occasion for occasion in Occasion}
    if unknown := [what for what in on or () if what not in known]:
        raise typer.BadParameter(f"--on {unknown[0]}: {', '.join(known)}")
    wanted = Subscription(
        id="",
        agency=AgencyCode(code),
        channel=Channel.WEBHOOK if "://" in address else Channel.MAIL,
        address=address,
        occasions=frozenset(known[what] for what in on)
        if on
        else frozenset({Occasion.DOCUMENT, Occasion.STATUS}),
        label=label,
        shows_subject=show_subject,
    )

    async def added() -> tuple[Subscription, str]:
        async with _board(config) as (board, operator):
            return await board.subscribe(operator, wanted)

    with speaking(as_json) as screen:
        made, secret = asyncio.run(added())
        shape = SubscriptionSecret(subscription=SubscriptionShape.of(made), secret=secret)
        screen.data(shape.model_dump(mode="json"))
        screen.line(f"Đã đăng ký · subscribed: {made.id}")
        if secret:
            screen.line(secret)
            screen.note(
                "Hãy cất khóa ngay: khóa không hiện lại lần nào nữa · Keep it safe now: it is not shown again"
            )
        screen.note(f"Gửi thử · test it: truc notice ping -c {config} {made.id}")


@app.command("list", epilog=EXIT_CODES)
def list_subscriptions(config: ConfigFile, as_json: AsJson = False) -> None:
    """
    Liệt kê đăng ký · List subscriptions.

    \b
    truc notice list -c node.toml
    """
    from gateway.v1.subscriptions import SubscriptionShape

    async def all_of_them() -> Sequence[Subscription]:
        async with _board(config) as (board, operator):
            return await board.subscriptions(operator)

    with speaking(as_json) as screen:
        found = asyncio.run(all_of_them())
        screen.data({"subscriptions": [SubscriptionShape.of(s).model_dump(mode="json") for s in found]})
        screen.table(
            ("mã · id", "đơn vị · agency", "cách · channel", "địa chỉ · address", "báo khi · occasions", ""),
            [
                (s.id, s.agency, s.channel, s.address, ", ".join(sorted(s.occasions)), _standing(s))
                for s in found
            ],
        )


@app.command(epilog=EXIT_CODES)
def remove(config: ConfigFile, subscription_id: SubscriptionId, as_json: AsJson = False) -> None:
    """
    Bỏ một đăng ký · End a subscription.

    \b
    truc notice remove -c node.toml sub_5f0c2ab8e1d94c7730aa61be
    """

    async def removed() -> None:
        async with _board(config) as (board, operator):
            await board.unsubscribe(operator, subscription_id)

    with speaking(as_json) as screen:
        asyncio.run(removed())
        screen.data({"id": subscription_id, "removed": True})
        screen.line(f"Đã bỏ · removed: {subscription_id}")


@app.command(epilog=EXIT_CODES)
def ping(config: ConfigFile, subscription_id: SubscriptionId, as_json: AsJson = False) -> None:
    """
    Gửi thử một thông báo; nút đang chạy sẽ gửi trong vài giây · Have a test notice sent by the running node.

    \b
    truc notice ping -c node.toml sub_5f0c2ab8e1d94c7730aa61be
    """

    async def owed() -> list[Notice]:
        async with _board(config) as (board, operator):
            return [await board.ping(operator, subscription_id)]

    with speaking(as_json) as screen:
        _show(screen, asyncio.run(owed()))


@app.command(epilog=EXIT_CODES)
def dead(
    config: ConfigFile,
    subscription: Annotated[
        str, typer.Option(metavar="ID", help="Chỉ của đăng ký này · Only of this subscription")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Nhiều nhất · At most")] = 100,
    as_json: AsJson = False,
) -> None:
    """
    Thông báo không gửi được, mới nhất trước · Notices that were given up, newest first.

    \b
    truc notice dead -c node.toml
    """
    from gateway.ports import NoticeState

    async def given_up() -> Sequence[Notice]:
        async with _board(config) as (board, operator):
            return await board.notices(
                operator, subscription_id=subscription, state=NoticeState.DEAD, limit=limit
            )

    with speaking(as_json) as screen:
        _show(screen, asyncio.run(given_up()))


@app.command(epilog=EXIT_CODES)
def redeliver(
    config: ConfigFile,
    numbers: Annotated[
        list[int], typer.Argument(metavar="NUMBER…", help="Số thông báo · Numbers of notices", min=1)
    ],
    as_json: AsJson = False,
) -> None:
    """
    Gửi lại thông báo; nút đang chạy sẽ gửi trong vài giây · Have notices sent again by the running node.

    \b
    truc notice redeliver -c node.toml 128 131
    """

    async def renewed() -> list[Notice]:
        async with _board(config) as (board, operator):
            return [await board.again(operator, number) for number in numbers]

    with speaking(as_json) as screen:
        _show(screen, asyncio.run(renewed()))


@asynccontextmanager
async def _board(file: Path) -> AsyncIterator[tuple[Board, Caller]]:
    """The board of a node as its operator sees it, beside the running node if there is one."""
    from gateway.bell import Doorbell
    from gateway.clock import SystemClock
    from gateway.notices import Board
    from gateway.ports import Caller
    from gateway.vault import FileVault

    async with store_of(file) as (config, store):
        vault, reach = FileVault(config.secrets_key), config.webhook.reach()
        board = Board(store, SystemClock(), Doorbell(), vault, reach)
        yield board, Caller("cli", frozenset(), is_operator=True)


def _standing(subscription: Subscription) -> str:
    return "" if subscription.is_active else "tạm ngừng · paused"


_STATES = {"due": "chờ gửi · due", "sent": "đã gửi · sent", "dead": "không gửi được · dead"}


def _show(screen: Screen, notices: Sequence[Notice]) -> None:
    from gateway.v1.subscriptions import NoticeShape

    shapes = [NoticeShape.of(notice) for notice in notices]
    screen.data({"notices": [shape.model_dump(mode="json") for shape in shapes]})
    screen.table(
        ("số · number", "đơn vị · agency", "việc · occasion", "tình trạng · state", "lần · tries", "", ""),
        [(s.number, s.agency, s.occasion, _STATES[s.state], s.attempts, s.code, s.detail) for s in shapes],
    )
