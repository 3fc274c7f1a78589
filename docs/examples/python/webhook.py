"""
Kiểm tra chữ ký của webhook · check the signature of a webhook (Standard Webhooks).

WEBHOOK_SECRET=whsec_… python webhook.py WEBHOOK_ID WEBHOOK_TIMESTAMP WEBHOOK_SIGNATURE < body.json
"""

import base64
import hashlib
import hmac
import os
import sys
import time

TOLERANCE = 300  # giây · seconds: một thông báo bị ghi lại không dùng lại được · a recorded one is of no use


def is_genuine(secret: str, name: str, timestamp: str, signatures: str, body: bytes) -> bool:
    """`body`: đúng các byte đã nhận, chưa phân tích · exactly the bytes that came, before any parsing."""
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(time.time() - int(timestamp)) > TOLERANCE:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{name}.{timestamp}.".encode() + body, hashlib.sha256)
    right = b"v1," + base64.b64encode(digest)
    return any(hmac.compare_digest(right, said.encode()) for said in signatures.split(" "))


if __name__ == "__main__":
    name, timestamp, signatures = sys.argv[1:]
    genuine = is_genuine(os.environ["WEBHOOK_SECRET"], name, timestamp, signatures, sys.stdin.buffer.read())
    print("thật · genuine" if genuine else "giả · forged")
    sys.exit(0 if genuine else 1)
