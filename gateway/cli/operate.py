"""
`truc migrate` and `truc config`: what an operator does before a node starts.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Annotated

import typer

from gateway.cli.opened import ConfigFile, settings_of
from gateway.cli.screen import EXIT_CODES, AsJson, speaking

config = typer.Typer(no_args_is_help=True, help="Cấu hình của nút · The settings of a node")


def migrate(config: ConfigFile, as_json: AsJson = False) -> None:
    """
    Nâng cấp cơ sở dữ liệu · Upgrade the database.

    Lên phiên bản của bản cài đặt này · To the version of this release.

    Chạy lại cũng không sao · Running it again is harmless.

    \b
    truc migrate -c node.toml
    """
    with speaking(as_json) as screen:
        from gateway.store.migrate import current, upgrade

        settings = settings_of(config)
        settings.node.data_dir.mkdir(parents=True, exist_ok=True)
        url = settings.store_url(os.environ)
        before, after = current(url), upgrade(url)
        screen.data({"before": before, "after": after})
        if before == after:
            screen.line(f"Đã ở phiên bản mới nhất · already at the newest version: {after}")
        else:
            screen.line(f"Đã nâng cấp · upgraded: {before or '∅'} → {after}")


@config.command(epilog=EXIT_CODES)
def check(config: ConfigFile, as_json: AsJson = False) -> None:
    """
    Kiểm tra tệp cấu hình · Check a file of settings.

    \b
    truc config check -c node.toml
    """
    with speaking(as_json) as screen:
        settings = settings_of(config)
        screen.data({"ok": True, "settings": settings.model_dump(mode="json", serialize_as_any=True)})
        screen.line(f"Cấu hình dùng được · the settings are sound: {config} (nút · node {settings.node.id})")


@config.command(epilog=EXIT_CODES)
def explain(
    word: Annotated[
        str, typer.Argument(metavar="[WORD]", help="Chỉ những khóa có chữ này · Only settings with this word")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """
    Giải thích mọi khóa cấu hình · Explain every setting.

    \b
    truc config explain
    truc config explain retry
    """
    with speaking(as_json) as screen:
        from gateway.config import settings

        known = [s for s in settings() if word.lower() in f"{s.section}.{s.key} {s.vi} {s.en}".lower()]
        screen.data({"settings": [asdict(s) for s in known]})
        for s in known:
            default = s.default or "bắt buộc · required"
            screen.line(f"{s.section}.{s.key} = {default}   ({s.kind})")
            screen.line(f"    {s.vi}")
            screen.line(f"    {s.en}")
            if s.variable:
                screen.line(f"    {s.variable}")
