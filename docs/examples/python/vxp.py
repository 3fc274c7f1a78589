"""
VXP không cần SDK · VXP without the SDK.

. ./demo.env && .venv/bin/python docs/examples/python/vxp.py letter.edxml
"""

import os
import sys
import time
from pathlib import Path

from gateway.client import VxpClientSync
from gateway.vxp.functions import Ack, MessageType

env = os.environ


def client(who: str) -> VxpClientSync:
    return VxpClientSync(env[f"{who}_VXP_URL"], env[f"{who}_SYSTEM_ID"], env[f"{who}_SECRET"])


with client("SENDER") as sender, client("RECEIVER") as receiver:
    doc_id = sender.send(Path(sys.argv[1]), sender=env["SENDER_CODE"])
    print("đã gửi · sent", doc_id)
    while doc_id not in [line.doc_id for line in receiver.received(MessageType.EDOC)]:
        time.sleep(1)
    receiver.fetch(doc_id, Path("received.edxml"))
    receiver.update_status(doc_id, Ack.DONE)
    print("đã nhận · received")
