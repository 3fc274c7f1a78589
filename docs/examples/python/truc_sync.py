"""
/v1 không cần asyncio · /v1 without asyncio.

. ./demo.env && .venv/bin/python docs/examples/python/truc_sync.py letter.edxml
"""

import os
import sys
from pathlib import Path

from gateway.client import TrucClientSync
from gateway.core.errors import Rejected, Unavailable

env = os.environ
with (
    TrucClientSync(env["SENDER_URL"], env["SENDER_KEY"]) as sender,
    TrucClientSync(env["RECEIVER_URL"], env["RECEIVER_KEY"]) as receiver,
):
    try:
        sent = sender.send(Path(sys.argv[1]))
    except Rejected as refused:  # bên gửi phải sửa · the sender must change something
        sys.exit("\n".join(f"{f.code} {f.vi}" for f in refused.findings))
    except Unavailable as later:  # gửi lại đúng tệp này sau · send the very same file later
        sys.exit(f"{later.first.code} {later.first.vi}")
    print("đã gửi · sent", sent.letter_id)
    found, after = False, 0
    while not found:
        for line in receiver.inbox(after=after, wait=30).items:
            found, after = found or line.letter_id == sent.letter_id, line.number
    receiver.fetch(sent.letter_id, Path("received.edxml"))
    receiver.ack(sent.letter_id)
    print("đã nhận · received")
