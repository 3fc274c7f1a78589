"""
`truc serve`: one node as a process.
"""

from __future__ import annotations

from gateway.cli.opened import ConfigFile, settings_of
from gateway.cli.screen import speaking


def serve(config: ConfigFile) -> None:
    """
    Chạy một nút · Run one node.

    Dừng bằng Ctrl-C hoặc SIGTERM; việc đang làm dở được làm nốt trong 30 giây.
    Stop it with Ctrl-C or SIGTERM; what is begun is finished within 30 seconds.

    \b
    truc migrate -c node.toml && truc serve -c node.toml
    """
    with speaking(as_json=False):
        import uvloop

        from gateway.serve import serve as run

        uvloop.run(run(settings_of(config)))
