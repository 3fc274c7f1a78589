"""
`truc sandbox`: a whole axis on this machine, to try things out.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.screen import AsJson, speaking


class Broker(StrEnum):
    """What the axis runs on."""

    MEMORY = "memory"
    RABBITMQ = "rabbitmq"


def sandbox(
    once: Annotated[
        bool, typer.Option("--once", help="Chạy một lượt rồi dừng · Run once, then stop")
    ] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="cut:NODE", help="Gây sự cố, lặp lại được · A fault to cause; may be repeated"),
    ] = None,
    deadline: Annotated[
        float,
        typer.Option(
            min=1,
            help="Số giây chờ tối đa của --once, không kể lúc khởi động · Seconds that --once waits",
        ),
    ] = 60.0,
    letters: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="Gửi tệp edXML của bạn thay vì văn bản mẫu · Send your own edXML files",
        ),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Số văn bản mẫu · How many letters")] = 24,
    broker: Annotated[
        Broker,
        typer.Option(
            help="memory: một tiến trình; rabbitmq: mỗi nút một tiến trình trên RabbitMQ riêng · "
            "memory: one process; rabbitmq: a process per node on a private RabbitMQ"
        ),
    ] = Broker.MEMORY,
    directory: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Danh mục mẫu: four-level (bốn cấp), three-tier (ba cấp) · Which directory to bring up",
        ),
    ] = "four-level",
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65000, help="Cổng HTTP đầu tiên; 0 là cổng trống · First port; 0 takes free ones"
        ),
    ] = 0,
    log: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Tệp nhật ký của các nút · File for the nodes' log"),
    ] = None,
    env: Annotated[
        Path,
        typer.Option(
            dir_okay=False,
            help="Tệp biến môi trường của hai đơn vị, có khi trục còn chạy · "
            "Shell variables of two agencies, there while the axis is up",
        ),
    ] = Path("demo.env"),
    as_json: AsJson = False,
) -> None:
    """
    Chạy thử cả một trục · Run a whole axis here.

    Trung ương, hai tỉnh, huyện, xã và các đơn vị; gửi văn bản qua lại và cho xem từng văn bản ở đâu.
    Central, two provinces, districts, communes and their agencies; letters travel, and you see where each is.

    \b
    truc sandbox
    truc sandbox --once --count 20
    truc sandbox --once --fault cut:H21 --deadline 30
    truc sandbox --letters ./edxml
    truc sandbox --once --broker rabbitmq
    """
    with speaking(as_json):
        from gateway.sandbox import Options, main

        options = Options(
            once=once,
            faults=tuple(fault or ()),
            deadline=deadline,
            letters=letters,
            count=count,
            broker=broker.value,
            directory=directory,
            port=port,
            as_json=as_json,
            log=log,
            env=env,
        )
        raise typer.Exit(main(options))
