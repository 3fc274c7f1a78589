"""
/v1 bằng asyncio · /v1 with asyncio.

. ./demo.env && .venv/bin/python docs/examples/python/truc_async.py letter.edxml
"""

import asyncio
import os
import sys
from pathlib import Path

from gateway.client import TrucClient
from gateway.core.model import Kind


async def arrived(office: TrucClient, letter_id: str) -> None:
    """Chờ văn bản trong hộp nhận · wait for a letter in the mailbox."""
    after = 0
    for _look in range(10):
        for line in (await office.inbox(kind=Kind.DOCUMENT, after=after, wait=30)).items:
            if line.letter_id == letter_id:
                return
            after = line.number
    raise TimeoutError("chưa đến · it has not come")


async def main(letter: Path) -> None:
    env = os.environ
    async with (
        TrucClient(env["SENDER_URL"], env["SENDER_KEY"]) as sender,
        TrucClient(env["RECEIVER_URL"], env["RECEIVER_KEY"]) as receiver,
    ):
        answer = await sender.send(letter)
        print("đã gửi · sent", answer.letter_id)
        await arrived(receiver, answer.letter_id)
        # trên đĩa và đã so SHA-256, rồi mới xác nhận · on disk and compared, before the acknowledgement
        fetched = await receiver.fetch(answer.letter_id, Path("received.edxml"))
        await receiver.ack(answer.letter_id)
        print("đã nhận · received", fetched.size, "byte")
        await receiver.report(answer.letter_id, "03", staff="Nguyễn Thị Hoa")
        track = await sender.track(answer.letter_id)
        print(track.recipients[0].code, track.recipients[0].stage.vi)


asyncio.run(main(Path(sys.argv[1])))
