"""
`truc broker`: set up the RabbitMQ broker of a node, and compare it with what there should be.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.opened import ConfigFile, settings_of
from gateway.cli.screen import EXIT_CODES, AsJson, Exit, speaking

if TYPE_CHECKING:
    from gateway.broker.topology import Plan
    from gateway.config import Config
    from gateway.core.model import NodeId

app = typer.Typer(no_args_is_help=True, help="Trạm trung chuyển RabbitMQ · The RabbitMQ broker of a node")

Secrets = Annotated[
    Path,
    typer.Option(
        "--secrets",
        metavar="DIR",
        file_okay=False,
        help="Thư mục mật khẩu, mỗi tài khoản một tệp 0600 · Folder of passwords, one file (0600) per user",
    ),
]
Command = Annotated[
    str, typer.Option(metavar="CMD", help="Lệnh rabbitmqctl, có thể kèm tham số · The rabbitmqctl command")
]


@app.command(epilog=EXIT_CODES)
def provision(
    config: ConfigFile,
    secrets: Secrets,
    rabbitmqctl: Command = "rabbitmqctl",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Chỉ in ra, không làm gì · Only print what would be created")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """
    Tạo vhost, tài khoản, quyền và hàng đợi cho các nút con · Create what the links to the children need.

    Chạy lại không mất gì, mật khẩu đã có được giữ · Running it again loses nothing and keeps passwords.

    \b
    truc broker provision -c node.toml --secrets ./secrets
    truc broker provision -c node.toml --secrets ./secrets --dry-run --json
    """
    with speaking(as_json) as screen:
        from gateway.broker.provision import definitions, import_definitions, keep_passwords

        plan = _plan(settings_of(config))
        users = sorted(plan.permissions)
        if dry_run:
            screen.data(definitions([plan], {}))
        else:
            import_definitions(definitions([plan], keep_passwords(secrets, users)), rabbitmqctl.split())
            screen.data({"vhost": plan.vhost, "queues": sorted(plan.queues), "users": users})
        screen.line(f"vhost {plan.vhost}")
        screen.table(("hàng đợi · queue", ""), [(name, "") for name in plan.queues])
        screen.table(("tài khoản · user", "mật khẩu · password"), [(u, secrets / u) for u in users])


@app.command(epilog=EXIT_CODES)
def check(config: ConfigFile, as_json: AsJson = False) -> None:
    """
    So trạm trung chuyển với điều cần có · Compare the broker with what there should be.

    \b
    truc broker check -c node.toml
    """
    with speaking(as_json) as screen:
        from gateway.broker.rabbitmq import examine
        from gateway.serve import directory_file

        settings = settings_of(config)
        plan = _plan(settings)
        child = directory_file(settings).children(_name(settings))[0]
        findings = asyncio.run(examine(settings.link_url(child, os.environ), plan))
        screen.data({"vhost": plan.vhost, "findings": [finding.as_dict() for finding in findings]})
        screen.findings(findings)
        if findings:
            raise typer.Exit(Exit.FAILED)
        screen.line(f"{plan.vhost}: đúng như cần có · as it should be")


def _plan(settings: Config) -> Plan:
    """What the broker of this node holds. Raises: Misconfigured for a node without children."""
    from gateway.broker.topology import plan
    from gateway.core.catalogue import CONFIG_BAD_VALUE
    from gateway.core.errors import Misconfigured, find
    from gateway.serve import directory_file

    children = directory_file(settings).children(_name(settings))
    if not children:
        detail = (
            "nút không có nút con thì không cần trạm trung chuyển · a node without children needs no broker"
        )
        raise Misconfigured(find(CONFIG_BAD_VALUE, key="node.id", detail=detail))
    return plan(_name(settings), children)


def _name(settings: Config) -> NodeId:
    from gateway.core.model import NodeId

    return NodeId(settings.node.id)
